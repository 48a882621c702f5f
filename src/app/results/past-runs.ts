import { type Manifest, openOf, type RunSession } from "#src/experiment/manifest";
import { type Accounting, place } from "#src/experiment/outcome";
import { scoringsIn } from "#src/store/scoring-store";
import type { SqliteStore } from "#src/store/sqlite";
import { openExisting, readOrSay, type StoredStatus, statusOf, storedIds, storePath } from "../stores.ts";

/** A run in a checkpoint directory, as `crucible list` shows it. */
export interface PastRun {
  readonly experimentId: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly status: StoredStatus;
  readonly createdAt: string;
  readonly accounting: Accounting;
  /** Amount spent: on ended tasks, and on attempts whose result was lost. */
  readonly cost: number;
  /** Whether each row was held against its checksum, where it has one. A run of more than 1,000 ended tasks is added up without: `crucible verify` reads all. */
  readonly isVerified: boolean;
  readonly store: string;
  /** Names of the other scorings of its answers, beside the scores that the run gave; sorted. */
  readonly scorings: readonly string[];
}

/**
 * All runs of a checkpoint directory, newest first.
 *
 * @param damaged called with a sentence for each file that is left out: a damaged store, one of a newer version, a file that is not a store
 */
export function listRuns(checkpointDir: string, damaged: (sentence: string) => void = () => {}): PastRun[] {
  const runs = storedIds(checkpointDir).flatMap((id) => {
    const run = readRun(checkpointDir, id, damaged);
    return run ? [run] : [];
  });
  return runs.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

/** Rows up to which reading each takes no longer than opening the file. */
const MOST_VERIFIED = 1000;

function readRun(
  checkpointDir: string,
  experimentId: string,
  damaged: (sentence: string) => void,
): PastRun | undefined {
  return withStore(checkpointDir, experimentId, damaged, (store) => {
    const manifest = store.manifest() as Manifest | undefined;
    if (!manifest) return undefined;
    const counts = { succeeded: 0, failed: 0, skipped: 0, unscored: 0 };
    let [ended, spent] = [0, 0];
    for (const { finalStatus, tasks, cost } of store.sums()) {
      counts[place[finalStatus]] += tasks;
      ended += tasks;
      spent += cost;
    }
    for (const { cost } of store.lost()) spent += cost;
    const isVerified = ended <= MOST_VERIFIED;
    if (isVerified) for (const _ of store.outcomes()); // throws at a row that is not as it was written
    const sessions = store.sessions() as readonly RunSession[];
    return {
      experimentId,
      name: manifest.experiment.name,
      tags: manifest.experiment.tags ?? [], // a manifest of another program may have none
      status: statusOf(sessions, store.location),
      createdAt: manifest.createdAt,
      accounting: {
        planned: manifest.plan.tasks,
        ...counts,
        pending: manifest.plan.tasks - ended,
        ...openOf(manifest),
      },
      cost: spent,
      isVerified,
      store: store.location,
      scorings: scoringsIn(store),
    };
  });
}

/** Mean milliseconds of a task by condition, over the newest run of the same name that has any; empty when there is none. */
export function pastDurations(checkpointDir: string, name: string): ReadonlyMap<string, number> {
  const newest = listRuns(checkpointDir).find((run) => run.name === name && run.accounting.succeeded > 0);
  if (!newest) return new Map();
  const rows =
    withStore(
      checkpointDir,
      newest.experimentId,
      () => {},
      (store) => store.durations(),
    ) ?? [];
  return new Map(rows.map(({ condition, meanMs }) => [condition, meanMs]));
}

const withStore = <T>(
  checkpointDir: string,
  experimentId: string,
  damaged: (sentence: string) => void,
  read: (store: SqliteStore) => T | undefined,
): T | undefined =>
  readOrSay(
    storePath(checkpointDir, experimentId),
    () => {
      const store = openExisting(checkpointDir, experimentId, "read");
      try {
        return read(store);
      } finally {
        store.close();
      }
    },
    damaged,
  );
