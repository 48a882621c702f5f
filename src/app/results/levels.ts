import { levelsInSlices, levelsOf, type MetricLevels } from "#src/analysis/levels";
import type { AnalyseOptions } from "#src/analysis/options";
import { lockOf, planOf, readAs, sizedAs } from "#src/experiment/decided";
import { promisedFields } from "#src/experiment/describe";
import type { Manifest } from "#src/experiment/manifest";
import { possibleFields } from "#src/experiment/metrics";
import { ConfigError, StoreError } from "#src/kernel/errors";
import { type BestLevel, bestLevel } from "#src/reports/levels";
import { openExisting } from "../stores.ts";
import type { PastRun } from "./past-runs.ts";

/** How the levels of a run are read: as its report reads them without its file. @throws ConfigError for a damaged lock */
function readingOf(manifest: Manifest, place: string): AnalyseOptions {
  const locked = sizedAs(lockOf(manifest, place)?.plan ?? planOf(manifest), manifest);
  const accepted = manifest.amendments?.at(-1)?.experiment;
  const plan = accepted ? readAs(locked, accepted, manifest) : locked;
  const { sequential: _, baseline: __, pairs: ___, by: ____, ...statistics } = plan.statisticalAnalysis;
  return {
    ...statistics,
    conditions: plan.conditions.map(({ name }) => name),
    metrics: plan.metrics,
    directions: plan.directions,
    fields: [...promisedFields(plan), ...plan.metrics.flatMap((metric) => possibleFields(metric))],
    seed: plan.seed,
  };
}

/** Whether a run has levels that say something of its conditions. */
const hasLevels = (manifest: Manifest): boolean => manifest.faults === undefined && planOf(manifest).metrics.length > 0;

/**
 * The levels of a stored run, as its report gives them, without its pairs; none where faults were injected, or where all metrics are custom.
 *
 * @throws ConfigError for an unknown id or a damaged lock, StoreError for a row that is not as it was written
 */
export async function storedLevels(checkpointDir: string, experimentId: string): Promise<readonly MetricLevels[]> {
  const store = openExisting(checkpointDir, experimentId, "read");
  try {
    const manifest = store.manifest();
    if (!manifest || !hasLevels(manifest)) return [];
    return await levelsInSlices(store.outcomes(), readingOf(manifest, store.location));
  } finally {
    store.close();
  }
}

/** Rows that a list reads: those of the newest runs. */
const MOST_ROWS = 100_000;

/**
 * The best observed level of the first metric, by run, of the first runs of a list with 100,000 rows together. Runs without one are left out:
 * none of their tasks has ended, faults were injected, their rows cannot be read.
 */
export function bestOfRuns(checkpointDir: string, runs: readonly PastRun[]): ReadonlyMap<string, BestLevel> {
  const found = new Map<string, BestLevel>();
  let rows = 0;
  for (const { experimentId, accounting } of runs) {
    const ended = accounting.planned - accounting.pending;
    if (ended === 0) continue;
    rows += ended;
    if (rows > MOST_ROWS) break;
    const best = readBest(checkpointDir, experimentId);
    if (best) found.set(experimentId, best);
  }
  return found;
}

function readBest(checkpointDir: string, experimentId: string): BestLevel | undefined {
  const store = openExisting(checkpointDir, experimentId, "read");
  try {
    const manifest = store.manifest();
    if (!manifest || !hasLevels(manifest)) return undefined;
    const { metrics, ...options } = readingOf(manifest, store.location);
    return bestLevel(levelsOf(store.outcomes(), { ...options, metrics: metrics.slice(0, 1) })[0]);
  } catch (error) {
    if (error instanceof ConfigError || error instanceof StoreError) return undefined; // `crucible report` says why
    throw error;
  } finally {
    store.close();
  }
}
