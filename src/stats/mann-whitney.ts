import { err, mapOk, ok, type Result } from "#src/kernel/result";
import { kthPairSum, medianPairSum, rankOf, wholeRanks } from "./ranks.ts";
import { type Alternative, allFinite, checkLevel, DEFAULT_LEVEL, type Interval } from "./sample.ts";
import { cutOff, normalCutOff } from "./signed-rank.ts";
import { zTestOf } from "./two-proportions.ts";

export interface MannWhitneyOptions {
  readonly alternative?: Alternative;
  /** `exact` enumerates splits, ties included; `auto` (default) does so for small samples and approximates others */
  readonly method?: "auto" | "exact" | "normal";
  /** Continuity correction of the approximation; default true */
  readonly corrected?: boolean;
}

export interface MannWhitney extends Dominance {
  readonly p: number;
  /** Standardised statistic, absent for exact p */
  readonly z?: number;
  /** Standard deviation of u1 under the null, ties considered */
  readonly sigma: number;
  readonly method: "exact" | "normal";
}

/** How often values of the first sample are larger than values of the second. */
export interface Dominance {
  /** Pairs in which the first is larger; ties count half */
  readonly u1: number;
  readonly u2: number;
  /** u1 / (n1 n2), the chance that a random value of the first is larger (common language effect size), in [0, 1] */
  readonly superiority: number;
  /** Cliff's delta, the rank-biserial correlation: 2 superiority - 1, in [-1, 1] */
  readonly delta: number;
}

/** Work (products of sizes) up to which `auto` enumerates. */
const EXACT_UP_TO = 2500;

/**
 * How often the first sample's values are the larger. Defined wherever both samples have values, also if all are equal.
 *
 * @see Cliff, Psychological Bulletin 114 (1993); Vargha & Delaney 2000
 * @example dominance([2, 3], [1, 2]) // => { ok: true, value: { u1: 3.5, u2: 0.5, superiority: 0.875, delta: 0.75 } }
 */
export function dominance(x: readonly number[], y: readonly number[]): Result<Dominance, "too-few" | "not-finite"> {
  return mapOk(rankBoth(x, y), ({ dominance }) => dominance);
}

function rankBoth(x: readonly number[], y: readonly number[]) {
  if (!allFinite(x) || !allFinite(y)) return err("not-finite" as const);
  if (x.length === 0 || y.length === 0) return err("too-few" as const);
  const { ranks, tieSum } = rankOf([...x, ...y]);
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += ranks[i]!;
  const u1 = sum - (x.length * (x.length + 1)) / 2;
  const pairs = x.length * y.length;
  return ok({ ranks, tieSum, dominance: { u1, u2: pairs - u1, superiority: u1 / pairs, delta: (2 * u1) / pairs - 1 } });
}

/**
 * The Mann-Whitney (Wilcoxon rank-sum) test: whether one of two independent samples tends to larger values. It compares ranks, not medians.
 *
 * @returns `too-few` if a sample is empty, `all-equal` if every value is the same
 * @see Mann & Whitney, Annals of Mathematical Statistics 18 (1947)
 * @example mannWhitney([1, 2, 3], [4, 5, 6]) // => { ok: true, value: { u1: 0, u2: 9, p: 0.1, method: "exact", ... } }
 */
export function mannWhitney(
  x: readonly number[],
  y: readonly number[],
  { alternative = "two-sided", method = "auto", corrected = true }: MannWhitneyOptions = {},
): Result<MannWhitney, "too-few" | "not-finite" | "all-equal"> {
  const ranked = rankBoth(x, y);
  if (!ranked.ok) return ranked;
  const { ranks, tieSum, dominance } = ranked.value;
  const [n1, n2, n] = [x.length, y.length, x.length + y.length];
  const sigma = Math.sqrt(((n1 * n2) / 12) * (n + 1 - tieSum / (n * (n - 1))));
  if (!(sigma > 0)) return err("all-equal");
  if (method === "exact" || (method === "auto" && n1 * n2 <= (tieSum === 0 ? EXACT_UP_TO : EXACT_UP_TO / 4))) {
    return ok({ ...dominance, sigma, p: exactP(ranks, n1, dominance.u1, alternative), method: "exact" });
  }
  const distance = dominance.u1 - (n1 * n2) / 2;
  const towards = alternative === "two-sided" ? Math.sign(distance) : alternative === "greater" ? 1 : -1;
  const { z, p } = zTestOf((distance - (corrected ? towards / 2 : 0)) / sigma, alternative);
  return ok({ ...dominance, sigma, p, z, method: "normal" });
}

