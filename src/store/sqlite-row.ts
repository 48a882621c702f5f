import { type Outcome, place } from "#src/experiment/outcome";
import type { SummaryRow } from "#src/experiment/store-summary";
import { StoreError, show } from "#src/kernel/errors";
import type { SqlValue } from "./sqlite-driver.ts";
import type { Spending, StoredReservation } from "./store.ts";

/** A result as it stands in the file. */
export interface StoredRow {
  readonly ordinal: number;
  readonly condition: string;
  readonly item_id: string;
  readonly cluster: string | null;
  readonly repeat: number;
  readonly status: string;
  readonly attempts: number;
  readonly cost: number | null;
  readonly started_at: number;
  readonly elapsed_ms: number;
  readonly worker: string;
  readonly json: string;
}

export function toRow(outcome: Outcome): SqlValue[] {
  const {
    ordinal,
    condition,
    itemId,
    cluster,
    repeat,
    finalStatus,
    attempts,
    cost,
    startedAt,
    elapsedMs,
    worker,
    ...rest
  } = outcome;
  return [
    ordinal,
    condition,
    itemId,
    cluster ?? null,
    repeat,
    finalStatus,
    attempts,
    cost ?? null,
    startedAt,
    elapsedMs,
    worker,
    JSON.stringify(rest),
  ];
}

/** The outcome of a row. @throws SyntaxError where it is not one: rows without a checksum may be damaged and still be JSON */
export function fromRow(row: StoredRow): Outcome {
  const rest = JSON.parse(row.json) as Pick<Outcome, "metrics" | "retryDelaysMs" | "errorHistory">;
  if (!Object.hasOwn(place, row.status) || !isRecord(rest?.metrics) || !Array.isArray(rest.errorHistory))
    throw new SyntaxError(`task ${row.ordinal} is not an outcome`);
  return {
    ordinal: row.ordinal,
    condition: row.condition,
    itemId: row.item_id,
    ...(row.cluster === null ? {} : { cluster: row.cluster }),
    repeat: row.repeat,
    finalStatus: row.status as Outcome["finalStatus"],
    attempts: row.attempts,
    ...(row.cost === null ? {} : { cost: row.cost }),
    startedAt: row.started_at,
    elapsedMs: row.elapsed_ms,
    worker: row.worker,
    ...rest,
  };
}

const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null;

/** Characters of one item of a dataset that is kept. */
const MOST_CHARACTERS = 65_536;

/** A row of a dataset as JSON, where it has one of reasonable length. */
export function jsonOf(row: unknown): string | undefined {
  try {
    const json = JSON.stringify(row);
    return json !== undefined && json.length <= MOST_CHARACTERS ? json : undefined;
  } catch {
    return undefined; // a value that JSON has no word for
  }
}

/** Counts are made by the database, which knows no status. */
export function knownStatus(path: string, sum: SummaryRow): SummaryRow {
  if (Object.hasOwn(place, sum.finalStatus)) return sum;
  throw new StoreError(path, `a row is damaged: its status is ${show(sum.finalStatus)}`);
}

/** What an attempt cost that is in no row. */
export type LostAmount = Omit<StoredReservation, "attempt">;

/** What was lost, by condition. */
export function sumsOf(rows: readonly (LostAmount & { readonly attempts: number })[]): Spending[] {
  const sums = new Map<string, Spending>();
  for (const { condition, amount, attempts } of rows) {
    const { cost, tasks } = sums.get(condition) ?? { cost: 0, tasks: 0 };
    sums.set(condition, { condition, cost: cost + amount, tasks: tasks + attempts });
  }
  return [...sums.values()].sort((a, b) => (a.condition < b.condition ? -1 : 1)); // as SQL groups them
}
