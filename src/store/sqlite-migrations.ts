import { ConfigError, StoreError } from "#src/kernel/errors";
import { type Database, openDatabase, rowsOf } from "./sqlite-driver.ts";

/** Steps from an empty file to today's layout; a file of version n has had the first n. Only ever append to this list. */
const steps: readonly string[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE session (number INTEGER PRIMARY KEY, json TEXT NOT NULL);
   CREATE TABLE result (
     ordinal INTEGER PRIMARY KEY,
     condition TEXT NOT NULL,
     item_id TEXT NOT NULL,
     cluster TEXT,
     repeat INTEGER NOT NULL,
     status TEXT NOT NULL,
     attempts INTEGER NOT NULL,
     cost REAL,
     started_at REAL NOT NULL,
     elapsed_ms REAL NOT NULL,
     worker TEXT NOT NULL,
     json TEXT NOT NULL
   );`,
  `CREATE TABLE reservation (
     ordinal INTEGER NOT NULL,
     attempt INTEGER NOT NULL,
     condition TEXT NOT NULL,
     amount REAL NOT NULL,
     PRIMARY KEY (ordinal, attempt)
   ) WITHOUT ROWID;
   CREATE TABLE lost (condition TEXT NOT NULL, ordinal INTEGER NOT NULL, amount REAL NOT NULL);`,
  // attempts that were under way when a session ended; none for what was charged late or by a task that was begun again
  `ALTER TABLE lost ADD COLUMN attempts INTEGER NOT NULL DEFAULT 1;`,
  // what tasks were about, for those who look at them
  `CREATE TABLE item (id TEXT PRIMARY KEY, json TEXT NOT NULL);`,
  // failed attempts of tasks that were taken out of the results to be done again
  `CREATE TABLE earlier (
     condition TEXT NOT NULL,
     item_id TEXT NOT NULL,
     repeat INTEGER NOT NULL,
     json TEXT NOT NULL,
     PRIMARY KEY (condition, item_id, repeat)
   ) WITHOUT ROWID;`,
  // of the other columns of a row; none in rows of an older version
  ["meta", "session", "result", "reservation", "lost", "item", "earlier"]
    .map((table) => `ALTER TABLE ${table} ADD COLUMN checksum INTEGER;`)
    .join(" "),
  // answers that wait to be scored; `attempts` is the one that gave it
  `CREATE TABLE answer (ordinal INTEGER PRIMARY KEY, attempts INTEGER NOT NULL, json TEXT NOT NULL, checksum INTEGER);`,
  // what is kept beside the results: scorings, labels
  `CREATE TABLE entry (
     list TEXT NOT NULL,
     number INTEGER NOT NULL,
     json TEXT NOT NULL,
     checksum INTEGER,
     PRIMARY KEY (list, number)
   ) WITHOUT ROWID;`,
];

/** Marks files in which every row has a checksum, since no older version ever wrote to them. */
const SEALED = 0x43525543;

/** Whether every row of a file has a checksum. */
export const isSealed = (database: Database): boolean =>
  rowsOf(database, "application_id", "FROM pragma_application_id")[0]![0] === SEALED;

const versionOf = (database: Database): number =>
  rowsOf(database, "user_version", "FROM pragma_user_version")[0]![0] as number;

/** Asked before anything is written. @throws ConfigError for a file of a newer version */
export function refuseNewer(database: Database, path: string): void {
  const version = versionOf(database);
  if (version <= steps.length) return;
  throw new ConfigError(
    path,
    `was written by a newer version (layout ${version}; this version knows ${steps.length})`,
    undefined,
    "Update crucible-harness to read it",
  );
}

/**
 * A damaged name of a column would be that of a value that is missing.
 *
 * @throws StoreError for a file whose tables are others than its version made
 */
export function refuseDamagedLayout(database: Database, path: string): void {
  if (!isSealed(database)) return; // an older version may have made them otherwise
  const version = versionOf(database);
  const known = layouts.get(version) ?? layoutOf(made(version));
  layouts.set(version, known);
  if (layoutOf(database) !== known) throw new StoreError(path, "its layout is damaged");
}

const layouts = new Map<number, string>();

function made(version: number): Database {
  const database = openDatabase(":memory:");
  for (const step of steps.slice(0, version)) database.exec(step);
  return database;
}

const layoutOf = (database: Database): string =>
  JSON.stringify(rowsOf(database, "type, name, tbl_name, sql", "FROM sqlite_schema ORDER BY type, name"));

/** Brings a file to today's layout. */
export function migrate(database: Database): void {
  const version = versionOf(database);
  if (version === 0) database.exec(`PRAGMA application_id = ${SEALED}`);
  for (const [i, step] of steps.entries()) {
    if (i < version) continue;
    database.exec(`BEGIN; ${step} PRAGMA user_version = ${i + 1}; COMMIT;`);
  }
}
