import { type Ending, endingOf } from "#src/experiment/ending";
import { type FlatMetrics, flatten, flattenReturned, type MetricValue } from "#src/experiment/metrics";
import { type Accounting, type FinalStatus, metricsOf, type Outcome, place } from "#src/experiment/outcome";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { fieldText } from "#src/kernel/field-text";
import { replyOf } from "./reply-sums.ts";

/**
 * A row from anywhere: what was done (condition, item, repeat) and its numbers, either under `metrics` or beside them.
 *
 * @example
 * { condition: "baseline", itemId: "q17", accuracy: 1, latency: 103 }
 */
export interface PlainRow {
  readonly condition: string;
  readonly itemId: string | number;
  /** Counted from 0; rows of one item without it are numbered as they come. */
  readonly repeat?: number | undefined;
  /** Group of items that belong together: a passage, a repository. */
  readonly cluster?: string | number | undefined;
  /** Values by which results are sliced; fields of the row itself will do. */
  readonly slices?: Readonly<Record<string, string>> | undefined;
  readonly finalStatus?: FinalStatus | undefined;
  readonly metrics?: Readonly<Record<string, MetricValue>> | undefined;
  readonly [field: string]: unknown;
}

export type Row = Outcome | PlainRow;

/** A row as the table takes it. */
export interface ReadRow {
  readonly condition: string;
  readonly itemId: string;
  readonly repeat: number | undefined;
  readonly cluster: string | undefined;
  readonly status: Exclude<keyof Accounting, "planned" | "pending" | "open">;
  /** Finite numbers by dotted name; empty for a task that failed. */
  readonly values: FlatMetrics;
  /** How its last reply ended; nothing for a task without one. */
  readonly ending: Ending | "whole" | undefined;
  /** What it replied, where a field is known to hold that. */
  readonly reply: string | undefined;
}

const words = new Set(["condition", "itemId", "repeat", "cluster", "finalStatus", "metrics", "slices"]);

/**
 * Reads a stored outcome or a plain row.
 *
 * @param number place of the row, counted from 0, for the sentence of a fault
 * @throws ConfigError for a row without condition or item
 * @example readRow({ condition: "a", itemId: 7, accuracy: true }, 0).values // => { accuracy: 1 }
 */
export function readRow(row: Row, number: number): ReadRow {
  if (typeof row.condition !== "string")
    throw new ConfigError(`rows[${number}].condition`, "must be a condition's name", row.condition);
  if (typeof row.itemId !== "string" && typeof row.itemId !== "number") {
    throw new ConfigError(`rows[${number}].itemId`, "must be an item's id", row.itemId);
  }
  if (row.finalStatus !== undefined && !Object.hasOwn(place, row.finalStatus)) {
    throw new ConfigError(
      `rows[${number}].finalStatus`,
      `must be one of ${Object.keys(place).join(", ")}`,
      row.finalStatus,
      meant(row.finalStatus),
    );
  }
  const { condition, repeat } = row;
  const itemId = String(row.itemId);
  const cluster = row.cluster === undefined ? undefined : String(row.cluster);
  if (isOutcome(row))
    return {
      condition,
      itemId,
      repeat,
      cluster,
      status: place[row.finalStatus],
      values: metricsOf(row),
      ending: endingOf(row),
      reply: replyOf(row.output, row.metrics),
    };
  const status = row.finalStatus ? place[row.finalStatus] : "succeeded";
  const failed = status === "failed" || status === "skipped";
  const values = failed ? {} : row.metrics ? flatten(row.metrics) : flattenReturned(row, words);
  const reply = failed ? undefined : replyOf(row, row.metrics);
  return { condition, itemId, repeat, cluster, status, values, ending: endingOf({ output: row }), reply };
}

/** The word for it, where that of the accounting was used; else the nearest one. */
function meant(status: unknown): string | undefined {
  const found = Object.entries(place).find(([, word]) => word === status);
  return found ? `Did you mean ${found[0]}?` : didYouMean(String(status), Object.keys(place));
}

const isOutcome = (row: Row): row is Outcome =>
  "ordinal" in row && typeof row.finalStatus === "string" && row.metrics !== undefined;

/** The values of a row by the fields that results are sliced by: those stored with it, else its own. */
export const slicesOf = (row: Row, by: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    by.flatMap((name) => {
      const value = isOutcome(row) || row.slices ? row.slices?.[name] : fieldText(row, name);
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
