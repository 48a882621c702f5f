import { err, ok, type Result } from "#src/kernel/result";
import { type FTest, fTestOf } from "#src/stats/anova";
import { preciseMean } from "#src/stats/sample";
import type { PairData } from "./pair-data.ts";

/** The difference of a pair in one group of items, with its standard error. */
export interface GroupDifference {
  readonly value: number;
  readonly standardError: number;
  readonly df: number;
}

/**
 * Whether differences of independent groups are one: Cochran's Q over the groups, each weighted by its inverse variance, with Welch's
 * correction for variances that are estimated from few items. With paired differences within groups, that is the test of the
 * interaction of condition and group.
 *
 * @see Cochran, "Problems arising in the analysis of a series of similar experiments", JRSS Supplement 4 (1937); Welch, Biometrika 38 (1951)
 * @example heterogeneity([{ value: 1, standardError: 1, df: 9 }]).ok // => false
 */
export function heterogeneity(groups: readonly GroupDifference[]): Result<FTest, string> {
  const k = groups.length;
  if (k < 2) return err("fewer than two groups have a difference with an error");
  const scale = Math.max(...groups.map(({ standardError }) => standardError));
  const weights = groups.map(({ standardError }) => (scale / standardError) ** 2);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const centre = groups.reduce((sum, { value }, i) => sum + weights[i]! * value, 0) / total;
  const between =
    groups.reduce((sum, { value }, i) => sum + weights[i]! * ((value - centre) / scale) ** 2, 0) / (k - 1);
  const lambda = groups.reduce((sum, { df }, i) => sum + (1 - weights[i]! / total) ** 2 / df, 0);
  const f = between / (1 + (2 * (k - 2) * lambda) / (k * k - 1));
  return ok(fTestOf(f, k - 1, (k * k - 1) / (3 * lambda)));
}

/**
 * The difference of a pair in one group. Yes or no on the same items gets half an observation in each cell of its two-by-two table, so that a
 * group in which both always agree has an error too.
 *
 * @returns nothing for a group that is too small, or in which differences do not vary
 * @see Agresti & Min, Statistics in Medicine 24 (2005), for the half observations
 */
export function groupDifference({ design, x, y }: PairData, yesOrNo: boolean): GroupDifference | undefined {
  if (design === "independent") return apart(x, y);
  const n = x.length;
  if (n < 2) return undefined;
  if (yesOrNo) {
    const count = (difference: number): number => x.filter((value, i) => value - y[i]! === difference).length + 0.5;
    const [gained, lost, all] = [count(1), count(-1), n + 2];
    const value = (gained - lost) / all;
    return { value, standardError: Math.sqrt((gained + lost) / all - value * value) / Math.sqrt(all), df: n - 1 };
  }
  const [mean, variance] = spread(x.map((value, i) => value - y[i]!));
  return variance > 0 ? { value: mean, standardError: Math.sqrt(variance / n), df: n - 1 } : undefined;
}

/** Different items: as Welch's t has it. */
function apart(x: readonly number[], y: readonly number[]): GroupDifference | undefined {
  if (x.length < 2 || y.length < 2) return undefined;
  const [[meanX, varianceX], [meanY, varianceY]] = [spread(x), spread(y)];
  const [a, b] = [varianceX / x.length, varianceY / y.length];
  if (!(a + b > 0)) return undefined;
  const df = (a + b) ** 2 / (a ** 2 / (x.length - 1) + b ** 2 / (y.length - 1));
  return { value: meanX - meanY, standardError: Math.sqrt(a + b), df };
}

/** Mean and variance; what rounding alone spreads does not vary. */
function spread(values: readonly number[]): [mean: number, variance: number] {
  const { mean } = preciseMean(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return [mean, Math.sqrt(variance) <= 1e-12 * Math.abs(mean) ? 0 : variance];
}
