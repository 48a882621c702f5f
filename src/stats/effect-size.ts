import { err, mapOk, ok, type Result } from "#src/kernel/result";
import { pearson } from "./correlation.ts";
import { normal } from "./distributions.ts";
import { dominance } from "./mann-whitney.ts";
import { noncentralTInterval } from "./noncentral.ts";
import { criticalZ, type LevelOption } from "./proportion.ts";
import { rankOf } from "./ranks.ts";
import { allFinite, DEFAULT_LEVEL, differences, type Interval, isNoise, spreadOf } from "./sample.ts";
import { lnGamma } from "./special.ts";
import { pooledSd } from "./t-test.ts";

export type EffectSizeProblem = "too-few" | "not-finite" | "all-equal";

/**
 * Hedges' factor that takes the bias from a standardised difference: gamma(df/2) / (sqrt(df/2) gamma((df - 1)/2)), below 1.
 *
 * @param df degrees of freedom of the standard deviation; 1 gives 0
 * @see Hedges, Journal of Educational Statistics 6 (1981)
 * @example hedgesFactor(10) // => 0.9227456
 */
export const hedgesFactor = (df: number): number =>
  df === 1 ? 0 : Math.exp(lnGamma(df / 2) - 0.5 * Math.log(df / 2) - lnGamma((df - 1) / 2));

export interface PairedEffectSize {
  /** Mean difference over the standard deviation of differences */
  readonly dz: number;
  /** dz with Hedges' factor: the unbiased one, to report */
  readonly hedgesGz: number;
  /** Exact interval of dz, from the noncentral t */
  readonly interval: Interval;
  /** Mean difference over the root mean of both variances: comparable with independent samples */
  readonly dAv: Result<number, "all-equal">;
  /** dz sqrt(2 (1 - r)), with the correlation of the two conditions */
  readonly dRm: Result<number, "all-equal">;
  readonly correlation: Result<number, "all-equal">;
}

/**
 * Standardised mean difference of two conditions on the same items; 0.2 is called small, 0.5 medium, 0.8 large.
 *
 * @returns `all-equal` if the differences do not vary
 * @see Lakens, Frontiers in Psychology 4:863 (2013); Cumming & Finch 2001 (interval)
 * @example pairedEffectSize([1, 2, 3], [1, 1, 1]) // => { ok: true, value: { dz: 1, ... } }
 */
export function pairedEffectSize(
  x: readonly number[],
  y: readonly number[],
  { level = DEFAULT_LEVEL }: LevelOption = {},
): Result<PairedEffectSize, EffectSizeProblem> {
  const found = standardisedMean(differences(x, y), level);
  if (!found.ok) return found;
  const { n, mean, dz, interval } = found.value;
  const correlated = pearson(x, y);
  const correlation: Result<number, "all-equal"> = correlated.ok ? correlated : err("all-equal");
  const averageSd = Math.sqrt((spreadOf(x).sd ** 2 + spreadOf(y).sd ** 2) / 2);
  return ok({
    dz,
    hedgesGz: dz * hedgesFactor(n - 1),
    interval,
    dAv: averageSd === 0 ? err("all-equal") : ok(mean / averageSd),
    dRm: mapOk(correlation, (r) => dz * Math.sqrt(Math.max(0, 2 * (1 - r)))),
    correlation,
  });
}

/** The mean of differences over their standard deviation, Cohen's dz, with its exact interval. */
export function standardisedMean(
  d: readonly number[],
  level: number,
): Result<{ n: number; mean: number; dz: number; interval: Interval }, EffectSizeProblem> {
  if (!allFinite(d)) return err("not-finite");
  if (d.length < 2) return err("too-few");
  const { n, mean, sd } = spreadOf(d);
  if (isNoise(sd / Math.sqrt(n), mean)) return err("all-equal");
  const dz = mean / sd;
  const reach = noncentralTInterval(dz * Math.sqrt(n), n - 1, level);
  return ok({ n, mean, dz, interval: { lower: reach.lower / Math.sqrt(n), upper: reach.upper / Math.sqrt(n), level } });
}

export interface EffectSize {
  /** Cohen's d: difference of means over the pooled standard deviation */
  readonly d: number;
  /** d with Hedges' factor: the unbiased one, to report */
  readonly hedgesG: number;
  readonly hedgesFactor: number;
  /** Exact interval of d, from the noncentral t; times `hedgesFactor` it is that of g */
  readonly interval: Interval;
  /** Large-sample standard error of d, and the interval it gives */
  readonly standardError: number;
  readonly normalInterval: Interval;
  /** Difference over the first, and over the second sample's own standard deviation */
  readonly glassFirst: Result<number, "all-equal">;
  readonly glassSecond: Result<number, "all-equal">;
  /** Difference over the root mean of both variances */
  readonly dAverage: number;
  /** Share of the second group that an average member of the first exceeds, were both normal (Cohen's U3) */
  readonly u3: number;
  readonly pointBiserialR: number;
}

