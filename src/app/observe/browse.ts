import { statSync } from "node:fs";
import type { Manifest, RunSession } from "#src/experiment/manifest";
import { scoringsIn } from "#src/store/scoring-store";
import { browseSqlite, type SqliteBrowser } from "#src/store/sqlite-browse";
import { openExisting, type StoredStatus, statusOf, storePath } from "../stores.ts";

export {
  type ListedTask,
  type StatusCount,
  type TaskOrder,
  type TaskQuery,
  taskOrders,
} from "#src/store/sqlite-browse";
export type { SqliteBrowser };

/** What a run is, however far it is. */
export interface StoredRun {
  readonly manifest: Manifest;
  readonly sessions: readonly RunSession[];
  readonly status: StoredStatus;
  /** Names of the other scorings of its answers, beside the scores that the run gave. */
  readonly scorings: readonly string[];
}

/** @throws ConfigError for an unknown id, or a file that is not a store */
export function storedRun(checkpointDir: string, experimentId: string): StoredRun | undefined {
  const store = openExisting(checkpointDir, experimentId, "read");
  try {
    const manifest = store.manifest();
    if (!manifest) return undefined;
    const sessions = store.sessions();
    return {
      manifest,
      sessions,
      status: statusOf(sessions, storePath(checkpointDir, experimentId)),
      scorings: scoringsIn(store),
    };
  } finally {
    store.close();
  }
}

/** A look into the tasks of a run. @throws ConfigError for a file that is not a store */
export const openBrowser = (checkpointDir: string, experimentId: string): SqliteBrowser =>
  browseSqlite(storePath(checkpointDir, experimentId));

/** Changes whenever anything is written to a run's store. */
export function storeVersion(checkpointDir: string, experimentId: string): string {
  const path = storePath(checkpointDir, experimentId);
  return ["", "-wal"]
    .map((suffix) => {
      const found = statSync(path + suffix, { throwIfNoEntry: false });
      return found ? `${found.size}@${found.mtimeMs}` : "";
    })
    .join(" ");
}
