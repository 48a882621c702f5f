import { STEP, type Steps } from "#src/kernel/steps";
import type { Joint } from "#src/stats/min-p";
import type { Reading } from "./reading.ts";
import type { Table } from "./table.ts";
import { unitOf } from "./unit.ts";

/** How the means of the conditions move together, with the place of each condition among the estimates. */
export interface Dependence {
  readonly joint: Joint;
  readonly places: Int32Array;
}

/**
 * The covariance of the conditions' means over items, or over clusters. Missing items leave a gap and are not filled in. Conditions stand in
 * an order that their values alone decide, so that nothing depends on the order in which they were given.
 *
 * @returns nothing for metrics that are not means
 */
export function* dependenceOf({ metric, means }: Reading, table: Table): Steps<Dependence | undefined> {
  if (metric.aggregate !== "mean") return undefined;
  const hashes = yield* hashesOf(table.items);
  const columns: Column[] = [];
  for (const values of means) columns.push(yield* influence(values, table, hashes));
  const unit = unitOf(columns.map(({ parts }) => parts)); // of the p-values, which are what is wanted, none depends on it
  if (unit !== 1) for (const { parts } of columns) for (let i = 0; i < parts.length; i++) parts[i]! /= unit;
  const order = columns.map((_, i) => i).sort((a, b) => columns[a]!.key - columns[b]!.key);
  const size = columns.length;
  const covariance = new Float64Array(size * size);
  const stopAfter = Math.max(1, Math.floor(STEP / Math.max(1, table.items.length)));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      if ((i * size + j) % stopAfter === 0) yield;
      const sum = product(columns[order[i]!]!.parts, columns[order[j]!]!.parts);
      covariance[i * size + j] = sum;
      covariance[j * size + i] = sum;
    }
  }
  const places = new Int32Array(size);
  order.forEach((condition, place) => {
    places[condition] = place;
  });
  const least = columns.reduce((fewest, { n }) => (n > 0 ? Math.min(fewest, n) : fewest), table.items.length);
  const units = table.clusters ? Math.min(table.clusterCount, least) : least;
  return { joint: { covariance, size, units }, places };
}

interface Column {
  /** What each unit adds to the error of the mean. */
  readonly parts: Float64Array;
  readonly n: number;
  /** Tells columns apart whatever their place: the same for the same values on the same items only. */
  readonly key: number;
}

function* influence(values: Float64Array, table: Table, hashes: Float64Array): Steps<Column> {
  const sums = { n: 0, sum: 0, key: 0 };
  for (let from = 0; from < values.length; from += AT_ONCE) {
    yield;
    addUp(sums, values, hashes, from, Math.min(from + AT_ONCE, values.length));
  }
  const parts = new Float64Array(table.clusters ? table.clusterCount : values.length);
  for (let from = 0; from < values.length; from += AT_ONCE) {
    yield;
    spread(parts, values, table.clusters, sums, from, Math.min(from + AT_ONCE, values.length));
  }
  return { parts, n: sums.n, key: sums.key };
}

/** Values that are looked at before others have their turn. */
const AT_ONCE = STEP / 20;

interface Sums {
  n: number;
  sum: number;
  key: number;
}

function addUp(sums: Sums, values: Float64Array, hashes: Float64Array, from: number, to: number): void {
  let { n, sum, key } = sums;
  for (let item = from; item < to; item++) {
    const value = values[item]!;
    if (Number.isNaN(value)) continue;
    n += 1;
    sum += value;
    key += value * hashes[item]! + hashes[item]! ** 2;
  }
  Object.assign(sums, { n, sum, key });
}

function spread(
  parts: Float64Array,
  values: Float64Array,
  clusters: Table["clusters"],
  { n, sum }: Sums,
  from: number,
  to: number,
): void {
  const mean = sum / n;
  for (let item = from; item < to; item++) {
    const value = values[item]!;
    if (!Number.isNaN(value)) parts[clusters ? clusters[item]! : item]! += (value - mean) / n;
  }
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function* hashesOf(ids: readonly string[]): Steps<Float64Array> {
  const hashes = new Float64Array(ids.length);
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    yield;
    hashInto(hashes, ids, from, Math.min(from + AT_ONCE, ids.length));
  }
  return hashes;
}

function hashInto(hashes: Float64Array, ids: readonly string[], from: number, to: number): void {
  for (let item = from; item < to; item++) hashes[item] = hashOf(ids[item]!);
}

/** A number in [0, 1) from an item's id. @see FNV-1a */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}
