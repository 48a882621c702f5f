import { err, mapOk, ok, type Result } from "#src/kernel/result";
import { normal } from "./distributions.ts";
import { kthPairSum, medianPairSum, rankOf, wholeRanks, withoutNoise } from "./ranks.ts";
import { type Alternative, allFinite, checkLevel, checkPaired, DEFAULT_LEVEL, type Interval } from "./sample.ts";
import { zTestOf } from "./two-proportions.ts";

/** Why a signed-rank test has no answer. */
export type SignedRankProblem = "too-few" | "not-finite" | "all-zero";

export interface SignedRankOptions {
  readonly alternative?: Alternative;
  /** Median difference under the null; default 0 */
  readonly mu?: number;
  /** What to do with differences of 0: leave them out (`drop`, default) or let them take the lowest ranks first (`pratt`) */
  readonly zeros?: "drop" | "pratt";
  /** `exact` enumerates signs, ties included; `auto` (default) does so up to 100 items and approximates beyond */
  readonly method?: "auto" | "exact" | "normal";
  /** Continuity correction of the approximation; default true */
  readonly corrected?: boolean;
  /** Whether differences that are equal on paper tie; default true */
  readonly ignoreNoise?: boolean;
}

export interface SignedRank {
  /** Sum of the ranks of positive differences */
  readonly v: number;
  /** Sum of the ranks of negative differences */
  readonly vMinus: number;
  readonly p: number;
  /** Standardised statistic, absent for exact p */
  readonly z?: number;
  readonly method: "exact" | "normal";
  readonly nonZero: number;
  readonly zeros: number;
  /** Matched-pairs rank-biserial correlation, (v - vMinus) / (v + vMinus), in [-1, 1] */
  readonly rankBiserial: number;
}

const EXACT_UP_TO = 100;

/**
 * Wilcoxon's signed-rank test: whether differences on the same items are symmetric around `mu`. For ordinal grades and skewed scores.
 *
 * @param x one value per item
 * @param y the same items in the same order
 * @returns `all-zero` if no difference is left to rank
 * @see Wilcoxon, Biometrics Bulletin 1 (1945); Pratt, JASA 54 (1959); Kerby 2014 (rank-biserial)
 * @example wilcoxonSignedRank([1, 2, 3, 4, 5], [0, 0, 0, 0, 0]) // => { ok: true, value: { v: 15, vMinus: 0, p: 0.0625, method: "exact", ... } }
 */
export function wilcoxonSignedRank(
  x: readonly number[],
  y: readonly number[],
  options: SignedRankOptions = {},
): Result<SignedRank, SignedRankProblem> {
  const { alternative = "two-sided", zeros = "drop", method = "auto", corrected = true } = options;
  return mapOk(rankDifferences(x, y, options), ({ ranks, positive, tieSum, zeroCount }) => {
    const n = ranks.length;
    let v = 0;
    let all = 0;
    ranks.forEach((rank, i) => {
      all += rank;
      if (positive[i]) v += rank;
    });
    const common = { v, vMinus: all - v, nonZero: n, zeros: zeroCount, rankBiserial: (2 * v - all) / all };
    if (method === "exact" || (method === "auto" && n <= EXACT_UP_TO)) {
      return { ...common, p: exactP(ranks, v, alternative), method: "exact" as const };
    }
    const gap = zeros === "pratt" ? zeroCount : 0;
    const total = n + gap;
    const variance = (total * (total + 1) * (2 * total + 1) - gap * (gap + 1) * (2 * gap + 1)) / 24 - tieSum / 48;
    const distance = v - all / 2;
    const towards = alternative === "two-sided" ? Math.sign(distance) : alternative === "greater" ? 1 : -1;
    const { z, p } = zTestOf((distance - (corrected ? towards / 2 : 0)) / Math.sqrt(variance), alternative);
    return { ...common, p, z, method: "normal" as const };
  });
}

interface RankedDifferences {
  readonly ranks: readonly number[];
  readonly positive: readonly boolean[];
  readonly tieSum: number;
  readonly zeroCount: number;
}

