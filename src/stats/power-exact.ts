import { invariant } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { binomialProbability, binomialTails } from "./distributions.ts";
import { fisherP } from "./fisher.ts";
import type { McNemarMethod } from "./mcnemar.ts";
import { checkPower, DEFAULT_POWER, type PowerOptions } from "./power.ts";
import {
  type Discordance,
  pairedProportionPower,
  pairedProportionSampleSize,
  proportionPower,
  proportionSampleSize,
  smallestPairedDifference,
} from "./power-proportion.ts";

/** The tests of paired shares that reports make. */
export type ExactMcNemar = Extract<McNemarMethod, "exact" | "mid-p">;

export interface McNemarPowerOptions extends Omit<PowerOptions, "sides"> {
  /** Default `exact`, as in reports. */
  readonly method?: ExactMcNemar;
}

/** Standard deviations from the middle beyond which nothing is seen. */
const REACH = 7;
/** Discordant items from which on the normal approximation, corrected for continuity, is as good. */
const MANY = 400;

/**
 * The chance that McNemar's exact or mid-p test on `n` items finds a difference of shares in its true direction: the power of the test itself
 * at every number of discordant items that may come, and not that of a normal approximation, which promises up to 4 points too much.
 *
 * @param n items
 * @param shares of items that only one condition passes
 * @returns in [0, 1]
 * @see Duffy, Statistics in Medicine 3 (1984); Suissa & Shuster, Biometrics 47 (1991) 361
 * @example mcnemarPower(469, { p10: 0.1, p01: 0.05 }) // => 0.7755792
 */
export function mcnemarPower(n: number, shares: Discordance, options: McNemarPowerOptions = {}): number {
  const { p10, p01 } = shares;
  const { alpha = 0.05, method = "exact" } = options;
  const discordant = p10 + p01;
  invariant(p10 >= 0 && p01 >= 0 && discordant <= 1, `shares must be in [0, 1], got ${p10} and ${p01}`);
  if (discordant === 0 || n < 1) return 0;
  if (n * discordant > MANY) return correctedPower(n, shares, alpha, method);
  const [from, to] = around(n, discordant);
  const losing = Math.min(p10, p01) / discordant;
  const limits = limitsOf(from, to, alpha, method);
  let power = 0;
  for (let d = from; d <= to; d++) {
    const limit = limits[d - from]!;
    if (limit >= 0)
      power += binomialProbability(d, n, discordant) * (losing === 0 ? 1 : binomialTails(limit, d, losing).lower);
  }
  return Math.min(1, power);
}

/** For each number of discordant items the most that the smaller side may have where the test rejects; -1 where it never does. */
function limitsOf(from: number, to: number, alpha: number, method: ExactMcNemar): Int32Array {
  const key = `${from}/${to}/${alpha}/${method}`;
  if (lastLimits.key === key) return lastLimits.limits;
  const limits = new Int32Array(to - from + 1);
  let limit = Math.max(-1, Math.floor(from / 2 - REACH * Math.sqrt(from)));
  while (limit >= 0 && !isFound(limit, from, alpha, method)) limit -= 1;
  for (let d = from; d <= to; d++) {
    while (isFound(limit + 1, d, alpha, method)) limit += 1;
    limits[d - from] = limit;
  }
  lastLimits = { key, limits };
  return limits;
}

/** A search looks at the same numbers of items time and again. */
let lastLimits: { readonly key: string; readonly limits: Int32Array } = { key: "", limits: new Int32Array() };

/** Whether the test rejects where the smaller side has this many of the discordant items. */
function isFound(less: number, d: number, alpha: number, method: ExactMcNemar): boolean {
  if (2 * less >= d) return false;
  const p = 2 * binomialTails(less, d, 0.5).lower - (method === "mid-p" ? binomialProbability(less, d, 0.5) : 0);
  return p < alpha;
}

function around(n: number, share: number): [number, number] {
  const reach = REACH * Math.sqrt(n * share * (1 - share)) + REACH;
  return [Math.max(0, Math.floor(n * share - reach)), Math.min(n, Math.ceil(n * share + reach))];
}

/** Connor's power for the items that are left when those that the exact test loses are taken away: 1.5 to 2 over the difference, at most this many. */
function correctedPower(n: number, { p10, p01 }: Discordance, alpha: number, method: ExactMcNemar): number {
  const price = method === "exact" ? 2 / Math.abs(p10 - p01) : 0;
  return n <= price ? 0 : pairedProportionPower(n - price, { p10, p01 }, { alpha });
}

/**
 * The smallest difference of shares that McNemar's exact or mid-p test on `n` items finds, given how often the conditions disagree.
 *
 * @param discordant share of items on which they differ, in (0, 1]
 * @returns in (0, discordant], or `too-few` if even one-sided disagreement would not be found
 * @example smallestMcNemarDifference(469, 0.15) // => { ok: true, value: 0.05143618 }
 */
