import type { z } from "zod";
import type { Factors } from "#src/experiment/condition";
import type { Direction } from "#src/experiment/direction";
import type { CustomMetric, Metric, MetricInput } from "#src/experiment/metrics";
import { type AnalysisOptions, analysisOptions, type SettledStatistics } from "#src/experiment/options";
import type { SettledSequential } from "#src/experiment/sequential";
import type { OwnFaults } from "#src/faults/level";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";

/** A condition's name with the factors that distinguish it in a sweep. */
export interface ConditionInput {
  readonly name: string;
  readonly factors?: Factors | undefined;
  /** Its level of a factor of faults: it is compared with its condition at the level without rules. */
  readonly faults?: OwnFaults | undefined;
}

export interface NamedCondition {
  readonly name: string;
  readonly factors: Factors;
  readonly faults?: OwnFaults | undefined;
}

/** What `analyse` takes besides the rows: the fields of `statisticalAnalysis`, and what an experiment says about its rows. */
export interface AnalyseOptions extends z.input<typeof analysisOptions> {
  /** What is compared, as in an experiment: `["accuracy", "latency_p99"]`. */
  readonly metrics: readonly MetricInput[];
  /** Conditions in the order of the report; in the order of the rows when absent. */
  readonly conditions?: readonly (string | ConditionInput)[] | undefined;
  /** Which way is better by the name of the metric, where that was settled before; as the metric or its name says when absent. */
  readonly directions?: Readonly<Record<string, Direction>> | undefined;
  /** Why a metric is not tested but reported, as the end of "not tested:"; nothing for those that are. */
  readonly untested?: ((metric: Metric) => string | undefined) | undefined;
  /** Slices of `by` that were decided before the results were known; the others are called exploratory. */
  readonly decidedSlices?: readonly string[] | undefined;
  /** Fields that rows may have although none does: a metric read from one of them is empty, not misspelled. */
  readonly fields?: readonly string[] | undefined;
  /** Numbers made from a condition's metrics. */
  readonly customMetrics?: readonly CustomMetric[] | undefined;
  /** Seed of bootstrap and permutation draws; 42 when absent. */
  readonly seed?: number | undefined;
  /** Tasks that were planned; the number of rows when absent. */
  readonly planned?: number | undefined;
  /** Whether more tasks may be planned: rows are read while tasks are run. */
  readonly open?: true | undefined;
  /** Whether the run stopped early, so that p-values for a fixed number of items are invalid. Rows then come in the order of the plan. */
  readonly stoppedEarly?: boolean | undefined;
}

export interface SettledOptions {
  readonly statistics: SettledStatistics;
  readonly metrics: readonly MetricInput[];
  readonly conditions: readonly NamedCondition[] | undefined;
  readonly directions: ReadonlyMap<string, Direction>;
  readonly untested: (metric: Metric) => string | undefined;
  readonly decidedSlices: readonly string[];
  readonly fields: readonly string[];
  readonly customMetrics: readonly CustomMetric[];
  readonly seed: number;
  readonly planned: number | undefined;
  readonly open: true | undefined;
  readonly stoppedEarly: boolean;
  readonly sequential: SettledSequential | undefined;
}

/**
 * Fills in defaults.
 *
 * @throws ConfigError for an unknown option, metrics that are missing, a baseline or a factor that no condition has
 */
export function settleOptions({
  metrics,
  conditions,
  directions = {},
  untested = () => undefined,
  decidedSlices = [],
  fields = [],
  customMetrics = [],
  seed = 42,
  planned,
  open,
  stoppedEarly = false,
  ...rest
}: AnalyseOptions): SettledOptions {
  if (metrics.length === 0 && customMetrics.length === 0)
    throw new ConfigError("metrics", "must have at least one metric");
  const settled = conditions?.map((condition) =>
    typeof condition === "string"
      ? { name: condition, factors: {} }
      : {
          name: condition.name,
          factors: condition.factors ?? {},
          ...(condition.faults ? { faults: condition.faults } : {}),
        },
  );
  const parsed = parseOptions(analysisOptions, rest);
  const { sequential } = parsed;
  return {
    statistics: { ...parsed, confidenceInterval: parsed.confidenceInterval ?? 1 - parsed.significanceLevel },
    metrics,
    conditions: settled,
    untested,
    decidedSlices,
    directions: new Map(Object.entries(directions)),
    fields,
    customMetrics,
    seed,
    planned,
    open,
    stoppedEarly,
    sequential: sequential && { ...sequential, range: sequential.range ?? [0, 1] },
  };
}

/** Checks names against the conditions that there really are. */
export function checkReferences({ baseline, pairs }: AnalysisOptions, conditions: readonly NamedCondition[]): void {
  const names = conditions.map(({ name }) => name);
  if (baseline !== undefined && !names.includes(baseline)) {
    throw new ConfigError("baseline", "must be the name of a condition", baseline, didYouMean(baseline, names));
  }
  const factors = new Set(conditions.flatMap((condition) => Object.keys(condition.factors)));
  if (pairs && !factors.has(pairs.within)) {
    throw new ConfigError(
      "pairs.within",
      "must be a factor of the conditions",
      pairs.within,
      didYouMean(pairs.within, factors),
    );
  }
}
