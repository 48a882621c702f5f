import { countFailure, emptyFailures, type FailureSummary, mostFrequent } from "#src/experiment/failure-groups";
import { isFailure, type Outcome } from "#src/experiment/outcome";
import type { RunStore } from "#src/store/store";
import { openExisting } from "./stores.ts";

/**
 * The permanently failed tasks of a run, in the order of the plan.
 *
 * @throws ConfigError for an unknown id
 */
export async function failedTasks(checkpointDir: string, experimentId: string): Promise<Outcome[]> {
  const store = openExisting(checkpointDir, experimentId, "read");
  try {
    return [...store.failed()];
  } finally {
    store.close();
  }
}

/** Takes the permanently failed tasks of a run out of its results, so that they are done again. What they cost stays spent. */
export async function planAgain(store: RunStore): Promise<void> {
  const ordinals: number[] = [];
  for await (const { ordinal } of failedRows(store)) ordinals.push(ordinal);
  await store.forget(ordinals);
}

/** The rows of tasks that failed, in the order of the plan. */
export async function* failedRows(store: RunStore): AsyncGenerator<Outcome> {
  if (store.failed) yield* store.failed();
  else for await (const row of store.outcomes()) if (isFailure(row)) yield row;
}

/** Why tasks of a run failed: what they said most often. */
export async function whyTasksFailed(store: RunStore, most = 5): Promise<FailureSummary> {
  let counts = emptyFailures;
  for await (const row of failedRows(store)) counts = countFailure(counts, row);
  return mostFrequent(counts, most);
}
