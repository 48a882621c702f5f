import { nameOf, type SealedTable, sealedTables, sealOf } from "./sqlite-checksum.ts";
import type { Database } from "./sqlite-driver.ts";
import { openStoreFile } from "./sqlite-file.ts";
import { isSealed } from "./sqlite-migrations.ts";

/** What became of a store since it was written. */
export interface StoreCheck {
  /** Results, and rows of all kinds. */
  readonly results: number;
  readonly rows: number;
  /** Rows of a version that wrote no checksums: whether they are as they were cannot be told. */
  readonly unsealed: number;
  /** What is damaged, a sentence each, of at most `MOST_TOLD`. */
  readonly damaged: readonly string[];
  readonly damages: number;
}

const MOST_TOLD = 20;

/**
 * Reads every page and every row of a store and holds each row against its checksum. Writes nothing.
 *
 * @throws ConfigError for a file that is not a store, StoreError for one that cannot be opened
 */
export function verifySqlite(path: string): StoreCheck {
  const database = openStoreFile(path, "read", "process");
  const damaged: string[] = [];
  let [results, rows, unsealed, damages] = [0, 0, 0, 0];
  const tell = (sentence: string): void => {
    damages += 1;
    if (damaged.length < MOST_TOLD) damaged.push(sentence);
  };
  try {
    for (const fault of attempt(() => pageFaults(database), tell) ?? []) tell(fault);
    const sealed = isSealed(database);
    for (const table of sealedTables.filter((name) => isThere(database, name))) {
      attempt(() => {
        for (const row of database.prepare(`SELECT * FROM ${table}`).iterate() as Iterable<object>) {
          rows += 1;
          if (table === "result") results += 1;
          const seal = sealOf(row);
          if (seal === "damaged" || (seal === "unsealed" && sealed))
            tell(`${nameOf(table, row)} is not as it was written`);
          else if (seal === "unsealed") unsealed += 1;
        }
      }, tell);
    }
    return { results, rows, unsealed, damaged, damages };
  } finally {
    database.close();
  }
}

/** What SQLite finds in the pages of the file. */
const pageFaults = (database: Database): string[] =>
  (database.prepare("PRAGMA integrity_check(20)").all() as { integrity_check: string }[])
    .map((row) => row.integrity_check)
    .filter((text) => text !== "ok")
    .map((text) => `the file: ${text}`);

const isThere = (database: Database, table: SealedTable): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table) !== undefined;

/** A page that cannot be read is damage, and no reason to read no further. */
function attempt<T>(work: () => T, tell: (sentence: string) => void): T | undefined {
  try {
    return work();
  } catch (error) {
    tell(`the file: ${(error as Error).message}`);
    return undefined;
  }
}
