import { invariant } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { normal } from "./distributions.ts";
import { findRoot } from "./numeric.ts";
import { checkPower, DEFAULT_POWER, type PowerOptions } from "./power.ts";

const zOf = ({ alpha = 0.05, sides = 2 }: PowerOptions): number => normal.upperQuantile(alpha / sides);

/** The variances of a two-proportion z test: without and with a difference. */
const variances = (p1: number, p2: number): [number, number] => [
  (p1 + p2) * (1 - (p1 + p2) / 2),
  p1 * (1 - p1) + p2 * (1 - p2),
];

function checkShares(...shares: number[]): void {
  for (const share of shares) invariant(share >= 0 && share <= 1, `a share must be in [0, 1], got ${share}`);
}

/**
 * The chance that a two-proportion z test on `n` independent items per condition finds a true difference of shares.
 *
 * @see Fleiss, Levin & Paik, Statistical Methods for Rates and Proportions, 3rd ed., 4.2; R's power.prop.test
 * @example proportionPower(50, 0.5, 0.75, { sides: 1 }) // => 0.8339835
 */
export function proportionPower(n: number, p1: number, p2: number, options: PowerOptions = {}): number {
  checkShares(p1, p2);
  const [without, having] = variances(p1, p2);
  return normal.tails((Math.sqrt(n) * Math.abs(p1 - p2) - zOf(options) * Math.sqrt(without)) / Math.sqrt(having)).lower;
}

/** Independent items per condition needed to find a true difference of shares. Round up. */
export function proportionSampleSize(
  p1: number,
  p2: number,
  { power = DEFAULT_POWER, ...options }: PowerOptions & { power?: number } = {},
): number {
  checkShares(p1, p2);
  invariant(p1 !== p2, "the shares to tell apart must differ");
  checkPower(power, options.alpha ?? 0.05);
  const [without, having] = variances(p1, p2);
  return ((zOf(options) * Math.sqrt(without) + normal.quantile(power) * Math.sqrt(having)) / (p1 - p2)) ** 2;
}

/**
 * The smallest larger share that `n` independent items per condition tell from `p1`.
 * @returns in (p1, 1], or `too-few` if even 1 could not be told
 */
export function smallestHigherProportion(
  n: number,
  p1: number,
  { power = DEFAULT_POWER, ...options }: PowerOptions & { power?: number } = {},
): Result<number, "too-few"> {
  checkShares(p1);
  const miss = (p2: number): number => proportionPower(n, p1, p2, options) - power;
  if (p1 >= 1 || miss(1) < 0) return err("too-few");
  return ok(findRoot(miss, p1 + (1 - p1) * 1e-9, 1, 1e-13));
}

/**
 * The smallest difference of two shares around a common one that reports find on different items: by Fisher's exact test, which is worth the
 * score test of about 1.5 / difference fewer items, or by the score test itself.
 *
 * @param n1 items of the first condition, and `n2` of the second
 * @param share of both together; the two may lie on either side of it, above or below it: what is given is found wherever they lie
 * @returns `too-few` where not even 0 against 1 would be found
 * @example smallestShift(103, 103, 0.6, { exact: true }) // => { ok: true, value: 0.2014120 }
 */
export function smallestShift(
  n1: number,
  n2: number,
  share: number,
  { alpha = 0.05, power = DEFAULT_POWER, exact }: { alpha?: number; power?: number; exact: boolean },
): Result<number, "too-few"> {
  checkShares(share);
  const harmonic = 2 / (1 / n1 + 1 / n2);
  const miss = (difference: number): number => {
    const n = harmonic - (exact ? 1.5 / difference : 0);
    if (n <= 0) return -power;
    // on either side of the share, above it and below it, as far as [0, 1] lets them: the one that is hardest to find
    const lows = [share - difference / 2, share, share - difference].map((low) =>
      Math.max(0, Math.min(1 - difference, low)),
    );
    return Math.min(...lows.map((low) => proportionPower(n, low, Math.min(1, low + difference), { alpha }))) - power;
  };
  return miss(1) < 0 ? err("too-few") : ok(findRoot(miss, 1e-9, 1, 1e-9));
}

