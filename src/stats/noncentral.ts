import { incompleteBeta } from "./incomplete-beta.ts";
import { normalQuantile, normalTails } from "./normal.ts";
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
  const logUpper = logTail(t, df, delta, "logUpper");
  return logUpper < -0.7 ? mirrored(tailsFromLogLower(logUpper)) : tailsFromLogLower(logTail(t, df, delta, "logLower"));
}

const logTail = (t: number, df: number, delta: number, which: "logLower" | "logUpper"): number =>
  t === 0 ? normalTails(-delta)[which] : logMeanOverChi(df, (s) => normalTails(t * s - delta)[which]);

/**
 * The noncentralities between which an observed t lies with probability `level`: the pivot behind exact intervals of effect sizes. The search
 * begins at the normal approximation.
 *
 * @see Steiger & Fouladi, "Noncentrality interval estimation and the evaluation of statistical models", 1997
 */
export function noncentralTInterval(t: number, df: number, level: number): { lower: number; upper: number } {
  const logHalf = Math.log((1 - level) / 2);
  const error = Math.sqrt(1 + t ** 2 / (2 * df));
  const reach = -normalQuantile((1 - level) / 2) * error;
  const solve = (tail: "logLower" | "logUpper", sign: 1 | -1): number => {
    const miss = (delta: number): number => logTail(t, df, delta, tail) - logHalf; // falls from the inside outwards
    let [inner, outer] = [t + sign * (reach - 0.1 * error), t + sign * (reach + 0.1 * error)];
    for (let step = 0.2 * error; miss(inner) < 0; step *= 2) inner -= sign * step;
    for (let step = 0.2 * error; miss(outer) > 0; step *= 2) outer += sign * step;
    return findRoot(miss, Math.min(inner, outer), Math.max(inner, outer), 1e-12 * Math.max(1, Math.abs(t)));
  };
  return { lower: solve("logUpper", -1), upper: solve("logLower", 1) };
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
