import { invariant } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { chiSquared, normal, studentT } from "./distributions.ts";
import { checkLevel, DEFAULT_LEVEL, type Interval } from "./sample.ts";

/** One study: an effect, such as a mean difference, and its standard error, above 0 and in the same unit. */
export interface StudyEffect {
  readonly estimate: number;
  readonly standardError: number;
}

export interface MetaOptions {
  /**
   * - `random` (default): effects differ between studies; the mean of their distribution is estimated
   * - `common`: all studies have one effect (the fixed-effect model)
   */
  readonly model?: "random" | "common";
  /** Estimator of the variance between studies: restricted maximum likelihood (default), or DerSimonian and Laird's moments. */
  readonly between?: "REML" | "DL";
  /**
   * Interval and test of a random-effects mean:
   * - `hartung-knapp-modified` (default): t with k - 1 degrees of freedom and the weighted variance of the effects, its standard error never
   *   below Wald's: few studies that happen to agree are not certain, and the normal interval of few studies covers far less than it says
   * - `hartung-knapp`: the same without that bound; equal effects have no error at all
   * - `normal`: Wald's interval, which takes the variance between studies as known
   */
  readonly test?: "hartung-knapp-modified" | "hartung-knapp" | "normal";
  /** Confidence level in (0, 1); default 0.95 */
  readonly level?: number;
}

export interface MetaAnalysis {
  /** Studies, at least 2 */
  readonly k: number;
  readonly estimate: number;
  readonly standardError: number;
  readonly interval: Interval;
  /** z, or t where `df` is finite */
  readonly statistic: number;
  readonly df: number;
  /** Two-sided */
  readonly p: number;
  /** Where the effect of a further study lies, which is what a reader wants to know where effects differ; absent for the common-effect model. */
  readonly prediction?: Interval;
  /** Variance of effects between studies, in the square of their unit; 0 under the common-effect model */
  readonly tau2: number;
  /** Share of the variation of estimates that is between studies, in [0, 1] */
  readonly i2: number;
  /** Ratio of their variation to that expected from chance within studies, at least 1 */
  readonly h2: number;
  /** Cochran's test of one effect in all studies */
  readonly heterogeneity: { readonly q: number; readonly df: number; readonly p: number };
  /** Share of each study in the estimate; they add up to 1 */
  readonly weights: readonly number[];
}

export type MetaProblem = "too-few" | "not-finite" | "no-variance" | "no-convergence";

const MAX_STEPS = 1000;

/**
 * Combines effects of independent studies, weighted by their precision.
 *
 * @returns `too-few` for fewer than two studies, `no-variance` for a standard error that is not above 0, `no-convergence` where REML has no maximum that is found
 * @see DerSimonian & Laird, Controlled Clinical Trials 7 (1986); Viechtbauer, J. Educational and Behavioral Statistics 30 (2005) (REML, Fisher scoring);
 *   Hartung & Knapp, Statistics in Medicine 20 (2001); Knapp & Hartung, Statistics in Medicine 22 (2003) (the modification); Higgins, Thompson & Spiegelhalter, JRSS A 172 (2009) (prediction); Higgins & Thompson,
 *   Statistics in Medicine 21 (2002) (I2, H2). Values are those of R's metafor, `rma(..., test = "adhoc")`.
 * @example
 * metaAnalysis([{ estimate: 0.1, standardError: 0.05 }, { estimate: 0.3, standardError: 0.05 }], { between: "DL", test: "normal" }) // => { ok: true, value: { k: 2, estimate: 0.2, standardError: 0.1, ... } }
 */
