import { sum } from "simple-statistics";
import { invariant } from "#src/kernel/errors";

/** A confidence interval. An end that does not exist (one-sided intervals) is Infinity. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
  /** Confidence level, in (0, 1) */
  readonly level: number;
}

/** Which departure from the null counts: any, or only that of a smaller or a greater value. */
export type Alternative = "two-sided" | "less" | "greater";

/** Confidence level of an interval when none is asked for. */
export const DEFAULT_LEVEL = 0.95;

/** Checks a confidence level, which the caller chooses. */
export function checkLevel(level: number): void {
  invariant(level > 0 && level < 1, `a confidence level must be between 0 and 1, got ${level}`);
}

/** Checks that paired samples have one length: a caller who pairs by item cannot get this wrong. */
export function checkPaired(x: readonly unknown[], y: readonly unknown[]): void {
  invariant(x.length === y.length, `paired samples must have one length, got ${x.length} and ${y.length}`);
}

/** Whether every value is a finite number. Tests refuse samples where this is false: dropping is the caller's decision, and is counted. */
export const allFinite = (values: readonly number[]): boolean => values.every(Number.isFinite);

/**
 * The finite values and how many were not: the explicit way to leave missing values out.
 *
 * @example omitMissing([1, Number.NaN, 3]) // => { values: [1, 3], dropped: 1 }
 */
export function omitMissing(values: readonly number[]): { values: number[]; dropped: number } {
  const kept = values.filter(Number.isFinite);
  return { values: kept, dropped: values.length - kept.length };
}

/**
 * The pairs of which both values are finite, and how many were not.
 *
 * @example omitMissingPairs([1, Number.NaN], [2, 3]) // => { x: [1], y: [2], dropped: 1 }
 */
export function omitMissingPairs(
  x: readonly number[],
  y: readonly number[],
): { x: number[]; y: number[]; dropped: number } {
  checkPaired(x, y);
  const keep = x.map((value, i) => Number.isFinite(value) && Number.isFinite(y[i]));
  const kept = x.filter((_, i) => keep[i]);
  return { x: kept, y: y.filter((_, i) => keep[i]), dropped: x.length - kept.length };
}

/** x[i] - y[i]. */
export const differences = (x: readonly number[], y: readonly number[]): number[] => {
  checkPaired(x, y);
  return x.map((value, i) => value - y[i]!);
};

/** Size, mean and standard deviation of a sample. */
export interface Spread {
  readonly n: number;
  readonly mean: number;
  /** With n - 1 below; 0 for a single value, whose callers ask for two */
  readonly sd: number;
}

/**
 * Mean and standard deviation by the corrected two-pass algorithm, scaled by a power of two so that neither tiny nor huge values
 * under- or overflow when squared.
 *
 * @param values finite, not empty
 * @see Chan, Golub & LeVeque, "Algorithms for Computing the Sample Variance", The American Statistician 37 (1983)
 */
export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  const { mean, rest } = preciseMean(values);
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value - mean));
  if (n < 2 || largest === 0) return { n, mean, sd: 0 };
  const scale = 2 ** Math.floor(Math.log2(largest));
  let squares = 0;
  for (const value of values) squares += ((value - mean - rest) / scale) ** 2;
  return { n, mean, sd: scale * Math.sqrt(squares / (n - 1)) };
}

/** The mean, and what rounding took from it: mean + rest is right to twice the digits. */
export function preciseMean(values: readonly number[]): { mean: number; rest: number } {
  const mean = sum(values as number[]) / values.length;
  let rest = 0;
  for (const value of values) rest += value - mean;
  rest /= values.length;
  const better = mean + rest;
  return { mean: better, rest: rest - (better - mean) };
}

/** Whether a standard error is rounding noise beside the values it came from, so that t would be noise too. */
export const isNoise = (standardError: number, ...means: number[]): boolean =>
  standardError <= 10 * Number.EPSILON * Math.max(...means.map(Math.abs));
