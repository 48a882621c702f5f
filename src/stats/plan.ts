import { designEffect, meanSampleSize, type PowerOptions } from "./power.ts";
import { pairedProportionSampleSize, proportionSampleSize } from "./power-proportion.ts";

/** What is to be told apart, and how it will be measured. */
export type Goal =
  /** Pass or fail of both conditions on the same items: shares of items that only one of them passes */
  | { readonly kind: "paired-binary"; readonly p10: number; readonly p01: number }
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
 * How many items an experiment needs. Run before the experiment, with effects that would matter, not with those observed in it.
 *
 * @see Connor 1987 (paired-binary); Cohen 1988 (means); Fleiss, Levin & Paik 2003 (independent-binary); Kish 1965 (clusters)
 * @example planSampleSize({ kind: "paired", delta: 0.5, sd: 1 }).items // => 34
 * @example planSampleSize({ kind: "paired-binary", p10: 0.1, p01: 0.05 }, { clusters: { size: 5, icc: 0.25 } }).items // => 938
 */
export function planSampleSize(goal: Goal, { clusters, ...options }: PlanOptions = {}): SamplePlan {
  const independentItems = sizeOf(goal, options);
  if (!clusters) return { items: Math.ceil(independentItems), independentItems, designEffect: 1 };
  const effect = designEffect(clusters.size, clusters.icc);
  const items = Math.ceil(independentItems * effect);
  return { items, independentItems, designEffect: effect, clusters: Math.ceil(items / clusters.size) };
}

function sizeOf(goal: Goal, options: PowerOptions & { power?: number }): number {
  switch (goal.kind) {
    case "paired-binary":
      return pairedProportionSampleSize(goal, options);
    case "independent-binary":
      return proportionSampleSize(goal.p1, goal.p2, options);
    case "paired":
    case "independent":
      return meanSampleSize(goal.delta, { ...options, design: goal.kind, sd: goal.sd });
  }
}
