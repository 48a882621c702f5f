import { quantileSorted } from "simple-statistics";
import { invariant } from "#src/kernel/errors";
import { type Random, stream } from "#src/kernel/random";
import { err, ok, type Result } from "#src/kernel/result";
import { normal } from "./distributions.ts";
import { checkLevel, DEFAULT_LEVEL, type Interval, spreadOf } from "./sample.ts";

/** Which items each bootstrap sample is made of. Drawn once, they serve every statistic and every pair of conditions of a run. */
export interface Resamples {
  /** Items, numbered from 0 */
  readonly size: number;
  readonly seed: number | string;
  /** Item numbers of each sample, repetitions included */
  readonly draws: readonly Uint32Array[];
  /** Groups of items that are drawn and left out together; single items where there are no clusters */
  readonly units: readonly Uint32Array[];
}

/** A statistic of the items whose numbers it is given. */
export type IndexStatistic = (items: Uint32Array) => number;

/**
 * Draws bootstrap samples of items, or of whole clusters of items.
 *
 * - `draws`: default 2000, enough for a 95 % interval
 * - `clusters`: a label per item; items with one label stay together
 * @param size items
 * @see Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapters 6 and 8
 * @example drawResamples(3, { draws: 2, seed: 1 }).draws.length // => 2
 */
export function drawResamples(
  size: number,
  {
    draws = 2000,
    seed = 0,
    clusters,
  }: { draws?: number; seed?: number | string; clusters?: readonly (string | number)[] } = {},
): Resamples {
  invariant(Number.isInteger(size) && size > 0, `a bootstrap needs items, got ${size}`);
  invariant(Number.isInteger(draws) && draws > 0, `draws must be a positive whole number, got ${draws}`);
  const random = stream(seed, "bootstrap");
  if (!clusters) {
    const units = Array.from({ length: size }, (_, i) => Uint32Array.of(i));
    return { size, seed, units, draws: Array.from({ length: draws }, () => drawItems(size, random)) };
  }
  const units = unitsOf(size, clusters);
  const draw = (): Uint32Array => joined(Array.from(drawItems(units.length, random), (unit) => units[unit]!));
  return { size, seed, units, draws: Array.from({ length: draws }, draw) };
}

/** `size` numbers from 0 to size - 1, with replacement. */
function drawItems(size: number, random: Random): Uint32Array {
  const items = new Uint32Array(size);
  for (let i = 0; i < size; i++) items[i] = random() * size; // storing truncates
  return items;
}

