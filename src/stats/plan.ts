import { designEffect, meanSampleSize, type PowerOptions, pairedMeanSampleSize } from "./power.ts";
import { type ExactMcNemar, fisherSampleSize, mcnemarSampleSize } from "./power-exact.ts";

/** What is to be told apart, and how it will be measured. */
export type Goal =
  /** Pass or fail of both conditions on the same items: shares of items that only one of them passes; `mcnemar` as in the analysis, default `exact` */
  | {
      readonly kind: "paired-binary";
      readonly p10: number;
      readonly p01: number;
      readonly mcnemar?: ExactMcNemar;
    }
  /** Pass or fail on different items */
  | { readonly kind: "independent-binary"; readonly p1: number; readonly p2: number }
  /** Scores on the same items: `sd` of their differences, from a pilot */
  | { readonly kind: "paired"; readonly delta: number; readonly sd: number }
  /** Scores on different items: `sd` within a condition */
  | { readonly kind: "independent"; readonly delta: number; readonly sd: number };

export interface PlanOptions extends PowerOptions {
  /** Chance of finding it; default 0.8 */
  readonly power?: number;
  /** Items per cluster and their intraclass correlation, where items are not independent */
  readonly clusters?: { readonly size: number; readonly icc: number };
}

export interface SamplePlan {
  /** Whole items needed: the same for both conditions if paired, else for each of them */
  readonly items: number;
  /** Before rounding and before clusters */
  readonly independentItems: number;
  /** How many times more items clusters cost */
  readonly designEffect: number;
  /** Whole clusters needed; only for a clustered plan */
  readonly clusters?: number;
}

/**
 * How many items an experiment needs, for the test that its report will make: McNemar's exact or mid-p test, Fisher's exact test, t, all sign
 * flips below 15 items, and with clusters t with as many degrees of freedom as there are clusters less one. Run before the experiment, with
 * effects that would matter, not with those observed in it.
 *
 * @see Suissa & Shuster 1991 (paired-binary); Casagrande, Pike & Smith 1978 (independent-binary); Cohen 1988 (means); Kish 1965 (clusters)
 * @example planSampleSize({ kind: "paired", delta: 0.5, sd: 1 }).items // => 34
 * @example planSampleSize({ kind: "paired-binary", p10: 0.1, p01: 0.05 }).items // => 498
 */
export function planSampleSize(goal: Goal, { clusters, ...options }: PlanOptions = {}): SamplePlan {
  const independentItems = sizeOf(goal, options);
  if (!clusters) return { items: Math.ceil(independentItems), independentItems, designEffect: 1 };
  const effect = designEffect(clusters.size, clusters.icc);
  const ofClusters = clustersFor(goal, Math.sqrt(effect / clusters.size), options);
  const items = Math.ceil(Math.max(independentItems * effect, ofClusters * clusters.size));
  return { items, independentItems, designEffect: effect, clusters: Math.ceil(items / clusters.size) };
}

type Options = PowerOptions & { power?: number };

function sizeOf(goal: Goal, { sides = 2, alpha = 0.05, ...options }: Options): number {
  const twoSided = sides === 1 ? 2 * alpha : alpha;
  switch (goal.kind) {
    case "paired-binary":
      return mcnemarSampleSize(goal, { ...options, alpha: twoSided, method: goal.mcnemar ?? "exact" });
    case "independent-binary":
      return fisherSampleSize(goal.p1, goal.p2, { ...options, alpha: twoSided });
    case "paired":
      return pairedMeanSampleSize(goal.delta, { ...options, alpha, sides, sd: goal.sd });
    case "independent":
      return meanSampleSize(goal.delta, { ...options, alpha, sides, design: goal.kind, sd: goal.sd });
  }
}

/** Clusters that a t test of their means needs. @param shrunk standard deviation of a cluster's mean, in that of an item */
function clustersFor(goal: Goal, shrunk: number, options: Options): number {
  const [design, delta, sd] = momentsOf(goal);
  return meanSampleSize(delta, { ...options, design, sd: sd * shrunk });
}

function momentsOf(goal: Goal): ["paired" | "independent", delta: number, sd: number] {
  switch (goal.kind) {
    case "paired-binary": {
      const delta = goal.p10 - goal.p01;
      return ["paired", delta, Math.sqrt(goal.p10 + goal.p01 - delta * delta)];
    }
    case "independent-binary": {
      const variance = (goal.p1 * (1 - goal.p1) + goal.p2 * (1 - goal.p2)) / 2;
      return ["independent", goal.p1 - goal.p2, Math.sqrt(variance)];
    }
    default:
      return [goal.kind, goal.delta, goal.sd];
  }
}
