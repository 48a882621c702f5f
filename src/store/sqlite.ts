import type { Manifest, RunSession } from "#src/experiment/manifest";
import { earlierErrorsOf, type Outcome } from "#src/experiment/outcome";
import type { StoreSummary, SummaryRow } from "#src/experiment/store-summary";
import type { Database, SqlValue, Statement } from "./sqlite-driver.ts";
import { faultOf, openStoreFile } from "./sqlite-file.ts";
import { releaseLock, takeLock } from "./sqlite-lock.ts";
import { fromRow, type StoredRow, toRow } from "./sqlite-row.ts";
import { watchFile } from "./sqlite-watch.ts";
import type { RunStore, Spending } from "./store.ts";

/** Rows in one statement: with 16 a row costs 3.5 microseconds, alone 6. */
const ROWS_AT_ONCE = 16;
/** The statement for the given number of rows. */
const INSERT = Array.from(
  { length: ROWS_AT_ONCE + 1 },
  (_, rows) =>
    `INSERT OR IGNORE INTO result VALUES ${Array(rows).fill("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").join(", ")}`,
);

/** Ordinals without a gap between them have the same difference to their rank. */
const RANGES = `SELECT min(ordinal) AS first, max(ordinal) AS last
  FROM (SELECT ordinal, ordinal - row_number() OVER (ORDER BY ordinal) AS island FROM result) GROUP BY island ORDER BY first`;
const SUMS = `SELECT condition, status AS finalStatus, count(*) AS tasks, sum(attempts - 1) AS retries,
  ifnull(sum(cost), 0) AS cost, ifnull(max(cost / attempts), 0) AS maxCostPerAttempt FROM result GROUP BY condition, status`;
/** What failed before a task was taken out of the results. */
const EARLIER = "SELECT json FROM earlier WHERE condition = ? AND item_id = ? AND repeat = ?";
const RECENT = "SELECT * FROM result ORDER BY started_at + elapsed_ms DESC, ordinal DESC LIMIT ?";

/** Items of a dataset that are kept beside the results, and characters of one: a run must not wait for its dataset to be copied. */
const MOST_ITEMS = 20_000;
const MOST_CHARACTERS = 65_536;

/** A SQLite store answers at once, and some questions beyond the socket. */
export interface SqliteStore extends RunStore {
  manifest(): Manifest | undefined;
  append(outcomes: readonly Outcome[]): readonly number[];
  outcomes(): Iterable<Outcome>;
  failed(): Iterable<Outcome>;
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
  const all = <StoredRow>(sql: string) => database.prepare(sql).all() as StoredRow[];
  // an iterator does not keep its statement from the garbage collector, which then frees what is being read
  const reading = new Set<Statement>();
  function* each<StoredRow>(sql: string): Generator<StoredRow> {
    const statement = database.prepare(sql);
    reading.add(statement);
    try {
      yield* statement.iterate() as Iterable<StoredRow>;
    } finally {
      reading.delete(statement);
    }
  }

