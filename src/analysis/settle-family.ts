import type { Metric } from "#src/experiment/metrics";
import type { SettledStatistics } from "#src/experiment/options";
import { ok } from "#src/kernel/result";
import type { Steps } from "#src/kernel/steps";
import type { Comparison, Family, MetricKind, MetricValues } from "./analysis.ts";
import { settleComparison, type Tested } from "./compare.ts";
import type { FailedAs } from "./failed-as.ts";
import { decide, intervalsOf, type PlannedFamily } from "./family.ts";
import type { Quantity } from "./quantity.ts";
import type { RepeatCurve } from "./repeats.ts";

export interface Head {
  readonly metric: Metric;
  readonly kind: MetricKind;
  readonly description?: string;
  readonly over?: readonly string[];
  readonly repeats?: readonly RepeatCurve[];
}

/** One metric whose pairs are tested but not yet adjusted. */
export interface TestedMetric {
  readonly head: Head;
  readonly failedAs: FailedAs;
  readonly summaries: MetricValues["summaries"];
  readonly omnibus: MetricValues["omnibus"];
  readonly tested: readonly Tested[];
  readonly smallest?: Float64Array | undefined;
}

/** Adjusts the tests of one family and says what follows. */
export function* settleFamily(
  planned: PlannedFamily,
  parts: readonly TestedMetric[],
  statistics: SettledStatistics,
): Steps<{ family: Family; readings: MetricValues[] }> {
  yield;
  const { significanceLevel, confidenceInterval, multipleTestingCorrection: correction } = statistics;
  const decided = decide({
    correction,
    metrics: parts.map(({ tested, smallest }) => ({ ps: tested.map(({ p }) => numberOf(p)), smallest })),
  });
  const levels = decided.levels(alphaOf(statistics));
  const strictest = decided.strictest(significanceLevel);
  const equivalence = decide({
    correction: correction === "min-p" ? "holm" : correction,
    metrics: parts.map(({ tested }) => ({ ps: tested.map((one) => one.equivalence && numberOf(one.equivalence.p)) })),
  }).adjusted;
  const readings: MetricValues[] = [];
  for (const [part, { head, tested, failedAs, summaries, omnibus }] of parts.entries()) {
    const comparisons: Comparison[] = [];
    for (const [i, one] of tested.entries()) {
      yield;
      const settled = {
        pAdjusted: one.p.ok ? ok(decided.adjusted[part]![i]!) : one.p,
        level: levels[part]![i]!,
        strictest,
        equivalence: one.equivalence && {
          ...one.equivalence,
          pAdjusted: one.equivalence.p.ok ? ok(equivalence[part]![i]!) : one.equivalence.p,
        },
      };
      comparisons.push(settleComparison(one, settled, head.metric.direction, statistics));
    }
    readings.push({ failedAs, summaries, omnibus, comparisons });
  }
  const intervals = intervalsOf(correction, planned.size, planned.role === "all", confidenceInterval);
  const bounded = correction === "min-p" ? parts.flatMap(boundedName) : [];
  return {
    family: { ...planned, correction, ...(bounded.length > 0 ? { bounded } : {}), alpha: strictest, intervals },
    readings,
  };
}

/** The name of a metric whose several tests stand by Bonferroni's bound. */
const boundedName = ({ head, tested, smallest }: TestedMetric): string[] =>
  !smallest && tested.length > 1 && tested.some(({ p }) => p.ok) ? [head.metric.name] : [];

const numberOf = (p: Quantity): number | undefined => (p.ok ? p.value : undefined);

/** The level that intervals leave out: that of verdicts, unless another one was asked for. */
const alphaOf = ({ confidenceInterval, significanceLevel }: SettledStatistics): number =>
  Math.abs(1 - confidenceInterval - significanceLevel) < 1e-12 ? significanceLevel : 1 - confidenceInterval;
