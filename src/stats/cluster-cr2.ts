import { invariant } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { allFinite, isNoise, preciseMean } from "./sample.ts";

/** A mean of clustered items with an error that holds for few clusters and for clusters of unequal size. */
export interface RobustMean {
  readonly mean: number;
  readonly n: number;
  readonly clusters: number;
  /** Clusters of one size that would tell as much: (sum n)^2 / sum n^2, at most `clusters` */
  readonly effectiveClusters: number;
  /** 0 where no cluster differs from the others beyond rounding */
  readonly standardError: number;
  /** Degrees of freedom for Student's t: C - 1 for clusters of one size, fewer for unequal ones */
  readonly df: number;
}

/**
 * The mean of items that come in clusters, with the bias-reduced error CR2 and Satterthwaite's degrees of freedom, items being independent
 * as the working model. Keeps its level where one cluster holds half of the items, where C / (C - 1) and C - 1 degrees err up to six
 * times too often.
 *
 * @param values one per item
 * @param clusters a label per item
 * @returns `one-cluster` if there is no second to compare with
 * @see Bell & McCaffrey, Survey Methodology 28 (2002); Pustejovsky & Tipton, JBES 36 (2018)
 * @example robustMean([1, 2, 3, 4], ["a", "a", "b", "b"]) // => { ok: true, value: { mean: 2.5, standardError: 1, df: 1, ... } }
 */
export function robustMean(
  values: readonly number[],
  clusters: readonly (string | number)[],
): Result<RobustMean, "too-few" | "not-finite" | "one-cluster"> {
  invariant(values.length === clusters.length, "every item needs a cluster");
  if (!allFinite(values)) return err("not-finite");
  if (values.length < 2) return err("too-few");
  const { mean } = preciseMean(values);
  const parts = partsOf(values, clusters, mean);
  if (parts.size < 2) return err("one-cluster");
  const n = values.length;
  let [squares, variance, own, all, allSquares, largest] = [0, 0, 0, 0, 0, 0];
  for (const { size, sum } of parts.values()) {
    const share = size / n;
    variance += (sum * sum) / (1 - share);
    largest = Math.max(largest, Math.abs(sum) / size);
    squares += size * size;
    own += size * size;
    const cross = (size * size) / (n * (1 - share));
    all += cross;
    allSquares += cross * cross;
  }
  const standardError = Math.sqrt(variance) / n;
  return ok({
    mean,
    n,
    clusters: parts.size,
    effectiveClusters: (n * n) / squares,
    standardError: isNoise(standardError, mean) || largest <= 1e-12 * Math.abs(mean) ? 0 : standardError,
    df: (n * n) / (own + all * all - allSquares),
  });
}

/** Size and sum of deviations of each cluster. */
function partsOf(
  values: readonly number[],
  clusters: readonly (string | number)[],
  mean: number,
): Map<string | number, { size: number; sum: number }> {
  const parts = new Map<string | number, { size: number; sum: number }>();
  values.forEach((value, i) => {
    const part = parts.get(clusters[i]!);
    if (part) {
      part.size += 1;
      part.sum += value - mean;
    } else parts.set(clusters[i]!, { size: 1, sum: value - mean });
  });
  return parts;
}

/**
 * The difference of two means of clustered items. A cluster that is in both counts with what it adds to the difference.
 *
 * @returns degrees of freedom as Satterthwaite combines those of both
 * @example robustDifference([1, 2], ["a", "b"], [3, 3, 5], ["c", "d", "e"]).ok // => true
 */
export function robustDifference(
  x: readonly number[],
  xClusters: readonly (string | number)[],
  y: readonly number[],
  yClusters: readonly (string | number)[],
): Result<RobustMean, "too-few" | "not-finite" | "one-cluster"> {
  const [a, b] = [robustMean(x, xClusters), robustMean(y, yClusters)];
  if (!a.ok) return a;
  if (!b.ok) return b;
  const [inX, inY] = [partsOf(x, xClusters, a.value.mean), partsOf(y, yClusters, b.value.mean)];
  let variance = a.value.standardError ** 2 + b.value.standardError ** 2;
  let shared = 0;
  for (const [label, { size, sum }] of inX) {
    const other = inY.get(label);
    if (!other) continue;
    shared += 1;
    const weight = Math.sqrt((1 - size / x.length) * (1 - other.size / y.length));
    variance -= (2 * sum * other.sum) / (weight * x.length * y.length);
  }
  const [va, vb] = [a.value.standardError ** 2, b.value.standardError ** 2];
  const spread = va ** 2 / a.value.df + vb ** 2 / b.value.df;
  return ok({
    mean: a.value.mean - b.value.mean,
    n: x.length + y.length,
    clusters: a.value.clusters + b.value.clusters - shared,
    effectiveClusters: Math.min(a.value.effectiveClusters, b.value.effectiveClusters),
    standardError: Math.sqrt(Math.max(0, variance)),
    df: spread > 0 ? (va + vb) ** 2 / spread : Math.min(a.value.df, b.value.df),
  });
}