  function* rowsOf(where: string): Generator<Outcome> {
    try {
      for (const row of each<StoredRow>(`SELECT * FROM result ${where} ORDER BY ordinal`)) yield fromRow(row);
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
  const insertOne = (outcome: Outcome): boolean => Number(prepared(INSERT[1]!).run(...toRow(outcome)).changes) === 1;
  /** @returns the rows, or nothing where not all were new */
  const insertTogether = (outcomes: readonly Outcome[]): readonly Outcome[] | undefined => {
    for (let from = 0; from < outcomes.length; from += ROWS_AT_ONCE) {
      const values: SqlValue[] = [];
      const until = Math.min(outcomes.length, from + ROWS_AT_ONCE);
      for (let at = from; at < until; at++) values.push(...toRow(outcomes[at]!));
      if (Number(prepared(INSERT[until - from]!).run(...values).changes) < until - from) return undefined;
    }
    return outcomes;
  };

  let hasEarlier = false;
  try {
    hasEarlier = mode === "run" && database.prepare("SELECT 1 FROM earlier LIMIT 1").get() !== undefined;
  } catch (error) {
    database.close();
    releaseLock(lock);
    throw faultOf(path, error); // a damaged file may be opened, and then not be read
  }
  /** The outcome with what failed before its task was done again. */
  const withEarlier = (outcome: Outcome): Outcome => {
    const { condition, itemId, repeat } = outcome;
    const kept = prepared(EARLIER).get(condition, itemId, repeat) as { json: string } | undefined;
    return kept ? { ...outcome, earlierErrors: JSON.parse(kept.json) as Outcome["errorHistory"] } : outcome;
  };

  const putJson = (table: string, key: string | number, value: unknown): void => {
    database.prepare(`INSERT OR REPLACE INTO ${table} VALUES (?, ?)`).run(key, JSON.stringify(value));
  };

  const store: SqliteStore = {
    location: path,
    manifest() {
      const row = database.prepare("SELECT json FROM meta WHERE key = 'manifest'").get() as
        | { json: string }
        | undefined;
      return row && (JSON.parse(row.json) as Manifest);
    },
    putManifest: (manifest) => putJson("meta", "manifest", manifest),
    putItems(items) {
      if (items.length > MOST_ITEMS) return;
      transact(() => {
        for (const { id, row } of items) {
          const json = jsonOf(row);
          if (json !== undefined) prepared("INSERT OR REPLACE INTO item VALUES (?, ?)").run(id, json);
        }
        return true;
      });
    },
    append(outcomes) {
      const rows = hasEarlier ? outcomes.map(withEarlier) : outcomes;
      // nearly always all rows are new; where some are not, each is asked by itself
      const added = transact(() => insertTogether(rows)) ?? transact(() => rows.filter(insertOne));
      watch();
      return added!.map(({ ordinal }) => ordinal);
    },
    summary: (recentRows) => ({
      finished: all(RANGES),
      sums: all(SUMS),
      recent: (prepared(RECENT).all(recentRows) as StoredRow[]).reverse().map((row) => {
        const { finalStatus, error } = fromRow(row);
        return { finalStatus, ...(error ? { error } : {}) };
      }),
    }),
    sums: () => all(SUMS),
    lost: () => all("SELECT condition, sum(amount) AS cost FROM lost GROUP BY condition"),
    outcomes: () => rowsOf(""),
    failed: () => rowsOf("WHERE status IN ('failed_permanent', 'failed_retries_exhausted')"),
    durations: () => all("SELECT condition, avg(elapsed_ms) AS meanMs FROM result GROUP BY condition"),
    reserve: ({ ordinal, attempt, condition, amount }) => {
      prepared("INSERT OR REPLACE INTO reservation VALUES (?, ?, ?, ?)").run(ordinal, attempt, condition, amount);
    },
    settle: ({ ordinal, attempt, condition, amount }) => {
      prepared("INSERT OR REPLACE INTO reservation VALUES (?, ?, ?, ?)").run(ordinal, attempt, condition, amount);
    },
    abandon: (ordinal) =>
      transact(() => {
        const former = "FROM reservation WHERE ordinal = ?";
        const { amount } = prepared(`SELECT total(amount) AS amount ${former}`).get(ordinal) as { amount: number };
        prepared(`INSERT INTO lost SELECT condition, ordinal, amount, 0 ${former}`).run(ordinal);
        prepared(`DELETE ${former}`).run(ordinal);
        return amount;
      })!,
    lose: ({ ordinal, condition, amount }) => {
      prepared("INSERT INTO lost VALUES (?, ?, ?, 0)").run(condition, ordinal, amount);
    },
    closeReservations() {
      database.exec(`BEGIN IMMEDIATE;
        INSERT INTO lost SELECT condition, ordinal, amount, 1 FROM reservation WHERE ordinal NOT IN (SELECT ordinal FROM result);
        DELETE FROM reservation;
        COMMIT;`);
      return all<Spending>(
        "SELECT condition, sum(amount) AS cost, sum(attempts) AS tasks FROM lost GROUP BY condition",
      );
    },
    forget(ordinals) {
      database.exec("BEGIN IMMEDIATE");
      for (const ordinal of ordinals) {
        const row = prepared("SELECT * FROM result WHERE ordinal = ?").get(ordinal) as StoredRow | undefined;
        const failed = row ? earlierErrorsOf(fromRow(row)) : [];
        if (row && failed.length > 0) {
          const { condition, item_id, repeat } = row;
          prepared("INSERT OR REPLACE INTO earlier VALUES (?, ?, ?, ?)").run(
            condition,
            item_id,
            repeat,
            JSON.stringify(failed),
          );
          hasEarlier = true;
        }
        prepared("INSERT INTO lost SELECT condition, ordinal, ifnull(cost, 0), 1 FROM result WHERE ordinal = ?").run(
          ordinal,
        );
        prepared("DELETE FROM result WHERE ordinal = ?").run(ordinal);
      }
      database.exec("COMMIT");
    },
    replan(manifest, ordinals) {
      transact(() => {
        database.exec("CREATE TEMP TABLE moved (old INTEGER PRIMARY KEY, place INTEGER NOT NULL)");
        const move = database.prepare("INSERT INTO moved VALUES (?, ?)");
        for (const [old, place] of ordinals) move.run(old, place);
        // by way of negative numbers: no two rows ever meet
        database.exec(`UPDATE result SET ordinal = -1 - (SELECT place FROM moved WHERE old = ordinal);
          UPDATE result SET ordinal = -1 - ordinal; DROP TABLE moved`);
        putJson("meta", "manifest", manifest);
        return true;
      });
    },
    sessions: () =>
      all<{ json: string }>("SELECT json FROM session ORDER BY number").map(
        ({ json }) => JSON.parse(json) as RunSession,
      ),
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
  return telling(store);
}

/** A row of a dataset as JSON, where it has one of reasonable length. */
function jsonOf(row: unknown): string | undefined {
  try {
    const json = JSON.stringify(row);
    return json !== undefined && json.length <= MOST_CHARACTERS ? json : undefined;
  } catch {
    return undefined; // a value that JSON has no word for
  }
}

/** The store with every system error turned into a sentence that names the file. */
function telling<S extends SqliteStore>(store: S): S {
  const told = Object.entries(store).map(([name, member]) => {
    if (typeof member !== "function") return [name, member];
    const method = (...values: unknown[]): unknown => {
      try {
        return member(...values);
      } catch (error) {
        throw faultOf(store.location, error);
      }
    };
    return [name, method];
  });
  return Object.fromEntries(told) as S;
}

/** A transaction that failed may be rolled back already: a full disk does so. */
function rollBack(database: Database): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // the first failure is the one that is reported
  }
}
