import type { SettledStatistics } from "#src/experiment/options";
import type { Steps } from "#src/kernel/steps";
import type { FailureAnalysis } from "./analysis.ts";
import { growingColumn } from "./column.ts";
import { testPairs } from "./compare.ts";
import { plannedFamilies } from "./family.ts";
import type { Pair } from "./pairs.ts";
import type { Reading, WhyMissing } from "./reading.ts";
import type { Resamples } from "./resample.ts";
import { settleFamily } from "./settle-family.ts";
import { smallestOf } from "./smallest.ts";
import type { Table } from "./table.ts";
import { swapsOf } from "./test-outcome.ts";

/** What the tests of failure rates need. */
export interface FailureSetting {
  readonly statistics: SettledStatistics;
  readonly seed: number;
  readonly pairs: readonly Pair[];
  readonly why: WhyMissing;
  readonly resamples: Resamples;
}

/**
 * Whether conditions fail on unequally many items: where they do, leaving failed tasks out is selective. An item counts as failed where any of
 * its tasks did; the same items are compared by the exact McNemar test, adjusted over all pairs as a family of its own.
 */
export function* failuresOf(
  table: Table,
  { statistics, seed, pairs, why, resamples }: FailureSetting,
): Steps<FailureAnalysis | undefined> {
  if (table.conditions.every((_, c) => table.counts(c).failed === 0)) return undefined;
  const reading = failureReading(table);
  const conditions = table.conditions.map((condition, c) => {
    const { succeeded, failed, unscored } = table.counts(c);
    const { length: items, values } = reading.columns[c]!;
    const failedItems = values.reduce((sum, value) => sum + value, 0);
    return { condition, failed, ended: succeeded + failed + unscored, failedItems, items };
  });
  const alpha = statistics.significanceLevel / Math.max(1, pairs.length);
  const setting = {
    ...statistics,
    mcnemar: "exact",
    seed,
    checkDraws: 400,
    swaps: swapsOf(400, 1),
    smallestP: alpha,
    margin: undefined,
  } as const;
  const tested = yield* testPairs(pairs, reading, table, why, setting, resamples);
  const [family] = plannedFamilies([reading.metric.name], pairs.length, false);
  const { readings } = yield* settleFamily(
    family!,
    [
      {
        head: { metric: reading.metric, kind: "binary" },
        failedAs: "missing",
        summaries: [],
        omnibus: [],
        tested,
        smallest: yield* smallestOf(reading, table, tested, setting, seed),
      },
    ],
    statistics,
  );
  return { conditions, comparisons: readings[0]!.comparisons };
}

/** Per condition and item 1 where a task failed, 0 where none did. */
function failureReading(table: Table): Reading {
  const means = table.conditions.map((_, condition) => {
    const values = Float64Array.from(table.items, (__, item) => (table.seen(condition, item) ? 0 : Number.NaN));
    for (const item of table.endedAs(condition, "failed").items) values[item] = 1;
    return values;
  });
  return {
    metric: { name: "failed", from: "failed", aggregate: "mean", direction: "lower" },
    failedAs: "missing",
    means,
    columns: means.map((values) => {
      const column = growingColumn();
      values.forEach((value, item) => {
        if (!Number.isNaN(value)) column.push(item, value);
      });
      return column;
    }),
    binary: true,
    once: true,
  };
}
