import type { Metric } from "#src/experiment/metrics";
import { err, mapOk, ok, type Result } from "#src/kernel/result";
import type { Steps } from "#src/kernel/steps";
import { excessKurtosis } from "#src/stats/descriptives";
import { sortInSteps, statisticOf } from "./aggregate.ts";
import { bcaOf } from "./bca.ts";
import { type Column, countValues } from "./column.ts";
import type { Pair } from "./pairs.ts";
import { type Estimate, type Interval, noEstimate, type Quantity, quantity } from "./quantity.ts";
import type { Reading } from "./reading.ts";
import type { Replicates, Resamples } from "./resample.ts";
import { identicalReplies } from "./same.ts";
import { membersOf, type SwapStatistic, swapStatisticInSteps } from "./swap-statistic.ts";
import { type Members, noSwaps, type SwapInference, swapTest } from "./swap-test.ts";
import type { TestOutcome, TestSetting } from "./test-outcome.ts";

/** A statistic of one condition: its value, and its value in every draw. */
export interface Drawn {
  readonly value: Quantity;
  readonly replicates: () => Steps<Replicates>;
  /** Why draws say nothing about it. */
  readonly unfit?: string;
}

/** One aggregate of one condition, such as the 99th percentile of its latencies. */
export function drawnAggregate(
  { metric, columns, means, failedAs }: Reading,
  condition: number,
  resamples: Resamples,
): Drawn {
  const column = columns[condition]!;
  const key = `${metric.from}/${metric.aggregate}/${failedAs}/${condition}`;
  const drawn = resamples.draw(key, column, statisticOf(metric.aggregate));
  return {
    value: column.length === 0 ? err("no task returned it") : quantity(drawn.value, "too few tasks"),
    replicates: drawn.replicates,
    ...unfitOf(metric, column, countValues(means[condition]!)),
  };
}

/** The bootstrap never draws beyond the extremes that it has seen, nor knows a spread from tails that it has not. */
function unfitOf({ aggregate }: Metric, { values }: Column, items: number): { unfit?: string } {
  if (aggregate === "min" || aggregate === "max") return { unfit: `a ${aggregate}imum has no interval` };
  if (aggregate === "std") {
    const heavy = values.length >= ENOUGH_FOR_SPREAD ? excessKurtosis(Array.from(values)) : undefined;
    return heavy?.ok && heavy.value < HEAVY
      ? {}
      : { unfit: "a standard deviation has an interval from 100 items without long tails on" };
  }
  const statistic = statisticOf(aggregate);
  return statistic.kind === "quantile" ? tooFewBeyond(aggregate, statistic.share, items) : {};
}

const ENOUGH_FOR_SPREAD = 100;
const HEAVY = 3;

/** Items that must lie beyond a quantile on either side for its interval to hold. */
const BEYOND = 10;

function tooFewBeyond(aggregate: string, share: number, items: number): { unfit?: string } {
  const needed = Math.ceil(BEYOND / Math.min(share, 1 - share) - 1e-9);
  return items >= needed
    ? {}
    : { unfit: `too few items: ${aggregate} has an interval from ${needed} on, here are ${items}` };
}

/** The value of one condition with its interval. */
export function* drawnEstimate({ value, replicates, unfit }: Drawn, level: number, units: number): Steps<Estimate> {
  if (!value.ok) return noEstimate(value.error);
  if (unfit) return { value, interval: err(unfit) };
  const found = bcaOf(value.value, yield* replicates(), units);
  return { value, interval: found.ok ? found.value.intervalAt(level) : found };
}

/** Two conditions on a statistic of their own, with labels that can be swapped. */
export interface SwappedPair {
  readonly a: Quantity;
  readonly b: Quantity;
  readonly statistic: SwapStatistic;
  readonly members: Members;
  /** Why the difference has no interval, though it has a p. */
  readonly unfit?: string | undefined;
  /** What is compared: "the p99 of latency". */
  readonly what: string;
  /** Set where both conditions gave the same replies: with how many items. */
  readonly sameReplies?: number | undefined;
}

/**
 * Why no power is told: by how much a number differs does not say how its values do. A standard deviation that grows by 4 because of one item
 * is found seldom, and one that grows by 4 because all items spread is found often.
 */
