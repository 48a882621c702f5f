import type { CustomMetric, Metric } from "#src/experiment/metrics";
import { err } from "#src/kernel/result";
import type { Summary } from "./analysis.ts";
import type { Tested } from "./compare.ts";
import type { Pair } from "./pairs.ts";
import { noEstimate } from "./quantity.ts";
import type { Resamples } from "./resample.ts";
import type { Table } from "./table.ts";

export function customReading(
  _metric: CustomMetric,
  _metrics: readonly Metric[],
  _pairs: readonly Pair[],
  table: Table,
  _level: number,
  _resamples: Resamples,
): { summaries: Summary[]; tested: Tested[] } {
  const none = err("not yet");
  const summaries = table.conditions.map((condition) => ({
    condition,
    n: 0,
    tasks: 0,
    estimate: noEstimate("not yet"),
    mean: none,
    sd: none,
    sem: none,
    median: none,
    min: none,
    max: none,
    p25: none,
    p75: none,
    p95: none,
    p99: none,
  }));
  return { summaries, tested: [] };
}
