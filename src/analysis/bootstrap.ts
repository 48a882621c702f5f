import type { Metric } from "#src/experiment/metrics";
import { err, ok, type Result } from "#src/kernel/result";
import { normal } from "#src/stats/distributions";
import { statisticOf } from "./aggregate.ts";
import { type Bootstrapped, bcaOf } from "./bca.ts";
import type { Pair } from "./pairs.ts";
import { type Estimate, noEstimate, type Quantity, quantity } from "./quantity.ts";
import type { Reading } from "./reading.ts";
import type { Replicates, Resamples } from "./resample.ts";
import type { TestOutcome, TestSetting } from "./test-outcome.ts";

/** A statistic of one condition: its value, and its value in every draw. */
export interface Drawn {
  readonly value: Quantity;
  readonly replicates: () => Replicates;
  /** Why draws say nothing about it. */
  readonly unfit?: string;
}

/** One aggregate of one condition, such as the 99th percentile of its latencies. */
export function drawnAggregate({ metric, columns, failedAs }: Reading, condition: number, resamples: Resamples): Drawn {
  const column = columns[condition]!;
  const key = `${metric.from}/${metric.aggregate}/${failedAs}/${condition}`;
  const drawn = resamples.draw(key, column, statisticOf(metric.aggregate));
  return {
    value: column.length === 0 ? err("no task returned it") : quantity(drawn.value, "too few tasks"),
    replicates: drawn.replicates,
    ...unfitOf(metric),
  };
}

/** The bootstrap never draws beyond the extremes that it has seen. */
const unfitOf = ({ aggregate }: Metric): { unfit?: string } =>
  aggregate === "min" || aggregate === "max" ? { unfit: `a ${aggregate}imum has no bootstrap interval` } : {};

/** The value of one condition with its interval. */
export function drawnEstimate({ value, replicates, unfit }: Drawn, level: number): Estimate {
  if (!value.ok) return noEstimate(value.error);
  if (unfit) return { value, interval: err(unfit) };
  const found = bcaOf(value.value, replicates());
  return { value, interval: found.ok ? found.value.intervalAt(level) : found };
}

/** Two conditions by the same draws: difference, p, and the ratio as the size of the effect. */
export function drawnDifference(a: Drawn, b: Drawn, level: number, what: string): TestOutcome {
  const difference = combined(a, b, level, (x, y) => x - y);
  const bothPositive = a.value.ok && b.value.ok && a.value.value > 0 && b.value.value > 0;
  const ratio = bothPositive ? combined(a, b, level, (x, y) => x / y) : undefined;
  const found = difference.found;
  return {
    test: "paired bootstrap (BCa)",
    why: `${what} has no standard error of its own; items are drawn anew, the same for both conditions, and p is the level at which the BCa interval would touch 0`,
    difference: difference.estimate,
    ...pOf(found),
    intervalAt: (confidence) => (found.ok ? found.value.intervalAt(confidence) : found),
    effect: { name: "ratio", ...(ratio ? ratio.estimate : noEstimate("a value is not positive")) },
    detectable: (alpha) =>
      found.ok
        ? ok((normal.upperQuantile(alpha / 2) + normal.upperQuantile(0.2)) * found.value.standardError)
        : err(found.error),
  };
}

function pOf(found: Result<Bootstrapped>): Pick<TestOutcome, "p" | "pIsBound"> {
  if (!found.ok) return { p: found };
  const { value, isBound } = found.value.p(0);
  return { p: ok(value), ...(isBound ? { pIsBound: true } : {}) };
}

function combined(
  a: Drawn,
  b: Drawn,
  level: number,
  combine: (x: number, y: number) => number,
): { estimate: Estimate; found: Result<Bootstrapped> } {
  if (!a.value.ok) return { estimate: noEstimate(a.value.error), found: a.value };
  if (!b.value.ok) return { estimate: noEstimate(b.value.error), found: b.value };
  const value = quantity(combine(a.value.value, b.value.value), "not finite");
  const unfit = a.unfit ?? b.unfit;
  if (!value.ok || unfit)
    return { estimate: { value, interval: err(unfit ?? "not finite") }, found: err(unfit ?? "not finite") };
  const [x, y] = [a.replicates(), b.replicates()];
  const both = {
    drawn: x.drawn.map((drawn, i) => combine(drawn, y.drawn[i]!)),
    leftOut: x.leftOut.map((left, i) => combine(left, y.leftOut[i]!)),
  };
  const found = bcaOf(value.value, both);
  return { estimate: { value, interval: found.ok ? found.value.intervalAt(level) : found }, found };
}

/** The estimate of one condition on a metric that is no mean. */
export const bootstrapEstimate = (reading: Reading, condition: number, level: number, resamples: Resamples): Estimate =>
  drawnEstimate(drawnAggregate(reading, condition, resamples), level);

/** The test of a pair on a metric that is no mean: all that each condition has, so that it agrees with the results. */
export function bootstrapDifference(
  pair: Pair,
  reading: Reading,
  { confidenceInterval: level }: TestSetting,
  resamples: Resamples,
): TestOutcome {
  const [a, b] = [drawnAggregate(reading, pair.condition, resamples), drawnAggregate(reading, pair.against, resamples)];
  const { means } = reading;
  const n = means[pair.condition]!.reduce(
    (count, value, item) => count + Number(!Number.isNaN(value) || !Number.isNaN(means[pair.against]![item]!)),
    0,
  );
  return {
    ...drawnDifference(a, b, level, `the ${reading.metric.aggregate} of ${reading.metric.from}`),
    n,
    dropped: {},
  };
}
