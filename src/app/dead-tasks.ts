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
    return [...store.outcomes()].filter(isFailure);
  } finally {
    store.close();
  }
}

/** Takes the permanently failed tasks of a run out of its results, so that they are done again. What they cost stays spent. */
export async function planAgain(store: RunStore): Promise<void> {
  const ordinals: number[] = [];
  for await (const outcome of store.outcomes()) if (isFailure(outcome)) ordinals.push(outcome.ordinal);
  await store.forget(ordinals);
}
