import type { Factors } from "#src/experiment/condition";
import type { Metric } from "#src/experiment/metrics";
import type { AnalysisOptions, SettledStatistics } from "#src/experiment/options";
import type { Accounting } from "#src/experiment/outcome";
import type { FailedAs } from "./failed-as.ts";
import type { Estimate, Quantity } from "./quantity.ts";
import type { RepeatCurve } from "./repeats.ts";
import type { ReplyEnding } from "./replies.ts";
import type { WatchedMetric } from "./watched-metric.ts";

/** What was measured and what follows from it: plain JSON, every number at full precision, none of them NaN. */
export interface Analysis {
  readonly format: "crucible-analysis/1";
  readonly options: SettledStatistics & { readonly seed: number };
  readonly accounting: Accounting;
  /** Different items seen in any row. */
  readonly items: number;
  /** Largest number of tasks of one condition on one item. */
  readonly repeats: number;
  /** Groups of items; absent when no row names one. */
  readonly clusters?: number;
  readonly conditions: readonly AnalysedCondition[];
  readonly metrics: readonly MetricAnalysis[];
  /** The first is that of the first metric, which is primary. */
  readonly families: readonly Family[];
  /** How often tasks failed, and whether conditions differ in that; absent where none did. */
  readonly failures?: FailureAnalysis;
  /** What conditions did under the faults of their levels; absent where faults are no factor. */
  readonly faulted?: FaultedAnalysis;
  /** Replies that were cut off, filtered or broken off; absent where there are none. */
  readonly replies?: readonly ReplyEnding[];
  /** The same by fields of the items; absent without `by`. */
  readonly slices?: readonly SliceAnalysis[];
  /** What was watched while items came in, on the first metric; absent without `sequential`. */
  readonly sequential?: WatchedMetric;
  /** What a reader has to know besides, in sentences. */
  readonly notes: readonly string[];
}

/** Failed tasks by condition. */
export interface FailureAnalysis {
  readonly conditions: readonly {
    readonly condition: string;
    /** Tasks that failed, of those that ended. */
    readonly failed: number;
    readonly ended: number;
    /** Items of which a task failed, of those that were begun. */
    readonly failedItems: number;
    readonly items: number;
  }[];
  /** Shares of items of which a task failed, tested on the same items and adjusted as a family of its own; `worse` fails more often. */
  readonly comparisons: readonly Comparison[];
}

/** Levels and pairs within groups of items, and whether the pairs differ otherwise from group to group. */
export interface SliceAnalysis {
  /** The field of the items. */
  readonly by: string;
  /** Not decided before the results were known: what it finds is a question for other data. */
  readonly exploratory: boolean;
  readonly groups: readonly { readonly name: string; readonly items: number }[];
  readonly metrics: readonly SlicedMetric[];
}

export interface SlicedMetric {
  readonly metric: string;
  readonly levels: readonly {
    readonly group: string;
    readonly condition: string;
    readonly n: number;
    readonly estimate: Estimate;
  }[];
  /** Pairs within each group, adjusted over pairs and groups together. */
  readonly comparisons: readonly Comparison[];
  readonly interactions: readonly Interaction[];
  readonly family: { readonly size: number; readonly correction: AnalysisOptions["multipleTestingCorrection"] };
}

/** Whether the difference of a pair is another one from group to group. */
export interface Interaction {
  readonly condition: string;
  readonly against: string;
  readonly test: string;
  readonly f: Quantity;
  readonly df: readonly number[];
  readonly p: Quantity;
  /** Adjusted over the pairs. */
  readonly pAdjusted: Quantity;
  /** Groups with a difference and its error, and items in them. */
  readonly groups: number;
  readonly n: number;
}

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

export interface AnalysedCondition {
  readonly name: string;
  readonly factors: Factors;
  readonly accounting: Accounting;
}

/** The tests whose p-values are adjusted together and whose intervals belong together. */
export interface Family {
  /** `primary`: the first metric. `secondary`: another one, by itself. `all`: all metrics, where `family: "all"` joins them. */
  readonly role: "primary" | "secondary" | "all";
  /** Names of the metrics. */
  readonly metrics: readonly string[];
  readonly pairs: number;
  /** Tests: pairs times metrics, whether or not each of them could be made. */
  readonly size: number;
  readonly correction: AnalysisOptions["multipleTestingCorrection"];
  /** Metrics of a `min-p` family whose tests have no joint distribution to draw from: percentiles, custom metrics, more conditions than items can tell. Bonferroni's bound holds for them. */
  readonly bounded?: readonly string[];
  /** Level that p of a single test must stay below if it is the smallest of the family. */
  readonly alpha: number;
  /** What the intervals of differences are: `95 % simultaneous over 30 pairs`. */
  readonly intervals: string;
}

/** `binary` when every task gave 0 or 1, `ordinal` where that was said of the metric. */
export type MetricKind = "binary" | "ordinal" | "continuous" | "aggregate" | "custom";

export interface MetricAnalysis extends MetricValues {
  readonly metric: Metric;
  readonly description?: string;
  readonly kind: MetricKind;
  /** Fields of each task that it is made from, where it is a custom metric over rows. */
  readonly over?: readonly string[];
  /** How often any and all of k repeats are right; absent without repeats, and for what is not yes or no. */
  readonly repeats?: readonly RepeatCurve[];
  /**
   * Present when tasks failed: the same numbers with failed tasks counted the other way, left out or as the worst value. Where the direction is unknown
   * they count as the highest or the lowest value seen, whichever changes more conclusions. Absent for a metric over rows, since a
   * failed task has no row.
   */
  readonly otherReading?: MetricValues & {
    /** Pairs whose conclusion is another one under this reading. */
    readonly changed: readonly {
      readonly condition: string;
      readonly against: string;
      readonly from: Verdict;
      readonly to: Verdict;
    }[];
  };
}

