import { invariant } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { type ChiSquaredTest, chiSquaredTestOf } from "./chi-squared.ts";
import { binomialProbability, binomialTails, chiSquared } from "./distributions.ts";
import { clopperPearsonInterval, criticalZ, type LevelOption, wilsonInterval } from "./proportion.ts";
import { type Alternative, checkPaired, DEFAULT_LEVEL, type Interval } from "./sample.ts";
import { tangoInterval } from "./tango.ts";
import type { Estimate } from "./two-proportions.ts";

/** How often two conditions succeeded on the same items. */
export interface PairedCounts {
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly neither: number;
}

/**
 * Counts pairs of pass and fail.
 *
 * @param x pass or fail per item, as booleans or 1 and 0
 * @param y the same items in the same order
 * @example pairedCounts([1, 1, 0], [1, 0, 0]) // => { both: 1, onlyFirst: 1, onlySecond: 0, neither: 1 }
 */
export function pairedCounts(x: readonly (boolean | number)[], y: readonly (boolean | number)[]): PairedCounts {
  checkPaired(x, y);
  const counts = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
  const passed = (value: boolean | number | undefined): boolean => {
    if (value === 1 || value === 0) return value === 1;
    invariant(typeof value === "boolean", `pass or fail must be a boolean, 0 or 1, got ${value}`);
    return value;
  };
  for (let i = 0; i < x.length; i++) {
    const [first, second] = [passed(x[i]), passed(y[i])];
    counts[first ? (second ? "both" : "onlyFirst") : second ? "onlySecond" : "neither"]++;
  }
  return counts;
}

/** `exact` binomial, `mid-p`, or the chi-squared approximation without or with Edwards' correction. */
export type McNemarMethod = "exact" | "mid-p" | "chi-squared" | "chi-squared-corrected";

export interface McNemar {
  readonly p: number;
  /** Chi-squared with 1 degree of freedom, for the approximations */
  readonly chi2?: number;
  /** Items on which the conditions differ: the only ones that carry information */
  readonly discordant: number;
}

/**
 * Whether two conditions pass equally often on the same items.
 *
 * - `method`: default `exact`; `mid-p` is less conservative and keeps its level in practice
 * @returns p in (0, 1]. Without discordant pairs the exact p is 1, and the others are `no-discordant-pairs`
 * @see McNemar, Psychometrika 12 (1947); Fagerland, Lydersen & Laake, BMC Medical Research Methodology 13:91 (2013)
 * @example mcnemarTest({ both: 30, onlyFirst: 12, onlySecond: 5, neither: 53 }) // => { ok: true, value: { p: 0.1434631, discordant: 17 } }
 */
export function mcnemarTest(
  { onlyFirst: b, onlySecond: c }: PairedCounts,
  { method = "exact", alternative = "two-sided" }: { method?: McNemarMethod; alternative?: Alternative } = {},
): Result<McNemar, "no-discordant-pairs"> {
  const n = b + c;
  if (method === "exact" && n === 0) return ok({ p: 1, discordant: 0 });
  if (n === 0) return err("no-discordant-pairs");
  if (method === "exact" || method === "mid-p") {
    const less = binomialTails(b, n, 0.5).lower;
    const greater = binomialTails(b - 1, n, 0.5).upper;
    const here = method === "mid-p" ? binomialProbability(b, n, 0.5) : 0;
    if (alternative !== "two-sided")
      return ok({ p: (alternative === "less" ? less : greater) - here / 2, discordant: n });
    return ok({ p: Math.min(1, 2 * Math.min(less, greater)) - here, discordant: n });
  }
  invariant(alternative === "two-sided", `${method} is two-sided; use exact or mid-p for one side`);
  const distance = Math.abs(b - c) - (method === "chi-squared-corrected" ? Math.min(1, Math.abs(b - c)) : 0);
  const chi2 = distance ** 2 / n;
  return ok({ p: chiSquared(1).tails(chi2).upper, chi2, discordant: n });
}

/** Which interval of a paired difference of shares; `newcombe` is the default. */
export type PairedDifferenceMethod = "newcombe" | "tango" | "wald";

/**
 * The difference of two shares on the same items, with an interval that respects the pairing.
 *
 * @returns share of the first minus share of the second, in [-1, 1]; `too-few` without items
 * @see Newcombe, Statistics in Medicine 17 (1998) 2635, method 10; Tango, Statistics in Medicine 17 (1998) 891 (score interval)
 * @example pairedRiskDifference({ both: 30, onlyFirst: 12, onlySecond: 5, neither: 53 }) // => { ok: true, value: { estimate: 0.07, ... } }
 */
