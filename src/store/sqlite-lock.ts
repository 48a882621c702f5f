import {
  type BigIntStats,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  realpathSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { dirname } from "node:path";
import { ConfigError, StoreError } from "#src/kernel/errors";
import { notAFile } from "#src/node/file-kind";
import { makeFolder } from "#src/node/make-folder";
import { type Database, openDatabase } from "./sqlite-driver.ts";
import { codeOf } from "./sqlite-file.ts";

/** SQLite's code for a lock that another connection holds. */
const BUSY = 5;

/** A lock that this process holds, and the file that it is on. */
export interface StoreLock {
  readonly database: Database;
  readonly path: string;
  /** Keeps the file while the lock is held; to close it earlier would give up the lock, which the system keeps by process. */
  readonly descriptor: number;
}

/** Locks that this process holds, by their file. A database that is garbage-collected is closed, and its lock released with it. */
const held = new Map<string, StoreLock>();

/** Beside the file itself, by whatever link it is opened. */
const lockOf = (path: string): string => `${existsSync(path) ? realpathSync(path) : path}.lock`;

/** Milliseconds to wait for a process that only checks the lock. */
const LOOKING_MS = 100;

/** Whether a process is at the run of a store: a `running` session without one was killed. */
export function isBeingRun(path: string): boolean {
  if (!existsSync(lockOf(path)) || notAFile(lockOf(path))) return false;
  const lock = openDatabase(lockOf(path), { readOnly: true, timeout: 0 });
  try {
    lock.prepare("SELECT count(*) FROM sqlite_schema").get();
    return false;
  } catch {
    return true;
  } finally {
    lock.close();
  }
}

/**
 * The right to write, as an open transaction on a file beside the store: the system lets go of it when the process dies, however it dies,
 * and readers of the store itself are not kept out. The file is removed with the lock.
 */
export function takeLock(path: string): StoreLock {
  for (let attempt = 1; ; attempt++) {
    const lock = tryLock(path);
    // a run that has just ended removes the file of its lock: a lock on a removed file keeps no other run out
    if (isAt(lock.descriptor, lock.path) || attempt === ATTEMPTS) return lock;
    close(lock);
  }
}

const ATTEMPTS = 20;

function tryLock(path: string): StoreLock {
  let database: Database | undefined;
  let descriptor: number | undefined;
  try {
    makeFolder(dirname(path));
    const other = notAFile(lockOf(path));
    if (other) throw new StoreError(path, `${lockOf(path)} is ${other}`);
    const found = statSync(lockOf(path), { bigint: true, throwIfNoEntry: false });
    if (found && held.has(keyOf(found))) throw beingRun(path); // before it is opened: see `descriptor`
    descriptor = openSync(lockOf(path), "a", 0o600);
    database = openDatabase(lockOf(path), { timeout: LOOKING_MS });
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    const lock = { database, path: lockOf(path), descriptor };
    held.set(keyOf(fstatSync(descriptor, { bigint: true })), lock);
    return lock;
  } catch (error) {
    database?.close();
    if (descriptor !== undefined) closeSync(descriptor);
    if (error instanceof ConfigError || error instanceof StoreError) throw error;
    if (codeOf(error) !== BUSY) throw new StoreError(path, (error as Error).message);
    throw beingRun(path);
  }
}

/** @example beingRun("exp_1.db").message // => "exp_1.db is being run by another process. Wait for it, or stop it; two runs never share a store" */
export const beingRun = (path: string): ConfigError =>
  new ConfigError(
    path,
    "is being run by another process",
    undefined,
    "Wait for it, or stop it; two runs never share a store",
  );

const keyOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;

/** Whether a path still leads to an open file. */
function isAt(descriptor: number, path: string): boolean {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found !== undefined && keyOf(found) === keyOf(fstatSync(descriptor, { bigint: true }));
}

function close({ database, descriptor }: StoreLock): void {
  held.delete(keyOf(fstatSync(descriptor, { bigint: true })));
  database.close();
  closeSync(descriptor);
}

export function releaseLock(lock: StoreLock | undefined): void {
  if (!lock) return;
  try {
    if (isAt(lock.descriptor, lock.path)) unlinkSync(lock.path); // while it is held: the next run makes a file of its own
  } catch {
    // a folder that can no longer be written to: the file stays, and says nothing
  }
  close(lock);
}