/** How often two conditions disagree on the same items: the first passes alone, the second passes alone. */
export interface Discordance {
  readonly p10: number;
  readonly p01: number;
}

function checkDiscordance({ p10, p01 }: Discordance): void {
  checkShares(p10, p01, p10 + p01);
}

/**
 * Items needed for McNemar's test to find a difference of shares on the same items. Round up.
 *
 * @param shares expected shares of discordant items, from a pilot or guessed
 * @see Connor, Biometrics 43 (1987)
 * @example Math.ceil(pairedProportionSampleSize({ p10: 0.1, p01: 0.05 })) // => 469
 */
export function pairedProportionSampleSize(
  shares: Discordance,
  { power = DEFAULT_POWER, ...options }: PowerOptions & { power?: number } = {},
): number {
  checkDiscordance(shares);
  checkPower(power, options.alpha ?? 0.05);
  const discordant = shares.p10 + shares.p01;
  const difference = shares.p10 - shares.p01;
  invariant(difference !== 0, "the shares to tell apart must differ");
  return (
    ((zOf(options) * Math.sqrt(discordant) + normal.quantile(power) * Math.sqrt(discordant - difference ** 2)) /
      difference) **
    2
  );
}

/** The chance that McNemar's test on `n` items finds a difference of shares (Connor 1987, solved for power). */
export function pairedProportionPower(n: number, shares: Discordance, options: PowerOptions = {}): number {
  checkDiscordance(shares);
  const discordant = shares.p10 + shares.p01;
  const difference = Math.abs(shares.p10 - shares.p01);
  if (discordant === 0) return 0;
  const distance = Math.sqrt(n) * difference - zOf(options) * Math.sqrt(discordant);
  const spread = Math.sqrt(discordant - difference ** 2);
  return spread === 0 ? Number(distance > 0) : normal.tails(distance / spread).lower;
}

/**
 * The smallest difference of shares that McNemar's test on `n` items finds, given how often the conditions disagree.
 *
 * @param discordant share of items on which they differ, in (0, 1]
 * @returns in (0, discordant], or `too-few` if even one-sided disagreement would not be found
 * @see Connor 1987, solved for the difference
 * @example smallestPairedDifference(469, 0.15) // => { ok: true, value: 0.04997708 }
 */
export function smallestPairedDifference(
  n: number,
  discordant: number,
  { power = DEFAULT_POWER, ...options }: PowerOptions & { power?: number } = {},
): Result<number, "too-few"> {
  checkShares(discordant);
  checkPower(power, options.alpha ?? 0.05);
  if (!(n > 0) || discordant === 0) return err("too-few");
  const needed = (difference: number): number =>
    zOf(options) * Math.sqrt(discordant) +
    normal.quantile(power) * Math.sqrt(Math.max(0, discordant - difference ** 2)) -
    difference * Math.sqrt(n);
  return needed(discordant) > 0 ? err("too-few") : ok(findRoot(needed, 0, discordant, 1e-14));
}

/**
 * Items needed to compare two conditions whose items are answered several times each.
 *
 * @param spec.delta difference of means to find
 * @param spec.omega2 variance over items of the true differences
 * @param spec.sigma2A variance within an item under the first condition, and `repeatsA` answers each; `sigma2B`, `repeatsB` likewise
 * @see Miller 2024, section 5: n = (z_alpha/2 + z_beta)^2 (omega2 + sigma2A / KA + sigma2B / KB) / delta^2
 */
export function repeatedSampleSize(
  spec: { delta: number; omega2: number; sigma2A: number; sigma2B: number; repeatsA: number; repeatsB: number },
  { power = DEFAULT_POWER, ...options }: PowerOptions & { power?: number } = {},
): number {
  const { delta, omega2, sigma2A, sigma2B, repeatsA, repeatsB } = spec;
  invariant(delta !== 0 && repeatsA > 0 && repeatsB > 0, "delta must not be 0, and every item needs an answer");
  checkPower(power, options.alpha ?? 0.05);
  return (
    ((zOf(options) + normal.quantile(power)) ** 2 * (omega2 + sigma2A / repeatsA + sigma2B / repeatsB)) / delta ** 2
  );
}
