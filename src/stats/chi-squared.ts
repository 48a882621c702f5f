import { chiSquared } from "./distributions.ts";

export interface ChiSquaredTest {
  readonly chi2: number;
  readonly df: number;
  readonly p: number;
  /** Natural logarithm of `p` */
  readonly logP: number;
}

/** A chi-squared statistic with its upper tail. */
export function chiSquaredTestOf(chi2: number, df: number): ChiSquaredTest {
  const { upper, logUpper } = chiSquared(df).tails(chi2);
  return { chi2, df, p: upper, logP: logUpper };
}
