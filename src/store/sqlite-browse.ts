import type { FinalStatus, Outcome } from "#src/experiment/outcome";
import type { Failure } from "#src/kernel/failure";
import { mustBeWhole } from "./sqlite-checksum.ts";
import type { SqlValue } from "./sqlite-driver.ts";
import { faultOf, openStoreFile } from "./sqlite-file.ts";
import { isSealed } from "./sqlite-migrations.ts";
import { fromRow, type StoredRow } from "./sqlite-row.ts";

/** Orders in which tasks can be looked through. */
export const taskOrders = ["plan", "slowest", "most-expensive", "attempts", "newest"] as const;
export type TaskOrder = (typeof taskOrders)[number];

/** Which of the ended tasks to show. */
export interface TaskQuery {
  /** Part of an item's id or content, or of anything stored with the task: output, messages, errors. Case does not matter for ASCII letters. */
  readonly search?: string | undefined;
  /** Id of an item. */
  readonly item?: string | undefined;
  readonly condition?: string | undefined;
  /** `failed` for both ways to fail. */
  readonly status?: FinalStatus | "failed" | undefined;
  readonly errorKind?: string | undefined;
  readonly order: TaskOrder;
  readonly offset: number;
  readonly limit: number;
}

/** Ended tasks of one condition and status, and their sums. */
export interface StatusCount {
  readonly condition: string;
  readonly status: FinalStatus;
  readonly tasks: number;
  readonly retries: number;
  readonly cost: number | null;
  readonly meanMs: number;
}

/** A task as it stands in a list. */
export type ListedTask = Omit<Outcome, "output">;

/** A look into a store for people: a page at a time, whatever its size. */
export interface SqliteBrowser {
  tasks(query: TaskQuery): { readonly total: number; readonly rows: readonly ListedTask[] };
  task(ordinal: number): Outcome | undefined;
  /** What an item of the dataset is, where the store kept it. */
  item(id: string): unknown;
  /** Id of the item of the first ended task from one place of the plan to before another. */
  itemBetween(from: number, to: number): string | undefined;
  /** Failed tasks by kind of error and condition, most first. */
  errors(): readonly { readonly kind: string; readonly condition: string; readonly tasks: number }[];
  /** What failed tasks say, one by one. */
  failures(): Iterable<{ readonly condition: string; readonly error?: Failure }>;
  counts(): readonly StatusCount[];
  /** Amounts by condition that were spent on attempts whose result was lost. */
  lost(): readonly { readonly condition: string; readonly cost: number }[];
  close(): void;
}

const FAILED = "status IN ('failed_permanent', 'failed_retries_exhausted')";
const ERROR_KIND = "ifnull(json_extract(json, '$.error.kind'), 'unknown')";

const orderBy: Readonly<Record<TaskOrder, string>> = {
  plan: "ordinal",
  slowest: "elapsed_ms DESC, ordinal",
  "most-expensive": "cost DESC, ordinal",
  attempts: "attempts DESC, ordinal",
  newest: "started_at DESC, ordinal",
};

/**
 * Opens a store for looking, while its run may continue. The file is mapped into memory: counting a hundred thousand rows takes milliseconds.
 *
 * @throws ConfigError when the file is not a store, StoreError when it is damaged
 */
