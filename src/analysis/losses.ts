import type { SettledStatistics } from "#src/experiment/options";
import { err, ok } from "#src/kernel/result";
import type { Steps } from "#src/kernel/steps";
import type { LossAnalysis, LossComparison, Summary } from "./analysis.ts";
import { tasksOf } from "./choose-test.ts";
import { clusteredMeans } from "./clusters.ts";
import type { Tested } from "./compare.ts";
import { independentMeans, pairedMeans } from "./means.ts";
import type { NamedCondition } from "./options.ts";
import { pairData } from "./pair-data.ts";
import { type Change, changesOf, lossPairs, type Pair } from "./pairs.ts";
import { noEstimate, type Quantity } from "./quantity.ts";
import { kindOf, type Reading, type WhyMissing } from "./reading.ts";
import { reachOf } from "./same.ts";
import { settleFamily } from "./settle-family.ts";
import { smallestOf } from "./smallest.ts";
import { withoutP } from "./stopped.ts";
import type { Table } from "./table.ts";
import { drawsOfChecks, noInference, scaledOutcome, type TestOutcome, type TestSetting } from "./test-outcome.ts";
import { toldOnly } from "./untested.ts";

/** What the tests of losses need besides the reading of the first metric. */
export interface LossSetting {
  readonly table: Table;
  readonly conditions: readonly NamedCondition[];
  readonly summaries: readonly Summary[];
  readonly statistics: SettledStatistics;
  readonly setting: Omit<TestSetting, "margin" | "smallestP">;
  readonly why: WhyMissing;
  /** Why only differences are told; nothing where they are tested. */
  readonly untested: string | undefined;
  readonly stopped: boolean;
}

/**
 * Whether one condition loses more than another under the same faults: the interaction of condition and level. What counts is how an item changes in one
 * condition, from the level without rules to the one with, minus how it changes in the other; only items with all four values have such a number. The tests of
 * all pairs at all levels are a family of their own.
 *
 * @returns nothing where no two conditions meet a level
 */
export function* lossesOf(
  reading: Reading,
  { table, conditions, summaries, statistics, setting, why, untested, stopped }: LossSetting,
): Steps<LossAnalysis | undefined> {
  const changes = changesOf(conditions);
  const pairs = lossPairs(conditions, changes, statistics);
  if (pairs.length === 0) return undefined;
  const changed = changedReading(reading, changes);
  const seen = changedTable(table, changes);
  const reasons = whyChanged(reading, changes, why);
  const smallestP = statistics.significanceLevel / pairs.length;
  const checkDraws = drawsOfChecks(statistics.resamples, pairs.length, table.items.length);
  const found: Tested[] = [];
  for (const pair of pairs) {
    yield;
    const sides = [changes[pair.condition]!, changes[pair.against]!].flatMap(({ condition, clean }) => [
      condition,
      clean,
    ]);
    const { outcome, ...design } = isTested(reading)
      ? yield* testedLoss(pair, changed, seen, reasons, tasksOf(sides, reading), {
          ...setting,
          margin: undefined,
          smallestP,
          checkDraws,
        })
      : toldLoss(pair, changes, summaries, reading);
    const [condition, against] = [seen.conditions[pair.condition]!, seen.conditions[pair.against]!];
    found.push({ ...design, ...outcome, pair, condition, against });
  }
  const told = toldOnly(found, untested);
  const tested = stopped ? told.map(withoutP) : told;
  const { metric } = reading;
  const { family, readings } = yield* settleFamily(
    { role: "secondary", metrics: [metric.name], pairs: pairs.length, size: pairs.length },
    [
      {
        head: { metric, kind: kindOf(reading) },
        failedAs: reading.failedAs,
        summaries: [],
        omnibus: [],
        tested,
        smallest: stopped ? undefined : yield* smallestOf(changed.reading, seen, tested, statistics, setting.seed),
      },
    ],
    statistics,
  );
  const comparisons = readings[0]!.comparisons.map(
    ({ group: _, ...one }, i): LossComparison => ({ ...one, level: changes[pairs[i]!.condition]!.level }),
  );
  return { failedAs: reading.failedAs, family, comparisons };
}

/** A loss is an amount: grades, which only have an order, have no loss, and a percentile has none for a single item. */
const isTested = ({ metric }: Reading): boolean =>
  metric.aggregate === "sum" || (metric.aggregate === "mean" && !metric.ordinal);

