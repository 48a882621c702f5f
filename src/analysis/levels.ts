import { readMetrics } from "#src/experiment/metrics";
import { eachInSlices, finish, inSlices, type Steps } from "#src/kernel/steps";
import { builderFor, withDirection } from "./analyse.ts";
import type { MetricAnalysis } from "./analysis.ts";
import { usedReading } from "./failed-as.ts";
import { type AnalyseOptions, type SettledOptions, settleOptions } from "./options.ts";
import { kindOf, readingOf } from "./reading.ts";
import { resamplesOf } from "./resample.ts";
import type { Row } from "./row.ts";
import { summarise } from "./summary.ts";
import type { Table } from "./table.ts";

/** One metric of each condition, before anything is compared. */
export type MetricLevels = Pick<MetricAnalysis, "metric" | "kind" | "failedAs" | "summaries">;

/**
 * The levels that `analyse` gives, digit for digit, without its pairs and tests: what a list of many runs has time for. Custom metrics are left
 * out.
 *
 * @throws ConfigError as `analyse` does
 * @example
 * const rows = [{ condition: "a", itemId: 1, accuracy: 1 }];
 * levelsOf(rows, { metrics: ["accuracy"] })[0]?.summaries[0]?.mean // => { ok: true, value: 1 }
 */
export function levelsOf(rows: Iterable<Row>, options: AnalyseOptions): MetricLevels[] {
  const settled = settleOptions({ ...options, customMetrics: [] });
  const builder = builderFor(settled);
  for (const row of rows) builder.add(row);
  return finish(levelsOfTable(builder.table(), settled));
}

/** `levelsOf` that lets everything else of the process have its turn every few milliseconds. */
export async function levelsInSlices(
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: AnalyseOptions,
): Promise<MetricLevels[]> {
  const settled = settleOptions({ ...options, customMetrics: [] });
  const builder = builderFor(settled);
  await eachInSlices(rows, (row) => builder.add(row));
  return inSlices(levelsOfTable(builder.table(), settled));
}

function* levelsOfTable(table: Table, options: SettledOptions): Steps<MetricLevels[]> {
  const { statistics, seed, fields, metrics } = options;
  const returned = table.fields.length === 0 ? [] : [...table.fields, ...fields];
  const resamples = resamplesOf(table, statistics.resamples, seed);
  const levels: MetricLevels[] = [];
  for (const named of readMetrics(metrics, returned)) {
    yield;
    const metric = withDirection(named, options);
    const reading = yield* readingOf(table, metric, usedReading(metric, statistics.failedAs, table));
    const summaries = yield* summarise(reading, table, statistics.confidenceInterval, resamples);
    levels.push({ metric, kind: kindOf(reading), failedAs: reading.failedAs, summaries });
  }
  return levels;
}
