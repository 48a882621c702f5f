import type { Steps } from "#src/kernel/steps";
import { independentBinary, pairedBinary } from "./binary.ts";
import { aggregateDifference } from "./bootstrap.ts";
import { clusteredMeans } from "./clusters.ts";
import { countValues } from "./column.ts";
import { independentMeans, pairedMeans } from "./means.ts";
import { independentGrades, pairedGrades } from "./ordinal.ts";
import type { PairData } from "./pair-data.ts";
import type { Pair } from "./pairs.ts";
import type { Reading } from "./reading.ts";
import type { Resamples } from "./resample.ts";
import { scaledOutcome, type TestOutcome, type TestSetting } from "./test-outcome.ts";

/**
 * Chooses the test by the kind of the metric and the design, never by the data's shape: aggregates other than the mean by swapped
 * labels, sums as means times their number, clustered items by cluster-robust errors, ordinal grades by ranks, yes or no on the same items by McNemar, means by t.
 */
export function* chooseTest(
  data: PairData,
  pair: Pair,
  reading: Reading,
  setting: TestSetting,
  resamples: Resamples,
): Steps<TestOutcome> {
  if (reading.metric.aggregate === "sum")
    return yield* sums(data, setting, tasksOf([pair.condition, pair.against], reading));
  if (reading.metric.aggregate !== "mean") return yield* aggregateDifference(pair, reading, setting, resamples);
  if (data.xClusters) return clusteredMeans(data, setting);
  if (reading.metric.ordinal)
    return yield* (data.design === "paired" ? pairedGrades : independentGrades)(data, setting);
  const once = reading.binary && (reading.once || agreed(data));
  if (data.design === "paired") return once ? pairedBinary(data, setting) : yield* pairedMeans(data, setting);
  return yield* (once ? independentBinary : independentMeans)(data, setting);
}

/** Whether the repeats of every item gave one answer, so that each item is a yes or a no. */
const agreed = ({ x, y }: PairData): boolean =>
  [x, y].every((means) => means.every((mean) => mean === 0 || mean === 1));

/** Tasks that an item has on average in some conditions: what a sum is more than the mean of its items. */
export function tasksOf(conditions: readonly number[], { columns, means }: Pick<Reading, "columns" | "means">): number {
  const items = conditions.reduce((all, condition) => all + countValues(means[condition]!), 0);
  const tasks = conditions.reduce((all, condition) => all + columns[condition]!.length, 0);
  return tasks === 0 ? 1 : tasks / items;
}

/** A sum is a mean times the number of tasks: tested as one, so that a condition of which fewer tasks ended has no smaller sum for that. */
function* sums(data: PairData, setting: TestSetting, tasks: number): Steps<TestOutcome> {
  const times = tasks * (data.design === "paired" ? data.n : data.n / 2);
  const margin = setting.margin === undefined || times === 0 ? undefined : setting.margin / times;
  const outcome = data.xClusters
    ? clusteredMeans(data, { ...setting, margin })
    : yield* (data.design === "paired" ? pairedMeans : independentMeans)(data, { ...setting, margin });
  const { equivalence, same } = outcome;
  const scaled = scaledOutcome(outcome, times);
  return {
    ...scaled,
    why: `${outcome.why}; a sum is ${Number(times.toPrecision(6))} times the mean`,
    ...(same ? { same: { ...scaled.same!, each: same.by } } : {}),
    ...(equivalence && setting.margin !== undefined ? { equivalence: { ...equivalence, margin: setting.margin } } : {}),
  };
}
