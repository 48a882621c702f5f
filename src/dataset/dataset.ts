import { copyOf } from "#src/kernel/copy";
import { contentJson, digestText } from "#src/kernel/digest";
import { ConfigError, didYouMean, faultIn, show } from "#src/kernel/errors";
import { toFailure } from "#src/kernel/failure";
import { isMeantBy } from "#src/kernel/glob";
import { stream } from "#src/kernel/random";
import { isWellFormed, wellFormedLaw } from "#src/kernel/record";
import { type Reading, schemaReader } from "#src/schema/schema";
import { draw } from "./draw.ts";
import type { DatasetFile } from "./file.ts";
import { foldOf } from "./folds.ts";
import type { HubDataset } from "./hugging-face.ts";
import type { DatasetOptions } from "./options.ts";
import type { DatasetStream } from "./stream.ts";

/** Values of an item by the fields that results are sliced by; without those that it has not. */
export type Slices = Readonly<Record<string, string>>;

/** One row of a data set under the name by which results are paired, retried and resumed. */
export interface DatasetItem<Row = unknown> {
  /** Given by `datasetConfig.id`, else the row's own `id`, else the digest of its content. */
  readonly id: string;
  readonly row: Row;
  /** The value of `datasetConfig.cluster`: items of one passage, repository or conversation. */
  readonly cluster?: string;
  /** Values by the fields that results are sliced by. */
  readonly slices?: Slices;
}

/** A row and the place it came from, for messages: `data.jsonl:17`, or `dataset[16]`. */
export interface PlacedRow<Row = unknown> {
  readonly row: Row;
  readonly place: string;
}

/** Refuses an item by throwing a ConfigError. */
export type ItemCheck = (item: DatasetItem, place: string) => void;

/** Everything that `dataset:` takes. A string is a registered name, else a path. */
export type DatasetInput<Row = unknown> =
  | readonly Row[]
  | Iterable<Row>
  | AsyncIterable<Row>
  | DatasetFile<Row>
  | HubDataset<Row>
  | DatasetStream<Row>
  | (() => DatasetInput<Row> | Promise<DatasetInput<Row>>)
  | string;

/**
 * What `datasetConfig.schema` makes of rows; the rows themselves where there is none.
 *
 * @throws ConfigError for the first row that the schema refuses, with its place
 */
export async function rowsBySchema(
  rows: readonly PlacedRow[],
  { schema }: Pick<DatasetOptions, "schema">,
): Promise<readonly PlacedRow[]> {
  if (schema === undefined) return rows;
  const read = schemaReader(schema, "datasetConfig.schema");
  const made: PlacedRow[] = [];
  for (const { row, place } of rows) {
    let reading: Reading;
    try {
      const answer = read(row);
      reading = "then" in answer ? await answer : answer; // a million rows wait for no promise that is not needed
    } catch (error) {
      throw new ConfigError(place, `cannot be read by datasetConfig.schema (${toFailure(error, 0).message})`);
    }
    if ("issues" in reading) {
      const [{ path, message }] = reading.issues;
      const at = path.map(String).join(".") || "the row";
      throw new ConfigError(place, `does not fit datasetConfig.schema at ${at}: ${message}`);
    }
    made.push({ row: reading.value, place });
  }
  return made;
}

/**
 * Names the rows, checks them, and draws the sample that an experiment runs on.
 *
 * @param seed of everything that is drawn
 * @param check what else must hold of every item, drawn or not
 * @param rows as `rowsBySchema` gives them
 * @throws ConfigError for an empty data set, a duplicate id (with both places), a missing field, a bad weight
 */
export function toItems(
  rows: readonly PlacedRow[],
  options: DatasetOptions,
  seed: number,
  check: ItemCheck = () => {},
): DatasetItem[] {
  if (rows.length === 0) throw new ConfigError("dataset", "must have at least one row", undefined, "It is empty");
  const places = new Map<string, string>();
  const numbered = options.id === POSITION && !rows.some(({ row }) => isRecord(row) && POSITION in row);
  const items = rows.map((placed, i) => {
    const item = toItem(placed, options, numbered ? String(i) : undefined);
    const earlier = places.get(item.id);
    if (earlier !== undefined) throw repeatedId(item.id, placed.place, earlier, options);
    places.set(item.id, placed.place);
    check(item, placed.place);
    return item;
  });
  return drawItems(items, options, seed);
}

/** The value of `datasetConfig.id` by which rows are named by their numbers. */
export const POSITION = "position";

const isRecord = (row: unknown): row is Readonly<Record<string, unknown>> => typeof row === "object" && row !== null;

/** Two rows of one name, of which results would be mixed. @param earlier place of the other */
export const repeatedId = (id: string, place: string, earlier: string, options: DatasetOptions): ConfigError =>
  new ConfigError(place, `repeats the id ${show(id)} of ${earlier}`, undefined, duplicateHint(options));

const duplicateHint = (options: DatasetOptions): string =>
  options.id
    ? "Every item needs an id of its own"
    : `Name a field that tells rows apart with datasetConfig.id, number them with { id: "${POSITION}" }, or remove one of them`;

