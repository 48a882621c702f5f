import { sealed } from "./sqlite-checksum.ts";
import type { SqlValue, Statement } from "./sqlite-driver.ts";
import type { Entries, EntryChange, StoredEntry } from "./store.ts";

/** Entries in one statement. */
const AT_ONCE = 16;
const ADD = Array.from(
  { length: AT_ONCE + 1 },
  (_, rows) => `INSERT OR IGNORE INTO entry VALUES ${Array(rows).fill("(?, ?, ?, ?)").join(", ")} RETURNING number`,
);

/** The names, one look at the index each: a list may have a million entries. */
const LISTS = `WITH RECURSIVE next(list) AS (
    SELECT min(list) FROM entry
    UNION ALL SELECT (SELECT min(entry.list) FROM entry WHERE entry.list > next.list) FROM next WHERE next.list IS NOT NULL
  ) SELECT list FROM next WHERE list IS NOT NULL`;

/** An entry as it stands in the file. */
interface EntryRow {
  readonly list: string;
  readonly number: number;
  readonly json: string;
}

/** What the entries need of their file. */
interface EntryFile {
  has(from: string): boolean;
  prepared(sql: string): Statement;
  /** Rows of the table, each as it was written. */
  wholeRows(where: string, ...values: SqlValue[]): EntryRow[];
  /** Those of a list by their numbers, one after the other. */
  eachOf(list: string): Iterable<EntryRow>;
  /** Commits what the work did, unless it throws. */
  transact<T>(work: () => T): T | undefined;
}

const fromRow = ({ number, json }: EntryRow): StoredEntry => ({ number, value: JSON.parse(json) as unknown });
const toRow = (list: string, number: number, value: unknown): SqlValue[] =>
  sealed([list, number, JSON.stringify(value)]);

/** What a file keeps beside its results. */
export function sqliteEntries(file: EntryFile): Entries {
  // files of older versions that are only read have no such table
  const isThere = file.has("FROM sqlite_schema WHERE type = 'table' AND name = 'entry'");
  return {
    lists: () => (isThere ? (file.prepared(LISTS).all() as { list: string }[]).map(({ list }) => list) : []),
    *all(list) {
      if (isThere) for (const row of file.eachOf(list)) yield fromRow(row);
    },
    one(list, number) {
      if (!isThere) return undefined;
      const [row] = file.wholeRows("WHERE list = ? AND number = ?", list, number);
      return row && fromRow(row);
    },
    add: (list, entries) => file.transact(() => added(file, list, entries)) ?? [],
    write(changes) {
      file.transact(() => {
        for (const change of changes) writeEntry(file.prepared, change);
        return true;
      });
    },
  };
}

function added(file: EntryFile, list: string, entries: readonly StoredEntry[]): readonly number[] {
  const fresh: number[] = [];
  for (let from = 0; from < entries.length; from += AT_ONCE) {
    const until = Math.min(entries.length, from + AT_ONCE);
    const values: SqlValue[] = [];
    for (let at = from; at < until; at++) values.push(...toRow(list, entries[at]!.number, entries[at]!.value));
    for (const { number } of file.prepared(ADD[until - from]!).all(...values) as { number: number }[])
      fresh.push(number);
  }
  return fresh;
}

/** Writes an entry, or takes it away, within a transaction. */
export function writeEntry(prepared: EntryFile["prepared"], { list, number, value }: EntryChange): void {
  if (value === undefined) prepared("DELETE FROM entry WHERE list = ? AND number = ?").run(list, number);
  else prepared("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)").run(...toRow(list, number, value));
}
