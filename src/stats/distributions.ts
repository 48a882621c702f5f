import { invariant } from "#src/kernel/errors";
import { incompleteBeta, incompleteBetaAtLogOdds, inverseIncompleteBetaLogOdds } from "./incomplete-beta.ts";
import { incompleteGamma, inverseIncompleteGamma } from "./incomplete-gamma.ts";
import { normalQuantile, normalTails } from "./normal.ts";
import { deviance, stirlingError } from "./special.ts";
import { mirrored, type Tails } from "./tails.ts";

/** A distribution on the real line. Both tails are computed directly, never as 1 minus the other, so 1e-300 is as good as 0.3. */
export interface Distribution {
  /** P(X <= x), P(X > x) and their logarithms */
  tails(x: number): Tails;
  /** The x with P(X <= x) = p, for p in [0, 1] */
  quantile(p: number): number;
  /** The x with P(X > x) = p: what `quantile(1 - p)` would be, had 1 - p enough digits */
  upperQuantile(p: number): number;
}

/**
 * The standard normal distribution.
 * @see Cody 1969 (tails), Wichura AS 241 (quantile)
 * @example normal.upperQuantile(0.025) // => 1.959964
 */
export const normal: Distribution = {
  tails: normalTails,
  quantile: normalQuantile,
  upperQuantile: (p) => 0 - normalQuantile(p),
};

/**
 * Student's t.
 * @param df degrees of freedom, above 0, fractions allowed; Infinity is the normal
 * @see Abramowitz & Stegun 26.7.1, through the incomplete beta function
 * @example studentT(10).tails(0).upper // => 0.5
 */
export function studentT(df: number): Distribution {
  invariant(df > 0, `degrees of freedom must be above 0, got ${df}`);
  if (df === Number.POSITIVE_INFINITY) return normal;
  const upperTail = (t: number): Tails => {
    const { lower, logLower } = incompleteBetaAtLogOdds(df / 2, 0.5, Math.log(df) - 2 * Math.log(t));
    const upper = lower / 2;
    return { lower: 1 - upper, upper, logLower: Math.log1p(-upper), logUpper: logLower - Math.LN2 };
  };
  const upperQuantile = (p: number): number => {
    if (p === 0.5) return 0;
    if (p > 0.5) return -upperQuantile(1 - p);
    // half the beta tail; near p = 1/2 the other beta tail is the small one
    const logOdds =
      p < 0.25
        ? inverseIncompleteBetaLogOdds(2 * p, df / 2, 0.5)
        : inverseIncompleteBetaLogOdds(1 - 2 * p, df / 2, 0.5, "upper");
    return Math.sqrt(df) * Math.exp(-logOdds / 2);
  };
  return {
    tails: (t) =>
      t === 0
        ? { lower: 0.5, upper: 0.5, logLower: -Math.LN2, logUpper: -Math.LN2 }
        : t > 0
          ? upperTail(t)
          : mirrored(upperTail(-t)),
    upperQuantile,
    quantile: (p) => 0 - upperQuantile(p),
  };
}

/**
 * Chi-squared.
 * @param df degrees of freedom, above 0
 * @see Abramowitz & Stegun 26.4.19, through the incomplete gamma function
 * @example chiSquared(2).tails(0).upper // => 1
 */
export function chiSquared(df: number): Distribution {
  invariant(df > 0, `degrees of freedom must be above 0, got ${df}`);
  return {
    tails: (x) => incompleteGamma(df / 2, Math.max(x, 0) / 2),
    quantile: (p) => 2 * inverseIncompleteGamma(p, df / 2),
    upperQuantile: (p) => 2 * inverseIncompleteGamma(p, df / 2, "upper"),
  };
}

/**
 * Fisher's F.
 * @param df1 degrees of freedom above the fraction line
 * @param df2 degrees of freedom below it; Infinity makes it chi-squared over df1
 * @see Abramowitz & Stegun 26.6.2, through the incomplete beta function at log-odds log(df1 x / df2)
 * @example fisherF(2, 2).tails(1).upper // => 0.5
 */
export function fisherF(df1: number, df2: number): Distribution {
  invariant(df1 > 0 && df2 > 0, `degrees of freedom must be above 0, got ${df1}, ${df2}`);
  if (df2 === Number.POSITIVE_INFINITY) {
    const chi = chiSquared(df1);
    return {
      tails: (x) => chi.tails(x * df1),
      quantile: (p) => chi.quantile(p) / df1,
      upperQuantile: (p) => chi.upperQuantile(p) / df1,
    };
  }
  const shift = Math.log(df2) - Math.log(df1);
  return {
    tails: (x) => incompleteBetaAtLogOdds(df1 / 2, df2 / 2, Math.log(Math.max(x, 0)) - shift),
    quantile: (p) => Math.exp(inverseIncompleteBetaLogOdds(p, df1 / 2, df2 / 2) + shift),
    upperQuantile: (p) => Math.exp(inverseIncompleteBetaLogOdds(p, df1 / 2, df2 / 2, "upper") + shift),
  };
}

/**
 * The beta distribution on [0, 1].
 * @example betaDistribution(1, 1).quantile(0.5) // => 0.5
 */
export function betaDistribution(a: number, b: number): Distribution {
  const fromLogOdds = (u: number): number => 1 / (1 + Math.exp(-u));
  return {
    tails: (x) => incompleteBeta(a, b, x),
    quantile: (p) => fromLogOdds(inverseIncompleteBetaLogOdds(p, a, b)),
    upperQuantile: (p) => fromLogOdds(inverseIncompleteBetaLogOdds(p, a, b, "upper")),
  };
}

/**
 * P(X = k) for X successes in n trials.
 * @see Loader, "Fast and Accurate Computation of Binomial Probabilities", 2000
 * @example binomialProbability(1, 2, 0.5) // => 0.5
 */
export function binomialProbability(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0;
  if (p === 0 || p === 1) return (p === 0 ? 0 : n) === k ? 1 : 0;
  if (k === 0) return Math.exp(n * Math.log1p(-p));
  if (k === n) return Math.exp(n * Math.log(p));
  const exponent =
    stirlingError(n) - stirlingError(k) - stirlingError(n - k) - deviance(k, n * p) - deviance(n - k, n * (1 - p));
  return Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * k * (n - k)));
}

/**
 * The tails P(X <= k) and P(X > k) of a binomial count.
 *
 * @param k any number; counts below 0 and above n are allowed
 * @param p chance of success, in [0, 1]
 * @see Abramowitz & Stegun 26.5.24, through the incomplete beta function
 * @example binomialTails(0, 2, 0.5).lower // => 0.25
 */
export function binomialTails(k: number, n: number, p: number): Tails {
  const nothing: Tails = { lower: 0, upper: 1, logLower: Number.NEGATIVE_INFINITY, logUpper: 0 };
  const count = Math.floor(k);
  if (count < 0) return nothing;
  if (count >= n) return mirrored(nothing);
  return incompleteBeta(n - count, count + 1, 1 - p, p);
}