/** How each item changes in each condition at each level, brought into [0, 1]: 0.5 stands for an unchanged one. */
interface Changed {
  readonly reading: Reading;
  /** What a difference of two is to be multiplied by. */
  readonly unit: number;
}

function changedReading(reading: Reading, changes: readonly Change[]): Changed {
  const reach = reachOf(...reading.means);
  const means = changes.map(({ condition, clean }) => {
    const before = reading.means[clean]!;
    return reading.means[condition]!.map((value, item) => 0.5 + (value - before[item]!) / (2 * reach));
  });
  return { reading: { ...reading, means }, unit: 2 * reach };
}

/** The table with a condition a change: an item was seen where either task of it was. */
const changedTable = (table: Table, changes: readonly Change[]): Table => ({
  ...table,
  conditions: changes.map(({ of }) => of),
  seen: (change, item) =>
    [changes[change]!.condition, changes[change]!.clean].some((condition) => table.seen(condition, item)),
});

/** Why an item has no change: why it has no value, under faults or without. */
const whyChanged =
  ({ means }: Reading, changes: readonly Change[], why: WhyMissing): WhyMissing =>
  (change, item) => {
    const { condition, clean } = changes[change]!;
    return why(Number.isNaN(means[condition]![item]!) ? condition : clean, item);
  };

interface Found extends Pick<Tested, "design" | "n" | "dropped"> {
  readonly outcome: TestOutcome;
}

function* testedLoss(
  pair: Pair,
  { reading, unit }: Changed,
  table: Table,
  why: WhyMissing,
  tasks: number,
  setting: TestSetting,
): Steps<Found> {
  const data = pairData(pair, reading, table, why);
  const outcome = data.xClusters
    ? clusteredMeans(data, setting)
    : yield* (data.design === "paired" ? pairedMeans : independentMeans)(data, setting);
  // a sum is a mean times the number of tasks: of these items, or of as many as either of two sides has
  const items = data.design === "paired" ? data.n : data.n / 2;
  const times = reading.metric.aggregate === "sum" ? items * tasks : 1;
  return { ...data, outcome: { ...scaledOutcome(outcome, unit * times), why: WHY } };
}

const WHY = "how each item changes in one condition is held against how it changes in the other";

/** The difference of what two conditions lose, where no item has a loss. */
function toldLoss(
  { condition, against }: Pair,
  changes: readonly Change[],
  summaries: readonly Summary[],
  { metric }: Reading,
): Found {
  const estimateOf = (place: number): Quantity => summaries[place]!.estimate.value;
  const [a, b] = [changes[condition]!, changes[against]!];
  const all = [a.condition, a.clean, b.condition, b.clean].map(estimateOf);
  const reason = metric.ordinal
    ? "grades have an order and no distances, so that a loss has no size"
    : "the difference of two losses is tested for means and sums alone";
  const [first = Number.NaN, second = Number.NaN, third = Number.NaN, fourth = Number.NaN] = all.map((one) =>
    one.ok ? one.value : Number.NaN,
  );
  const missing = all.find((one) => !one.ok);
  return {
    design: "paired",
    n: Math.min(...[a.condition, a.clean, b.condition, b.clean].map((place) => summaries[place]!.n)),
    dropped: {},
    outcome: {
      difference: { value: missing ?? ok(first - second - (third - fourth)), interval: err(reason) },
      test: "none",
      why: reason,
      effect: { name: "none", ...noEstimate(reason) },
      ...noInference(reason),
    },
  };
}

/** Losses with the verdict that other ways of counting failed tasks come to, where it is another one. */
export function withOtherLosses(
  { losses: used }: { readonly losses: LossAnalysis | undefined },
  others: readonly { readonly losses: LossAnalysis | undefined }[],
): LossAnalysis | undefined {
  if (!used) return undefined;
  const comparisons = used.comparisons.map((one, i) => {
    const other = others.find(({ losses }) => losses && losses.comparisons[i]!.verdict !== one.verdict)?.losses;
    return other ? { ...one, otherwise: { failedAs: other.failedAs, verdict: other.comparisons[i]!.verdict } } : one;
  });
  return { ...used, comparisons };
}
