import type { MetricValues } from "./analysis.ts";
import type { Resamples } from "./resample.ts";

/** Items up to which hardly anything can be claimed beyond them. */
const FEW_ITEMS = 10;

/** A warning where items are so few that p-values say little. */
export function fewItems(readings: readonly MetricValues[]): string[] {
  const sizes = readings.flatMap(({ summaries, comparisons }) =>
    comparisons.length > 0 ? summaries.map(({ n }) => n) : [],
  );
  const most = sizes.reduce((a, b) => Math.max(a, b), 0);
  return most === 0 || most > FEW_ITEMS
    ? []
    : [
        `Not enough data: ${most === 1 ? "1 item a condition says little beyond itself" : `${most} items a condition say little beyond themselves`}, whatever the p-values.`,
      ];
}

/** What a reader has to know about the analysis as a whole. */
export function notesOf({ draws, unit, seed }: Resamples, readings: readonly MetricValues[]): string[] {
  const drawn = readings.some(({ summaries }) =>
    summaries.some(({ estimate: { interval } }) => interval.ok && interval.value.method.includes("bootstrap")),
  );
  const swapped = readings.some(({ comparisons }) => comparisons.some(({ test }) => test.includes("label-swap")));
  return [
    ...(drawn
      ? [`Bootstrap: ${draws} draws of ${unit}s with seed ${seed}, the same for all conditions and metrics.`]
      : []),
    ...(swapped
      ? [`Swapped labels: ${unit} by ${unit}, with seed ${seed}, the same swaps for all metrics and pairs.`]
      : []),
  ];
}
