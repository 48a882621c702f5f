import { invariant } from "#src/kernel/errors";
import { ok, type Result } from "#src/kernel/result";
import type { Interval } from "./sample.ts";
import { pairedTTest, type TTest, type TTestOptions, type TTestProblem, welchTTest } from "./t-test.ts";

export interface Equivalence {
  /** Test that the difference is above the low margin */
  readonly lower: TTest;
  /** Test that the difference is below the high margin */
  readonly upper: TTest;
  /** The larger of the two p-values: small means equivalent within the margins */
  readonly p: number;
  /** Interval of level 1 - 2 alpha; it lies within the margins exactly when p < alpha */
  readonly interval: Interval;
  readonly equivalent: boolean;
}

export interface Margins {
  /** The largest differences that would not matter, `low` below `high`; chosen before the data are seen */
  readonly low: number;
  readonly high: number;
  /** Default 0.05 */
  readonly alpha?: number;
}

/**
 * Whether two conditions on the same items are equivalent within margins, by two one-sided tests. A large p of an ordinary test never shows this.
 *
 * @see Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987); Lakens 2017
 */
export const tostPaired = (
  x: readonly number[],
  y: readonly number[],
  margins: Margins,
): Result<Equivalence, TTestProblem> => tost((options) => pairedTTest(x, y, options), margins);

/**
 * Whether two independent samples have equivalent means within margins, by two one-sided Welch tests.
 *
 * @see Schuirmann 1987; Lakens 2017
 */
export const tostWelch = (
  x: readonly number[],
  y: readonly number[],
  margins: Margins,
): Result<Equivalence, TTestProblem> => tost((options) => welchTTest(x, y, options), margins);

function tost(
  test: (options: TTestOptions) => Result<TTest, TTestProblem>,
  { low, high, alpha = 0.05 }: Margins,
): Result<Equivalence, TTestProblem> {
  invariant(low < high, `the low margin must be below the high one, got ${low} and ${high}`);
  const lower = test({ mu: low, alternative: "greater" });
  const upper = test({ mu: high, alternative: "less" });
  const both = test({ level: 1 - 2 * alpha });
  if (!lower.ok) return lower;
  if (!upper.ok) return upper;
  if (!both.ok) return both;
  const p = Math.max(lower.value.p, upper.value.p);
  return ok({ lower: lower.value, upper: upper.value, p, interval: both.value.interval, equivalent: p < alpha });
}