function rankDifferences(
  x: readonly number[],
  y: readonly number[],
  options: SignedRankOptions,
): Result<RankedDifferences, SignedRankProblem> {
  const { mu = 0, zeros = "drop", ignoreNoise = true } = options;
  checkPaired(x, y);
  if (!allFinite(x) || !allFinite(y)) return err("not-finite");
  if (x.length === 0) return err("too-few");
  const raw = x.map((value, i) => value - y[i]! - mu);
  let largest = Math.abs(mu);
  for (let i = 0; i < x.length; i++) largest = Math.max(largest, Math.abs(x[i]!), Math.abs(y[i]!));
  const clean = ignoreNoise ? withoutNoise(raw, largest) : raw;
  const nonZero = clean.filter((d) => d !== 0);
  if (nonZero.length === 0) return err("all-zero");
  const zeroCount = clean.length - nonZero.length;
  const { ranks, tieSum } = rankOf(nonZero.map(Math.abs));
  const lift = zeros === "pratt" ? zeroCount : 0;
  return ok({
    ranks: Array.from(ranks, (rank) => rank + lift),
    positive: nonZero.map((d) => d > 0),
    tieSum,
    zeroCount,
  });
}

/** P over all 2^n signs, by adding one rank at a time to the distribution of the sum. */
function exactP(ranks: readonly number[], v: number, alternative: Alternative): number {
  const { whole, unit } = wholeRanks(ranks);
  const chances = signedSumChances(whole);
  const observed = Math.round(v * unit);
  let less = 0;
  let greater = 0;
  chances.forEach((chance, sum) => {
    if (sum <= observed) less += chance;
    if (sum >= observed) greater += chance;
  });
  if (alternative !== "two-sided") return Math.min(1, alternative === "less" ? less : greater);
  return Math.min(1, 2 * Math.min(less, greater));
}

/** The chance of every sum of whole numbers of which each is in or out with chance 1/2. */
export function signedSumChances(whole: readonly number[]): Float64Array {
  const total = whole.reduce((sum, value) => sum + value, 0);
  const chances = new Float64Array(total + 1);
  chances[0] = 1;
  let reach = 0;
  for (const value of whole) {
    reach += value;
    for (let sum = reach; sum >= 0; sum--)
      chances[sum] = (chances[sum]! + (sum >= value ? chances[sum - value]! : 0)) / 2;
  }
  return chances;
}

/**
 * The Hodges-Lehmann estimate of the median difference: the median of all means of two differences (one taken twice allowed).
 *
 * @see Hodges & Lehmann, Annals of Mathematical Statistics 34 (1963)
 * @example pairedHodgesLehmann([1, 2, 6], [0, 0, 0]) // => { ok: true, value: 2.75 }
 */
export function pairedHodgesLehmann(
  x: readonly number[],
  y: readonly number[],
): Result<number, "too-few" | "not-finite"> {
  return mapOk(sortedDifferences(x, y), (d) => medianPairSum(d, d, (d.length * (d.length + 1)) / 2, true) / 2);
}

/**
 * The interval of the median difference that the signed-rank test implies: exact up to 100 items, where its level is the nearest that
 * enumeration allows.
 *
 * @returns with the level truly achieved; differences of 0 count like any other
 * @see Bauer, JASA 67 (1972)
 */
export function pairedShiftInterval(
  x: readonly number[],
  y: readonly number[],
  { level = DEFAULT_LEVEL }: { level?: number } = {},
): Result<Interval, "too-few" | "not-finite"> {
  checkLevel(level);
  return mapOk(sortedDifferences(x, y), (d) => {
    const n = d.length;
    const count = (n * (n + 1)) / 2;
    const half = (1 - level) / 2;
    const { rank, outside } =
      n <= EXACT_UP_TO
        ? cutOff(signedSumChances(d.map((_, i) => i + 1)), half)
        : normalCutOff(count / 2, (n * (n + 1) * (2 * n + 1)) / 24, half);
    const end = (k: number): number => kthPairSum(d, d, k, true) / 2;
    return { lower: end(rank), upper: end(count - rank + 1), level: 1 - 2 * outside };
  });
}

/** The rank from either end at which an exact interval stops, at least 1, and the chance left outside it. */
export function cutOff(chances: ArrayLike<number>, half: number): { rank: number; outside: number } {
  let below = 0;
  let rank = 0;
  while (rank < chances.length && below + chances[rank]! < half * (1 - 1e-12)) below += chances[rank++]!;
  return rank === 0 ? { rank: 1, outside: chances[0]! } : { rank, outside: below };
}

/** The same by the normal approximation, for samples too large to enumerate. */
export const normalCutOff = (mean: number, variance: number, half: number): { rank: number; outside: number } => ({
  rank: Math.max(1, Math.round(mean + normal.quantile(half) * Math.sqrt(variance))),
  outside: half,
});

function sortedDifferences(x: readonly number[], y: readonly number[]): Result<number[], "too-few" | "not-finite"> {
  checkPaired(x, y);
  if (!allFinite(x) || !allFinite(y)) return err("not-finite");
  if (x.length === 0) return err("too-few");
  return ok(x.map((value, i) => value - y[i]!).sort((a, b) => a - b));
}
