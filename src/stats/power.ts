import { invariant } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { normal, studentT } from "./distributions.ts";
import { noncentralTTails } from "./noncentral.ts";
import { findRoot } from "./numeric.ts";

export interface PowerOptions {
  /** Chance of a false alarm; default 0.05 */
  readonly alpha?: number;
  /** 2 (default) or 1 */
  readonly sides?: 1 | 2;
}

export interface MeanDesign extends PowerOptions {
  /** `paired`: n items under both conditions, sd of their differences; `independent`: n items per condition, sd within each */
  readonly design: "paired" | "independent";
  readonly sd: number;
}

/** Power that is planned for when none is asked. */
export const DEFAULT_POWER = 0.8;

function check({ alpha = 0.05, sides = 2 }: PowerOptions): { alpha: number; sides: 1 | 2 } {
  invariant(alpha > 0 && alpha < 1, `alpha must be between 0 and 1, got ${alpha}`);
  return { alpha, sides };
}

export function checkPower(power: number, alpha: number): void {
  invariant(power > alpha && power < 1, `power must be between alpha and 1, got ${power}`);
}

/**
 * The chance that a t test finds a true difference of means.
 *
 * @param n items (paired) or items per condition (independent); may be a fraction
 * @param delta true difference, in the unit of `sd`
 * @param options.strict also counts rejections in the wrong direction; default false, as in R's power.t.test
 * @returns in [0, 1]
 * @see Cohen 1988, 2.3; the noncentral t distribution
 * @example meanPower(64, 0.5, { design: "independent", sd: 1 }) // => 0.8014586
 */
export function meanPower(n: number, delta: number, options: MeanDesign & { strict?: boolean }): number {
  const { alpha, sides } = check(options);
  const { design, sd, strict = false } = options;
  invariant(sd > 0, `sd must be above 0, got ${sd}`);
  const samples = design === "paired" ? 1 : 2;
  const df = Math.max(1e-7, (n - 1) * samples);
  const critical = studentT(df).upperQuantile(alpha / sides);
  const ncp = Math.sqrt(n / samples) * (Math.abs(delta) / sd);
  const right = noncentralTTails(critical, df, ncp).upper;
  return strict && sides === 2 ? right + noncentralTTails(-critical, df, ncp).lower : right;
}

/**
 * Items needed (per condition, if independent) to find a true difference of means. Round up.
 *
 * @param delta other than 0
 * @example Math.ceil(meanSampleSize(0.5, { design: "paired", sd: 1 })) // => 34
 */
export function meanSampleSize(
  delta: number,
  { power = DEFAULT_POWER, ...options }: MeanDesign & { power?: number },
): number {
  invariant(delta !== 0, "the difference to find must not be 0");
  checkPower(power, check(options).alpha);
  const miss = (n: number): number => meanPower(n, delta, options) - power;
  let high = 4;
  while (miss(high) < 0) high *= 2;
  return miss(2) >= 0 ? 2 : findRoot(miss, high === 4 ? 2 : high / 2, high, 1e-9);
}

/**
 * The smallest true difference of means that a t test on `n` items finds with the wanted power: what this design can see at all.
 *
 * @returns in the unit of `sd`, above 0
 * @example smallestMeanDifference(100, { design: "paired", sd: 1 }) // => 0.282913
 */
export function smallestMeanDifference(
  n: number,
  { power = DEFAULT_POWER, ...options }: MeanDesign & { power?: number },
): number {
  invariant(n >= 2, `a t test needs at least 2 items, got ${n}`);
  checkPower(power, check(options).alpha);
  const miss = (delta: number): number => meanPower(n, delta * options.sd, { ...options }) - power;
  let high = 1;
  while (miss(high) < 0) high *= 2;
  return options.sd * findRoot(miss, 0, high, 1e-12);
}

/**
 * The true difference, in standard errors, that a t test with the given degrees of freedom finds with the wanted power.
 *
 * @param df above 0; may be a fraction
 * @example smallestStandardised(99) // => 2.829484
 */
export function smallestStandardised(
  df: number,
  { power = DEFAULT_POWER, ...options }: PowerOptions & { power?: number } = {},
): number {
  const { alpha, sides } = check(options);
  const critical = studentT(df).upperQuantile(alpha / sides);
  const miss = (distance: number): number => noncentralTTails(critical, df, distance).upper - power;
  const about = critical + studentT(df).upperQuantile(1 - power);
  if (df > MANY_DEGREES) return about; // the two differ by less than 0.1 %
  let high = 2 * about;
  while (miss(high) < 0) high *= 2;
  return findRoot(miss, 0, high, 1e-9);
}

const MANY_DEGREES = 60;

/** Below this many items reports flip all signs of paired differences in place of a t test. */
export const ALL_SIGNS = 15;

/** Fewest items of which the smallest p of all sign flips, 2 / 2^n, is below alpha. */
const fewestFlipped = (alpha: number): number => Math.floor(1 - Math.log2(alpha)) + 1;

/**
 * The smallest true mean of paired differences that reports find: by t, and below 15 items by all sign flips, which see about as much as
 * t does with one item less, and nothing where even one-sided differences would not be enough.
 *
 * @param n items, two or more
 * @returns in standard deviations of the differences; `too-few` where no data could be found different
 * @example smallestPairedMean(100) // => { ok: true, value: 0.2829484 }
 */
export function smallestPairedMean(
  n: number,
  { power = DEFAULT_POWER, alpha = 0.05 }: { power?: number; alpha?: number } = {},
): Result<number, "too-few"> {
  checkPower(power, alpha);
  if (n >= ALL_SIGNS) return ok(smallestStandardised(n - 1, { power, alpha }) / Math.sqrt(n));
  const fewest = fewestFlipped(alpha);
  if (n < fewest) return err("too-few");
  const byT = smallestStandardised(n - 2, { power, alpha }) / Math.sqrt(n - 1);
  return ok(n === fewest ? Math.max(byT, normal.quantile(power ** (1 / n))) : byT); // all n must be on one side
}

/** Items for paired means as reports test them. @returns a whole number below 15, else that of the t test */
export function pairedMeanSampleSize(
  delta: number,
  options: { readonly sd: number; readonly alpha?: number; readonly sides?: 1 | 2; readonly power?: number },
): number {
  const byT = meanSampleSize(delta, { ...options, design: "paired" });
  if (Math.ceil(byT) >= ALL_SIGNS) return byT;
  return Math.max(Math.ceil(byT), fewestFlipped((options.alpha ?? 0.05) * (options.sides === 1 ? 2 : 1))) + 1;
}

/**
 * How much larger a sample must be because items come in clusters: 1 + (size - 1) icc.
 *
 * @param clusterSize mean number of items per cluster
 * @param icc intraclass correlation of the (differences of) scores, from -1 / (clusterSize - 1) to 1
 * @see Kish, Survey Sampling, 1965
 * @example designEffect(5, 0.25) // => 2
 */
export function designEffect(clusterSize: number, icc: number): number {
  invariant(
    clusterSize >= 1 && icc <= 1,
    `cluster size must be at least 1 and icc at most 1, got ${clusterSize}, ${icc}`,
  );
  return 1 + (clusterSize - 1) * icc;
}
