import { incompleteBeta } from "./incomplete-beta.ts";
import { normalTails } from "./normal.ts";
import { findRoot, logMeanOverChi } from "./numeric.ts";
import { lnPoissonDensity } from "./special.ts";
import { mirrored, type Tails, tailsFromLogLower } from "./tails.ts";

/**
 * Tails of the noncentral t distribution at t, by quadrature over the chi distribution of the denominator: 11 digits in both tails.
 *
 * @param df degrees of freedom, above 0
 * @param delta noncentrality, any number
 * @see Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2, 2nd ed., 31.1 (the integral)
 * @example noncentralTTails(0, 10, 0).upper // => 0.5
 */
export function noncentralTTails(t: number, df: number, delta: number): Tails {
  if (t === 0) return normalTails(-delta);
  const side = (which: "logLower" | "logUpper"): number => logMeanOverChi(df, (s) => normalTails(t * s - delta)[which]);
  const logUpper = side("logUpper");
  return logUpper < -0.7 ? mirrored(tailsFromLogLower(logUpper)) : tailsFromLogLower(side("logLower"));
}

/**
 * The noncentralities between which an observed t lies with probability `level`: the pivot behind exact intervals of effect sizes.
 *
 * @see Steiger & Fouladi, "Noncentrality interval estimation and the evaluation of statistical models", 1997
 */
export function noncentralTInterval(t: number, df: number, level: number): { lower: number; upper: number } {
  const half = (1 - level) / 2;
  const spread = 4 + Math.abs(t) / Math.sqrt(2 * df) + normalTails(0).upper;
  const solve = (tail: "lower" | "upper"): number => {
    const miss = (delta: number): number => noncentralTTails(t, df, delta)[tail] - half;
    let [low, high] = [t - spread, t + spread];
    while (miss(low) * miss(high) > 0) {
      low -= spread + Math.abs(t);
      high += spread + Math.abs(t);
    }
    return findRoot(miss, low, high, 1e-12 * Math.max(1, Math.abs(t)));
  };
  return { lower: solve("upper"), upper: solve("lower") };
}

/**
 * P(F <= f) of the noncentral F distribution, as a Poisson mixture of incomplete beta functions summed outward from its mode.
 *
 * @param lambda noncentrality, at least 0
 * @see Abramowitz & Stegun 26.6.18
 */
export function noncentralFCdf(f: number, df1: number, df2: number, lambda: number): number {
  const x = (df1 * f) / (df1 * f + df2);
  const y = df2 / (df1 * f + df2);
  const half = lambda / 2;
  const weight = (j: number): number =>
    half === 0 ? (j === 0 ? 1 : 0) : Math.exp(j === 0 ? -half : lnPoissonDensity(j, half));
  const term = (j: number): number => weight(j) * incompleteBeta(df1 / 2 + j, df2 / 2, x, y).lower;
  const mode = Math.floor(half);
  let sum = term(mode);
  for (let j = mode + 1; j < mode + 100_000; j++) {
    const next = term(j);
    sum += next;
    if (next <= 1e-16 * sum || next === 0) break;
  }
  for (let j = mode - 1; j >= 0; j--) {
    const next = term(j);
    sum += next;
    if (weight(j) <= 1e-18 * sum) break;
  }
  return Math.min(1, sum);
}

/**
 * The noncentralities of F between which the observed f lies with probability `level`; an end that would be negative is 0.
 * @see Smithson, Confidence Intervals, 2003, chapter 4
 */
export function noncentralFInterval(
  f: number,
  df1: number,
  df2: number,
  level: number,
): { lower: number; upper: number } {
  const half = (1 - level) / 2;
  const solve = (p: number): number => {
    const miss = (lambda: number): number => noncentralFCdf(f, df1, df2, lambda) - p;
    if (miss(0) <= 0) return 0;
    let high = Math.max(1, 2 * f * df1);
    while (miss(high) > 0) high *= 2;
    return findRoot(miss, 0, high, 1e-13 * high);
  };
  return { lower: solve(1 - half), upper: solve(half) };
}
