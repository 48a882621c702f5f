import { err, ok, type Result } from "#src/kernel/result";
import { normal } from "#src/stats/distributions";
import { spreadOf } from "#src/stats/sample";
import { type Interval, interval, type Quantity } from "./quantity.ts";
import type { Replicates } from "./resample.ts";

/** What the draws say about a statistic. */
export interface Bootstrapped {
  readonly interval: Interval;
  readonly standardError: number;
  /** Two-sided p of the statistic being `null_`. */
  readonly p: (null_: number) => Quantity;
}

/** Draws beyond the null value below which their share is too rough, and the normal tail is used. */
const FEW = 10;
/** Share of draws without a value beyond which an end of the interval might lie among them. */
const MOST_WITHOUT = 0.01;
/** A p below this would rest on a tail that no draw has seen. */
const LEAST = 1e-6;

/**
 * The BCa interval of a statistic from replicates that were made before, and the p at which its end would touch a null value.
 * Agrees with `bootstrap` of statistics, which makes the replicates itself; here they are shared by many pairs.
 *
 * Where fewer than ten draws lie beyond the null value, their share would be no more than a bound such as 1/2000; then p comes from
 * a normal distribution with the standard error of the draws, which is not trusted below 1e-6.
 *
 * @see Efron, "Better Bootstrap Confidence Intervals", JASA 82 (1987)
 */
export function bcaOf(estimate: number, { drawn, leftOut }: Replicates, level: number): Result<Bootstrapped> {
  const values = drawn.filter(Number.isFinite).sort();
  const without = drawn.length - values.length;
  if (without > drawn.length * MOST_WITHOUT || values.length < 2)
    return err(`${without} of ${drawn.length} draws have no value`);
  const { sd, mean } = spreadOf(Array.from(values));
  if (!(sd > 0)) return err("the draws do not vary");
  const z0 = normal.quantile(countBelow(values, estimate) / values.length);
  const a = acceleration(leftOut);
  const plain = !Number.isFinite(z0); // the estimate lies outside all draws
  const share = (z: number): number =>
    plain ? normal.tails(z).lower : normal.tails(z0 + (z0 + z) / (1 - a * (z0 + z))).lower;
  const z = normal.upperQuantile((1 - level) / 2);
  const ends = interval(
    quantileOf(values, share(-z)),
    quantileOf(values, share(z)),
    level,
    `${plain ? "percentile" : "BCa"} bootstrap${without === 0 ? "" : ` (${without} of ${drawn.length} draws had no value)`}`,
  );
  if (!ends.ok) return ends;
  const p = (null_: number): Quantity => {
    const below = countBelow(values, null_);
    if (plain || Math.min(below, values.length - below) < FEW)
      return ok(Math.max(LEAST, 2 * normal.tails(Math.abs(2 * estimate - mean - null_) / sd).upper));
    const u = normal.quantile(below / values.length) - z0;
    const tails = normal.tails(u / (1 + a * u) - z0);
    return ok(Math.min(1, 2 * Math.min(tails.lower, tails.upper)));
  };
  return ok({ interval: ends.value, standardError: sd, p });
}

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