/** P over all choices of n1 ranks; with ties the distribution may be lopsided, so two-sided compares distances from its mean. */
function exactP(ranks: ArrayLike<number>, n1: number, u1: number, alternative: Alternative): number {
  const { whole, unit } = wholeRanks(ranks);
  const chances = rankSumChances(whole, n1);
  const shift = ((n1 * (n1 + 1)) / 2) * unit;
  const observed = Math.round(u1 * unit) + shift;
  const mean = (n1 * (whole.length + 1) * unit) / 2;
  const far = Math.abs(observed - mean);
  let p = 0;
  chances.forEach((chance, sum) => {
    const counts =
      alternative === "less"
        ? sum <= observed
        : alternative === "greater"
          ? sum >= observed
          : Math.abs(sum - mean) >= far;
    if (counts) p += chance;
  });
  return Math.min(1, p);
}

/** The chance of every sum of `size` of the whole numbers, all choices equally likely. */
function rankSumChances(whole: readonly number[], size: number): Float64Array {
  const total = whole.reduce((sum, value) => sum + value, 0);
  const width = total + 1;
  const ways = Array.from({ length: size + 1 }, () => new Float64Array(width));
  ways[0]![0] = 1;
  const reach = new Float64Array(size + 1);
  whole.forEach((value, seen) => {
    for (let chosen = Math.min(size, seen + 1); chosen >= 1; chosen--) {
      const [from, to] = [ways[chosen - 1]!, ways[chosen]!];
      const top = Math.min(total, Math.max(reach[chosen]!, reach[chosen - 1]! + value));
      for (let sum = value; sum <= top; sum++) to[sum]! += from[sum - value]!;
      reach[chosen] = top;
    }
  });
  const last = ways[size]!;
  const all = last.reduce((sum, count) => sum + count, 0);
  return last.map((count) => count / all);
}

/**
 * The Hodges-Lehmann estimate of the shift between two samples: the median of all differences x[i] - y[j].
 *
 * @see Hodges & Lehmann 1963
 * @example hodgesLehmann([1, 2, 3], [0, 0, 0]) // => { ok: true, value: 2 }
 */
export function hodgesLehmann(x: readonly number[], y: readonly number[]): Result<number, "too-few" | "not-finite"> {
  return mapOk(sortedBoth(x, y), ([a, b]) => medianPairSum(a, b, a.length * b.length));
}

/**
 * The interval of the shift that the Mann-Whitney test implies: exact for small samples without ties.
 *
 * @returns with the level truly achieved
 * @see Bauer, JASA 67 (1972)
 */
export function shiftInterval(
  x: readonly number[],
  y: readonly number[],
  { level = DEFAULT_LEVEL }: { level?: number } = {},
): Result<Interval, "too-few" | "not-finite"> {
  checkLevel(level);
  return mapOk(sortedBoth(x, y), ([a, b]) => {
    const [n1, n2, half] = [a.length, b.length, (1 - level) / 2];
    const { rank, outside } =
      n1 * n2 <= EXACT_UP_TO
        ? cutOff(untiedChances(n1, n2), half)
        : normalCutOff((n1 * n2) / 2, (n1 * n2 * (n1 + n2 + 1)) / 12, half);
    return { lower: kthPairSum(a, b, rank), upper: kthPairSum(a, b, n1 * n2 - rank + 1), level: 1 - 2 * outside };
  });
}

/** The chance of every u1 without ties. */
const untiedChances = (n1: number, n2: number): Float64Array => {
  const ranks = Array.from({ length: n1 + n2 }, (_, i) => i + 1);
  return rankSumChances(ranks, n1).subarray((n1 * (n1 + 1)) / 2);
};

/** x and -y ascending, so that differences are sums. */
function sortedBoth(
  x: readonly number[],
  y: readonly number[],
): Result<[number[], number[]], "too-few" | "not-finite"> {
  if (!allFinite(x) || !allFinite(y)) return err("not-finite");
  if (x.length === 0 || y.length === 0) return err("too-few");
  return ok([[...x].sort((a, b) => a - b), y.map((value) => -value).sort((a, b) => a - b)]);
}
