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
 * @returns nothing for metrics that are no means
 */
export function* dependenceOf({ metric, means }: Reading, table: Table): Steps<Dependence | undefined> {
  if (metric.aggregate !== "mean") return undefined;
  const hashes = hashesOf(table.items);
  const columns: Column[] = [];
  for (const values of means) {
    yield;
    columns.push(influence(values, table, hashes));
  }
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

function influence(values: Float64Array, { clusters, clusterCount }: Table, hashes: Float64Array): Column {
  let [n, sum, key] = [0, 0, 0];
  values.forEach((value, item) => {
    if (Number.isNaN(value)) return;
    n += 1;
    sum += value;
    key += value * hashes[item]! + hashes[item]! ** 2;
  });
  const mean = sum / n;
  const parts = new Float64Array(clusters ? clusterCount : values.length);
  values.forEach((value, item) => {
    if (!Number.isNaN(value)) parts[clusters ? clusters[item]! : item]! += (value - mean) / n;
  });
  return { parts, n, key };
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function hashesOf(ids: readonly string[]): Float64Array {
  const hashes = new Float64Array(ids.length);
  for (let item = 0; item < ids.length; item++) hashes[item] = hashOf(ids[item]!);
  return hashes;
}

/** A number in [0, 1) from an item's id. @see FNV-1a */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}