/**
 * Names and checks one row, of which `rowsBySchema` made what conditions see.
 *
 * @param number its id, where it is named by its number
 * @throws ConfigError with its place, for a missing field
 */
export function toItem({ row, place }: PlacedRow, options: DatasetOptions, number?: string): DatasetItem {
  const checked = ownRow(row, place);
  const id = number ?? idOf(checked, place, options);
  if (options.cluster === undefined) return { id, row: checked };
  return { id, row: checked, cluster: labelIn(checked, options.cluster, place, "cluster") };
}

/** A copy that code outside of the run cannot change. @throws ConfigError for what cannot be copied, nor sent to a thread */
function ownRow(row: unknown, place: string): unknown {
  if (row === undefined)
    throw new ConfigError(
      place,
      "must be a row, and is undefined",
      undefined,
      "Does the function that makes it return it?",
    );
  try {
    return copyOf(row);
  } catch (error) {
    if (error instanceof ConfigError) throw faultIn(place, error);
    throw new ConfigError(place, `cannot be read (${toFailure(error, 0).message})`); // a getter that throws
  }
}

function idOf(row: unknown, place: string, options: DatasetOptions): string {
  if (options.id !== undefined) return labelIn(row, options.id, place, "id");
  const own = isRecord(row) ? row.id : undefined;
  return ["string", "number", "bigint"].includes(typeof own)
    ? toLabel(own, place, "id", "id", true)
    : digestText(contentJson(row)).slice(0, 16);
}

const labelIn = (row: unknown, name: string, place: string, option: "id" | "cluster"): string =>
  toLabel(field(row, name, place, `datasetConfig.${option}`), place, name, option);

/** What identifies or groups rows, as text. A number that is not finite, or has lost digits, identifies nothing. */
function toLabel(value: unknown, place: string, name: string, what: string, mayBeEmpty = false): string {
  const isLabel =
    typeof value === "string" ? mayBeEmpty || value !== "" : ["number", "bigint", "boolean"].includes(typeof value);
  if (typeof value === "string" && !isWellFormed(value))
    throw new ConfigError(place, `must have text ${wellFormedLaw}, as its ${what} ${show(name)}`, value);
  const isLost = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  if (isLabel && !isLost && !(typeof value === "number" && !Number.isFinite(value))) return String(value);
  throw new ConfigError(
    place,
    `must have text or a number as its ${what} ${show(name)}`,
    value,
    isLost ? "A whole number beyond 2^53 has lost digits here: write it as text" : undefined,
  );
}

function field(row: unknown, name: string, place: string, option: string): unknown {
  if (!isRecord(row) || !(name in row)) {
    const fields = isRecord(row) ? Object.keys(row) : [];
    throw new ConfigError(
      place,
      `must have the field ${show(name)} that ${option} names`,
      undefined,
      didYouMean(name, fields),
    );
  }
  return row[name];
}

/** How many rows are enough: the limit where the first rows are meant; all of them where drawing needs to have seen all. */
export const rowsNeeded = ({ items, limit, shuffle, stratifyBy, weightBy, fold }: DatasetOptions): number =>
  items || limit === undefined || shuffle || stratifyBy || weightBy || fold ? Number.POSITIVE_INFINITY : limit;

/** The fold, then those that are named, then shuffle and limit. */
function drawItems(items: readonly DatasetItem[], options: DatasetOptions, seed: number): DatasetItem[] {
  const { fold, shuffle, limit, stratifyBy, weightBy, cluster } = options;
  const read = (item: DatasetItem, name: string, option: string): unknown =>
    field(item.row, name, `item ${show(item.id)}`, `datasetConfig.${option}`);
  const stratumOf = stratifyBy ? (item: DatasetItem) => String(read(item, stratifyBy, "stratifyBy")) : undefined;
  const clusterOf = cluster ? (item: DatasetItem) => item.cluster! : undefined;
  const folds = fold && foldOf(items, fold.k, stream(seed, "folds"), { stratumOf, clusterOf });
  const inFold = fold ? items.filter((_, i) => (folds![i] === fold.index) === (fold.part === "test")) : items;
  const within = options.items ? namedItems(inFold, options.items) : inFold;
  const weights = weightBy && new Map(within.map((item) => [item, toWeight(item, read(item, weightBy, "weightBy"))]));
  const weightOf = weights ? (item: DatasetItem) => weights.get(item)! : undefined;
  return [...draw(within, { shuffle, limit, stratumOf, weightOf }, stream(seed, "dataset"))];
}

/** @throws ConfigError for a pattern that no item has */
function namedItems(items: readonly DatasetItem[], patterns: readonly string[]): readonly DatasetItem[] {
  const ids = items.map(({ id }) => id);
  for (const pattern of patterns)
    if (!ids.some((id) => isMeantBy(pattern, id)))
      throw new ConfigError("datasetConfig.items", "must name items", pattern, didYouMean(pattern, ids));
  return items.filter(({ id }) => patterns.some((pattern) => isMeantBy(pattern, id)));
}

function toWeight({ id }: DatasetItem, value: unknown): number {
  const weight = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof weight === "number" && weight >= 0 && weight < Number.POSITIVE_INFINITY) return weight;
  throw new ConfigError(`item ${show(id)}`, "must have a number from 0 up as its weight", value);
}