export function metaAnalysis(
  studies: readonly StudyEffect[],
  { model = "random", between = "REML", test = "hartung-knapp-modified", level = DEFAULT_LEVEL }: MetaOptions = {},
): Result<MetaAnalysis, MetaProblem> {
  checkLevel(level);
  const k = studies.length;
  if (k < 2) return err("too-few");
  if (!studies.every(({ estimate, standardError }) => Number.isFinite(estimate) && Number.isFinite(standardError)))
    return err("not-finite");
  // in units of the largest number, so that squares neither overflow nor vanish
  const unit = Math.max(...studies.map(({ estimate, standardError }) => Math.max(Math.abs(estimate), standardError)));
  const effects = studies.map(({ estimate }) => estimate / unit);
  const variances = studies.map(({ standardError }) => (standardError / unit) ** 2);
  if (!studies.every(({ standardError }) => standardError > 0) || !variances.every((v) => v > 0))
    return err("no-variance");

  const common = weighted(effects, variances, 0);
  const typical = typicalVariance(variances);
  const moments = Math.max(0, (common.q - (k - 1)) / common.scale);
  const tau2 = model === "common" ? 0 : between === "DL" ? moments : reml(effects, variances, moments);
  if (tau2 === undefined) return err("no-convergence");

  const { mean, total, q, weights } = model === "common" ? common : weighted(effects, variances, tau2);
  const wald = 1 / Math.sqrt(total);
  const spread = Math.sqrt(q / (k - 1));
  const isT = model === "random" && test !== "normal";
  const standardError = !isT ? wald : wald * (test === "hartung-knapp-modified" ? Math.max(1, spread) : spread);
  const distribution = isT ? studentT(k - 1) : normal;
  const critical = distribution.upperQuantile((1 - level) / 2);
  const around = (reach: number): Interval => ({
    lower: (mean - reach) * unit,
    upper: (mean + reach) * unit,
    level,
  });
  const statistic = mean / standardError; // equal effects have no error by Hartung and Knapp: then it is infinite, or NaN at 0
  const isRandom = model === "random";
  return ok({
    k,
    estimate: mean * unit,
    standardError: standardError * unit,
    interval: around(critical * standardError),
    statistic: Number.isNaN(statistic) ? 0 : statistic,
    df: isT ? k - 1 : Number.POSITIVE_INFINITY,
    p: Number.isNaN(statistic) ? 1 : Math.min(1, 2 * distribution.tails(Math.abs(statistic)).upper),
    ...(isRandom ? { prediction: around(critical * Math.hypot(standardError, Math.sqrt(tau2))) } : {}),
    tau2: tau2 * unit ** 2,
    i2: isRandom ? tau2 / (tau2 + typical) : Math.max(0, (common.q - (k - 1)) / common.q || 0),
    h2: isRandom ? tau2 / typical + 1 : Math.max(1, common.q / (k - 1)),
    heterogeneity: { q: common.q, df: k - 1, p: chiSquared(k - 1).tails(common.q).upper },
    weights: weights.map((weight) => weight / total),
  });
}

/** The mean weighted by precision, the sum of weights, Cochran's Q around it, and the factor of tau2 in its expectation. */
function weighted(effects: readonly number[], variances: readonly number[], tau2: number) {
  const weights = variances.map((v) => 1 / (v + tau2));
  const total = sumOf(weights);
  const mean = sumOf(effects.map((y, i) => weights[i]! * y)) / total;
  const q = sumOf(effects.map((y, i) => weights[i]! * (y - mean) ** 2));
  return { weights, total, mean, q, scale: total - sumOf(weights.map((w) => w * w)) / total };
}

/** The variance within a typical study (Higgins & Thompson 2002, eq. 9). */
function typicalVariance(variances: readonly number[]): number {
  const weights = variances.map((v) => 1 / v);
  const total = sumOf(weights);
  return ((weights.length - 1) * total) / (total ** 2 - sumOf(weights.map((w) => w * w)));
}

/** The variance between studies that maximises the restricted likelihood, by Fisher scoring with halved steps; 0 at the boundary. */
function reml(effects: readonly number[], variances: readonly number[], start: number): number | undefined {
  let tau2 = start;
  let likelihood = restricted(effects, variances, tau2);
  for (let step = 0; step < MAX_STEPS; step++) {
    const { weights, total, mean } = weighted(effects, variances, tau2);
    const squares = sumOf(weights.map((w) => w * w));
    const cubes = sumOf(weights.map((w) => w ** 3));
    const score = sumOf(effects.map((y, i) => (weights[i]! * (y - mean)) ** 2)) - (total - squares / total);
    const information = squares - (2 * cubes) / total + (squares / total) ** 2;
    let change = score / information;
    if (tau2 + change < 0) change = -tau2;
    let next = restricted(effects, variances, tau2 + change);
    while (next < likelihood && Math.abs(change) > Number.EPSILON * (tau2 + 1e-12)) {
      change /= 2;
      next = restricted(effects, variances, tau2 + change);
    }
    tau2 += change;
    likelihood = next;
    if (Math.abs(change) <= 1e-12 * tau2 || change === 0 || tau2 < 1e-300) return tau2;
  }
  return undefined;
}

function restricted(effects: readonly number[], variances: readonly number[], tau2: number): number {
  const { weights, total, q } = weighted(effects, variances, tau2);
  invariant(total > 0, "weights must be positive");
  return (sumOf(weights.map(Math.log)) - Math.log(total) - q) / 2;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
