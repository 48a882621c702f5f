import { mapOk, type Result } from "#src/kernel/result";
import {
  type Alternative,
  coefficientOfVariation,
  describe,
  differences,
  excessKurtosis,
  geometricMean,
  lagOneAutocorrelation,
  medianDeviation,
  omitMissing,
  omitMissingPairs,
  oneSampleTTest,
  pairedTTest,
  pooledSd,
  pooledTTest,
  type QuantileType,
  quantiles,
  robustMean,
  skewness,
  spreadOf,
  type TTest,
  type TTestOptions,
  type TTestProblem,
  tostPaired,
  tostWelch,
  trimmedMean,
  welchTTest,
} from "#src/stats/index";
import { ends, type Method } from "./methods.ts";

type Sides = (options: TTestOptions) => Result<TTest, TTestProblem>;

/** The fields that all t tests share, from the three alternatives. */
function tFields(test: Sides, level: number, mu = 0) {
  const of = (alternative: Alternative) => test({ level, mu, alternative });
  const field = (alternative: Alternative, pick: (result: TTest) => unknown) => () => mapOk(of(alternative), pick);
  return {
    undefined: () => of("two-sided"),
    t: field("two-sided", (r) => r.t),
    df: field("two-sided", (r) => r.df),
    p: field("two-sided", (r) => r.p),
    pLess: field("less", (r) => r.p),
    pGreater: field("greater", (r) => r.p),
    logP: field("two-sided", (r) => r.logP),
    stderr: field("two-sided", (r) => r.standardError),
    ci: field("two-sided", (r) => ends(r.interval)),
    ciLess: field("less", (r) => ends(r.interval)),
    ciGreater: field("greater", (r) => ends(r.interval)),
  };
}

type Two = { x: number[]; y: number[] };
type TParams = { confLevel: number; mu: number };

const mean = (values: number[]) => spreadOf(values).mean;

const independent =
  (test: (x: number[], y: number[], options: TTestOptions) => Result<TTest, TTestProblem>): Method =>
  ({ x, y }: Two, { confLevel, mu }: TParams) => ({
    ...tFields((options) => test(x, y, options), confLevel, mu),
    meanX: () => mean(x),
    meanY: () => mean(y),
    meanDiff: () => mean(x) - mean(y),
    pooledSd: () => pooledSd(spreadOf(x), spreadOf(y)),
    rDroppingNaN: () =>
      tFields((options) => test(omitMissing(x).values, omitMissing(y).values, options), confLevel, mu),
  });

const quantilesOf = (x: number[], type: QuantileType, p: number[]) => ({ p, value: () => quantiles(x, p, type) });

const shares7 = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
const shares = [0.1, 0.25, 0.5, 0.9];

export const meanMethods: Record<string, Method> = {
  one_sample_t: ({ x }: { x: number[] }, { confLevel, mu }: TParams) => ({
    ...tFields((options) => oneSampleTTest(x, options), confLevel, mu),
    mean: () => mean(x),
    rDroppingNaN: () => tFields((options) => oneSampleTTest(omitMissing(x).values, options), confLevel, mu),
  }),
  paired_t: ({ x, y }: Two, { confLevel, mu }: TParams) => ({
    ...tFields((options) => pairedTTest(x, y, options), confLevel, mu),
    meanDiff: () => mean(differences(x, y)),
    sdDiff: () => spreadOf(differences(x, y)).sd,
    rDroppingNaN: () => {
      const kept = omitMissingPairs(x, y);
      return tFields((options) => pairedTTest(kept.x, kept.y, options), confLevel, mu);
    },
  }),
  welch_t: independent(welchTTest),
  student_t: independent(pooledTTest),
  tost_paired: ({ x, y }: Two, { low, high }: { low: number; high: number }) =>
    mapOk(tostPaired(x, y, { low, high }), ({ p, interval }) => ({ p, ci90: ends(interval) })),
  robust_mean: ({ values, clusters }: { values: number[]; clusters: string[] }) =>
    mapOk(robustMean(values, clusters), ({ mean, standardError, df }) => ({ mean, se: standardError, df })),
  tost_welch: ({ x, y }: Two, { low, high, alpha }: { low: number; high: number; alpha: number }) =>
    mapOk(tostWelch(x, y, { low, high, alpha }), ({ lower, upper, p, interval }) => ({
      tLower: lower.t,
      pLower: lower.p,
      tUpper: upper.t,
      pUpper: upper.p,
      df: lower.df,
      p,
      ci90: ends(interval),
    })),
  descriptive: ({ x }: { x: number[] }, { confLevel }: { confLevel: number }) => {
    const all = describe(x, { level: confLevel });
    if (!all.ok) return { undefined: all };
    const d = all.value;
    return {
      ...d,
      range: d.max - d.min,
      p50: d.median,
      iqr: d.p75 - d.p25,
      populationVariance: () => (d.n === 1 ? 0 : mapOk(d.variance, (v) => (v * (d.n - 1)) / d.n)),
      mad: () => medianDeviation(x),
      madScaled: () => mapOk(medianDeviation(x), (value) => value * 1.4826),
      trimmedMean20: () => trimmedMean(x, 0.2),
      skewness_g1: () => skewness(x, "population"),
      skewness_G1: () => skewness(x),
      skewness_b1: () => skewness(x, "sample-sd"),
      excessKurtosis_g2: () => excessKurtosis(x, "population"),
      excessKurtosis_G2: () => excessKurtosis(x),
      excessKurtosis_b2: () => excessKurtosis(x, "sample-sd"),
      ci: mapOk(d.interval, ends),
      cv: () => coefficientOfVariation(x),
      geometricMean: () => geometricMean(x),
      quantile7: quantilesOf(x, 7, shares7),
      quantile1: quantilesOf(x, 1, shares),
      quantile2: quantilesOf(x, 2, shares),
      quantile5: quantilesOf(x, 5, shares),
      quantile6: quantilesOf(x, 6, shares),
      quantile8: quantilesOf(x, 8, shares),
    };
  },
  nist_univariate: ({ data }: { data: number[] }) => ({
    mean: mean(data),
    sd: spreadOf(data).sd,
    lag1: lagOneAutocorrelation(data),
  }),
};
