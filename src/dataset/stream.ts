import { ConfigError } from "#src/kernel/errors";
import type { DatasetOptions } from "./options.ts";

type Awaitable<T> = T | Promise<T>;
/** Rows one after the other: an async generator, a cursor, the lines of a response. */
export type RowSource<Row = unknown> = AsyncIterable<Row> | Iterable<Row>;

/**
 * Opens a source.
 *
 * @param from number of rows to leave out, from 0: where a run is resumed, rows that it is done with. A function that takes no parameter is
 * called each time for all of its rows, and those are passed over here
 * @param signal aborted when no more rows are wanted, also while one is waited for
 */
export type OpenRows<Row = unknown> = (from: number, signal: AbortSignal) => Awaitable<RowSource<Row>>;

/** A data set that is read while its tasks are run. */
export interface DatasetStream<Row = unknown> {
  readonly kind: "stream";
  readonly open: OpenRows<Row>;
  readonly name: string;
  readonly rows?: number;
}

export interface StreamOptions {
  /** What manifests and reports call the source; the name of the function when absent. */
  readonly name?: string;
  /** How many rows it has, where that is known: one that ends before them has broken off, and the run can be resumed. A whole number of at least 1. */
  readonly rows?: number;
}

/**
 * A data set that is pulled as its tasks are fed: a database cursor, the lines of a response, a generator. Rows come in the order of the
 * source, a few more than are being worked on are held, and their number need not be known.
 *
 * @param open see `OpenRows`; what it gives must be the same rows in the same order whenever it is called
 * @throws ConfigError where `open` is not a function, or `rows` not a number of rows
 * @example streamed(async function* lines() { yield { id: "a" }; }).name // => "lines"
 */
export function streamed<Row = Record<string, unknown>>(
  open: OpenRows<Row>,
  { name, rows }: StreamOptions = {},
): DatasetStream<Row> {
  if (typeof open !== "function")
    throw new ConfigError(
      "streamed()",
      "must be given a function that opens the source",
      open,
      "streamed((from) => rows) is called again, with the place, where a run is resumed",
    );
  if (rows !== undefined && !(Number.isSafeInteger(rows) && rows > 0))
    throw new ConfigError("streamed().rows", "must be a whole number of at least 1", rows);
  return { kind: "stream", open, name: name ?? (open.name || "stream"), ...(rows === undefined ? {} : { rows }) };
}

/** Whether `input` is what `streamed()` returns. */
export const isStream = (input: unknown): input is DatasetStream =>
  typeof input === "object" && input !== null && "kind" in input && input.kind === "stream" && "open" in input;

/** Options that choose among rows: they need to have seen all. */
const needAll = [
  "items",
  "shuffle",
  "stratifyBy",
  "weightBy",
  "fold",
] as const satisfies readonly (keyof DatasetOptions)[];

/** @throws ConfigError for an option that a stream cannot keep */
export function refuseOverStream(options: DatasetOptions): void {
  const asked = needAll.find((name) => options[name] !== undefined && options[name] !== false);
  if (asked === undefined) return;
  throw new ConfigError(
    `datasetConfig.${asked}`,
    "must not be set where the data set is a stream, whose rows are taken in the order of the source as they come",
    options[asked],
    "Choose in the source, take its first rows with datasetConfig.limit, or read all rows before the run: dataset: () => rows",
  );
}