export function browseSqlite(path: string): SqliteBrowser {
  const database = openStoreFile(path, "read", "process");
  database.exec("PRAGMA mmap_size = 4294967296");
  const all = <R>(sql: string, ...values: SqlValue[]): R[] => {
    try {
      return database.prepare(sql).all(...values) as R[];
    } catch (error) {
      throw faultOf(path, error);
    }
  };
  const isSealedFile = isSealed(database);
  const whole = (row: StoredRow): Outcome => fromRow(mustBeWhole(path, "result", row, isSealedFile));
  const keepsItems = all("SELECT name FROM sqlite_schema WHERE name = 'item'").length > 0; // a file of an older layout does not
  const task = (ordinal: number): Outcome | undefined => {
    const [row] = all<StoredRow>("SELECT * FROM result WHERE ordinal = ?", ordinal);
    return row && whole(row);
  };
  return {
    tasks(query) {
      const { where, values } = whereOf(query, keepsItems);
      const [counted] = all<{ total: number }>(`SELECT count(*) AS total FROM result ${where}`, ...values);
      const order = orderBy[query.order];
      const page = all<{ ordinal: number }>(
        `SELECT ordinal FROM result ${where} ORDER BY ${order} LIMIT ? OFFSET ?`,
        ...values,
        query.limit,
        query.offset,
      );
      const rows = page.flatMap(({ ordinal }) => listed(task(ordinal))); // one at a time: outputs of a page may not fit in memory
      return { total: counted!.total, rows };
    },
    task,
    item(id) {
      if (!keepsItems) return undefined;
      const [row] = all<{ json: string }>("SELECT * FROM item WHERE id = ?", id);
      return row && (JSON.parse(mustBeWhole(path, "item", row, isSealedFile).json) as unknown);
    },
    itemBetween: (from, to) =>
      all<{ item: string }>(
        "SELECT item_id AS item FROM result WHERE ordinal >= ? AND ordinal < ? LIMIT 1",
        from,
        to,
      )[0]?.item,
    errors: () =>
      all(
        `SELECT ${ERROR_KIND} AS kind, condition, count(*) AS tasks FROM result WHERE ${FAILED} GROUP BY 1, 2 ORDER BY tasks DESC`,
      ),
    failures: () =>
      all<{ condition: string; error: string | null }>(
        `SELECT condition, json_extract(json, '$.error') AS error FROM result WHERE ${FAILED} ORDER BY ordinal`,
      ).map(({ condition, error }) => ({
        condition,
        ...(error === null ? {} : { error: JSON.parse(error) as Failure }),
      })),
    counts: () =>
      all(
        `SELECT condition, status, count(*) AS tasks, sum(attempts - 1) AS retries, sum(cost) AS cost, avg(elapsed_ms) AS meanMs
         FROM result GROUP BY condition, status`,
      ),
    lost: () => all("SELECT condition, sum(amount) AS cost FROM lost GROUP BY condition"),
    close: () => database.close(),
  };
}

function listed(task: Outcome | undefined): ListedTask[] {
  if (!task) return [];
  const { output: _, ...rest } = task;
  return [rest];
}

/** The filters as SQL. Whatever comes from outside is a bound value. */
function whereOf(
  { search, item, condition, status, errorKind }: TaskQuery,
  keepsItems: boolean,
): { where: string; values: SqlValue[] } {
  const like = `%${(search ?? "").replace(/[\\%_]/g, "\\$&")}%`;
  const inside = ["item_id LIKE ? ESCAPE '\\'", "json LIKE ? ESCAPE '\\'"];
  if (keepsItems) inside.push("item_id IN (SELECT id FROM item WHERE item.json LIKE ? ESCAPE '\\')");
  const clauses: [sql: string, ...values: SqlValue[]][] = [
    ...(item ? [["item_id = ?", item] as [string, string]] : []),
    ...(condition ? [["condition = ?", condition] as [string, string]] : []),
    ...(status === "failed" ? [[FAILED] as [string]] : status ? [["status = ?", status] as [string, string]] : []),
    ...(errorKind ? [[`${FAILED} AND ${ERROR_KIND} = ?`, errorKind] as [string, string]] : []),
    ...(search ? [[`(${inside.join(" OR ")})`, ...inside.map(() => like)] as [string, ...string[]]] : []),
  ];
  return {
    where: clauses.length > 0 ? `WHERE ${clauses.map(([sql]) => sql).join(" AND ")}` : "",
    values: clauses.flatMap(([, ...own]) => own),
  };
}