/**
 * Standardised mean difference of two independent samples.
 *
 * @returns `all-equal` if neither sample varies
 * @see Cohen 1988; Hedges & Olkin, Statistical Methods for Meta-Analysis, 1985, chapter 5; Cumming & Finch 2001 (interval)
 */
export function effectSize(
  x: readonly number[],
  y: readonly number[],
  { level = DEFAULT_LEVEL }: LevelOption = {},
): Result<EffectSize, EffectSizeProblem> {
  if (!allFinite(x) || !allFinite(y)) return err("not-finite");
  if (x.length < 2 || y.length < 2) return err("too-few");
  const [a, b] = [spreadOf(x), spreadOf(y)];
  const sd = pooledSd(a, b);
  if (isNoise(sd, a.mean, b.mean)) return err("all-equal");
  const difference = a.mean - b.mean;
  const d = difference / sd;
  const root = Math.sqrt(1 / a.n + 1 / b.n);
  const df = a.n + b.n - 2;
  const reach = noncentralTInterval(d / root, df, level);
  const standardError = Math.sqrt(root * root + (d * d) / (2 * (a.n + b.n)));
  const z = criticalZ(level);
  const over = (own: number): Result<number, "all-equal"> => (own === 0 ? err("all-equal") : ok(difference / own));
  return ok({
    d,
    hedgesG: d * hedgesFactor(df),
    hedgesFactor: hedgesFactor(df),
    interval: { lower: reach.lower * root, upper: reach.upper * root, level },
    standardError,
    normalInterval: { lower: d - z * standardError, upper: d + z * standardError, level },
    glassFirst: over(a.sd),
    glassSecond: over(b.sd),
    dAverage: difference / Math.sqrt((a.sd ** 2 + b.sd ** 2) / 2),
    u3: normal.tails(d).lower,
    pointBiserialR: d / Math.sqrt(d * d + root * root * df),
  });
}

export interface CliffsDelta {
  /** P(first larger) - P(second larger) of a random pair, in [-1, 1] */
  readonly delta: number;
  /** P(first larger) with ties counted half, in [0, 1] */
  readonly superiority: number;
  /** Unbiased variance of delta */
  readonly variance: Result<number, "too-few">;
  /** Cliff's interval, bent so that it stays within [-1, 1] */
  readonly interval: Result<Interval, "too-few">;
}

/**
 * Cliff's delta of two independent samples: an effect size for ordinal grades and skewed scores.
 *
 * @returns `too-few` if a sample is empty
 * @see Cliff, Psychological Bulletin 114 (1993); Feng & Cliff, Journal of Modern Applied Statistical Methods 3 (2004) (interval)
 * @example cliffsDelta([3, 4], [1, 2]) // => { ok: true, value: { delta: 1, superiority: 1, ... } }
 */
export function cliffsDelta(
  x: readonly number[],
  y: readonly number[],
  { level = DEFAULT_LEVEL }: LevelOption = {},
): Result<CliffsDelta, "too-few" | "not-finite"> {
  const ranked = dominance(x, y);
  if (!ranked.ok) return ranked;
  const { delta, superiority } = ranked.value;
  const [n1, n2] = [x.length, y.length];
  if (n1 < 2 || n2 < 2) return ok({ delta, superiority, variance: err("too-few"), interval: err("too-few") });
  const variance = deltaVariance(x, y, delta);
  return ok({ delta, superiority, variance: ok(variance), interval: ok(deltaInterval(delta, variance, level)) });
}

/** Cliff's unbiased variance, from ranks: row and column means of the dominance matrix without making the matrix. */
function deltaVariance(x: readonly number[], y: readonly number[], delta: number): number {
  const [n1, n2] = [x.length, y.length];
  const both = rankOf([...x, ...y]).ranks;
  const [own1, own2] = [rankOf(x).ranks, rankOf(y).ranks];
  let rows = 0;
  for (let i = 0; i < n1; i++) rows += ((2 * (both[i]! - own1[i]!)) / n2 - 1 - delta) ** 2;
  let columns = 0;
  for (let j = 0; j < n2; j++) columns += (1 - (2 * (both[n1 + j]! - own2[j]!)) / n1 - delta) ** 2;
  const cells = n1 * n2 - tiedPairs(x, y) - n1 * n2 * delta * delta;
  return Math.max(0, (n2 * n2 * rows + n1 * n1 * columns - cells) / (n1 * n2 * (n1 - 1) * (n2 - 1)));
}

function tiedPairs(x: readonly number[], y: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of x) counts.set(value, (counts.get(value) ?? 0) + 1);
  return y.reduce((sum, value) => sum + (counts.get(value) ?? 0), 0);
}

function deltaInterval(delta: number, variance: number, level: number): Interval {
  const z = criticalZ(level);
  const bend = z * z * variance;
  const reach = z * Math.sqrt(variance * ((1 - delta * delta) ** 2 + bend));
  const below = 1 - delta * delta + bend;
  if (below === 0) return { lower: delta, upper: delta, level }; // complete dominance: Cliff's variance is 0
  const end = (side: number): number => Math.max(-1, Math.min(1, (delta - delta ** 3 + side * reach) / below));
  return { lower: end(-1), upper: end(1), level };
}
