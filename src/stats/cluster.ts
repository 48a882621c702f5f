import { invariant } from "#src/kernel/errors";
import { err, mapOk, ok, type Result } from "#src/kernel/result";
import { pearson } from "./correlation.ts";
import { studentT } from "./distributions.ts";
import { criticalZ, type LevelOption } from "./proportion.ts";
import { allFinite, checkPaired, DEFAULT_LEVEL, differences, type Interval, spreadOf } from "./sample.ts";
import { zTestOf } from "./two-proportions.ts";

export interface ClusteredMean {
  readonly n: number;
  readonly clusters: number;
  readonly mean: number;
  /** As if items were independent: sd / sqrt(n), with n - 1 and with n below */
  readonly seNaive: number;
  readonly seNaivePopulation: number;
  /** Cluster-robust without a correction for few clusters */
  readonly seCR0: number;
  /** The same plus n / (n - 1) on each item's own variance, as Miller writes it */
  readonly seMiller: number;
  /** Cluster-robust with C / (C - 1): the one to report */
  readonly seCR1: number;
  /** Variance with clusters over variance without, at equal corrections: above 1 if items of a cluster are alike */
  readonly designEffect: number;
  readonly normalInterval: Interval;
  /** With Student's t on C - 1 degrees of freedom: the one to report below 40 clusters. Do not trust it below 10 */
  readonly interval: Interval;
  /** Two-sided p of the mean being 0, on the same t; undefined if clusters do not differ */
  readonly p: Result<number, "all-equal">;
}

export type ClusterProblem = "too-few" | "not-finite" | "one-cluster";

/**
 * The mean of items that come in clusters (questions on one passage, issues of one repository), with errors that respect them.
 *
 * @param values one per item
 * @param clusters a label per item
 * @returns `one-cluster` if there is no second to compare with
 * @see Miller, "Adding Error Bars to Evals", arXiv 2411.00640 (2024), section 2.2; Cameron & Miller, Journal of Human Resources 50 (2015)
 */
export function clusteredMean(
  values: readonly number[],
  clusters: readonly (string | number)[],
  { level = DEFAULT_LEVEL }: LevelOption = {},
): Result<ClusteredMean, ClusterProblem> {
  invariant(values.length === clusters.length, "every item needs a cluster");
  if (!allFinite(values)) return err("not-finite");
  if (values.length < 2) return err("too-few");
  const { n, mean, sd } = spreadOf(values);
  const sums = new Map<string | number, number>();
  values.forEach((value, i) => {
    sums.set(clusters[i]!, (sums.get(clusters[i]!) ?? 0) + (value - mean));
  });
  const count = sums.size;
  if (count < 2) return err("one-cluster");
  let squares = 0;
  for (const sum of sums.values()) squares += sum * sum;
  const seCR0 = Math.sqrt(squares) / n;
  const seCR1 = seCR0 * Math.sqrt(count / (count - 1));
  const seNaive = sd / Math.sqrt(n);
  const seNaivePopulation = seNaive * Math.sqrt((n - 1) / n);
  const t = studentT(count - 1);
  const around = (reach: number): Interval => ({ lower: mean - reach, upper: mean + reach, level });
  return ok({
    n,
    clusters: count,
    mean,
    seNaive,
    seNaivePopulation,
    seCR0,
    seMiller: Math.sqrt(Math.max(0, seCR0 ** 2 - seNaivePopulation ** 2 + seNaive ** 2)),
    seCR1,
    designEffect: sd === 0 ? 1 : (seCR0 / seNaivePopulation) ** 2,
    normalInterval: around(criticalZ(level) * seCR1),
    interval: around(t.upperQuantile((1 - level) / 2) * seCR1),
    p: seCR1 === 0 ? err("all-equal") : ok(Math.min(1, 2 * t.tails(Math.abs(mean) / seCR1).upper)),
  });
}

export interface PairedDifference {
  readonly difference: number;
  readonly standardError: number;
  /** What it would be, had the conditions run on different items */
  readonly standardErrorUnpaired: number;
  /** Of the two conditions over items */
  readonly correlation: Result<number, "all-equal">;
  /** Share of the variance that pairing saves */
  readonly varianceReduction: Result<number, "all-equal">;
  /** By the normal distribution, as for large samples */
  readonly z: Result<number, "all-equal">;
  readonly p: Result<number, "all-equal">;
}

/**
 * The mean difference of two conditions on the same items, and what pairing is worth.
 *
 * @see Miller 2024, section 4
 */
export function pairedDifference(
  x: readonly number[],
  y: readonly number[],
): Result<PairedDifference, "too-few" | "not-finite"> {
  checkPaired(x, y);
  if (!allFinite(x) || !allFinite(y)) return err("not-finite");
  if (x.length < 2) return err("too-few");
  const { n, mean, sd } = spreadOf(differences(x, y));
  const standardError = sd / Math.sqrt(n);
  const standardErrorUnpaired = Math.hypot(spreadOf(x).sd, spreadOf(y).sd) / Math.sqrt(n);
  const z: Result<number, "all-equal"> = standardError === 0 ? err("all-equal") : ok(mean / standardError);
  const r = pearson(x, y);
  return ok({
    difference: mean,
    standardError,
    standardErrorUnpaired,
    correlation: r.ok ? r : err("all-equal"),
    varianceReduction:
      standardErrorUnpaired === 0 ? err("all-equal") : ok(1 - (standardError / standardErrorUnpaired) ** 2),
    z,
    p: mapOk(z, (value) => zTestOf(value).p),
  });
}

/**
 * The mean paired difference with cluster-robust errors: `clusteredMean` of x[i] - y[i].
 * @see Miller 2024, sections 2.2 and 4
 */
export const clusteredDifference = (
  x: readonly number[],
  y: readonly number[],
  clusters: readonly (string | number)[],
  options: LevelOption = {},
): Result<ClusteredMean, ClusterProblem> => clusteredMean(differences(x, y), clusters, options);
