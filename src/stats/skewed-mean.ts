import { err, ok, type Result } from "#src/kernel/result";
import { studentT } from "./distributions.ts";
import type { LevelOption } from "./proportion.ts";
import { DEFAULT_LEVEL, type Interval, preciseMean } from "./sample.ts";

/** What the mean of a sample and its skewness say. */
export interface SkewedMean {
  readonly mean: number;
  readonly standardError: number;
  /** Skewness of the mean: that of the values, adjusted for bias, over the root of their number; 0 for two values. */
  readonly skewness: number;
  readonly n: number;
}

/** @returns `too-few` for fewer than two values, `all-equal` where rounding alone tells them apart */
export function skewedMean(values: readonly number[]): Result<SkewedMean, "too-few" | "all-equal"> {
  const n = values.length;
  if (n < 2) return err("too-few");
  const { mean } = preciseMean(values);
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value - mean)), 0);
  if (!(scale > 1e-12 * Math.abs(mean))) return err("all-equal");
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    const away = (value - mean) / scale;
    squares += away * away;
    cubes += away * away * away;
  }
  const sd = Math.sqrt(squares / (n - 1));
  const skewness = n < 3 ? 0 : (Math.sqrt(n) / ((n - 1) * (n - 2))) * (cubes / sd ** 3);
  return ok({ mean, standardError: (scale * sd) / Math.sqrt(n), skewness, n });
}

/**
 * Interval of a mean by t, transformed so that skewed values are missed on neither side more often than on the other. Student's t itself misses the
 * mean of lognormal values in 10 to 18 % of samples of 5 to 100; this one in 8 to 12 %. Without skewness it is Student's.
 *
 * @see Hall, "On the Removal of Skewness by Transformation", JRSS B 54 (1992) 221
 * @example skewedInterval({ mean: 2, standardError: 1, skewness: 0, n: 10 }).upper // => 4.262157
 */
export function skewedInterval(
  { mean, standardError, skewness, n }: SkewedMean,
  { level = DEFAULT_LEVEL }: LevelOption = {},
): Interval {
  const t = studentT(n - 1).upperQuantile((1 - level) / 2);
  const end = (z: number): number => {
    const a = skewness / 3;
    if (Math.abs(a) < 1e-9) return mean - z * standardError;
    return mean - ((Math.cbrt(1 + 3 * a * (z - a / 2)) - 1) / a) * standardError;
  };
  return { lower: end(t), upper: end(-t), level };
}

/** Beyond so much skewness of a mean t errs by more than a point and a half on one side. @see Cochran, Sampling Techniques (1977), 2.15 */
const MUCH = 0.3;

/**
 * Whether a mean is skewed beyond what t bears, and beyond what symmetric values show by chance.
 *
 * @param skewness of the mean
 * @param n values
 * @example isSkewed(0.5, 30) // => true
 * @example isSkewed(0.5, 5) // => false
 */
export const isSkewed = (skewness: number, n: number): boolean =>
  Math.abs(skewness) > Math.max(MUCH, (2 * Math.sqrt(6)) / n);

/** The skewness of the difference of two independent means. */
export function skewnessOfDifference(x: SkewedMean, y: SkewedMean): number {
  const cubes = x.skewness * x.standardError ** 3 - y.skewness * y.standardError ** 3;
  return cubes / Math.hypot(x.standardError, y.standardError) ** 3;
}
