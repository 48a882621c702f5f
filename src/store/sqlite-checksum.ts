import { crc32 } from "node:zlib";
import { StoreError } from "#src/kernel/errors";
import type { SqlValue } from "./sqlite-driver.ts";

/** Tables whose rows end with a checksum of their other columns. */
export const sealedTables = [
  "meta",
  "session",
  "result",
  "reservation",
  "lost",
  "item",
  "earlier",
  "answer",
  "entry",
] as const;
export type SealedTable = (typeof sealedTables)[number];

/** The values of a row with their checksum behind them: CRC-32 finds every change of up to 32 bits in a row. */
export const sealed = (values: readonly SqlValue[]): SqlValue[] => [...values, checksumOf(values)];

/** The checksum of the other columns of a row, in their order. */
export function checksumOf(values: readonly SqlValue[]): number {
  let text = "";
  for (const value of values) text += sealable(value);
  return crc32(text);
}

const sealable = (value: SqlValue): string => `${Number.isNaN(value) ? null : value}\u001f`; // SQLite keeps NaN as NULL

/** Whether a row is as it was written; `unsealed` where a version without checksums wrote it. */
export type Seal = "whole" | "damaged" | "unsealed";

export function sealOf(row: object): Seal {
  const { checksum = null } = row as { readonly checksum?: number | null };
  if (checksum === null) return "unsealed";
  let text = "";
  for (const column of Object.keys(row))
    if (column !== "checksum") text += sealable((row as Record<string, SqlValue>)[column]!);
  return crc32(text) === checksum ? "whole" : "damaged";
}

/**
 * The row, where it is as it was written.
 *
 * @param isSealed whether all rows of the file have a checksum
 * @throws StoreError where it is not
 */
export function mustBeWhole<Row extends object>(path: string, table: SealedTable, row: Row, isSealed: boolean): Row {
  const seal = sealOf(row);
  if (seal === "whole" || (seal === "unsealed" && !isSealed)) return row;
  throw new StoreError(path, `${nameOf(table, row)} is damaged: its checksum differs`);
}

/** @example nameOf("result", { ordinal: 3, condition: "a", item_id: "i", repeat: 0 }) // => "the row of task 3 (a/i/0)" */
export function nameOf(table: SealedTable, row: object): string {
  const { ordinal, condition, item_id, repeat, number, key, id, list } = row as Record<string, unknown>;
  switch (table) {
    case "result":
      return `the row of task ${ordinal} (${condition}/${item_id}/${repeat})`;
    case "session":
      return `session ${number}`;
    case "meta":
      return `the ${key}`;
    case "item":
      return `item ${id}`;
    case "earlier":
      return `what failed earlier of ${condition}/${item_id}/${repeat}`;
    case "answer":
      return `the answer of task ${ordinal}`;
    case "entry":
      return `entry ${number} of ${list}`;
    case "reservation":
      return `the promise of task ${ordinal}`;
    case "lost":
      return `a lost amount of task ${ordinal}`;
  }
}
