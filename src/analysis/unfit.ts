import { err } from "#src/kernel/result";
import type { Analysis, Comparison, LossAnalysis, MetricValues } from "./analysis.ts";

/**
 * The analysis of rows that say nothing about conditions: levels and differences stay, every p-value and every conclusion goes.
 *
 * @param reason why, in place of each number that is not given
 */
export function withoutConclusions(analysis: Analysis, reason: string): Analysis {
  const none = err(reason);
  const bare = ({ check, equivalence, otherwise: _, ...comparison }: Comparison): Comparison => ({
    ...comparison,
    p: none,
    pAdjusted: none,
    detectable: none,
    ...(check ? { check: { ...check, p: none } } : {}),
    ...(equivalence ? { equivalence: { ...equivalence, p: none, pAdjusted: none } } : {}),
    verdict: "not tested",
  });
  const reading = <R extends MetricValues>(one: R): R => ({
    ...one,
    omnibus: one.omnibus.map((omnibus) => ({ ...omnibus, p: none })),
    comparisons: one.comparisons.map(bare),
  });
  const { sequential: _, failures, faulted, ...rest } = analysis;
  return {
    ...rest,
    metrics: analysis.metrics.map(({ otherReading, ...metric }) => ({
      ...reading(metric),
      ...(otherReading ? { otherReading: { ...reading(otherReading), changed: [] } } : {}),
    })),
    families: analysis.families.map((family) => ({ ...family, size: 0 })),
    ...(faulted ? { faulted: { ...faulted, ...bareLosses(faulted.losses, bare) } } : {}),
    ...(failures ? { failures: { ...failures, comparisons: failures.comparisons.map(bare) } } : {}),
  };
}

const bareLosses = (
  losses: LossAnalysis | undefined,
  bare: (comparison: Comparison) => Comparison,
): { readonly losses?: LossAnalysis } =>
  losses
    ? {
        losses: {
          ...losses,
          family: { ...losses.family, size: 0 },
          comparisons: losses.comparisons.map((one) => ({ ...bare(one), level: one.level })),
        },
      }
    : {};
