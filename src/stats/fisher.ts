import { invariant } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { findRoot } from "./numeric.ts";
import { type Alternative, checkLevel, DEFAULT_LEVEL, type Interval } from "./sample.ts";
import { lnGamma } from "./special.ts";

export interface FisherExact {
  readonly p: number;
  /** The odds ratio's maximum likelihood estimate given the margins, and its exact interval: from 0 to Infinity at the extremes */
  readonly odds: Result<{ readonly estimate: number; readonly interval: Interval }, "one-table-only">;
}

/** All tables with the same margins: their counts in the first cell, and the logarithm of their chances at odds ratio 1. */
interface Support {
  readonly low: number;
  readonly logChances: readonly number[];
}

/**
 * Fisher's exact test of a 2 x 2 table, for independent samples too small for chi-squared. Two-sided, it adds up all tables that are no
 * more probable than the one observed.
 *
 * @param table rows are groups, columns outcomes; whole numbers
 * @returns p in (0, 1]; the odds are `one-table-only` where the margins leave no choice
 * @see Fisher, JRSS 98 (1935); Agresti, Categorical Data Analysis, 3rd ed., 3.5 and 16.6.4
 * @example fisherExact([[3, 1], [1, 3]]).p // => 0.4857143
 */
export function fisherExact(
  [[a, b], [c, d]]: readonly [readonly [number, number], readonly [number, number]],
  { alternative = "two-sided", level = DEFAULT_LEVEL }: { alternative?: Alternative; level?: number } = {},
): FisherExact {
  checkLevel(level);
  for (const count of [a, b, c, d])
    invariant(Number.isInteger(count) && count >= 0, `a count must be a whole number, got ${count}`);
  const support = supportOf(a + b, c + d, a + c);
  const at = a - support.low;
  const p = tailsOf(support, at, alternative);
  return { p, odds: conditionalOdds(support, at, level) };
}

/** The two-sided p alone, without the odds ratio and its interval. @example fisherP([[3, 1], [1, 3]]) // => 0.4857143 */
export function fisherP([[a, b], [c, d]]: readonly [readonly [number, number], readonly [number, number]]): number {
  const support = supportOf(a + b, c + d, a + c);
  return tailsOf(support, a - support.low, "two-sided");
}

function tailsOf(support: Support, at: number, alternative: Alternative): number {
  const chances = chancesAt(support, 0);
  const limit = chances[at]! * (1 + 1e-7); // equally probable tables must not be told apart by rounding
  const sumWhere = (keep: (k: number) => boolean): number =>
    Math.min(
      1,
      chances.reduce((sum, chance, k) => (keep(k) ? sum + chance : sum), 0),
    );
  if (alternative === "two-sided") return sumWhere((k) => chances[k]! <= limit);
  return sumWhere(alternative === "less" ? (k) => k <= at : (k) => k >= at);
}

function supportOf(row1: number, row2: number, column1: number): Support {
  const low = Math.max(0, column1 - row2);
  const high = Math.min(row1, column1);
  const lnChoose = (n: number, k: number): number => lnGamma(n + 1) - lnGamma(k + 1) - lnGamma(n - k + 1);
  const logChances = Array.from(
    { length: high - low + 1 },
    (_, k) => lnChoose(row1, low + k) + lnChoose(row2, column1 - low - k),
  );
  return { low, logChances };
}

/** Chances of all tables at a log odds ratio, scaled to add up to 1. */
function chancesAt({ logChances }: Support, logOdds: number): number[] {
  const logs = logChances.map((value, k) => value + k * logOdds);
  const top = logs.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY);
  const weights = logs.map((value) => Math.exp(value - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function conditionalOdds(support: Support, at: number, level: number): FisherExact["odds"] {
  const last = support.logChances.length - 1;
  if (last === 0) return err("one-table-only");
  const half = (1 - level) / 2;
  const mean = (u: number): number => chancesAt(support, u).reduce((sum, chance, k) => sum + k * chance, 0) - at;
  const below = (u: number): number =>
    chancesAt(support, u).reduce((sum, chance, k) => (k <= at ? sum + chance : sum), 0) - half;
  const above = (u: number): number =>
    half - chancesAt(support, u).reduce((sum, chance, k) => (k >= at ? sum + chance : sum), 0);
  return ok({
    estimate: at === 0 ? 0 : at === last ? Number.POSITIVE_INFINITY : rootOf(mean),
    interval: {
      lower: at === 0 ? 0 : rootOf(above),
      upper: at === last ? Number.POSITIVE_INFINITY : rootOf(below),
      level,
    },
  });
}

/** The odds ratio at which a monotone function of its logarithm is 0. */
function rootOf(f: (logOdds: number) => number): number {
  let reach = 2;
  while (Math.sign(f(-reach)) === Math.sign(f(reach)) && reach < 1e4) reach *= 2;
  return Math.exp(findRoot(f, -reach, reach, 1e-14));
}
