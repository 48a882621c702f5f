import { namesIn, type PooledPair, pairsOf, pool, type RunAnalysis } from "#src/analysis/pooled";
import type { Manifest } from "#src/experiment/manifest";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import type { MetaOptions } from "#src/stats/meta";
import { decidedOf, definitionNotes } from "./across.ts";
import { type ComparableRun, type CompareOptions, closeRuns, type OpenedRun, openRuns } from "./compare.ts";
import { analyseStore } from "./judge.ts";

export interface MetaRunsOptions extends CompareOptions, MetaOptions {
  /** Names of the metrics; all that the runs share when absent. */
  readonly metrics?: readonly string[];
}

export interface MetaOfRuns {
  readonly runs: readonly { readonly experimentId: string; readonly name: string; readonly createdAt: string }[];
  readonly pairs: readonly PooledPair[];
  /** What a reader has to know besides, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Meta-analysis over runs: the difference of each pair of conditions in each run, combined by its precision, with how far runs disagree.
 *
 * Each run is read by the plan that was decided before its first task. Metrics that are means have a standard error; percentiles, sums,
 * grades and metrics made from others have none and are left out with the reason.
 *
 * @param runs two or more, each of an experiment with the same conditions
 * @throws ConfigError for an unknown id, a run given twice, an unknown metric, runs without a pair in common
 */
export async function meta(runs: readonly ComparableRun[], options: MetaRunsOptions = {}): Promise<MetaOfRuns> {
  if (runs.length < 2) throw new ConfigError("runs", "must be at least two", runs.length);
  const opened = await openRuns(runs, options);
  try {
    return await metaOfOpened(opened, options);
  } finally {
    await closeRuns(opened);
  }
}

async function metaOfOpened(opened: readonly OpenedRun[], options: MetaRunsOptions): Promise<MetaOfRuns> {
  const manifests = opened.map(({ manifest }) => manifest);
  const faulty = manifests.find(({ faults }) => faults !== undefined);
  if (faulty)
    throw new ConfigError(
      "runs",
      "must have no injected faults, since their rows say nothing about conditions",
      faulty.experimentId,
    );
  const analyses: RunAnalysis[] = [];
  for (const run of opened) {
    const { experimentId } = run.manifest;
    const { metrics } = await analyseStore(decidedOf(run), [], run.store, undefined, [], "told");
    analyses.push({ experimentId, metrics });
  }
  const shared = namesIn(analyses);
  const unknown = options.metrics?.find((name) => !shared.includes(name));
  if (unknown !== undefined)
    throw new ConfigError("metrics", "must name metrics that all runs have", unknown, didYouMean(unknown, shared));
  const otherwise = new Map(definitionNotes(manifests).map(({ metric, note }) => [metric, note]));
  const pairs = (options.metrics ?? shared).flatMap((metric) => {
    const family = pairsOf(metric, analyses);
    return family.map((pair) => pool(pair, otherwise.get(metric), options, family.length));
  });
  if (pairs.length === 0)
    throw new ConfigError(
      "runs",
      "must have a pair of conditions in common",
      manifests.map(({ experiment }) => experiment.conditions.map(({ name }) => name).join(", ")).join(" | "),
    );
  return {
    runs: manifests.map(({ experimentId, experiment: { name }, createdAt }) => ({ experimentId, name, createdAt })),
    pairs,
    notes: notesOf(manifests, pairs),
  };
}

function notesOf(manifests: readonly Manifest[], pairs: readonly PooledPair[]): string[] {
  const digests = new Set(manifests.map(({ dataset }) => dataset.digest));
  return [
    ...(pairs.length > new Set(pairs.map(({ metric }) => metric)).size
      ? ["Interval and p over all runs hold for all pairs of a metric together (Bonferroni)."]
      : []),
    ...(digests.size < manifests.length
      ? [
          "Runs over the same items are not independent samples of items: the interval speaks of further runs over these items, and of other items it says less than it seems.",
        ]
      : []),
  ];
}