export function smallestMcNemarDifference(
  n: number,
  discordant: number,
  { power = DEFAULT_POWER, ...options }: McNemarPowerOptions & { power?: number } = {},
): Result<number, "too-few"> {
  checkPower(power, options.alpha ?? 0.05);
  const reaches = (difference: number): boolean =>
    mcnemarPower(n, { p10: (discordant + difference) / 2, p01: (discordant - difference) / 2 }, options) >= power;
  if (!(n > 0) || discordant === 0 || !reaches(discordant)) return err("too-few");
  const guess = smallestPairedDifference(n, discordant, { power, alpha: options.alpha ?? 0.05 });
  let [low, high] = [0, discordant];
  let step = guess.ok ? Math.min(discordant, guess.value * 1.03) : discordant / 2;
  while (high - low > 1e-3 * high) {
    if (reaches(step)) high = step;
    else low = step;
    const near = high < discordant ? Math.max((low + high) / 2, high * 0.95) : Math.min((low + high) / 2, low * 1.05);
    step = near > low && near < high ? near : (low + high) / 2;
  }
  return ok(high);
}

/**
 * Items that McNemar's exact or mid-p test needs to find a difference of shares.
 *
 * @returns the smallest whole number from which on the power stays at the one that was asked for
 * @example mcnemarSampleSize({ p10: 0.1, p01: 0.05 }) // => 498
 */
export function mcnemarSampleSize(
  shares: Discordance,
  { power = DEFAULT_POWER, ...options }: McNemarPowerOptions & { power?: number } = {},
): number {
  const { p10, p01 } = shares;
  const start = pairedProportionSampleSize(shares, { power, alpha: options.alpha ?? 0.05 });
  return smallestCount(start + 1 / Math.abs(p10 - p01), (n) => mcnemarPower(n, shares, options) >= power);
}

/** Items per condition up to which Fisher's power is added up over all tables. */
const ALL_TABLES = 300;

/**
 * The chance that the test of reports on `n` different items per condition finds a difference of two shares in its true direction: Fisher's
 * exact test, whose power is added up over all tables; from 300 items on the normal approximation, corrected for continuity; beyond 1,000 items
 * reports make the score test, which needs no correction.
 *
 * @see Casagrande, Pike & Smith, Biometrics 34 (1978) 483
 * @example fisherPower(93, 0.5, 0.7) // => 0.7510712
 */
export function fisherPower(n: number, p1: number, p2: number, { alpha = 0.05 }: { alpha?: number } = {}): number {
  const [small, large] = [Math.min(p1, p2), Math.max(p1, p2)];
  invariant(small >= 0 && large <= 1, `a share must be in [0, 1], got ${p1} and ${p2}`);
  if (n < 1 || small === large) return 0;
  if (n > ALL_TABLES) return approximatePower(n, small, large, alpha);
  const [from, to] = around(n, small);
  let [power, least] = [0, 0];
  for (let x = from; x <= to; x++) {
    least = Math.max(least, x + 1);
    while (least <= n && !(pOf(x, least, n) < alpha)) least += 1;
    if (least > n) break;
    power += binomialProbability(x, n, small) * (large === 1 ? 1 : binomialTails(least - 1, n, large).upper);
  }
  return Math.min(1, power);
}

const pOf = (x: number, y: number, n: number): number =>
  fisherP([
    [x, n - x],
    [y, n - y],
  ]);

/** The score test of the items that are left when those that Fisher's test loses are taken away: about 1.5 over the difference. */
export function approximatePower(n: number, p1: number, p2: number, alpha: number): number {
  const price = n > SCORE_FROM ? 0 : 1.5 / Math.abs(p1 - p2);
  return n <= price ? 0 : proportionPower(n - price, p1, p2, { alpha });
}

/** Items per condition beyond which reports make the score test. */
const SCORE_FROM = 1000;

/**
 * Items per condition that the test of reports needs to find a difference of two shares.
 *
 * @example fisherSampleSize(0.5, 0.7) // => 102
 */
export function fisherSampleSize(
  p1: number,
  p2: number,
  { power = DEFAULT_POWER, alpha = 0.05 }: { power?: number; alpha?: number } = {},
): number {
  const start = proportionSampleSize(p1, p2, { power, alpha }) + 1 / Math.abs(p1 - p2);
  return smallestCount(start, (n) => fisherPower(n, p1, p2, { alpha }) >= power);
}

/** The smallest whole number that holds and after which the next ones hold too: discrete power rises in teeth. */
function smallestCount(start: number, holds: (n: number) => boolean): number {
  let n = Math.max(2, Math.ceil(start));
  const stays = (from: number): boolean => [0, 1, 2, 3].every((more) => holds(from + more));
  while (!stays(n)) n += Math.max(1, Math.floor(n / 100));
  while (n > 2 && holds(n - 1)) n -= 1;
  return n;
}