const NO_POWER = "what swapped labels find depends on how the values differ, not on the size of the difference alone";

/** Two conditions by swapped labels: difference, p, and the ratio as the size of the effect. */
export function* swappedDifference(
  { a, b, statistic, members, unfit, what, sameReplies }: SwappedPair,
  setting: TestSetting,
): Steps<TestOutcome> {
  const draws = setting.swaps.draws;
  const found: Result<SwapInference> = !a.ok
    ? a
    : !b.ok
      ? b
      : unfit !== undefined && countOf(members.a) + countOf(members.b) === 0
        ? err(unfit)
        : yield* swapTest(statistic.swapped, members, { ...setting, ...setting.swaps, draws, cost: statistic.cost });
  const value = a.ok && b.ok ? quantity(a.value - b.value, "not finite") : a.ok ? b : a;
  const intervalAt = (confidence: number): Result<Interval> =>
    unfit !== undefined ? err(unfit) : found.ok ? found.value.intervalAt(confidence) : found;
  const positive = a.ok && b.ok && a.value > 0 && b.value > 0;
  const outcome: TestOutcome = {
    test: found.ok && found.value.exact ? "exact label-swap test" : "label-swap permutation test",
    why: `${what} has no standard error of its own; the labels of both conditions are swapped item by item`,
    difference: { value, interval: intervalAt(setting.confidenceInterval) },
    p: mapOk(found, ({ p }) => p),
    ...(found.ok && found.value.pIsBound ? { pIsBound: true } : {}),
    intervalAt,
    effect: {
      name: "ratio",
      value: positive ? ok(a.value / b.value) : err("a value is not positive"),
      interval: err("the difference is tested, not the ratio"),
    },
    detectable: () => err(found.ok ? NO_POWER : found.error),
  };
  const unmoved = found.ok && found.value.standardError === 0 && sameReplies !== undefined;
  return unmoved ? identicalReplies(outcome, sameReplies) : outcome;
}

/** The estimate of one condition on a metric that is not a mean. */
export function* bootstrapEstimate(
  reading: Reading,
  condition: number,
  level: number,
  resamples: Resamples,
): Steps<Estimate> {
  yield* sortInSteps(reading.columns[condition]!, resamples.unitOf);
  return yield* drawnEstimate(drawnAggregate(reading, condition, resamples), level, resamples.units);
}

/** The test of a pair on a metric that is not a mean: all that each condition has, so that it agrees with the results. */
export function* aggregateDifference(
  { condition, against }: Pair,
  reading: Reading,
  setting: TestSetting,
  resamples: Resamples,
): Steps<TestOutcome> {
  const { unitOf, units } = resamples;
  const { metric, columns } = reading;
  const [a, b] = [columns[condition]!, columns[against]!];
  if (statisticOf(metric.aggregate).kind !== "std") for (const column of [a, b]) yield* sortInSteps(column, unitOf);
  const statistic = yield* swapStatisticInSteps(a, b, statisticOf(metric.aggregate), unitOf, units);
  yield;
  const members = membersOf([a], [b], unitOf, units);
  yield;
  const [valueA, valueB] =
    a.length === 0 || b.length === 0 ? [Number.NaN, Number.NaN] : statistic.swapped(noSwaps(units));
  const measured = (column: Column, value: number): Quantity =>
    column.length === 0 ? err("no task returned it") : quantity(value, "too few tasks");
  const n = Math.min(countOf(members.a), countOf(members.b));
  return {
    ...(yield* swappedDifference(
      {
        a: measured(a, valueA),
        b: measured(b, valueB),
        statistic,
        members,
        unfit: metric.aggregate === "std" ? undefined : unfitOf(metric, a, n).unfit,
        what: `the ${metric.aggregate} of ${metric.from}`,
      },
      setting,
    )),
    n: itemsOf(reading, condition, against),
    dropped: {},
  };
}

function countOf(marks: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < marks.length; i++) count += marks[i]!;
  return count;
}

/** Items that either condition has. */
function itemsOf({ means }: Reading, condition: number, against: number): number {
  const [a, b] = [means[condition]!, means[against]!];
  let count = 0;
  for (let item = 0; item < a.length; item++) if (!Number.isNaN(a[item]!) || !Number.isNaN(b[item]!)) count += 1;
  return count;
}
