import { ConfigError } from "#src/kernel/errors";
import type { Database } from "./sqlite-driver.ts";

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
];

const versionOf = (database: Database): number =>
  (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;

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

/** Brings a file to today's layout. */
export function migrate(database: Database): void {
  const version = versionOf(database);
  for (const [i, step] of steps.entries()) {
    if (i < version) continue;
    database.exec(`BEGIN; ${step} PRAGMA user_version = ${i + 1}; COMMIT;`);
  }
}
