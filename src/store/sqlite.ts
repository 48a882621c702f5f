import type { Answer } from "#src/experiment/attempts";
import type { Manifest, RunSession } from "#src/experiment/manifest";
import { earlierErrorsOf, type Outcome } from "#src/experiment/outcome";
import type { StoreSummary, SummaryRow } from "#src/experiment/store-summary";
import { IN_ANSWER, SqliteAnswers } from "./sqlite-answers.ts";
import { checksumOf, mustBeWhole, type SealedTable, sealed } from "./sqlite-checksum.ts";
import { type Database, type SqlValue, type Statement, rowsOf as valuesOf } from "./sqlite-driver.ts";
import { sqliteEntries, writeEntry } from "./sqlite-entries.ts";
import { checkPages, faultOf, openStoreFile, rollBack, telling } from "./sqlite-file.ts";
import { releaseLock, takeLock } from "./sqlite-lock.ts";
import { isSealed } from "./sqlite-migrations.ts";
import { SqliteReader } from "./sqlite-reader.ts";
import { fromRow, jsonOf, knownStatus, type LostAmount, type StoredRow, sumsOf, toRow } from "./sqlite-row.ts";
import { watchFile } from "./sqlite-watch.ts";
import type { Entries, RunStore, StoredReservation } from "./store.ts";

/** Rows in one statement: with 16 a row costs 3.5 microseconds, alone 6. */
const ROWS_AT_ONCE = 16;
const places = (columns: number): string => `(${Array(columns).fill("?").join(", ")})`;
/** The statement for the given number of rows. */
const INSERT = Array.from(
  { length: ROWS_AT_ONCE + 1 },
  (_, rows) => `INSERT OR IGNORE INTO result VALUES ${Array(rows).fill(places(13)).join(", ")}`,
);

/** Ordinals without a gap between them have the same difference to their rank. */
const RANGES = `SELECT min(ordinal) AS first, max(ordinal) AS last
  FROM (SELECT ordinal, ordinal - row_number() OVER (ORDER BY ordinal) AS island FROM result) GROUP BY island ORDER BY first`;
const SUMS = `SELECT condition, status AS finalStatus, count(*) AS tasks, sum(attempts - 1) AS retries,
  ifnull(sum(cost), 0) AS cost, ifnull(max(cost / attempts), 0) AS maxCostPerAttempt FROM result GROUP BY condition, status`;
/** What failed before a task was taken out of the results. */
const EARLIER = "WHERE condition = ? AND item_id = ? AND repeat = ?";
const RECENT = "SELECT * FROM result ORDER BY started_at + elapsed_ms DESC, ordinal DESC LIMIT ?";

/** Items of a dataset that are kept beside the results: a run must not wait for its dataset to be copied. */
const MOST_ITEMS = 20_000;

/** A SQLite store answers at once, and some questions beyond the socket. */
export interface SqliteStore extends RunStore {
  manifest(): Manifest | undefined;
  append(outcomes: readonly Outcome[]): readonly number[];
  outcomes(): Iterable<Outcome>;
  failed(): Iterable<Outcome>;
  putAnswers(answers: readonly Answer[]): void;
  answers(): readonly Answer[];
  answerOf(ordinal: number): Answer | undefined;
  outcomeOf(ordinal: number): Outcome | undefined;
  outcomesFrom(ordinal: number, most: number): readonly Outcome[];
  readonly entries: Entries;
  summary(recentRows: number): StoreSummary;
  /** Ended tasks by condition and how they ended. */
  sums(): readonly SummaryRow[];
  /** What attempts cost whose result was lost, by condition. */
  lost(): readonly { readonly condition: string; readonly cost: number }[];
  abandon(ordinal: number): number;
  sessions(): readonly RunSession[];
  close(): void;
  /** Mean milliseconds of the last attempt by condition. */
  durations(): readonly { readonly condition: string; readonly meanMs: number }[];
}

