import { medianAbsoluteDeviation, quantileSorted, sum } from "simple-statistics";
import { invariant } from "#src/kernel/errors";
import { err, mapOk, ok, type Result } from "#src/kernel/result";
import { finish, type Steps } from "#src/kernel/steps";
import { allFinite, DEFAULT_LEVEL, type Interval, preciseMean, spreadOf } from "./sample.ts";
import { meanInterval } from "./t-test.ts";

/** What a sample looks like. A statistic that does not exist for it says why. */
export interface Description {
  readonly n: number;
  readonly sum: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly median: number;
  /** Quantiles of type 7, as R's default */
  readonly p25: number;
  readonly p75: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  /** With n - 1 below */
  readonly variance: Result<number, "too-few">;
  readonly sd: Result<number, "too-few">;
  /** Standard error of the mean, sd / sqrt(n) */
  readonly sem: Result<number, "too-few">;
  /** Student's interval of the mean; of width 0 for constant values, which promises more than they can keep */
  readonly interval: Result<Interval, "too-few">;
}

/**
 * Describes a sample.
 *
 * @param values one per item; repeats averaged before
 * @returns `empty` without values, `not-finite` if one is NaN or infinite
 * @example describe([1, 2, 3]) // => { ok: true, value: { n: 3, sum: 6, mean: 2, ... } }
 */
export const describe = (
  values: readonly number[],
  options: { level?: number } = {},
): Result<Description, "empty" | "not-finite"> => finish(describeInSteps(values, options));

/** `describe` for samples of hundreds of thousands. */
export function* describeInSteps(
  values: readonly number[],
  { level = DEFAULT_LEVEL }: { level?: number } = {},
): Steps<Result<Description, "empty" | "not-finite">> {
  if (values.length === 0) return err("empty");
  if (!allFinite(values)) return err("not-finite");
  yield;
  const sorted = ascending(values);
  const at = (p: number): number => quantileSorted(sorted, p);
  yield;
  const { n, mean, sd } = spreadOf(values);
  yield;
  const many = <T>(value: T): Result<T, "too-few"> => (n < 2 ? err("too-few") : ok(value));
  const student = meanInterval(values, { level });
  const interval = student.ok ? student.value : { lower: mean, upper: mean, level };
  return ok({
    n,
    sum: sum(values as number[]),
    mean,
    min: sorted[0]!,
    max: sorted[n - 1]!,
    median: at(0.5),
    p25: at(0.25),
    p75: at(0.75),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    variance: many(sd * sd),
    sd: many(sd),
    sem: many(sd / Math.sqrt(n)),
    interval: many(interval),
  });
}

/** A sorted copy; typed arrays sort ten times as fast, and simple-statistics only reads from it. */
const ascending = (values: readonly number[]): number[] => Float64Array.from(values).sort() as unknown as number[];

/** Definitions of a sample quantile by their number in Hyndman & Fan; 7 is the default of R and NumPy. */
export type QuantileType = 1 | 2 | 5 | 6 | 7 | 8;

/**
 * Quantiles of a sample, sorting it once.
 *
 * @param shares each in [0, 1]
 * @param type which definition
 * @returns as many, in the order of `shares`; `empty`, or `not-finite` if a value is NaN or infinite
 * @see Hyndman & Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996)
 * @example quantiles([1, 2, 3, 4], [0.5, 0.9]) // => { ok: true, value: [2.5, 3.7] }
 */
export function quantiles(
  values: readonly number[],
  shares: readonly number[],
  type: QuantileType = 7,
): Result<number[], "empty" | "not-finite"> {
  for (const p of shares) invariant(p >= 0 && p <= 1, `a quantile's share must be in [0, 1], got ${p}`);
  if (values.length === 0) return err("empty");
  if (!allFinite(values)) return err("not-finite");
  const sorted = ascending(values);
  return ok(shares.map((p) => (type === 7 ? quantileSorted(sorted, p) : quantileOfType(sorted, p, type))));
}

/**
 * One quantile of a sample; see `quantiles`.
 * @example quantile([1, 2, 3, 4], 0.9) // => { ok: true, value: 3.7 }
 */
export const quantile = (
  values: readonly number[],
  p: number,
  type: QuantileType = 7,
): Result<number, "empty" | "not-finite"> => mapOk(quantiles(values, [p], type), ([value]) => value!);

function quantileOfType(sorted: readonly number[], p: number, type: Exclude<QuantileType, 7>): number {
  const n = sorted.length;
  const at = (rank: number): number => sorted[Math.min(n, Math.max(1, rank)) - 1]!;
  const fuzz = 4 * Number.EPSILON; // n * p that should be whole may miss it by rounding
  if (type <= 2) {
    const rank = Math.floor(n * p + fuzz);
    if (n * p > rank + fuzz) return at(rank + 1);
    return type === 1 ? at(rank) : (at(rank) + at(rank + 1)) / 2;
  }
  const shift = { 5: 0.5, 6: p, 8: (p + 1) / 3 }[type as 5 | 6 | 8];
  const position = n * p + shift;
  const rank = Math.floor(position + fuzz);
  const share = Math.abs(position - rank) < fuzz ? 0 : position - rank;
  return share === 0 ? at(rank) : (1 - share) * at(rank) + share * at(rank + 1);
}

/**
 * The median distance from the median. Times 1.4826 it estimates the standard deviation of normal data.
 * @example medianDeviation([1, 2, 6]) // => { ok: true, value: 1 }
 */
