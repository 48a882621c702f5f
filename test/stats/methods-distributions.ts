import {
  betaDistribution,
  binomialTails,
  chiSquared,
  type Distribution,
  erf,
  erfc,
  fisherF,
  incompleteBeta,
  incompleteGamma,
  lnBeta,
  lnGamma,
  noncentralFCdf,
  noncentralFInterval,
  noncentralTInterval,
  noncentralTTails,
  normal,
  studentizedRange,
  studentT,
} from "#src/stats/index";
import { ends, Judged, type Method } from "./methods.ts";

type Numbers = (...args: number[]) => number | Judged;

const method =
  (f: Numbers): Method =>
  ({ args }: { args: number[] }) => ({ value: () => f(...args) });

/**
 * A reference quantile must give back its probability. Where it does not, or does so with ten times our error (R's qf for small p
 * subtracts from 1), and ours is right to ten digits, ours stands.
 */
function judgedQuantile(distribution: Distribution, p: number): Judged {
  const value = p <= 0.5 ? distribution.quantile(p) : distribution.upperQuantile(1 - p);
  const miss = (x: number): number => {
    const { lower, upper } = distribution.tails(x);
    return p <= 0.5 ? Math.abs(lower / p - 1) : Math.abs(upper / (1 - p) - 1);
  };
  return new Judged(value, (expected) => miss(value) < 2e-11 && miss(expected) > 10 * miss(value));
}

const table: Record<string, Numbers> = {
  normCdf: (z) => normal.tails(z).lower,
  normSf: (z) => normal.tails(z).upper,
  normQ: (p) => normal.quantile(p),
  tCdf: (t, df) => studentT(df).tails(t).lower,
  tSf: (t, df) => studentT(df).tails(t).upper,
  tTwoSided: (t, df) => 2 * studentT(df).tails(Math.abs(t)).upper,
  tQ: (p, df) => judgedQuantile(studentT(df), p),
  chi2Cdf: (x, df) => chiSquared(df).tails(x).lower,
  chi2Sf: (x, df) => chiSquared(df).tails(x).upper,
  chi2Q: (p, df) => judgedQuantile(chiSquared(df), p),
  fCdf: (x, d1, d2) => fisherF(d1, d2).tails(x).lower,
  fSf: (x, d1, d2) => fisherF(d1, d2).tails(x).upper,
  fQ: (p, d1, d2) => judgedQuantile(fisherF(d1, d2), p),
  betainc: (x, a, b) => incompleteBeta(a, b, x).lower,
  betaQ: (p, a, b) => judgedQuantile(betaDistribution(a, b), p),
  lbeta: lnBeta,
  lgamma: lnGamma,
  gammaP: (x, a) => incompleteGamma(a, x).lower,
  gammaQ: (x, a) => incompleteGamma(a, x).upper,
  erf,
  erfc,
  tukeyCdf: (q, k, df) => studentizedRange(k, df).tails(q).lower,
  tukeySf: (q, k, df) => studentizedRange(k, df).tails(q).upper,
  tukeyQ: (p, k, df) => studentizedRange(k, df).quantile(p),
  binomCdf: (k, n, p) => binomialTails(k, n, p).lower,
  binomSf: (k, n, p) => binomialTails(k, n, p).upper,
};

type Noncentral = Record<"t" | "f" | "df" | "df1" | "df2" | "delta" | "lambda", number>;

export const distributionMethods: Record<string, Method> = {
  ...Object.fromEntries(Object.entries(table).map(([name, f]) => [name, method(f)])),
  noncentral_t: ({ t, df, delta }: Noncentral, { confLevel }: { confLevel: number }) => {
    const { lower, upper } = noncentralTTails(t, df, delta);
    return { lower, upper, interval: () => ends(noncentralTInterval(t, df, confLevel)) };
  },
  noncentral_f: ({ f, df1, df2, lambda }: Noncentral, { confLevel }: { confLevel: number }) => ({
    cdf: noncentralFCdf(f, df1, df2, lambda),
    upper: () => noncentralFInterval(f, df1, df2, confLevel).upper,
  }),
};
