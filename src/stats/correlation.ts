/// <reference path="./jstat.d.ts" />
import jstat from "jstat";
import { err, mapOk, ok, type Result } from "#src/kernel/result";
import { normal, studentT } from "./distributions.ts";
import { criticalZ, type LevelOption } from "./proportion.ts";
import { rankOf, wholeRanks } from "./ranks.ts";
import { allFinite, checkPaired, DEFAULT_LEVEL, type Interval } from "./sample.ts";

export type CorrelationProblem = "too-few" | "not-finite" | "all-equal";

function usable(x: readonly number[], y: readonly number[], least: number): CorrelationProblem | undefined {
  checkPaired(x, y);
  if (!allFinite(x) || !allFinite(y)) return "not-finite";
  if (x.length < least) return "too-few";
  const constant = (values: readonly number[]): boolean => values.every((value) => value === values[0]);
  return constant(x) || constant(y) ? "all-equal" : undefined;
}

/**
 * Pearson's correlation, in [-1, 1] (by jstat's corrcoeff).
 *
 * @returns `all-equal` if one side does not vary
 * @example pearson([1, 2, 3], [2, 4, 6]) // => { ok: true, value: 1 }
 */
export function pearson(x: readonly number[], y: readonly number[]): Result<number, CorrelationProblem> {
  const problem = usable(x, y, 2);
  return problem ? err(problem) : ok(Math.max(-1, Math.min(1, jstat.corrcoeff(x, y))));
}

export interface Correlation {
  readonly r: number;
  /** Infinity for a perfect correlation */
  readonly t: number;
  readonly df: number;
  readonly p: number;
}

/**
 * Whether two variables are linearly related.
 *
 * @returns with Fisher's interval, which needs 4 pairs and r within (-1, 1); `too-few` below 3 pairs
 * @see Fisher, Metron 1 (1921)
 */
export function pearsonTest(
  x: readonly number[],
  y: readonly number[],
  { level = DEFAULT_LEVEL }: LevelOption = {},
): Result<Correlation & { interval: Result<Interval, "too-few" | "perfect"> }, CorrelationProblem> {
  const problem = usable(x, y, 3);
  if (problem) return err(problem);
  return mapOk(pearson(x, y), (r) => ({
    ...correlationTest(r, x.length),
    interval: fisherInterval(r, x.length, level),
  }));
}

function correlationTest(r: number, n: number): Correlation {
  const df = n - 2;
  const t = Math.sqrt(df) * (r / Math.sqrt((1 - r) * (1 + r)));
  return { r, t, df, p: Math.min(1, 2 * studentT(df).tails(Math.abs(t)).upper) };
}

function fisherInterval(r: number, n: number, level: number): Result<Interval, "too-few" | "perfect"> {
  if (n < 4) return err("too-few");
  if (Math.abs(r) === 1) return err("perfect");
  const reach = criticalZ(level) / Math.sqrt(n - 3);
  return ok({ lower: Math.tanh(Math.atanh(r) - reach), upper: Math.tanh(Math.atanh(r) + reach), level });
}

/**
 * Spearman's rank correlation, ties sharing ranks, with p by Student's t or, without ties up to 9 pairs, by enumeration.
 *
 * @returns `s` is the sum of squared rank differences that r stands for
 * @see Spearman, American Journal of Psychology 15 (1904); Kendall & Gibbons, Rank Correlation Methods, 5th ed.
 */
export function spearmanTest(
  x: readonly number[],
  y: readonly number[],
): Result<Correlation & { s: number; pExact: Result<number, "too-many" | "ties"> }, CorrelationProblem> {
  const problem = usable(x, y, 3);
  if (problem) return err(problem);
  const [a, b] = [rankOf(x), rankOf(y)];
  const n = x.length;
  return mapOk(pearson(Array.from(a.ranks), Array.from(b.ranks)), (r) => {
    const s = ((n ** 3 - n) * (1 - r)) / 6;
    const pExact =
      a.tieSum + b.tieSum > 0
        ? err("ties" as const)
        : n > 9
          ? err("too-many" as const)
          : ok(exactSpearmanP(Math.round(s), n));
    return { ...correlationTest(r, n), s, pExact };
  });
}

/** P of a sum of squared rank differences at least as far from its mean, over all n! orders. */
function exactSpearmanP(s: number, n: number): number {
  const limit = (n ** 3 - n) / 6;
  let less = 0;
  let greater = 0;
  let all = 0;
  const place = (i: number, used: number, sum: number): void => {
    if (i === n) {
      all++;
      if (sum <= s) less++;
      if (sum >= s) greater++;
      return;
    }
    for (let j = 0; j < n; j++) if (!(used & (1 << j))) place(i + 1, used | (1 << j), sum + (i - j) ** 2);
  };
  place(0, 0, 0);
  return Math.min(1, (2 * (s > limit ? greater : less)) / all);
}