/** The numbers of one metric under one way of counting failed tasks. */
export interface MetricValues {
  readonly failedAs: FailedAs;
  readonly summaries: readonly Summary[];
  readonly omnibus: readonly Omnibus[];
  readonly comparisons: readonly Comparison[];
}

/** One metric of one condition over items: repeats are averaged within the item first. */
export interface Summary {
  readonly condition: string;
  /** Items that have a value. */
  readonly n: number;
  /** Tasks behind them. */
  readonly tasks: number;
  /** The metric as it is defined: the mean, the 99th percentile, ... */
  readonly estimate: Estimate;
  /** What makes its interval less sure than it looks. */
  readonly caution?: string;
  readonly mean: Quantity;
  readonly sd: Quantity;
  /** Standard error of the mean; cluster-robust where items are clustered. */
  readonly sem: Quantity;
  /** Standard deviation of repeats around the mean of their item: the part of the noise that more repeats average out. */
  readonly sdWithin: Quantity;
  readonly median: Quantity;
  readonly min: Quantity;
  readonly max: Quantity;
  readonly p25: Quantity;
  readonly p75: Quantity;
  readonly p95: Quantity;
  readonly p99: Quantity;
  /** How the values of items spread: each of them in ascending order, of more than 20 the middle value of each twentieth. Absent where all are 0 or 1. */
  readonly spread?: readonly number[];
}

/** One test over all conditions of a group. */
export interface Omnibus {
  /** The level of the factor within which pairs are compared: `length = 20`. */
  readonly group?: string;
  readonly test: string;
  readonly why: string;
  readonly statistic: Quantity;
  readonly df: readonly number[];
  readonly p: Quantity;
  readonly n: number;
  readonly conditions: number;
}

export interface Pairing {
  /** Of the two conditions over items. */
  readonly correlation: Quantity;
  readonly standardError: number;
  /** What the error of the difference would be on different items. */
  readonly standardErrorUnpaired: number;
}

export interface Same {
  /** `condition` minus `against`, on every item; 0 where nothing differs. */
  readonly by: number;
  /** Of a sum: what one item differs by; `by` is the difference of the sums. */
  readonly each?: number;
  /** Items, or clusters where items are clustered. */
  readonly items: number;
  /** Largest share of all items that may differ otherwise although none of these did, at the level of the intervals. */
  readonly missed: number;
  /** Set where both gave the same replies on every item: then nothing was there that could differ. */
  readonly replies?: true;
}

/** `higher` and `lower` where it is not known which way is better. */
export type Verdict = "better" | "worse" | "higher" | "lower" | "equivalent" | "not distinguishable" | "not tested";

/** Two conditions on one metric. Differences are `condition` minus `against`, in the metric's own unit. */
export interface Comparison {
  readonly condition: string;
  readonly against: string;
  readonly group?: string;
  readonly design: "paired" | "independent";
  /** Its interval is that of the family: it excludes 0 exactly where the adjusted p is below 1 - `confidenceInterval`. */
  readonly difference: Estimate;
  /** The interval of this pair by itself, never wider: right for a pair that was chosen before any result was seen. */
  readonly alone: Estimate["interval"];
  readonly test: string;
  /** Why this test was chosen, as the end of "because". */
  readonly why: string;
  readonly p: Quantity;
  /** Set where no draw was as extreme as the data: p is then bounded by the smallest number that this many draws can show. */
  readonly pIsBound?: true;
  /** Set where p and its interval are of the effect and not of the difference: grades, whose probability of superiority is 0.5 under the null. */
  readonly tested?: "effect";
  /** The difference of means with an interval of its own, where ranks are tested: what a gate is held against. */
  readonly means?: Estimate;
  /** Every item, or cluster, differs by the same amount. */
  readonly same?: Same;
  /** What makes p and interval less sure than they look. */
  readonly caution?: string;
  readonly pAdjusted: Quantity;
  /** A second test that assumes less. */
  readonly check?: { readonly test: string; readonly p: Quantity; readonly pIsBound?: true };
  /** Whether the difference lies within the margin that counts as equal (TOST); adjusted over the pairs of the family. */
  readonly equivalence?: { readonly margin: number; readonly p: Quantity; readonly pAdjusted: Quantity };
  readonly effect: Estimate & { readonly name: string };
  /** What it is worth that both did the same items; absent for other designs, aggregates and clusters. */
  readonly pairing?: Pairing;
  /** Items used; for independent groups those of both. */
  readonly n: number;
  readonly clusters?: number;
  /** Items that were left out, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /**
   * Smallest true difference that this design finds with 80 % power at the family's strictest level, if values spread as they do here. Absent
   * where labels are swapped: percentiles, standard deviations and custom metrics.
   */
  readonly detectable: Quantity;
  readonly verdict: Verdict;
  /** The verdict where failed tasks are counted the other way, if it is another one. */
  readonly otherwise?: { readonly failedAs: FailedAs; readonly verdict: Verdict };
}
