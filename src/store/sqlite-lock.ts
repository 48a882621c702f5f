import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { ConfigError, StoreFault } from "#src/kernel/errors";
import { type Database, openDatabase } from "./sqlite-driver.ts";
import { codeOf, createPrivately } from "./sqlite-file.ts";

/** SQLite's code for a lock that another connection holds. */
const BUSY = 5;

/** Locks that this process holds. A database that is garbage-collected is closed, and its lock released with it. */
const held = new Set<Database>();

const lockOf = (path: string): string => `${path}.lock`;

/** Milliseconds to wait for a process that only checks the lock. */
const LOOKING_MS = 100;

/** Whether a process is at the run of a store: a `running` session without one was killed. */
export function isBeingRun(path: string): boolean {
  if (!existsSync(lockOf(path))) return false;
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
 * and readers of the store itself are not kept out.
 */
export function takeLock(path: string): Database {
  let lock: Database | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    createPrivately(lockOf(path));
    lock = openDatabase(lockOf(path), { timeout: LOOKING_MS });
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    held.add(lock);
    return lock;
  } catch (error) {
    lock?.close();
    if (codeOf(error) !== BUSY) throw new StoreFault(path, (error as Error).message);
    throw new ConfigError(
      path,
      "is being run by another process",
      undefined,
      "Wait for it, or stop it; two runs never share a store",
    );
  }
}

export function releaseLock(lock: Database | undefined): void {
  if (!lock) return;
  held.delete(lock);
  lock.close();
}