export function medianDeviation(values: readonly number[]): Result<number, "empty" | "not-finite"> {
  if (values.length === 0) return err("empty");
  return allFinite(values) ? ok(medianAbsoluteDeviation(values as number[])) : err("not-finite");
}

/**
 * The mean without the smallest and the largest `share` of values, as R's mean(trim).
 * @param share in [0, 0.5); floor(n * share) values go at each end
 * @example trimmedMean([1, 2, 3, 4, 90], 0.2) // => { ok: true, value: 3 }
 */
export function trimmedMean(values: readonly number[], share: number): Result<number, "empty" | "not-finite"> {
  invariant(share >= 0 && share < 0.5, `a trimmed share must be in [0, 0.5), got ${share}`);
  if (values.length === 0) return err("empty");
  if (!allFinite(values)) return err("not-finite");
  const cut = Math.floor(values.length * share);
  return ok(preciseMean([...values].sort((a, b) => a - b).slice(cut, values.length - cut)).mean);
}

/**
 * The geometric mean, through logarithms so that long samples do not overflow.
 * @returns `not-positive` if a value is 0 or below
 * @example geometricMean([1, 100]) // => { ok: true, value: 10 }
 */
export function geometricMean(values: readonly number[]): Result<number, "empty" | "not-finite" | "not-positive"> {
  if (values.length === 0) return err("empty");
  if (!allFinite(values)) return err("not-finite");
  if (values.some((value) => value <= 0)) return err("not-positive");
  return ok(Math.exp(preciseMean(values.map(Math.log)).mean));
}

/**
 * sd / mean, for values on a ratio scale.
 * @example coefficientOfVariation([1, 2, 3]) // => { ok: true, value: 0.5 }
 */
export function coefficientOfVariation(
  values: readonly number[],
): Result<number, "too-few" | "not-finite" | "zero-mean"> {
  if (values.length < 2) return err("too-few");
  if (!allFinite(values)) return err("not-finite");
  const { mean, sd } = spreadOf(values);
  return mean === 0 ? err("zero-mean") : ok(sd / mean);
}

/** Three customs for skewness and excess kurtosis: of the population, adjusted for bias (as SAS and Excel), and with the sample sd. */
export type ShapeType = "population" | "adjusted" | "sample-sd";

export type ShapeProblem = "too-few" | "not-finite" | "all-equal";

/**
 * Skewness: 0 for symmetric values, above 0 with a long right tail.
 *
 * @param type `population` g1, `adjusted` G1 (default; needs 3 values), `sample-sd` b1
 * @see Joanes & Gill, "Comparing measures of sample skewness and kurtosis", The Statistician 47 (1998)
 * @example skewness([1, 2, 3]) // => { ok: true, value: 0 }
 */
export function skewness(values: readonly number[], type: ShapeType = "adjusted"): Result<number, ShapeProblem> {
  const n = values.length;
  if (type === "adjusted" && n < 3) return err("too-few");
  return mapOk(standardisedMoment(values, 3), (population) => {
    const adjusted = (population * Math.sqrt(n * (n - 1))) / (n - 2);
    return { population, adjusted, "sample-sd": population * (1 - 1 / n) ** 1.5 }[type];
  });
}

/**
 * Excess kurtosis: 0 for normal values, above 0 with heavy tails.
 *
 * @param type `population` g2, `adjusted` G2 (default; needs 4 values), `sample-sd` b2
 * @see Joanes & Gill 1998
 * @example excessKurtosis([1, 1, 5, 5], "population") // => { ok: true, value: -2 }
 */
export function excessKurtosis(values: readonly number[], type: ShapeType = "adjusted"): Result<number, ShapeProblem> {
  const n = values.length;
  if (type === "adjusted" && n < 4) return err("too-few");
  return mapOk(standardisedMoment(values, 4), (moment) => {
    const population = moment - 3;
    const adjusted = ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * population + 6);
    return { population, adjusted, "sample-sd": moment * (1 - 1 / n) ** 2 - 3 }[type];
  });
}

/** The mean k-th power of the deviations, in units of the population's standard deviation. */
function standardisedMoment(values: readonly number[], k: number): Result<number, ShapeProblem> {
  if (values.length < 2) return err("too-few");
  if (!allFinite(values)) return err("not-finite");
  const { sd, n } = spreadOf(values);
  const { mean, rest } = preciseMean(values);
  if (sd === 0) return err("all-equal");
  const unit = sd * Math.sqrt((n - 1) / n);
  return ok(sum(values.map((value) => ((value - mean - rest) / unit) ** k)) / n);
}

/**
 * Correlation of each value with the next: the sum of (x[i] - m)(x[i + 1] - m) over the sum of (x[i] - m)^2.
 *
 * @see NIST StRD, univariate summary statistics
 */
export function lagOneAutocorrelation(
  values: readonly number[],
): Result<number, "too-few" | "not-finite" | "all-equal"> {
  if (values.length < 2) return err("too-few");
  if (!allFinite(values)) return err("not-finite");
  const { mean, rest } = preciseMean(values);
  const deviations = values.map((value) => value - mean - rest);
  const squares = sum(deviations.map((d) => d * d));
  if (squares === 0) return err("all-equal");
  return ok(sum(deviations.slice(1).map((d, i) => d * deviations[i]!)) / squares);
}
