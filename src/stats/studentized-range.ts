import { invariant } from "#src/kernel/fault";
import { type Distribution, studentT } from "./distributions.ts";
import { normalCdf } from "./normal.ts";
import { findRoot, logIntegral } from "./numeric.ts";
import { lnGamma } from "./special.ts";
import { mirrored, type Tails, tailsFromLogLower } from "./tails.ts";

const LN_SQRT_TWO_PI = 0.9189385332046728;

/**
 * The range of k independent normals divided by an independent estimate of their standard deviation (Tukey's q).
 *
 * Both tails by quadrature, the upper one without subtracting from 1: twelve digits down to 1e-60, where the usual algorithm
 * (AS 190) has none below 1e-10 and errs by 13 % for large q and few degrees of freedom.
 *
 * @param k how many means, 2 or more
 * @param df degrees of freedom of the estimate, above 0; Infinity for a known deviation
 * @see Tukey 1949; Copenhaver & Holland, "Computation of the distribution of the maximum studentized range statistic", 1988 (the integral)
 * @example studentizedRange(3, 10).tails(0).upper // => 1
 */
export function studentizedRange(k: number, df: number): Distribution {
  invariant(Number.isInteger(k) && k >= 2, `the range needs at least 2 means, got ${k}`);
  invariant(df > 0, `degrees of freedom must be above 0, got ${df}`);
  if (k === 2) return ofTwo(df);
  const tails = (q: number): Tails => {
    if (q <= 0) return { lower: 0, upper: 1, logLower: Number.NEGATIVE_INFINITY, logUpper: 0 };
    const logUpper = overChi(df, (s) => logRangeUpper(q * s, k));
    if (logUpper < -0.1) return mirrored(tailsFromLogLower(logUpper)); // the rest is large, and safe to subtract
    return tailsFromLogLower(overChi(df, (s) => logRangeLower(q * s, k)));
  };
  const upperQuantile = (p: number): number => {
    invariant(p >= 0 && p <= 1, `a probability must be in [0, 1], got ${p}`);
    if (p === 0) return Number.POSITIVE_INFINITY;
    if (p === 1) return 0;
    const goal = Math.log(p);
    const miss = (u: number): number => tails(Math.exp(u)).logUpper - goal;
    // between the largest of 1 difference and Bonferroni's bound for all of them
    const t = studentT(df);
    const low = Math.log(Math.SQRT2 * t.upperQuantile(p / 2)) - 1e-9;
    const high = Math.log(Math.SQRT2 * t.upperQuantile(p / (k * (k - 1)))) + 1e-9;
    return Math.exp(findRoot(miss, low, high, 1e-13));
  };
  return { tails, upperQuantile, quantile: (p) => upperQuantile(1 - p) };
}

/** The range of two is sqrt(2) |t|. */
function ofTwo(df: number): Distribution {
  const t = studentT(df);
  const upperQuantile = (p: number): number => Math.SQRT2 * t.upperQuantile(p / 2);
  const tails = (q: number): Tails =>
    mirrored(tailsFromLogLower(Math.min(0, t.tails(Math.max(0, q) / Math.SQRT2).logUpper + Math.LN2)));
  return { tails, upperQuantile, quantile: (p) => upperQuantile(1 - p) };
}

/** The mean of e^logG(s) over s = sqrt(chi-squared / df), as a logarithm. */
function overChi(df: number, logG: (s: number) => number): number {
  if (df === Number.POSITIVE_INFINITY) return logG(1);
  const constant = Math.LN2 + (df / 2) * Math.log(df / 2) - lnGamma(df / 2);
  const logF = (v: number): number => constant + df * (v - Math.exp(2 * v) / 2) + logG(Math.exp(v));
  return logIntegral(logF, 0, 0.5 / Math.sqrt(df));
}

/** Nodes at which the largest of k normals is looked at: beyond 9 on either side of w / 2 nothing is left but 1e-17. */
const STEP = 0.25;
const NODES = 73;

/** log P(range of k standard normals > w), through the largest of them: k phi(z) [Phi(z)^(k-1) - (Phi(z) - Phi(z - w))^(k-1)]. */
function logRangeUpper(w: number, k: number): number {
  return logOverLargest(w, k, (z) => {
    const all = normalCdf(z);
    return all ** (k - 1) * -Math.expm1((k - 1) * Math.log1p(-Math.min(1, normalCdf(z - w) / all)));
  });
}

/** log P(range of k standard normals <= w). */
const logRangeLower = (w: number, k: number): number => logOverLargest(w, k, (z) => between(z - w, z) ** (k - 1));

/** log of the integral of k phi(z) g(z), by the trapezoidal rule. */
function logOverLargest(w: number, k: number, g: (z: number) => number): number {
  const middle = w / 2;
  let sum = 0;
  for (let i = 0; i < NODES; i++) {
    const away = (i - (NODES - 1) / 2) * STEP;
    // phi(z) e^(w^2/8): the smallest factor is taken out, so that nothing underflows before its time
    sum += Math.exp(-0.5 * away * (away + w)) * g(middle + away);
  }
  return Math.min(0, Math.log(k * sum * STEP) - LN_SQRT_TWO_PI - 0.5 * middle * middle);
}

const between = (from: number, to: number): number =>
  from > 0 ? normalCdf(-from) - normalCdf(-to) : normalCdf(to) - normalCdf(from);
