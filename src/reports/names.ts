import type { Analysis, MetricValues } from "#src/analysis/analysis";
import { cut } from "./cut.ts";

/** Characters of a name that a report prints. */
const LONGEST = 120;

/** The analysis with names of conditions and metrics that are cut where they are too long to print, and still distinct. */
export function withShortNames(analysis: Analysis): Analysis {
  const conditions = shortened(analysis.conditions.map(({ name }) => name));
  const metrics = shortened(analysis.metrics.map(({ metric }) => metric.name));
  if (conditions.size === 0 && metrics.size === 0) return analysis;
  const condition = (name: string): string => conditions.get(name) ?? name;
  const metric = (name: string): string => metrics.get(name) ?? name;
  const reading = <R extends MetricValues>(one: R): R => ({
    ...one,
    summaries: one.summaries.map((summary) => ({ ...summary, condition: condition(summary.condition) })),
    comparisons: one.comparisons.map((pair) => ({
      ...pair,
      condition: condition(pair.condition),
      against: condition(pair.against),
    })),
  });
  const { failures } = analysis;
  return {
    ...analysis,
    ...(failures
      ? {
          failures: {
            conditions: failures.conditions.map((one) => ({ ...one, condition: condition(one.condition) })),
            comparisons: failures.comparisons.map((pair) => ({
              ...pair,
              condition: condition(pair.condition),
              against: condition(pair.against),
            })),
          },
        }
      : {}),
    conditions: analysis.conditions.map((one) => ({ ...one, name: condition(one.name) })),
    families: analysis.families.map(({ bounded, ...family }) => ({
      ...family,
      metrics: family.metrics.map(metric),
      ...(bounded ? { bounded: bounded.map(metric) } : {}),
    })),
    ...(analysis.faulted
      ? {
          faulted: {
            ...analysis.faulted,
            metric: metric(analysis.faulted.metric),
            conditions: analysis.faulted.conditions.map((one) => ({
              ...one,
              condition: condition(one.condition),
              clean: condition(one.clean),
            })),
          },
        }
      : {}),
    ...(analysis.slices
      ? {
          slices: analysis.slices.map((slice) => ({
            ...slice,
            metrics: slice.metrics.map((one) => ({ ...one, metric: metric(one.metric) })),
          })),
        }
      : {}),
    ...(analysis.replies
      ? {
          replies: analysis.replies.map((one) => ({
            ...one,
            counts: one.counts.map((each) => ({ ...each, condition: condition(each.condition) })),
            comparisons: one.comparisons.map((pair) => ({
              ...pair,
              condition: condition(pair.condition),
              against: condition(pair.against),
            })),
          })),
        }
      : {}),
    metrics: analysis.metrics.map((one) => ({
      ...reading(one),
      ...(one.repeats
        ? { repeats: one.repeats.map((curve) => ({ ...curve, condition: condition(curve.condition) })) }
        : {}),
      metric: { ...one.metric, name: metrics.get(one.metric.name) ?? one.metric.name },
      ...(one.otherReading
        ? {
            otherReading: {
              ...reading(one.otherReading),
              changed: one.otherReading.changed.map((change) => ({
                ...change,
                condition: condition(change.condition),
                against: condition(change.against),
              })),
            },
          }
        : {}),
    })),
  };
}

/** New names for those that are too long; the place keeps them apart. */
function shortened(names: readonly string[]): Map<string, string> {
  const short = new Map<string, string>();
  names.forEach((name, i) => {
    if (name.length > LONGEST) short.set(name, `${cut(name, LONGEST)} #${i + 1}`);
  });
  return short;
}