export function pairedRiskDifference(
  counts: PairedCounts,
  { level = DEFAULT_LEVEL, method = "newcombe" }: LevelOption & { method?: PairedDifferenceMethod } = {},
): Result<Estimate & { standardError: number }, "too-few"> {
  const { both: e, onlyFirst: f, onlySecond: g, neither: h } = counts;
  const n = e + f + g + h;
  if (n === 0) return err("too-few");
  const estimate = (f - g) / n;
  const standardError = Math.sqrt(f + g - (f - g) ** 2 / n) / n;
  if (method === "wald") {
    const reach = criticalZ(level) * standardError;
    return ok({ estimate, standardError, interval: { lower: estimate - reach, upper: estimate + reach, level } });
  }
  if (method === "tango") return ok({ estimate, standardError, interval: tangoInterval(f, g, n, level) });
  const [first, second] = [
    wilsonInterval({ successes: e + f, n }, { level }),
    wilsonInterval({ successes: e + g, n }, { level }),
  ];
  if (!first.ok || !second.ok) return err("too-few");
  const [p1, p2] = [(e + f) / n, (e + g) / n];
  const phi = correctedPhi(e, f, g, h);
  const reach = (a: number, b: number): number => Math.sqrt(Math.max(0, a * a - 2 * phi * a * b + b * b));
  const lower = estimate - reach(p1 - first.value.lower, second.value.upper - p2);
  const upper = estimate + reach(first.value.upper - p1, p2 - second.value.lower);
  return ok({ estimate, standardError, interval: { lower, upper, level } });
}

/** Newcombe's correlation of the two outcomes, pulled towards 0 by n/2 where it is positive. */
function correctedPhi(e: number, f: number, g: number, h: number): number {
  const margins = (e + f) * (g + h) * (e + g) * (f + h);
  if (margins === 0) return 0;
  const cross = e * h - f * g;
  return (cross > 0 ? Math.max(0, cross - (e + f + g + h) / 2) : cross) / Math.sqrt(margins);
}

/**
 * The odds that a discordant item is the first condition's, with an exact interval.
 *
 * @returns Infinity if the second never wins alone; `no-discordant-pairs`
 * @see Breslow & Day, Statistical Methods in Cancer Research 1, 1980, 5.2 (Clopper-Pearson on the discordant pairs)
 */
export function pairedOddsRatio(
  { onlyFirst, onlySecond }: PairedCounts,
  { level = DEFAULT_LEVEL }: LevelOption = {},
): Result<Estimate, "no-discordant-pairs"> {
  const share = clopperPearsonInterval({ successes: onlyFirst, n: onlyFirst + onlySecond }, { level });
  if (!share.ok) return err("no-discordant-pairs");
  const odds = (p: number): number => p / (1 - p);
  const interval: Interval = { lower: odds(share.value.lower), upper: odds(share.value.upper), level };
  return ok({ estimate: onlyFirst / onlySecond, interval });
}

/**
 * Cochran's Q: whether three or more conditions pass equally often on the same items. With two it is McNemar's chi-squared.
 *
 * @param blocks one row per item, in it pass or fail per condition as booleans or 1 and 0
 * @returns `too-few` without items or with one condition, `no-discordant-pairs` if no item tells the conditions apart
 * @see Cochran, Biometrika 37 (1950)
 * @example cochranQ([[1, 0, 0], [1, 1, 0]]) // => { ok: true, value: { chi2: 3, df: 2, p: 0.2231302, ... } }
 */
export function cochranQ(
  blocks: readonly (readonly (boolean | number)[])[],
): Result<ChiSquaredTest, "too-few" | "no-discordant-pairs"> {
  const k = blocks[0]?.length ?? 0;
  if (k < 2) return err("too-few");
  const columns = new Array<number>(k).fill(0);
  let rowSquares = 0;
  for (const block of blocks) {
    if (block.length !== k) invariant(false, `every item must have ${k} outcomes, got ${block.length}`);
    let row = 0;
    for (let j = 0; j < k; j++) {
      const value = block[j]!;
      if (value !== 0 && value !== 1)
        invariant(typeof value === "boolean", `pass or fail must be a boolean, 0 or 1, got ${value}`);
      row += Number(value);
      columns[j]! += Number(value);
    }
    rowSquares += row * row;
  }
  return cochranQOf(columns, rowSquares);
}

/**
 * Cochran's Q from its sums.
 *
 * @param columns how often each condition passes
 * @param rowSquares how many conditions pass an item, squared and added up
 */
export function cochranQOf(
  columns: readonly number[],
  rowSquares: number,
): Result<ChiSquaredTest, "no-discordant-pairs"> {
  const k = columns.length;
  const total = columns.reduce((sum, column) => sum + column, 0);
  const below = k * total - rowSquares;
  if (below === 0) return err("no-discordant-pairs");
  const columnSquares = columns.reduce((sum, column) => sum + column * column, 0);
  return ok(chiSquaredTestOf(((k - 1) * (k * columnSquares - total * total)) / below, k - 1));
}
