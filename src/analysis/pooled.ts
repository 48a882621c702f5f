import type { Direction } from "#src/experiment/direction";
import { type MetaAnalysis, type MetaOptions, type MetaProblem, metaAnalysis, type StudyEffect } from "#src/stats/meta";
import { DEFAULT_LEVEL, type Interval } from "#src/stats/sample";
import type { Comparison, MetricAnalysis } from "./analysis.ts";

/** What one run says about a pair: mean difference, or why it says nothing. */
export type Study =
  | (StudyEffect & { readonly experimentId: string; readonly n: number })
  | { readonly experimentId: string; readonly left: string };

/** One pair of conditions on one metric over all runs. Differences are `condition` minus `against`, in the metric's own unit. */
export interface PooledPair {
  readonly metric: string;
  readonly direction: Direction;
  /** Yes or no: differences are of shares. */
  readonly isShare: boolean;
  readonly condition: string;
  readonly against: string;
  readonly studies: readonly Study[];
  /** Of this pair by itself; absent where `problem` says why. */
  readonly pooled?: MetaAnalysis;
  /** Interval of the mean that holds for all pairs of the metric together: it excludes 0 exactly where `pAdjusted` is below 1 - level. */
  readonly simultaneous?: Interval;
  /** p of the pair times the pairs of the metric, at most 1 (Bonferroni). */
  readonly pAdjusted?: number;
  /** Why there is no result, as a sentence. */
  readonly problem?: string;
}

/** The analysis of one run among several. */
export interface RunAnalysis {
  readonly experimentId: string;
  readonly metrics: readonly MetricAnalysis[];
}

/** Names of the metrics that all runs have. */
export const namesIn = (analyses: readonly RunAnalysis[]): string[] =>
  analyses[0]!.metrics
    .map(({ metric }) => metric.name)
    .filter((name) => analyses.every(({ metrics }) => metrics.some(({ metric }) => metric.name === name)));

/** A pair whose runs are not combined yet. */
export type Pair = Omit<PooledPair, "pooled" | "problem">;

/** The pairs of a metric that more than one run has, oriented as in the first of them. */
export function pairsOf(name: string, analyses: readonly RunAnalysis[]): Pair[] {
  const pairs = new Map<string, Pair & { studies: Study[] }>();
  for (const { experimentId, metrics } of analyses) {
    const analysed = metrics.find(({ metric }) => metric.name === name)!;
    for (const comparison of analysed.comparisons) {
      const { condition, against } = comparison;
      const key = JSON.stringify([condition, against].sort());
      const pair = pairs.get(key) ?? {
        metric: name,
        direction: analysed.metric.direction,
        isShare: analysed.kind === "binary",
        condition,
        against,
        studies: [],
      };
      pairs.set(key, pair);
      pair.studies.push(studyOf(experimentId, comparison, analysed, condition === pair.condition ? 1 : -1));
    }
  }
  return [...pairs.values()].filter(({ studies }) => studies.length > 1);
}

function studyOf(
  experimentId: string,
  { difference, pairing, design, condition, against, n, same, why }: Comparison,
  { summaries, kind }: MetricAnalysis,
  sign: 1 | -1,
): Study {
  const left = (reason: string): Study => ({ experimentId, left: reason });
  if (kind === "ordinal") return left("grades are compared by ranks, which have no standard error of a difference");
  if (kind === "aggregate" || kind === "custom") return left("it is not a mean over items, and has no standard error");
  if (!difference.value.ok) return left(difference.value.error);
  if (same) return left(CONSTANT);
  const semOf = (name: string): number | undefined => {
    const sem = summaries.find((summary) => summary.condition === name)?.sem;
    return sem?.ok ? sem.value : undefined;
  };
  const [a, b] = [semOf(condition), semOf(against)];
  const standardError =
    pairing?.standardError ??
    (design === "independent" && a !== undefined && b !== undefined ? Math.hypot(a, b) : undefined);
  if (standardError === undefined) return left(`there is no standard error of the difference (${why})`);
  return { experimentId, estimate: sign * difference.value.value, standardError, n };
}

/**
 * Combines the runs of a pair.
 *
 * @param otherwise why their numbers are not of one thing, if so
 * @param pairs of the metric: interval and p of the mean hold for all of them together (Bonferroni)
 */
export function pool(pair: Pair, otherwise: string | undefined, options: MetaOptions, pairs: number): PooledPair {
  if (otherwise !== undefined) return { ...pair, problem: otherwise };
  const constant = pair.studies.filter((study) => "left" in study && study.left === CONSTANT);
  const effects = pair.studies.filter((study) => "estimate" in study);
  if (constant.length > 0 && effects.length > 0) return { ...pair, problem: SELECTED };
  const { level = DEFAULT_LEVEL } = options;
  const pooled = metaAnalysis(effects, options);
  const joint = metaAnalysis(effects, { ...options, level: 1 - (1 - level) / pairs });
  if (!pooled.ok || !joint.ok) return { ...pair, problem: problems[pooled.ok ? "too-few" : pooled.error] };
  const pAdjusted = Math.min(1, pairs * pooled.value.p);
  return { ...pair, pooled: pooled.value, simultaneous: joint.value.interval, pAdjusted };
}

const CONSTANT = "every item differs by the same amount, so there is no standard error";
const SELECTED =
  "A run in which every item differs by the same amount has no weight, and without it the others would say too much: no mean is given.";
const problems: Readonly<Record<MetaProblem, string>> = {
  "too-few": "Fewer than two runs have a difference with a standard error.",
  "not-finite": "A difference or its standard error is not finite.",
  "no-variance": "A difference has no standard error above 0.",
  "no-convergence": 'The variance between runs was not found; try { between: "DL" }.',
};
