import { existsSync, lstatSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { RunSession, RunStatus } from "#src/experiment/manifest";
import { type TaskResult, toTaskResult } from "#src/experiment/outcome";
import { isRunId, mustBeRunId } from "#src/experiment/run-id";
import { ConfigError, didYouMean, StoreError } from "#src/kernel/errors";
import { ScoringStore, scoringStore, scoringsIn } from "#src/store/scoring-store";
import { type SqliteStore, sqliteStore } from "#src/store/sqlite";
import { isBeingRun } from "#src/store/sqlite-lock";
import { type StoreCheck, verifySqlite } from "#src/store/sqlite-verify";
import type { RunStore } from "#src/store/store";
import type { Beginning, Prepared } from "./prepare.ts";
import { type RunOptions, settingsOf } from "./run-options.ts";
import { checkpointDirectory } from "./setting-sources.ts";

/** @example storePath("./checkpoints", "exp_1") // => "checkpoints/exp_1.db" */
export const storePath = (checkpointDir: string, experimentId: string): string =>
  join(checkpointDir, `${mustBeRunId(experimentId)}.db`);

/** Where the facts of a run are kept. @example recordingPath("./checkpoints", "exp_1") // => "checkpoints/exp_1.facts.ndjson" */
export const recordingPath = (checkpointDir: string, experimentId: string): string =>
  join(checkpointDir, `${mustBeRunId(experimentId)}.facts.ndjson`);

/** The store of a new run: the plug that was given, else a SQLite file. */
export async function openStore({ experimentId, settings }: Prepared, options: RunOptions): Promise<RunStore> {
  if (options.store) return options.store(experimentId);
  isFolder(settings.checkpointDir);
  return sqliteStore(storePath(settings.checkpointDir, experimentId), { durability: settings.durability });
}

/** The store of a run that may be there already, to go on with it; nothing where it has not begun. */
export async function openStored(experimentId: string, options: RunOptions): Promise<RunStore | undefined> {
  if (options.store) {
    const store = await options.store(experimentId);
    return (await store.manifest()) ? store : undefined;
  }
  const { overrides, commandLine } = options;
  const checkpointDir = await checkpointDirectory({ ...commandLine, ...settingsOf(options), ...overrides });
  if (!existsSync(storePath(checkpointDir, experimentId))) return undefined;
  const store = openExisting(checkpointDir, experimentId, "run");
  if (store.manifest()) return store;
  store.close(); // a process that was killed before it had written anything
  return undefined;
}

/**
 * The store of a run that exists.
 *
 * @param mode `run` to continue with it, `read` to look at it
 * @throws ConfigError for an unknown id, with the nearest one, and for a file that holds another run than its name says
 */
export function openExisting(checkpointDir: string, experimentId: string, mode: "run" | "read"): SqliteStore {
  mustBeStored(checkpointDir, experimentId);
  const path = storePath(checkpointDir, experimentId);
  const store = sqliteStore(path, { mode });
  try {
    const held = store.manifest()?.experimentId ?? experimentId;
    if (held === experimentId) return store;
    throw new ConfigError(path, `must hold the run ${experimentId}`, held, "Give the file the name of its run");
  } catch (error) {
    store.close();
    throw error;
  }
}

/**
 * The scores of a run that are to be shown.
 *
 * @param scoring name of a scoring; the scores that the run gave when absent
 * @throws ConfigError for a name that there is not
 */
export function shownOf(run: RunStore, scoring: string | undefined): RunStore {
  if (scoring === undefined) return run;
  const names = scoringsIn(run);
  if (names.includes(scoring)) return scoringStore(run, scoring);
  const law =
    names.length > 0
      ? `must be one of ${names.join(", ")}`
      : "must be there: the run has the scores alone that it gave";
  throw new ConfigError(
    "scoring",
    law,
    scoring,
    didYouMean(scoring, names) ?? "Score its answers again with `crucible score`",
  );
}

/**
 * Holds every row of a stored run against its checksum.
 *
 * @throws ConfigError for an unknown id, or a file that is not a store
 */
export function checkStore(checkpointDir: string, experimentId: string): StoreCheck {
  mustBeStored(checkpointDir, experimentId);
  return verifySqlite(storePath(checkpointDir, experimentId));
}

function mustBeStored(checkpointDir: string, experimentId: string): void {
  const path = storePath(checkpointDir, experimentId);
  if (existsSync(path)) return;
  const stored = storedIds(checkpointDir);
  if (stored.includes(experimentId))
    throw new ConfigError(path, "must be the store of a run, and is a link to a file that is not there");
  const near = didYouMean(experimentId, stored);
  throw new ConfigError("experiment id", `must be a run in ${checkpointDir}`, experimentId, near);
}

/**
 * What is read of a stored run; nothing where its file cannot be read, or no run began in it.
 *
 * @param leftOut called with the sentence that says why
 */
export function readOrSay<T>(
  path: string,
  read: () => T | undefined,
  leftOut: (sentence: string) => void,
): T | undefined {
  try {
    const found = read();
    if (found === undefined && !isBeingRun(path)) leftOut(neverBegan(path).message);
    return found;
  } catch (error) {
    if (!(error instanceof StoreError || error instanceof ConfigError)) throw error;
    leftOut(error.message);
    return undefined;
  }
}

/** A process that was killed before it had written what its run is. */
export const neverBegan = (path: string): ConfigError =>
  new ConfigError(path, "has no manifest: the run never began", undefined, "Start it again with `crucible run`");

/** How a stored run is: as its last session ended; `killed` where that is open and no process is at it. */
export type StoredStatus = RunStatus | "killed";

export function statusOf(sessions: readonly RunSession[], path: string): StoredStatus {
  const last = sessions.at(-1)?.status ?? "running";
  return last === "running" && !isBeingRun(path) ? "killed" : last;
}

/** @throws ConfigError where the folder of the runs is something else */
function isFolder(checkpointDir: string): boolean {
  const found = statSync(checkpointDir, { throwIfNoEntry: false, bigint: true });
  if (found?.isDirectory()) return true;
  const isLink = lstatSync(checkpointDir, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (found === undefined && !isLink) return false;
  const law = found ? "must be a folder" : "must be a folder, not a link to nothing";
  throw new ConfigError("checkpointDir", law, checkpointDir, "Name another one with --checkpoints");
}

/** Ids of all runs in a checkpoint directory, sorted. */
export function storedIds(checkpointDir: string): string[] {
  if (!isFolder(checkpointDir)) return [];
  return readdirSync(checkpointDir)
    .filter((file) => file.endsWith(".db"))
    .map((file) => file.slice(0, -3))
    .filter(isRunId)
    .sort();
}

/** Takes back the file of a new run that was refused before its first task. Results are never removed. */
export async function removeStore({ prepared, sessions, store }: Beginning, options: RunOptions): Promise<void> {
  if (
    options.store ||
    sessions.length > 0 ||
    store.location !== storePath(prepared.settings.checkpointDir, prepared.experimentId)
  )
    return;
  for (const suffix of ["", "-wal", "-shm", ".lock"]) rmSync(store.location + suffix, { force: true });
  rmSync(recordingPath(prepared.settings.checkpointDir, prepared.experimentId), { force: true });
}

/** Gives all results of a run when asked, also after its store was closed. */
export async function resultReader(experimentId: string, store: RunStore): Promise<() => readonly TaskResult[]> {
  const path = store instanceof ScoringStore ? store.run.location : store.location;
  let results: readonly TaskResult[] | undefined;
  if (!existsSync(path)) {
    const read: TaskResult[] = []; // a plugged store may not be there later
    for await (const outcome of store.outcomes()) read.push(toTaskResult(experimentId, outcome));
    results = read;
  }
  return () => {
    results ??= readAll(experimentId, path, store instanceof ScoringStore ? store.name : undefined);
    return results;
  };
}

function readAll(experimentId: string, path: string, scoring: string | undefined): TaskResult[] {
  const store = sqliteStore(path, { mode: "read" });
  const shown = scoring === undefined ? store : scoringStore(store, scoring);
  try {
    return Array.from(shown.outcomes(), (outcome) => toTaskResult(experimentId, outcome));
  } finally {
    store.close();
  }
}
