import { err, ok, type Result } from "#src/kernel/result";
import { type FTest, fTestOf, sumsOfSquares } from "./anova.ts";
import { type ChiSquaredTest, chiSquaredTestOf } from "./chi-squared.ts";
import { normal } from "./distributions.ts";
import { rankOf } from "./ranks.ts";
import { allFinite, isNoise, spreadOf } from "./sample.ts";

export type VarianceProblem = "too-few" | "not-finite" | "all-equal";

type Groups = readonly (readonly number[])[];

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/**
 * Whether independent groups vary equally: analysis of variance of distances from each group's centre. A diagnostic, not a gate:
 * testing variances first to choose the test of means distorts that test.
 *
 * - `centre`: `mean` (Levene) or `median` (Brown and Forsythe; default, robust to skewness)
 * @returns `all-equal` if distances do not vary within groups, as in groups of two
 * @see Levene 1960; Brown & Forsythe, JASA 69 (1974)
 */
export function leveneTest(
  groups: Groups,
  { centre = "median" }: { centre?: "mean" | "median" } = {},
): Result<FTest, VarianceProblem> {
  if (!groups.every(allFinite)) return err("not-finite");
  if (groups.length < 2 || groups.some((group) => group.length === 0)) return err("too-few");
  const distances = groups.map((group) => {
    const middle = centre === "mean" ? spreadOf(group).mean : median(group);
    return group.map((value) => Math.abs(value - middle));
  });
  const sums = sumsOfSquares(distances);
  if (!sums.ok) return sums;
  const { ssBetween, ssWithin, dfBetween, dfWithin } = sums.value;
  const largest = Math.max(...groups.map((group) => group.reduce((max, value) => Math.max(max, Math.abs(value)), 0)));
  if (isNoise(Math.sqrt(ssWithin / dfWithin), largest)) return err("all-equal");
  return ok(fTestOf(ssBetween / dfBetween / (ssWithin / dfWithin), dfBetween, dfWithin));
}

/**
 * Bartlett's test of equal variances: powerful for normal data, misled by any other.
 *
 * @returns `too-few` if a group has fewer than two values, `all-equal` if one does not vary
 * @see Bartlett, Proceedings of the Royal Society A 160 (1937)
 */
export function bartlettTest(groups: Groups): Result<ChiSquaredTest, VarianceProblem> {
  if (!groups.every(allFinite)) return err("not-finite");
  if (groups.length < 2 || groups.some((group) => group.length < 2)) return err("too-few");
  const spreads = groups.map(spreadOf);
  if (spreads.some(({ sd, mean }) => isNoise(sd, mean))) return err("all-equal");
  const k = groups.length;
  const df = spreads.reduce((sum, { n }) => sum + n - 1, 0);
  const scale = Math.max(...spreads.map(({ sd }) => sd));
  const pooled = spreads.reduce((sum, { n, sd }) => sum + (n - 1) * (sd / scale) ** 2, 0) / df;
  const above = df * Math.log(pooled) - spreads.reduce((sum, { n, sd }) => sum + (n - 1) * 2 * Math.log(sd / scale), 0);
  const below = 1 + (spreads.reduce((sum, { n }) => sum + 1 / (n - 1), 0) - 1 / df) / (3 * (k - 1));
  return ok(chiSquaredTestOf(Math.max(0, above / below), k - 1));
}

/**
 * The Fligner-Killeen test of equal variances by normal scores of ranked distances from the medians: the most robust of these.
 *
 * @returns `all-equal` if all distances are equal
 * @see Conover, Johnson & Johnson, Technometrics 23 (1981)
 */
export function flignerTest(groups: Groups): Result<ChiSquaredTest, VarianceProblem> {
  if (!groups.every(allFinite)) return err("not-finite");
  if (groups.length < 2 || groups.some((group) => group.length === 0)) return err("too-few");
  const distances = groups.flatMap((group) => {
    const middle = median(group);
    return group.map((value) => Math.abs(value - middle));
  });
  const n = distances.length;
  const scores = Array.from(rankOf(distances).ranks, (rank) => normal.quantile((1 + rank / (n + 1)) / 2));
  const { mean, sd } = spreadOf(scores);
  if (sd === 0) return err("all-equal");
  let at = 0;
  let sum = 0;
  for (const group of groups) {
    const own = scores.slice(at, at + group.length);
    at += group.length;
    sum += group.length * (spreadOf(own).mean - mean) ** 2;
  }
  return ok(chiSquaredTestOf(sum / sd ** 2, groups.length - 1));
}