export interface Kendall {
  readonly tauB: number;
  readonly z: number;
  /** By the normal approximation, ties considered */
  readonly p: number;
  /** Pairs in the same order on both sides */
  readonly concordant: number;
  /** By enumeration, without ties up to 200 pairs */
  readonly pExact: Result<number, "too-many" | "ties">;
}

/**
 * Kendall's tau-b: concordant minus discordant pairs, ties considered. Sorting keeps it fast for long samples.
 *
 * @see Kendall, Biometrika 33 (1945); Knight, JASA 61 (1966) (the algorithm); Best & Gipps, AS 71 (1974) (exact p)
 */
export function kendallTest(x: readonly number[], y: readonly number[]): Result<Kendall, CorrelationProblem> {
  const problem = usable(x, y, 2);
  if (problem) return err(problem);
  const n = x.length;
  const [rx, ry] = [wholeRanks(rankOf(x).ranks).whole, wholeRanks(rankOf(y).ranks).whole];
  const order = rx.map((_, i) => i).sort((i, j) => rx[i]! - rx[j]! || ry[i]! - ry[j]!);
  const discordant = inversions(order.map((i) => ry[i]!));
  const [tx, ty] = [tieTerms(rx), tieTerms(ry)];
  const both = tieTerms(rx.map((rank, i) => rank * (4 * n) + ry[i]!));
  const pairs = (n * (n - 1)) / 2;
  const difference = pairs - tx.pairs - ty.pairs + both.pairs - 2 * discordant;
  const tauB = difference / Math.sqrt((pairs - tx.pairs) * (pairs - ty.pairs));
  const v0 = n * (n - 1) * (2 * n + 5);
  const variance =
    (v0 - tx.five - ty.five) / 18 +
    (2 * tx.pairs * 2 * ty.pairs) / (2 * n * (n - 1)) +
    (n > 2 ? (tx.triples * ty.triples) / (9 * n * (n - 1) * (n - 2)) : 0);
  const z = difference / Math.sqrt(variance);
  const concordant = (difference + pairs - tx.pairs - ty.pairs + both.pairs) / 2;
  const ties = tx.pairs + ty.pairs > 0;
  const pExact = ties ? err("ties" as const) : n > 200 ? err("too-many" as const) : ok(exactKendallP(concordant, n));
  return ok({ tauB, z, p: Math.min(1, 2 * normal.tails(Math.abs(z)).upper), concordant, pExact });
}

/** Over runs of t ties: tied pairs, and the sums t(t - 1)(2t + 5) and t(t - 1)(t - 2). */
function tieTerms(ranks: readonly number[]): { pairs: number; five: number; triples: number } {
  const runs = new Map<number, number>();
  for (const rank of ranks) runs.set(rank, (runs.get(rank) ?? 0) + 1);
  let [pairs, five, triples] = [0, 0, 0];
  for (const t of runs.values()) {
    pairs += (t * (t - 1)) / 2;
    five += t * (t - 1) * (2 * t + 5);
    triples += t * (t - 1) * (t - 2);
  }
  return { pairs, five, triples };
}

/** Pairs out of order, by merge sort. */
function inversions(values: number[]): number {
  let source = values;
  let target = new Array<number>(values.length);
  let count = 0;
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const [middle, end] = [Math.min(start + width, values.length), Math.min(start + 2 * width, values.length)];
      let [i, j] = [start, middle];
      for (let k = start; k < end; k++) {
        if (i < middle && (j >= end || source[i]! <= source[j]!)) target[k] = source[i++]!;
        else {
          count += middle - i;
          target[k] = source[j++]!;
        }
      }
    }
    [source, target] = [target, source];
  }
  return count;
}

/** P over all orders, from the distribution of inversions, built one element at a time. */
function exactKendallP(concordant: number, n: number): number {
  let chances = [1];
  for (let m = 2; m <= n; m++) {
    const next = new Array<number>(chances.length + m - 1).fill(0);
    let window = 0;
    for (let k = 0; k < next.length; k++) {
      window += (chances[k] ?? 0) - (k >= m ? chances[k - m]! : 0);
      next[k] = window / m;
    }
    chances = next;
  }
  const tail = Math.min(concordant, (n * (n - 1)) / 2 - concordant);
  return Math.min(1, 2 * chances.slice(0, tail + 1).reduce((sum, chance) => sum + chance, 0));
}
