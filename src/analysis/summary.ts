import { err, mapOk, ok } from "#src/kernel/result";
import type { Steps } from "#src/kernel/steps";
import { describeInSteps, quantiles } from "#src/stats/descriptives";
import { modifiedWilsonInterval } from "#src/stats/proportion";
import { isSkewed, skewedInterval, skewedMean } from "#src/stats/skewed-mean";
import type { Summary } from "./analysis.ts";
import { bootstrapEstimate } from "./bootstrap.ts";
import { robustMean } from "./clusters.ts";
import { type Column, listOfValues } from "./column.ts";
import { problemWords } from "./problem.ts";
import { type Estimate, type Interval, type Quantity, quantity } from "./quantity.ts";
import type { Reading } from "./reading.ts";
import type { Resamples } from "./resample.ts";
import type { Table } from "./table.ts";
import { fromStats } from "./test-outcome.ts";

/** Describes each condition on one reading of one metric. */
export function* summarise(reading: Reading, table: Table, level: number, resamples: Resamples): Steps<Summary[]> {
  const summaries: Summary[] = [];
  for (const [condition, name] of table.conditions.entries())
    summaries.push(yield* summary(name, condition, reading, table, level, resamples));
  return summaries;
}

function* summary(
  name: string,
  condition: number,
  reading: Reading,
  table: Table,
  level: number,
  resamples: Resamples,
): Steps<Summary> {
  const means = reading.means[condition]!;
  const values = listOfValues(means);
  const clusters: number[] = [];
  if (table.clusters)
    means.forEach((value, item) => {
      if (!Number.isNaN(value)) clusters.push(table.clusters![item]!);
    });
  const described = yield* describeInSteps(values, { level });
  const of = (part: "mean" | "median" | "min" | "max" | "p25" | "p75" | "p95" | "p99"): Quantity =>
    described.ok ? quantity(described.value[part], "not finite") : err(problemWords(described.error));
  const spread = (part: "sd" | "sem"): Quantity => {
    if (!described.ok) return err(problemWords(described.error));
    const found = described.value[part];
    return found.ok ? ok(found.value) : err(values.length === 1 ? "one item" : problemWords(found.error));
  };
  yield;
  const ofMean = of("mean");
  const robust = table.clusters ? robustMean(values, clusters, level) : undefined;
  const { caution, ...estimate } = yield* estimateOf(condition, reading, values, level, resamples, ofMean, robust);
  return {
    condition: name,
    n: values.length,
    tasks: reading.columns[condition]!.length,
    estimate,
    ...(caution === undefined ? {} : { caution }),
    mean: ofMean,
    sd: spread("sd"),
    sem: robust?.standardError ?? spread("sem"),
    sdWithin: withinItems(reading.columns[condition]!, means, values.length),
    median: of("median"),
    min: of("min"),
    max: of("max"),
    p25: of("p25"),
    p75: of("p75"),
    p95: of("p95"),
    p99: of("p99"),
    ...(reading.binary || !described.ok ? {} : { spread: spreadOf(values) }),
  };
}

/** Values up to which each is kept. */
const EACH = 20;
const TWENTIETHS = Array.from({ length: EACH }, (_, i) => (i + 0.5) / EACH);

/** Finite values in ascending order, of more than 20 the middle value of each twentieth. */
function spreadOf(values: readonly number[]): readonly number[] {
  if (values.length <= EACH) return values.toSorted((a, b) => a - b);
  const found = quantiles(values, TWENTIETHS);
  return found.ok ? found.value : [];
}

/** Standard deviation of tasks around the mean of their item. */
function withinItems({ values, items, length }: Column, means: Float64Array, n: number): Quantity {
  if (length <= n) return err("one repeat an item");
  let squares = 0;
  for (let i = 0; i < length; i++) squares += (values[i]! - means[items[i]!]!) ** 2;
  return quantity(Math.sqrt(squares / (length - n)), "not finite");
}

/** The metric as it is defined, with the interval that suits it. */
function* estimateOf(
  condition: number,
  reading: Reading,
  values: readonly number[],
  level: number,
  resamples: Resamples,
  mean: Quantity,
  robust: ReturnType<typeof robustMean> | undefined,
): Steps<Estimate & Pick<Summary, "caution">> {
  const { metric, columns } = reading;
  if (metric.aggregate === "sum") {
    const tasks = columns[condition]!.length;
    const { interval, ...caution } = levelOfMean(reading, values, level, robust);
    return {
      ...caution,
      value: mapOk(mean, (one) => one * tasks),
      interval: mapOk(interval, (one) => ({ ...one, low: one.low * tasks, high: one.high * tasks })),
    };
  }
  if (metric.aggregate !== "mean") return yield* bootstrapEstimate(reading, condition, level, resamples);
  const { interval, ...caution } = levelOfMean(reading, values, level, robust);
  return { value: mean, ...caution, interval: reading.binary ? mapOk(interval, asShares) : interval };
}

/** Wilson where every item is a yes or a no, else t; of as many clusters as there are in effect where all of them agree. */
function levelOfMean(
  { binary }: Reading,
  values: readonly number[],
  level: number,
  robust: ReturnType<typeof robustMean> | undefined,
): Pick<Estimate, "interval"> & Pick<Summary, "caution"> {
  const yesOrNo = binary && values.length > 0 && !values.some((value) => value !== 0 && value !== 1);
  if (robust) {
    const { interval, effectiveClusters } = robust;
    if (interval.ok || !yesOrNo || effectiveClusters === undefined) return { interval };
    const n = Math.floor(effectiveClusters + 1e-9);
    return wilson(values[0] === 1 ? n : 0, n, level, "modified Wilson score over clusters");
  }
  if (yesOrNo)
    return wilson(
      values.reduce((sum, value) => sum + value, 0),
      values.length,
      level,
      "modified Wilson score",
    );
  const found = skewedMean(values);
  if (!found.ok) return { interval: err(problemWords(found.error)) };
  return {
    interval: fromStats(ok(skewedInterval(found.value, { level })), HALL),
    ...(isSkewed(found.value.skewness, found.value.n)
      ? { caution: SKEWED }
      : !binary && found.value.n < SHOWS_SKEWNESS
        ? { caution: TOO_FEW }
        : {}),
  };
}

/** Items below which values say nothing of their own skewness: samples without a large value look symmetric, and are those that miss the mean. */
const SHOWS_SKEWNESS = 15;
const SKEWED = "the values are skewed and items few for that, so that the interval may end too early";
const TOO_FEW = `fewer than ${SHOWS_SKEWNESS} items cannot show whether values are skewed, and the interval is right only where they are not`;

/** A share lies in [0, 1], whatever t over few clusters says. */
const asShares = (one: Interval): Interval => ({ ...one, low: Math.max(0, one.low), high: Math.min(1, one.high) });

const HALL = "t over items, corrected for skewness (Hall)";

const wilson = (successes: number, n: number, level: number, method: string): Pick<Estimate, "interval"> => ({
  interval: fromStats(modifiedWilsonInterval({ successes, n }, { level }), method),
});
