import type { SettledStatistics } from "#src/experiment/options";
import { err, mapOk, ok, type Result } from "#src/kernel/result";
import { bentScoreInterval, type Scored } from "#src/stats/bent-score";
import { chiSquared, normal } from "#src/stats/distributions";
import type { Equivalence, Margins } from "#src/stats/equivalence";
import { signFlipTest } from "#src/stats/permutation";
import { ALL_SIGNS, smallestPairedMean, smallestStandardised } from "#src/stats/power";
import type { Interval as StatsInterval } from "#src/stats/sample";
import { type TTest, tTestOf } from "#src/stats/t-test";
import type { Comparison } from "./analysis.ts";
import { problemWords } from "./problem.ts";
import { type Interval, interval, type Quantity, quantity } from "./quantity.ts";

/**
 * What a test of two conditions gives, before p-values are adjusted.
 *
 * Test and interval are one method: wherever `intervalAt(1 - alpha)` exists, it excludes the null value exactly where `p` is below
 * alpha, for every alpha. Intervals at higher levels contain those at lower ones. So an interval that belongs to a whole family is
 * `intervalAt(1 - alpha of this pair)`, such as 1 - 0.05 / 1225: it is cheap, and holds at such levels.
 */
export interface TestOutcome
  extends Pick<
    Comparison,
    "difference" | "test" | "why" | "p" | "pIsBound" | "effect" | "tested" | "means" | "same" | "caution"
  > {
  /**
   * The interval of what is tested: of the difference (null value 0), or of the effect where `tested` says so (grades: null value 0.5).
   * `difference.interval` or `effect.interval` is this at `confidenceInterval`.
   *
   * @param confidence in (0, 1)
   * @returns why there is none: then p is not a proof of a difference at this level either, or the metric has no interval at any level
   */
  readonly intervalAt: (confidence: number) => Result<Interval>;
  /** McNemar's test: the items that decide. They fix which p it can give. */
  readonly discordant?: number;
  readonly check?: NonNullable<Comparison["check"]>;
  readonly equivalence?: Omit<NonNullable<Comparison["equivalence"]>, "pAdjusted">;
  readonly clusters?: number;
  /** Where the test uses other items than those that both conditions have. */
  readonly n?: number;
  readonly dropped?: Readonly<Record<string, number>>;
  /** Smallest true difference found with 80 % power by a two-sided test at this level. */
  readonly detectable: (alpha: number) => Quantity;
}

/** What the tests need of the options. */
export interface TestSetting extends Pick<SettledStatistics, "confidenceInterval" | "mcnemar" | "significanceLevel"> {
  readonly seed: number;
  /** Draws of each check by permutation: fewer than `resamples` where pairs are very many. */
  readonly checkDraws: number;
  /** The smallest p that matters: the level of the strictest test of the family. Draws continue until they could show it. */
  readonly smallestP: number;
  /** Arrangements of swapped labels to begin with, and values that those of one pair may look at. */
  readonly swaps: { readonly draws: number; readonly steps: number };
  /** Difference that still counts as equal. */
  readonly margin: number | undefined;
}

/** The interval of statistics in the words of an analysis. */
export const fromStats = (found: Result<StatsInterval, string>, method: string): Result<Interval> =>
  found.ok ? interval(found.value.lower, found.value.upper, found.value.level, method) : err(problemWords(found.error));

/** Below this many items an exact test leads, since a t distribution is not justified. */
export const FEW = ALL_SIGNS;

/** p and intervals of a t test that was made. */
export const tInference = (
  { estimate, standardError, df, p }: Pick<TTest, "estimate" | "standardError" | "df" | "p">,
  method: string,
): Pick<TestOutcome, "p" | "intervalAt"> => ({
  p: ok(p),
  intervalAt: (confidence) =>
    fromStats(ok(tTestOf(estimate, standardError, df, { level: confidence }).interval), method),
});

/** No p and no interval, for one reason. */
export const noInference = (reason: string): Pick<TestOutcome, "p" | "intervalAt" | "detectable"> => ({
  p: err(reason),
  intervalAt: () => err(reason),
  detectable: () => err(reason),
});

/**
 * The interval that a p-value implies for a number whose null value it tested: as wide as if the number were normal.
 *
 * @param z standard normal distance of the number from the null, from its p
 * @see Miettinen, American Journal of Epidemiology 103 (1976) (test-based limits)
 */
export function testBased(
  value: number,
  nothing: number,
  p: number,
  [least, most]: readonly [number, number],
): (confidence: number) => Result<Interval> {
  const distance = Math.abs(value - nothing);
  return (confidence) => {
    const ratio = normal.upperQuantile((1 - confidence) / 2) / normal.upperQuantile(p / 2);
    const reach = distance === 0 ? Number.POSITIVE_INFINITY : distance * ratio;
    return interval(Math.max(least, value - reach), Math.min(most, value + reach), confidence, "test-based");
  };
}

