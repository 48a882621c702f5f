import { isFailure, type Outcome } from "#src/experiment/outcome";
import { openExisting } from "./stores.ts";

/**
 * The permanently failed tasks of a run, in the order of the plan.
 *
 * @throws ConfigFault for an unknown id
 */
export async function failedTasks(checkpointDir: string, experimentId: string): Promise<Outcome[]> {
  const store = openExisting(checkpointDir, experimentId, "read");
  try {
    return [...store.outcomes()].filter(isFailure);
  } finally {
    store.close();
  }
}

/**
 * Takes the permanently failed tasks of a run out of its results, so that `resume` does them again. What they cost stays spent.
 *
 * @returns how many
 * @throws ConfigFault for an unknown id, or a run that another process is at
 */
export async function planAgain(checkpointDir: string, experimentId: string): Promise<number> {
  const store = openExisting(checkpointDir, experimentId, "run");
  try {
    const ordinals = [...store.outcomes()].filter(isFailure).map(({ ordinal }) => ordinal);
    await store.forget(ordinals);
    return ordinals.length;
  } finally {
    store.close();
  }
}
