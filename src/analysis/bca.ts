import { err, ok, type Result } from "#src/kernel/result";
import { normal, studentT } from "#src/stats/distributions";
import { spreadOf } from "#src/stats/sample";
import { type Interval, interval } from "./quantity.ts";
import type { Replicates } from "./resample.ts";

/** Spread of draws, as a share of the number, that sums of many numbers have by rounding alone. */
const ROUNDING = 1e-9;

/** What the draws say about a statistic. */
export interface Bootstrapped {
  /** At any confidence; refused where it would end beyond the draws. */
  readonly intervalAt: (confidence: number) => Result<Interval>;
  readonly standardError: number;
  /** Two-sided p of the statistic being `null_`: where the interval would end. */
  readonly p: (null_: number) => { readonly value: number; readonly isBound: boolean };
}

/** Share of draws without a value beyond which an end of the interval might lie among them. */
const MOST_WITHOUT = 0.01;

/**
 * The BCa interval of a statistic from replicates that were made before, and the p at which its end would touch a null value.
 * Agrees with `bootstrap` of statistics, which makes the replicates itself; here they are shared by many pairs.
 *
 * @param units items or clusters: then the interval is as much wider as t is than the normal distribution
 * @see Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 69 (2015), 4.1 (expanded intervals)
 * @see Efron, "Better Bootstrap Confidence Intervals", JASA 82 (1987)
 */
export function bcaOf(estimate: number, { drawn, leftOut }: Replicates, units?: number): Result<Bootstrapped> {
  const values = drawn.filter(Number.isFinite).sort();
  const without = drawn.length - values.length;
  if (without > drawn.length * MOST_WITHOUT || values.length < 2)
    return err(`${without} of ${drawn.length} draws have no value`);
  const { sd } = spreadOf(Array.from(values));
  if (!(sd > ROUNDING * Math.abs(estimate))) return err("every draw gives the same number");
  const z0 = normal.quantile(countBelow(values, estimate) / values.length);
  const a = acceleration(leftOut);
  const plain = !Number.isFinite(z0); // the estimate lies outside all draws
  const share = (z: number): number =>
    plain ? normal.tails(z).lower : normal.tails(z0 + (z0 + z) / (1 - a * (z0 + z))).lower;
  const least = 1 / (values.length + 1);
  const p = (null_: number): { value: number; isBound: boolean } => {
    const below = countBelow(values, null_);
    const u = normal.quantile(Math.min(1 - least, Math.max(least, below / values.length))) - (plain ? 0 : z0);
    const tails = normal.tails(plain ? u : u / (1 + a * u) - z0);
    const found = 2 * Math.min(tails.lower, tails.upper);
    return { value: Math.min(1, Math.max(2 * least, found)), isBound: below === 0 || below === values.length };
  };
  const intervalAt = (confidence: number): Result<Interval> => {
    const z = expanded((1 - confidence) / 2, units);
    if (1 - confidence <= 2 * least) return err("too few draws for an interval at this level");
    return interval(
      quantileOf(values, share(-z)),
      quantileOf(values, share(z)),
      confidence,
      `${plain ? "percentile" : "BCa"} bootstrap${without === 0 ? "" : ` (${without} of ${drawn.length} draws had no value)`}`,
    );
  };
  return ok({ intervalAt, standardError: sd, p });
}

/** The normal quantile, or that of t for this many units, whose standard deviation is underestimated besides. */
const expanded = (tail: number, units: number | undefined): number =>
  units === undefined || units < 2
    ? normal.upperQuantile(tail)
    : studentT(units - 1).upperQuantile(tail) * Math.sqrt(units / (units - 1));

/** Draws below a value; those that equal it count half. */
function countBelow(sorted: Float64Array, value: number): number {
  let count = 0;
  for (const draw of sorted) {
    if (draw > value) break;
    count += draw < value ? 1 : 0.5;
  }
  return count;
}

/** A sixth of the skewness of the statistic with one unit left out at a time; 0 where it does not vary. */
function acceleration(leftOut: Float64Array): number {
  const values = leftOut.filter(Number.isFinite);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    squares += (mean - value) ** 2;
    cubes += (mean - value) ** 3;
  }
  const a = cubes / (6 * squares ** 1.5);
  return Number.isFinite(a) ? a : 0;
}

/** Type 7 of sorted values. */
function quantileOf(sorted: Float64Array, share: number): number {
  const position = (sorted.length - 1) * share;
  const rank = Math.floor(position);
  const low = sorted[rank]!;
  return low + ((sorted[rank + 1] ?? low) - low) * (position - rank);
}
