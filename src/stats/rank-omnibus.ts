import { invariant } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { type ChiSquaredTest, chiSquaredTestOf } from "./chi-squared.ts";
import { type Adjustment, adjustP } from "./multiplicity.ts";
import { rankOf } from "./ranks.ts";
import { allFinite } from "./sample.ts";
import { zTestOf } from "./two-proportions.ts";

export type RankProblem = "too-few" | "not-finite" | "all-equal";

export interface KruskalWallis extends ChiSquaredTest {
  readonly rankSums: readonly number[];
  /** H / (n - 1), in [0, 1] */
  readonly epsilonSquared: number;
  /** (H - k + 1) / (n - k), an estimate without bias; may be below 0 */
  readonly etaSquared: number;
}

function rankGroups(groups: readonly (readonly number[])[]) {
  if (!groups.every(allFinite)) return err("not-finite" as const);
  if (groups.length < 2 || groups.some((group) => group.length === 0)) return err("too-few" as const);
  const all = groups.flat();
  const { ranks, tieSum } = rankOf(all);
  const n = all.length;
  if (tieSum === n ** 3 - n) return err("all-equal" as const);
  let at = 0;
  const rankSums = groups.map((group) => {
    let sum = 0;
    for (let i = 0; i < group.length; i++) sum += ranks[at++]!;
    return sum;
  });
  return ok({ rankSums, tieSum, n });
}

/**
 * The Kruskal-Wallis test: whether one of several independent groups tends to larger values. `chi2` is H, corrected for ties.
 *
 * @returns `all-equal` if every value is the same
 * @see Kruskal & Wallis, JASA 47 (1952); Tomczak & Tomczak 2014 (effect sizes)
 * @example kruskalWallis([[1, 2], [3, 4]]) // => { ok: true, value: { chi2: 2.4, df: 1, ... } }
 */
export function kruskalWallis(groups: readonly (readonly number[])[]): Result<KruskalWallis, RankProblem> {
  const ranked = rankGroups(groups);
  if (!ranked.ok) return ranked;
  const { rankSums, tieSum, n } = ranked.value;
  const k = groups.length;
  // distances from the mean rank, not the textbook's difference of two large sums
  const spread = rankSums.reduce(
    (sum, ranks, i) => sum + groups[i]!.length * (ranks / groups[i]!.length - (n + 1) / 2) ** 2,
    0,
  );
  const h = (12 * spread) / (n * (n + 1)) / (1 - tieSum / (n ** 3 - n));
  return ok({
    ...chiSquaredTestOf(h, k - 1),
    rankSums,
    epsilonSquared: h / (n - 1),
    etaSquared: (h - k + 1) / (n - k),
  });
}

export interface Friedman extends ChiSquaredTest {
  readonly rankSums: readonly number[];
  /** Kendall's W: agreement of items on the order of conditions, in [0, 1] */
  readonly kendallsW: number;
}

/**
 * Friedman's test: whether one of several conditions on the same items tends to larger values, by ranks within each item.
 *
 * @param blocks one row per item, in it one value per condition
 * @returns `all-equal` if no item tells the conditions apart
 * @see Friedman, JASA 32 (1937); ties as in Conover, Practical Nonparametric Statistics, 3rd ed., 5.8
 * @example friedman([[1, 2, 3], [1, 2, 3]]) // => { ok: true, value: { chi2: 4, df: 2, rankSums: [2, 4, 6], kendallsW: 1, ... } }
 */
export function friedman(blocks: readonly (readonly number[])[]): Result<Friedman, RankProblem> {
  const n = blocks.length;
  const k = blocks[0]?.length ?? 0;
  if (!blocks.every(allFinite)) return err("not-finite");
  if (n === 0 || k < 2) return err("too-few");
  const rankSums = new Array<number>(k).fill(0);
  let ties = 0;
  for (const block of blocks) {
    invariant(block.length === k, `every item must have ${k} values, got ${block.length}`);
    const { ranks, tieSum } = rankOf(block);
    ties += tieSum;
    ranks.forEach((rank, j) => {
      rankSums[j]! += rank;
    });
  }
  const below = n * k * (k + 1) - ties / (k - 1);
  if (below <= 0) return err("all-equal");
  const chi2 = (12 * rankSums.reduce((sum, ranks) => sum + (ranks - (n * (k + 1)) / 2) ** 2, 0)) / below;
  return ok({ ...chiSquaredTestOf(chi2, k - 1), rankSums, kendallsW: chi2 / (n * (k - 1)) });
}

/** A comparison of groups number `i` and `j`, counted from 0, i below j. */
export interface PairTest {
  readonly i: number;
  readonly j: number;
  readonly p: number;
  readonly pAdjusted: number;
}

/** Every pair of 0 to k - 1, in reading order. */
export const pairsOf = (k: number): { i: number; j: number }[] =>
  Array.from({ length: k }, (_, i) => Array.from({ length: k - i - 1 }, (_, step) => ({ i, j: i + step + 1 }))).flat();

/** Adds adjusted p-values to a family of pairs. */
export function adjustPairs<T extends { readonly p: number }>(
  pairs: readonly T[],
  method: Adjustment,
): (T & { pAdjusted: number })[] {
  const adjusted = adjustP(
    pairs.map(({ p }) => p),
    method,
  );
  return pairs.map((pair, at) => ({ ...pair, pAdjusted: adjusted[at]! }));
}

/**
 * Dunn's test of every pair of independent groups after Kruskal-Wallis, on the ranks of all values together.
 *
 * - `adjust`: default holm
 * @see Dunn, Technometrics 6 (1964)
 */
export function dunn(
  groups: readonly (readonly number[])[],
  { adjust = "holm" }: { adjust?: Adjustment } = {},
): Result<(PairTest & { z: number })[], RankProblem> {
  const ranked = rankGroups(groups);
  if (!ranked.ok) return ranked;
  const { rankSums, tieSum, n } = ranked.value;
  const variance = (n * (n + 1)) / 12 - tieSum / (12 * (n - 1));
  const pairs = pairsOf(groups.length).map(({ i, j }) => {
    const [a, b] = [groups[i]!.length, groups[j]!.length];
    const { z, p } = zTestOf((rankSums[i]! / a - rankSums[j]! / b) / Math.sqrt(variance * (1 / a + 1 / b)));
    return { i, j, z, p };
  });
  return ok(adjustPairs(pairs, adjust));
}