function unitsOf(size: number, clusters: readonly (string | number)[]): Uint32Array[] {
  invariant(clusters.length === size, "every item needs a cluster");
  const members = new Map<string | number, number[]>();
  clusters.forEach((label, i) => {
    const list = members.get(label);
    if (list) list.push(i);
    else members.set(label, [i]);
  });
  return Array.from(members.values(), (list) => Uint32Array.from(list));
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const result = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

export interface BootstrapOptions {
  /** Default 0.95 */
  readonly level?: number;
  /** How ties of a replicate with the estimate count towards the bias correction: not at all (default, Efron), or half */
  readonly ties?: "below" | "midrank";
  /** How quantiles of the replicates are read: `type7` (default), or between normal quantiles as R's package boot does */
  readonly interpolation?: "type7" | "normal";
  /** The statistic without each unit, if it can be had more cheaply than by asking `statistic` once per unit; see `meanJackknife` */
  readonly jackknife?: readonly number[];
}

export interface Bootstrap {
  readonly estimate: number;
  /** Statistic of every sample, in the order drawn */
  readonly replicates: Float64Array;
  readonly mean: number;
  /** Standard deviation of the replicates */
  readonly standardError: number;
  /** mean - estimate */
  readonly bias: number;
  readonly percentile: Interval;
  readonly basic: Interval;
  /** estimate - bias +- z standardError */
  readonly normal: Interval;
  /** Bias-corrected and accelerated: the one to report. Undefined if the statistic does not vary, or lies outside all replicates */
  readonly bca: Result<BcaInterval, BcaProblem>;
}

export interface BcaInterval extends Interval {
  readonly z0: number;
  readonly acceleration: number;
  /** The shares of replicates at which the interval ends */
  readonly shares: readonly [number, number];
}

/** `all-equal`: the statistic is the same without any one unit; `outside-replicates`: no replicate lies on one side of the estimate. */
export type BcaProblem = "all-equal" | "outside-replicates";

/**
 * Bootstraps any statistic of items.
 *
 * @param statistic called with item numbers: `(items) => ratio of sums over items`, say
 * @returns `not-finite` if the statistic is not a number for the data or for a sample of them
 * @see Efron, "Better Bootstrap Confidence Intervals", JASA 82 (1987); DiCiccio & Efron 1996
 * @example bootstrap((items) => items.length, drawResamples(5)) // => { ok: true, value: { estimate: 5, standardError: 0, ... } }
 */
export function bootstrap(
  statistic: IndexStatistic,
  resamples: Resamples,
  options: BootstrapOptions = {},
): Result<Bootstrap, "not-finite"> {
  const { level = DEFAULT_LEVEL } = options;
  checkLevel(level);
  const estimate = statistic(Uint32Array.from({ length: resamples.size }, (_, i) => i));
  const replicates = Float64Array.from(resamples.draws, statistic);
  if (!Number.isFinite(estimate) || !replicates.every(Number.isFinite)) return err("not-finite");
  const sorted = replicates.slice().sort();
  const { mean, sd } = spreadOf(Array.from(replicates));
  const half = (1 - level) / 2;
  const at = (share: number): number => quantileOf(sorted, share, options.interpolation);
  const percentile = { lower: at(half), upper: at(1 - half), level };
  const bias = mean - estimate;
  const reach = normal.upperQuantile(half) * sd;
  return ok({
    estimate,
    replicates,
    mean,
    standardError: sd,
    bias,
    percentile,
    basic: { lower: 2 * estimate - percentile.upper, upper: 2 * estimate - percentile.lower, level },
    normal: { lower: estimate - bias - reach, upper: estimate - bias + reach, level },
    bca: bcaInterval(estimate, sorted, statistic, resamples, options),
  });
}

function bcaInterval(
  estimate: number,
  sorted: Float64Array,
  statistic: IndexStatistic,
  resamples: Resamples,
  options: BootstrapOptions,
): Result<BcaInterval, BcaProblem> {
  const { level = DEFAULT_LEVEL, ties = "below", interpolation } = options;
  const a = acceleration(options.jackknife ?? jackknife(statistic, resamples));
  if (a === undefined) return err("all-equal");
  const correction = biasCorrection(estimate, sorted, ties);
  if (!correction.ok) return correction;
  const z0 = correction.value;
  const share = (z: number): number => normal.tails(z0 + (z0 + z) / (1 - a * (z0 + z))).lower;
  const z = normal.upperQuantile((1 - level) / 2);
  const shares = [share(-z), share(z)] as const;
  const [lower, upper] = [quantileOf(sorted, shares[0], interpolation), quantileOf(sorted, shares[1], interpolation)];
  return ok({ lower, upper, level, z0, acceleration: a, shares });
}

/**
 * Efron's bias correction: the normal quantile of the share of replicates below the estimate. Replicates that differ from it by
 * rounding only are ties, since sums of the same items in another order are.
 *
 * @param ties whether a tie counts as half below, or not at all (default)
 * @returns `outside-replicates` if none, or all of them, are below
 */
export function biasCorrection(
  estimate: number,
  replicates: ArrayLike<number>,
  ties: "below" | "midrank" = "below",
): Result<number, "outside-replicates"> {
  const slack = 1e-12 * Math.abs(estimate);
  let below = 0;
  for (let i = 0; i < replicates.length; i++) {
    const distance = replicates[i]! - estimate;
    if (distance < -slack) below += 1;
    else if (distance <= slack && ties === "midrank") below += 0.5;
  }
  const z0 = normal.quantile(below / replicates.length);
  return Number.isFinite(z0) ? ok(z0) : err("outside-replicates");
}

/** The statistic without each unit in turn. */
const jackknife = (statistic: IndexStatistic, { size, units }: Resamples): number[] =>
  units.map((unit) => {
    const out = new Set(unit);
    return statistic(Uint32Array.from({ length: size }, (_, i) => i).filter((i) => !out.has(i)));
  });

/**
 * The means of values without each item in turn, in one pass.
 * @example meanJackknife([1, 2, 6]) // => [4, 3.5, 1.5]
 */
export function meanJackknife(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => (sum - value) / (values.length - 1));
}

/**
 * A sixth of the skewness of the jackknife values.
 * @returns undefined if they do not vary
 */
function acceleration(values: readonly number[]): number | undefined {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let squares = 0;
  let cubes = 0;
  for (const value of values) {
    squares += (mean - value) ** 2;
    cubes += (mean - value) ** 3;
  }
  const result = cubes / (6 * squares ** 1.5);
  return squares > 0 && Number.isFinite(result) ? result : undefined;
}

function quantileOf(sorted: Float64Array, share: number, interpolation: "type7" | "normal" = "type7"): number {
  if (interpolation === "type7") return quantileSorted(sorted as unknown as number[], share);
  const n = sorted.length;
  const rank = (n + 1) * share;
  const k = Math.trunc(rank);
  if (k <= 0) return sorted[0]!;
  if (k >= n) return sorted[n - 1]!;
  if (k === rank) return sorted[k - 1]!;
  const z = (p: number): number => normal.quantile(p);
  const way = (z(share) - z(k / (n + 1))) / (z((k + 1) / (n + 1)) - z(k / (n + 1)));
  return sorted[k - 1]! + way * (sorted[k]! - sorted[k - 1]!);
}

/**
 * A statistic of values as a statistic of item numbers.
 * @example statisticOf([1, 2, 6], (values) => values.length)(Uint32Array.of(0, 2)) // => 2
 */
export const statisticOf =
  (values: readonly number[], statistic: (values: Float64Array) => number): IndexStatistic =>
  (items) =>
    statistic(Float64Array.from(items, (i) => values[i]!));

/** The mean of values, without copying them: the fast path for differences of means. */
export const meanOf =
  (values: readonly number[]): IndexStatistic =>
  (items) => {
    let sum = 0;
    for (let i = 0; i < items.length; i++) sum += values[items[i]!]!;
    return sum / items.length;
  };