export interface SqliteOptions {
  /** `read` needs an existing file and takes no lock: for reports, also while the run is active. */
  readonly mode?: "run" | "read";
  /** What an acknowledged row survives. `power-loss` waits for the disk at every commit. */
  readonly durability?: "process" | "power-loss";
}

/**
 * A run in one SQLite file: one writer, write-ahead log, rows keyed by their place in the plan.
 *
 * @throws ConfigError when the file is missing (mode `read`), no SQLite file, of a newer version, or being run by another process
 * @throws StoreError, now and from every method, when the file system refuses: a full disk, a damaged file, no permission
 */
export function sqliteStore(path: string, { mode = "run", durability = "process" }: SqliteOptions = {}): SqliteStore {
  const lock = mode === "run" && path !== ":memory:" ? takeLock(path) : undefined;
  let database: Database;
  try {
    database = openStoreFile(path, mode, durability);
  } catch (error) {
    releaseLock(lock);
    throw error;
  }
  const isSealedFile = isSealed(database);
  const all = <Row>(sql: string) => database.prepare(sql).all() as Row[];
  const reader = new SqliteReader(path, database);
  function* rowsOf(where?: string): Generator<Outcome> {
    try {
      checkPagesOnce();
      for (const row of reader.each<StoredRow>({ table: "result", by: "ordinal", ...(where ? { where } : {}) }))
        yield fromRow(row);
    } catch (error) {
      throw faultOf(path, error);
    }
  }

  const watch = mode === "run" ? watchFile(path, database) : () => {};
  const statements = new Map<string, Statement>();
  const prepared = (sql: string): Statement => {
    const known = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, known);
    return known;
  };

  /** Commits what the work did, unless it throws or returns nothing. */
  const transact = <T>(work: () => T | undefined): T | undefined => {
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec(result === undefined ? "ROLLBACK" : "COMMIT");
      return result;
    } catch (error) {
      rollBack(database);
      throw error;
    }
  };
  const insertOne = (outcome: Outcome): boolean =>
    Number(prepared(INSERT[1]!).run(...sealed(toRow(outcome))).changes) === 1;
  /** @returns the rows, or nothing where not all were new */
  const insertTogether = (outcomes: readonly Outcome[]): readonly Outcome[] | undefined => {
    for (let from = 0; from < outcomes.length; from += ROWS_AT_ONCE) {
      const values: SqlValue[] = [];
      const until = Math.min(outcomes.length, from + ROWS_AT_ONCE);
      for (let at = from; at < until; at++) values.push(...sealed(toRow(outcomes[at]!)));
      if (Number(prepared(INSERT[until - from]!).run(...values).changes) < until - from) return undefined;
    }
    return outcomes;
  };

  const has = (from: string): boolean => valuesOf(database, "1", from).length > 0;
  let hasEarlier = false;
  let answers: SqliteAnswers;
  let entries: Entries;
  try {
    answers = new SqliteAnswers({
      has,
      prepared,
      wholeRows: (where, ...values) => wholeRows("answer", where, ...values),
    });
    entries = sqliteEntries({
      has,
      prepared,
      transact,
      wholeRows: (where, ...values) => wholeRows("entry", where, ...values),
      *eachOf(list) {
        checkPagesOnce();
        yield* reader.each({ table: "entry", by: "number", where: `list = '${list.replaceAll("'", "''")}'` });
      },
    });
    hasEarlier = mode === "run" && has("FROM earlier LIMIT 1");
  } catch (error) {
    database.close();
    releaseLock(lock);
    throw faultOf(path, error); // a damaged file may be opened, and then not be read
  }
  /** The outcome with what failed before its task was done again. */
  const withEarlier = (outcome: Outcome): Outcome => {
    const { condition, itemId, repeat } = outcome;
    const [kept] = wholeRows<{ json: string }>("earlier", EARLIER, condition, itemId, repeat);
    return kept ? { ...outcome, earlierErrors: JSON.parse(kept.json) as Outcome["errorHistory"] } : outcome;
  };

  const putJson = (table: string, key: string | number, value: unknown): void => {
    prepared(`INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?)`).run(...sealed([key, JSON.stringify(value)]));
  };
  const putReservation = ({ ordinal, attempt, condition, amount }: StoredReservation): void => {
    const values = sealed([ordinal, attempt, condition, amount]);
    prepared("INSERT OR REPLACE INTO reservation VALUES (?, ?, ?, ?, ?)").run(...values);
  };
  const putLost = ({ condition, ordinal, amount }: LostAmount, attempts: number): void => {
    prepared("INSERT INTO lost VALUES (?, ?, ?, ?, ?)").run(...sealed([condition, ordinal, amount, attempts]));
  };
  /** Rows of a table, each as it was written. @param where SQL behind the table's name */
  const wholeRows = <Row extends object>(table: SealedTable, where = "", ...values: SqlValue[]): Row[] =>
    (prepared(`SELECT * FROM ${table} ${where}`).all(...values) as Row[]).map((row) =>
      mustBeWhole(path, table, row, isSealedFile),
    );
  let isChecked = mode === "run"; // when it was opened
  const checkPagesOnce = (): void => {
    if (!isChecked) checkPages(path, database);
    isChecked = true;
  };

  const store: SqliteStore = {
    location: path,
    manifest() {
      const [row] = wholeRows<{ json: string }>("meta", "WHERE key = 'manifest'");
      return row && (JSON.parse(row.json) as Manifest);
    },
    putManifest: (manifest) => putJson("meta", "manifest", manifest),
    putItems(items) {
      if (items.length > MOST_ITEMS) return;
      transact(() => {
        for (const { id, row } of items) {
          const json = jsonOf(row);
          if (json !== undefined) prepared("INSERT OR REPLACE INTO item VALUES (?, ?, ?)").run(...sealed([id, json]));
        }
        return true;
      });
    },
    items() {
      const isKept = all("SELECT name FROM sqlite_schema WHERE name = 'item'").length > 0; // not by an older layout
      const rows = isKept ? wholeRows<{ id: string; json: string }>("item") : [];
      return rows.map(({ id, json }) => ({ id, row: JSON.parse(json) as unknown }));
    },
    append(outcomes) {
      const rows = hasEarlier ? outcomes.map(withEarlier) : outcomes;
      // nearly always all rows are new; where some are not, each is asked by itself
      const insert = (work: () => readonly Outcome[] | undefined) =>
        transact(() => {
          const inserted = work();
          if (inserted) answers.scored(inserted);
          return inserted;
        });
      const added = insert(() => insertTogether(rows)) ?? insert(() => rows.filter(insertOne));
      watch();
      return added!.map(({ ordinal }) => ordinal);
    },
    putAnswers(given) {
      transact(() => answers.put(given));
    },
    answers: () => answers.waiting(),
    answerOf: (ordinal) => answers.of(ordinal),
    outcomeOf(ordinal) {
      const [row] = wholeRows<StoredRow>("result", "WHERE ordinal = ?", ordinal);
      return row && fromRow(row);
    },
    outcomesFrom(ordinal, most) {
      const where = `condition = (SELECT condition FROM result WHERE ordinal = ${ordinal}) AND ordinal >= ${ordinal}`;
      return reader.first<StoredRow>({ table: "result", by: "ordinal", where }, most).map(fromRow);
    },
    entries: telling(path, entries),
    summary(recentRows) {
      checkPagesOnce();
      for (const _ of reader.each({ table: "result", by: "ordinal" })); // each must be whole
      const recent = (prepared(RECENT).all(recentRows) as StoredRow[]).reverse().map((row) => {
        const { finalStatus, error } = fromRow(row);
        return { finalStatus, ...(error ? { error } : {}) };
      });
      return { finished: all(RANGES), sums: store.sums(), recent };
    },
    sums: () => all<SummaryRow>(SUMS).map((sum) => knownStatus(path, sum)),
    lost: () => sumsOf(wholeRows("lost")),
    outcomes: () => rowsOf(),
    failed: () => rowsOf("status IN ('failed_permanent', 'failed_retries_exhausted')"),
    durations: () => all("SELECT condition, avg(elapsed_ms) AS meanMs FROM result GROUP BY condition"),
    reserve: putReservation,
    settle: putReservation,
    abandon: (ordinal) =>
      transact(() => {
        const own = `WHERE ordinal = ? AND NOT ${IN_ANSWER}`;
        const former = wholeRows<LostAmount>("reservation", own, ordinal);
        for (const promise of former) putLost(promise, 0);
        prepared(`DELETE FROM reservation ${own}`).run(ordinal);
        return former.reduce((sum, { amount }) => sum + amount, 0);
      })!,
    lose: (spent) => putLost(spent, 0),
    closeReservations() {
      transact(() => {
        const open = wholeRows<LostAmount>(
          "reservation",
          `WHERE ordinal NOT IN (SELECT ordinal FROM result) AND NOT ${IN_ANSWER}`,
        );
        for (const promise of open) putLost(promise, 1);
        prepared("DELETE FROM reservation").run();
        return true;
      });
      return sumsOf(wholeRows("lost"));
    },
    forget(ordinals) {
      transact(() => {
        for (const ordinal of ordinals) {
          for (const row of wholeRows<StoredRow>("result", "WHERE ordinal = ?", ordinal)) {
            const { condition, item_id, repeat, cost } = row;
            const failed = earlierErrorsOf(fromRow(row));
            if (failed.length > 0) {
              const values = sealed([condition, item_id, repeat, JSON.stringify(failed)]);
              prepared("INSERT OR REPLACE INTO earlier VALUES (?, ?, ?, ?, ?)").run(...values);
              hasEarlier = true;
            }
            putLost({ condition, ordinal, amount: cost ?? 0 }, 1);
          }
          prepared("DELETE FROM result WHERE ordinal = ?").run(ordinal);
          answers.forget(ordinal);
        }
        return true;
      });
    },
    replan(manifest, ordinals, changes = []) {
      transact(() => {
        const places = new Map(ordinals);
        const moves = wholeRows<StoredRow>("result").map((row): SqlValue[] => {
          const { ordinal, checksum, ...rest } = row as StoredRow & { checksum: number | null };
          const place = places.get(ordinal)!;
          return [-1 - place, checksum === null ? null : checksumOf([place, ...Object.values(rest)]), ordinal];
        });
        // by way of negative numbers: no two rows ever meet
        for (const move of moves)
          prepared("UPDATE result SET ordinal = ?, checksum = ? WHERE ordinal = ?").run(...move);
        database.exec("UPDATE result SET ordinal = -1 - ordinal");
        answers.move(places);
        for (const change of changes) writeEntry(prepared, change);
        putJson("meta", "manifest", manifest);
        return true;
      });
    },
    sessions: () =>
      wholeRows<{ json: string }>("session", "ORDER BY number").map(({ json }) => JSON.parse(json) as RunSession),
    putSession(number, session) {
      putJson("session", number, session);
      watch();
    },
    close() {
      try {
        if (mode === "run") database.exec("PRAGMA wal_checkpoint(TRUNCATE)"); // the file alone is whole; where others still read it, as far as they let
        if (mode === "run") database.exec("PRAGMA busy_timeout = 50; PRAGMA journal_mode = DELETE"); // who reads it later leaves nothing beside it
      } catch {
        // a full disk: the write-ahead log keeps what the file has no room for
      }
      database.close();
      releaseLock(lock);
    },
  };
  return telling(path, store);
}