/** Signs flipped at random: assumes symmetry alone. Left out where items are so numerous that it could only agree. */
export function signFlips(
  differences: readonly number[],
  { checkDraws, seed }: TestSetting,
  clusters?: readonly number[],
): Pick<TestOutcome, "check"> {
  if (differences.length > MOST_FLIPPED) return {};
  const found = signFlipTest(differences, {
    draws: checkDraws,
    seed,
    enumerateUpTo: 20_000,
    ...(clusters ? { clusters } : {}),
  });
  const test = `sign-flip permutation of the differences (${found.ok && found.value.exact ? "all arrangements" : `${checkDraws} draws`})`;
  const isBound = found.ok && !found.value.exact && found.value.p * (checkDraws + 1) < 1.5; // no draw was as extreme
  return {
    check: {
      test,
      p: found.ok ? ok(found.value.p) : err(problemWords(found.error)),
      ...(isBound ? { pIsBound: true as const } : {}),
    },
  };
}

/** Draws for each check, so that all of them take a few seconds at most. */
export const drawsOfChecks = (resamples: number, pairs: number, items: number): number =>
  Math.min(resamples, Math.max(400, Math.floor(SIGNS / Math.max(1, pairs * items))));

/** Arrangements of swapped labels of one pair, by the number of pairs. */
export const swapsOf = (resamples: number, tests: number): TestSetting["swaps"] => ({
  draws: resamples,
  steps: Math.min(MOST_STEPS, ALL_STEPS / Math.max(1, tests)),
});

/** Values that one pair may look at, and all pairs of an analysis. */
const MOST_STEPS = 400_000_000;
const ALL_STEPS = 4_000_000_000;

/** Signs that all checks of a metric may draw. */
const SIGNS = 300_000_000;

/** Items beyond which a mean is normal by any measure. */
const MOST_FLIPPED = 20_000;

/** The standard errors that a t test needs. */
export const detectableT =
  (standardError: number, df: number) =>
  (alpha: number): Quantity =>
    quantity(smallestStandardised(df, { alpha }) * standardError * medianUnbiased(df), "has no standard error");

/**
 * What an estimated standard error is multiplied by so that it lies below the true one as often as above: few values show less than their
 * spread more often than more, and a design would seem to find what it misses.
 */
const medianUnbiased = (df: number): number => (Number.isFinite(df) ? Math.sqrt(df / chiSquared(df).quantile(0.5)) : 1);

/** The same for paired differences, which are few enough for all sign flips below 15. */
export const detectablePaired =
  (standardError: number, n: number) =>
  (alpha: number): Quantity => {
    const found = smallestPairedMean(n, { alpha });
    return found.ok
      ? quantity(found.value * standardError * medianUnbiased(n - 1) * Math.sqrt(n), "has no standard error")
      : err("not even one-sided differences would be found");
  };

/** The outcome of a multiple of the tested number: p and effect are the same. */
export function scaledOutcome(outcome: TestOutcome, times: number): TestOutcome {
  const { difference, same } = outcome;
  const scaled = (found: Result<Interval>): Result<Interval> =>
    mapOk(found, (one) => ({ ...one, low: one.low * times, high: one.high * times }));
  return {
    ...outcome,
    difference: { value: mapOk(difference.value, (value) => value * times), interval: scaled(difference.interval) },
    intervalAt: (confidence) => scaled(outcome.intervalAt(confidence)),
    detectable: (alpha) => mapOk(outcome.detectable(alpha), (value) => value * times),
    ...(same ? { same: { ...same, by: same.by * times } } : {}),
  };
}

/** Two one-sided tests, where a margin was given. */
export function tost(
  { margin, significanceLevel }: TestSetting,
  test: (margins: Margins) => Result<Pick<Equivalence, "p">, string>,
): Pick<TestOutcome, "equivalence"> {
  if (margin === undefined) return {};
  const found = test({ low: -margin, high: margin, alpha: significanceLevel });
  return { equivalence: { margin, p: found.ok ? ok(found.value.p) : err(problemWords(found.error)) } };
}

/** Two one-sided score tests: how far the data lie above the lower margin and below the upper one. */
export const scoreTost = (
  score: (difference: number) => number,
  setting: TestSetting,
): Pick<TestOutcome, "equivalence"> =>
  tost(setting, ({ low, high }) => ok({ p: Math.max(oneSided(score, low, "upper"), oneSided(score, high, "lower")) }));

/** A margin of 1 or more holds always. */
const oneSided = (score: (difference: number) => number, margin: number, side: "upper" | "lower"): number =>
  Math.abs(margin) >= 1 ? 0 : normal.tails(score(margin))[side];

/** The score interval that excludes 0 exactly where p says so. */
export const bentInterval =
  (scored: Scored, method: string) =>
  (confidence: number): Result<Interval> => {
    const { lower, upper } = bentScoreInterval(scored, confidence);
    return interval(lower, upper, confidence, method);
  };

/** A difference of shares that is found: none is beyond 1. */
export const detectableShare =
  (detectable: TestOutcome["detectable"]) =>
  (alpha: number): Quantity => {
    const found = detectable(alpha);
    return found.ok && found.value > 1 ? err("not even the greatest difference would be found") : found;
  };
