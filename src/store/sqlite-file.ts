import { closeSync, existsSync, openSync, statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { ConfigError, StoreError } from "#src/kernel/errors";
import { notAFile } from "#src/node/file-kind";
import { type Database, type OpenOptions, openDatabase, rowsOf } from "./sqlite-driver.ts";
import { migrate, refuseDamagedLayout, refuseNewer } from "./sqlite-migrations.ts";

/** Opens the file of a store. @throws ConfigError and StoreError as `sqliteStore` does */
export function openStoreFile(path: string, mode: "run" | "read", durability: "process" | "power-loss"): Database {
  const other = notAFile(path);
  if (other) throw new ConfigError(path, "must be the store of a run", undefined, `It is ${other}`);
  try {
    return mode === "run" ? openToWrite(path, durability) : openToRead(path);
  } catch (error) {
    if (error instanceof ConfigError || error instanceof StoreError) throw error;
    if (FILE_SYSTEM.has(codeOf(error))) throw faultOf(path, error);
    throw new ConfigError(
      path,
      `cannot be opened as the store of a run (${(error as Error).message})`,
      undefined,
      "It was left as it is",
    );
  }
}

/** Creates the file readable by its owner alone, before SQLite creates it readable by all: prompts and outputs are private. */
export function createPrivately(path: string): void {
  if (path === ":memory:") return;
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch {
    // it is there already; what else may be wrong SQLite says
  }
}

function openToWrite(path: string, durability: "process" | "power-loss"): Database {
  refuseDamagedPages(path);
  createPrivately(path);
  return opened(path, { timeout: 5000 }, (database) => {
    refuseNewer(database, path);
    const synchronous = durability === "process" ? "NORMAL" : "FULL";
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA cache_size = -4096`);
    migrate(database);
    refuseDamagedLayout(database, path);
  });
}

/** Before the file is opened to be written to, which changes its header: what cannot be used is left as it is. */
function refuseDamagedPages(path: string): void {
  if (path === ":memory:" || (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  const database = openToRead(path);
  try {
    checkPages(path, database);
  } finally {
    database.close();
  }
}

/** Finds what lies outside of rows: a page that lost a row, an index of another row. @throws StoreError */
export function checkPages(path: string, database: Database): void {
  const [fault] = rowsOf(database, "quick_check", "FROM pragma_quick_check LIMIT 1");
  if (fault && fault[0] !== "ok") throw new StoreError(path, `it is damaged: ${fault[0]}`);
}

function openToRead(path: string): Database {
  if (!existsSync(path)) throw new ConfigError(path, "must be the store of a run", undefined, "There is no such file");
  const options = { readOnly: true, timeout: 5000 };
  const check = (database: Database): void => {
    refuseNewer(database, path);
    refuseDamagedLayout(database, path);
    rowsOf(database, "count(*)", "FROM meta"); // a file that is not a store is found out here
  };
  try {
    return opened(path, options, check);
  } catch (error) {
    if (codeOf(error) !== CANNOT_OPEN || existsSync(`${path}-wal`)) throw error;
    // a folder that cannot be written to: SQLite must be told that no other process can either
    return opened(`${pathToFileURL(path).href}?immutable=1`, options, check);
  }
}

function opened(path: string, options: OpenOptions, prepare: (database: Database) => void): Database {
  const database = openDatabase(path, options);
  try {
    prepare(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** What SQLite throws has a code, and rows are JSON; what else is thrown is our bug. */
export function faultOf(path: string, error: unknown): unknown {
  if (error instanceof SyntaxError) return new StoreError(path, `a row is damaged: ${error.message}`);
  if (!(error instanceof Error)) return error;
  // an iterator's errors have no code
  const isSqlites = "errcode" in error || /database|disk I\/O|malformed|b-tree|not an error/.test(error.message);
  return isSqlites && !(error instanceof StoreError || error instanceof ConfigError)
    ? new StoreError(path, error.message)
    : error;
}

/** SQLite's code of an error, without what it says in addition; 0 for others. */
export const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;

/** SQLite's codes for what the file system refuses: permission, read-only, input and output, full, cannot open. */
const FILE_SYSTEM: ReadonlySet<number> = new Set([3, 8, 10, 13, 14]);
const CANNOT_OPEN = 14;

/** A transaction that failed may be rolled back already: a full disk does so. */
export function rollBack(database: Database): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // the first failure is the one that is reported
  }
}

/** The store with every system error turned into a sentence that names the file. */
export function telling<S extends object>(path: string, store: S): S {
  const told = Object.entries(store).map(([name, member]) => {
    if (typeof member !== "function") return [name, member];
    const method = (...values: unknown[]): unknown => {
      try {
        return member(...values);
      } catch (error) {
        throw faultOf(path, error);
      }
    };
    return [name, method];
  });
  return Object.fromEntries(told) as S;
}
