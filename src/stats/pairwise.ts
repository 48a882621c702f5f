import { err, ok, type Result } from "#src/kernel/result";
import { type AnovaProblem, sumsOfSquares } from "./anova.ts";
import type { Adjustment } from "./multiplicity.ts";
import { adjustPairs, type PairTest, pairsOf } from "./rank-omnibus.ts";
import { allFinite, checkLevel, DEFAULT_LEVEL, type Interval, isNoise, spreadOf } from "./sample.ts";
import { studentizedRange } from "./studentized-range.ts";
import { tTestOf } from "./t-test.ts";

export interface RangePair {
  readonly i: number;
  readonly j: number;
  /** Mean of group i minus mean of group j */
  readonly difference: number;
  /** Studentized distance */
  readonly q: number;
  readonly df: number;
  /** Already adjusted for all pairs */
  readonly p: number;
  /** Simultaneous for all pairs */
  readonly interval: Interval;
}

interface Pooled {
  readonly msWithin: number;
  readonly dfWithin: number;
  readonly means: readonly number[];
}

function pooled(groups: readonly (readonly number[])[]): Result<Pooled, AnovaProblem> {
  const sums = sumsOfSquares(groups);
  if (!sums.ok) return sums;
  const msWithin = sums.value.ssWithin / sums.value.dfWithin;
  if (isNoise(Math.sqrt(msWithin), ...groups.map((group) => group[0]!))) return err("all-equal");
  return ok({ msWithin, dfWithin: sums.value.dfWithin, means: groups.map((group) => spreadOf(group).mean) });
}

/**
 * Tukey's honest significant differences of every pair of independent groups, assuming one variance (Tukey-Kramer for unequal sizes).
 *
 * @see Tukey 1949; Kramer, Biometrics 12 (1956)
 */
export function tukeyHsd(
  groups: readonly (readonly number[])[],
  { level = DEFAULT_LEVEL }: { level?: number } = {},
): Result<{ msWithin: number; df: number; qCritical: number; pairs: RangePair[] }, AnovaProblem> {
  checkLevel(level);
  const within = pooled(groups);
  if (!within.ok) return within;
  const { msWithin, dfWithin: df, means } = within.value;
  const { pair, critical } = rangePairs(groups.length, df, level);
  const pairs = pairsOf(groups.length).map(({ i, j }) => {
    const standardError = Math.sqrt((msWithin / 2) * (1 / groups[i]!.length + 1 / groups[j]!.length));
    return pair(i, j, means[i]! - means[j]!, standardError);
  });
  return ok({
    msWithin,
    df,
    pairs,
    get qCritical() {
      return critical();
    },
  });
}

/** Pairs whose distances share one studentized range. Intervals are worked out when they are read: they cost ten times what p does. */
function rangePairs(k: number, df: number, level: number) {
  const range = studentizedRange(k, df);
  let known: number | undefined;
  const critical = (): number => {
    known ??= range.upperQuantile(1 - level);
    return known;
  };
  const pair = (i: number, j: number, difference: number, standardError: number): RangePair => {
    const q = Math.abs(difference) / standardError;
    return {
      i,
      j,
      difference,
      q,
      df,
      p: range.tails(q).upper,
      get interval() {
        const reach = critical() * standardError;
        return { lower: difference - reach, upper: difference + reach, level };
      },
    };
  };
  return { pair, critical };
}

/**
 * The Games-Howell test of every pair of independent groups, without assuming one variance. The default after `welchAnova`.
 *
 * @returns `too-few` if a group has fewer than two values, `all-equal` if neither group of a pair varies
 * @see Games & Howell, Journal of Educational Statistics 1 (1976)
 */
export function gamesHowell(
  groups: readonly (readonly number[])[],
  { level = DEFAULT_LEVEL }: { level?: number } = {},
): Result<RangePair[], AnovaProblem> {
  checkLevel(level);
  if (!groups.every(allFinite)) return err("not-finite");
  if (groups.length < 2 || groups.some((group) => group.length < 2)) return err("too-few");
  const spreads = groups.map(spreadOf);
  const pairs: RangePair[] = [];
  for (const { i, j } of pairsOf(groups.length)) {
    const [a, b] = [spreads[i]!, spreads[j]!];
    const [va, vb] = [a.sd ** 2 / a.n, b.sd ** 2 / b.n];
    if (isNoise(Math.sqrt(va + vb), a.mean, b.mean)) return err("all-equal");
    const share = va / (va + vb);
    const df = 1 / (share ** 2 / (a.n - 1) + (1 - share) ** 2 / (b.n - 1));
    pairs.push(rangePairs(groups.length, df, level).pair(i, j, a.mean - b.mean, Math.sqrt((va + vb) / 2)));
  }
  return ok(pairs);
}

/**
 * Student's t of every pair of independent groups with the variance pooled over all of them.
 *
 * - `adjust`: default holm
 * @see R's pairwise.t.test(pool.sd = TRUE)
 */
export function pairwiseTTests(
  groups: readonly (readonly number[])[],
  { adjust = "holm" }: { adjust?: Adjustment } = {},
): Result<PairTest[], AnovaProblem> {
  const within = pooled(groups);
  if (!within.ok) return within;
  const { msWithin, dfWithin, means } = within.value;
  const pairs = pairsOf(groups.length).map(({ i, j }) => {
    const standardError = Math.sqrt(msWithin * (1 / groups[i]!.length + 1 / groups[j]!.length));
    return { i, j, p: tTestOf(means[i]! - means[j]!, standardError, dfWithin).p };
  });
  return ok(adjustPairs(pairs, adjust));
}
