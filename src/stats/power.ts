import { invariant } from "#src/kernel/fault";
import { studentT } from "./distributions.ts";
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
