import type { Comparison, Family } from "./analysis.ts";
import type { FailedAs } from "./failed-as.ts";

/** What conditions did under the faults of their levels, task by task against the same task without faults. */
export interface FaultedAnalysis {
  /** The metric by which an answer is as good as the clean one: the first. */
  readonly metric: string;
  readonly conditions: readonly FaultedCondition[];
  /** Whether one of them loses more than another; absent where no two meet a level. */
  readonly losses?: LossAnalysis;
  /** Rules that were aimed at nothing in any task, a sentence each, with the nearest right name. */
  readonly unmatched: readonly string[];
}

/** What conditions lose under the same faults, in pairs: the interaction of condition and level. */
export interface LossAnalysis {
  readonly failedAs: FailedAs;
  /** Of its own: it costs the pairs of conditions with themselves nothing. */
  readonly family: Family;
  readonly comparisons: readonly LossComparison[];
}

/**
 * Two conditions, by their names without the level, at one level. `difference` is how `condition` changes there, faults minus clean, minus how `against` does, item
 * by item: where higher is better it is below 0 when `condition` loses more, which is `worse`.
 */
export interface LossComparison extends Comparison {
  readonly level: string;
}

/** One condition at one level with rules. `met = recovered + worse + gaveUp + unknown`. */
export interface FaultedCondition {
  readonly condition: string;
  /** Its name without the level. */
  readonly of: string;
  readonly level: string;
  /** The condition that it is compared with. */
  readonly clean: string;
  /** What its rules are, a phrase each. */
  readonly rules: readonly string[];
  /** Tasks that ended. */
  readonly ended: number;
  /** Those of them that a fault struck. */
  readonly met: number;
  /** Struck, and at least as good as the same task without faults. */
  readonly recovered: number;
  /** Struck, and answered anyway, worse than without faults. */
  readonly worse: number;
  /** Struck, and failed, or without an answer that could be scored. */
  readonly gaveUp: number;
  /** Those of them without an answer that could be scored: they are in no difference. */
  readonly unscored: number;
  /** Struck and answered, but the same task without faults has no value to compare with. */
  readonly unknown: number;
}
