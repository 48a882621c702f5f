import { err, ok, type Result } from "#src/kernel/result";
import { studentT } from "./distributions.ts";
import {
  type Alternative,
  allFinite,
  checkLevel,
  DEFAULT_LEVEL,
  differences,
  type Interval,
  isNoise,
  type Spread,
  spreadOf,
} from "./sample.ts";

/** Why a t test has no answer: fewer than two values, a value that is not a number, or no variation to compare the difference with. */
export type TTestProblem = "too-few" | "not-finite" | "all-equal";

export interface TTestOptions {
  /** Confidence level of the interval; default 0.95 */
  readonly level?: number;
  /** Default two-sided; the interval of a one-sided test has one infinite end */
  readonly alternative?: Alternative;
  /** The value under the null; default 0 */
  readonly mu?: number;
}

export interface TTest {
  readonly t: number;
  /** Degrees of freedom; fractional for Welch */
  readonly df: number;
  /** The mean, or the difference of means, x minus y */
  readonly estimate: number;
  readonly standardError: number;
  /** In [0, 1]; 0 only below 1e-308, where `logP` still tells */
  readonly p: number;
  /** Natural logarithm of `p` */
  readonly logP: number;
  readonly interval: Interval;
}

/** Everything after estimate, standard error and degrees of freedom is the same for every t test. */
export function tTestOf(estimate: number, standardError: number, df: number, options: TTestOptions = {}): TTest {
  const { level = DEFAULT_LEVEL, alternative = "two-sided", mu = 0 } = options;
  checkLevel(level);
  const t = (estimate - mu) / standardError;
  const distribution = studentT(df);
  const tails = distribution.tails(alternative === "two-sided" ? Math.abs(t) : t);
  const [p, logP] =
    alternative === "two-sided"
      ? [Math.min(1, 2 * tails.upper), Math.min(0, tails.logUpper + Math.LN2)]
      : alternative === "less"
        ? [tails.lower, tails.logLower]
        : [tails.upper, tails.logUpper];
  const reach = standardError * distribution.upperQuantile(alternative === "two-sided" ? (1 - level) / 2 : 1 - level);
  const interval = {
    lower: alternative === "less" ? Number.NEGATIVE_INFINITY : estimate - reach,
    upper: alternative === "greater" ? Number.POSITIVE_INFINITY : estimate + reach,
    level,
  };
  return { t, df, estimate, standardError, p, logP, interval };
}

/**
 * Whether the mean of a sample is `mu`.
 *
 * @returns `too-few` below two values, `not-finite`, or `all-equal` if the values do not vary beyond rounding
 * @see Student, "The Probable Error of a Mean", Biometrika 6 (1908)
 * @example oneSampleTTest([1, 2, 3], { mu: 2 }) // => { ok: true, value: { t: 0, df: 2, p: 1, ... } }
 */
export function oneSampleTTest(values: readonly number[], options: TTestOptions = {}): Result<TTest, TTestProblem> {
  if (!allFinite(values)) return err("not-finite");
  if (values.length < 2) return err("too-few");
  const { n, mean, sd } = spreadOf(values);
  const standardError = sd / Math.sqrt(n);
  if (isNoise(standardError, mean)) return err("all-equal");
  return ok(tTestOf(mean, standardError, n - 1, options));
}

/** Student's interval of a mean. Its coverage is exact for normal data and good from about 30 values for most others. */
export function meanInterval(
  values: readonly number[],
  options: { level?: number } = {},
): Result<Interval, TTestProblem> {
  const test = oneSampleTTest(values, options);
  return test.ok ? ok(test.value.interval) : test;
}

/**
 * Whether two conditions differ on the same items: a one-sample t test of x[i] - y[i]. The default for scores of 30 items or more.
 *
 * @param x one value per item
 * @param y the same items in the same order
 * @returns `all-equal` if the differences do not vary beyond rounding, be they 0 or not
 * @see Student 1908, section 9
 * @example pairedTTest([1, 2, 3], [1, 1, 1]) // => { ok: true, value: { t: 1.732051, df: 2, ... } }
 */
export const pairedTTest = (
  x: readonly number[],
  y: readonly number[],
  options: TTestOptions = {},
): Result<TTest, TTestProblem> => oneSampleTTest(differences(x, y), options);

/**
 * Whether two independent samples have one mean, without assuming one variance. The default for independent samples.
 *
 * @returns `too-few` if a sample has fewer than two values, `all-equal` if neither varies beyond rounding
 * @see Welch, "The generalization of Student's problem...", Biometrika 34 (1947); Delacre, Lakens & Leys 2017 (why by default)
 * @example welchTTest([1, 2, 3], [2, 4, 6]) // => { ok: true, value: { t: -1.549193, df: 2.941176, ... } }
 */
export function welchTTest(
  x: readonly number[],
  y: readonly number[],
  options: TTestOptions = {},
): Result<TTest, TTestProblem> {
  return twoSamples(
    x,
    y,
    (a, b) => {
      const ea = a.sd / Math.sqrt(a.n);
      const eb = b.sd / Math.sqrt(b.n);
      const standardError = Math.hypot(ea, eb);
      const share = (ea / standardError) ** 2; // a ratio, so that no fourth power of a tiny deviation underflows
      return { standardError, df: 1 / (share ** 2 / (a.n - 1) + (1 - share) ** 2 / (b.n - 1)) };
    },
    options,
  );
}

/**
 * Student's t test of two independent samples with one pooled variance. Wrong where variances and sizes both differ: prefer `welchTTest`.
 *
 * @returns `too-few` if a sample is empty or both have one value only
 * @see Student 1908; Fisher 1925
 * @example pooledTTest([1, 2, 3], [2, 4, 6]) // => { ok: true, value: { t: -1.549193, df: 4, ... } }
 */
export function pooledTTest(
  x: readonly number[],
  y: readonly number[],
  options: TTestOptions = {},
): Result<TTest, TTestProblem> {
  const error = (a: Spread, b: Spread) => ({
    standardError: pooledSd(a, b) * Math.sqrt(1 / a.n + 1 / b.n),
    df: a.n + b.n - 2,
  });
  return twoSamples(x, y, error, options, 1);
}

/** The standard deviation around two means, estimated from both samples. */
export const pooledSd = (a: Spread, b: Spread): number =>
  Math.hypot(a.sd * Math.sqrt((a.n - 1) / (a.n + b.n - 2)), b.sd * Math.sqrt((b.n - 1) / (a.n + b.n - 2)));

function twoSamples(
  x: readonly number[],
  y: readonly number[],
  error: (a: Spread, b: Spread) => { standardError: number; df: number },
  options: TTestOptions,
  least = 2,
): Result<TTest, TTestProblem> {
  if (!allFinite(x) || !allFinite(y)) return err("not-finite");
  if (x.length < least || y.length < least || x.length + y.length < 3) return err("too-few");
  const [a, b] = [spreadOf(x), spreadOf(y)];
  const { standardError, df } = error(a, b);
  if (isNoise(standardError, a.mean, b.mean)) return err("all-equal");
  return ok(tTestOf(a.mean - b.mean, standardError, df, options));
}
