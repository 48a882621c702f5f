import { createRequire } from "node:module";

/** What the store needs of a driver: a part of the API of `node:sqlite`, which `@photostructure/sqlite` has too. */
export interface Database {
  exec(sql: string): void;
  function(name: string, options: { readonly varargs: boolean }, call: (...values: SqlValue[]) => SqlValue): void;
  prepare(sql: string): Statement;
  close(): void;
}

export interface Statement {
  run(...values: SqlValue[]): { readonly changes: number | bigint };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
  iterate(...values: SqlValue[]): Iterable<unknown>;
}

export type SqlValue = string | number | null;

export interface OpenOptions {
  readonly readOnly?: boolean;
  /** Milliseconds to wait for another connection's lock. */
  readonly timeout?: number;
}

interface Driver {
  readonly DatabaseSync: new (path: string, options?: OpenOptions) => Database;
}

/** Below this version two connections in WAL mode can corrupt the file (sqlite.org, "WAL-reset bug", fixed in 3.51.3). */
const SOUND_VERSION = [3, 51, 3];

let driver: Driver | undefined;

/** Opens a database with Node's own SQLite where it has one that is sound, else with the package of the same API. */
export function openDatabase(path: string, options: OpenOptions = {}): Database {
  driver ??= builtin() ?? (createRequire(import.meta.url)("@photostructure/sqlite") as Driver);
  return new driver.DatabaseSync(path, options);
}

/**
 * What a query gives, without a statement: the package frees statements when they are garbage-collected, and a closed connection keeps its
 * lock on the file for as long as one is left.
 *
 * @example rowsOf(openDatabase(":memory:"), "1, 'a'") // => [[1, "a"]]
 */
export function rowsOf(database: Database, columns: string, from = ""): SqlValue[][] {
  const rows: SqlValue[][] = [];
  database.function("told", { varargs: true }, (...values) => {
    rows.push(values);
    return null;
  });
  database.exec(`SELECT told(${columns}) ${from}`);
  return rows;
}

function builtin(): Driver | undefined {
  const version = (process.versions.sqlite ?? "0").split(".").map(Number);
  const firstDifference = SOUND_VERSION.findIndex((part, i) => part !== (version[i] ?? 0));
  const sound = firstDifference < 0 || (version[firstDifference] ?? 0) > SOUND_VERSION[firstDifference]!;
  return sound ? quietly(() => process.getBuiltinModule("node:sqlite") as Driver | undefined) : undefined;
}

/** Node 22 warns that its SQLite is an experimental feature; what is asked of it is tested there as in every other version. */
function quietly<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (!/^SQLite is an experimental feature/.test(String(warning)))
      Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
