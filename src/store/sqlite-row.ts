import type { Outcome } from "#src/experiment/outcome";
import type { SqlValue } from "./sqlite-driver.ts";

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

/** The outcome of a row. */
export function fromRow(row: StoredRow): Outcome {
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
    ...(JSON.parse(row.json) as Pick<Outcome, "metrics" | "retryDelaysMs" | "errorHistory">),
  };
}
