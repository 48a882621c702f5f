import type { Aggregate } from "#src/experiment/metrics";
import { finish, STEP, type Steps } from "#src/kernel/steps";
import type { Column } from "./column.ts";

/** A number made from the values of a condition, each with a weight: how often it was drawn. */
export type WeightedStatistic =
  | { readonly kind: "mean" | "std" | "sum" | "min" | "max" }
  /** Type 7 of Hyndman and Fan, as R and NumPy have it. */
  | { readonly kind: "quantile"; readonly share: number };

/** @example statisticOf("p99") // => { kind: "quantile", share: 0.99 } */
export function statisticOf(aggregate: Aggregate): WeightedStatistic {
  if (aggregate === "median") return { kind: "quantile", share: 0.5 };
  if (aggregate.startsWith("p")) return { kind: "quantile", share: Number(aggregate.slice(1)) / 100 };
  return { kind: aggregate as "mean" | "std" | "sum" | "min" | "max" };
}

/** Values in ascending order with the unit of each. */
export interface SortedColumn {
  readonly values: Float64Array;
  readonly units: Uint32Array;
  /** How many of the values each unit has; nothing beyond the last unit that has one. */
  readonly counts: Int32Array;
}

/** @param unitOf cluster of each item; the item itself when absent */
export const sortColumn = (column: Column, unitOf: Int32Array | undefined): SortedColumn =>
  finish(sortInSteps(column, unitOf));

/** Sorts a column that may be long; who asks for it later has it at once. */
export function* sortInSteps(column: Column, unitOf: Int32Array | undefined): Steps<SortedColumn> {
  const known = sortedColumns.get(column);
  if (known && known.unitOf === unitOf) return known.sorted;
  const sorted = yield* sortedOf(column, unitOf);
  sortedColumns.set(column, { sorted, unitOf });
  return sorted;
}

/** Each column is sorted once, however many pairs it is part of. */
const sortedColumns = new WeakMap<Column, { readonly sorted: SortedColumn; readonly unitOf: Int32Array | undefined }>();

function* sortedOf({ values, items }: Column, unitOf: Int32Array | undefined): Steps<SortedColumn> {
  const order = yield* orderOf(values);
  yield;
  const units = unitOf ? items.map((item) => unitOf[item]!) : items;
  const sorted = {
    values: new Float64Array(order.length),
    units: new Uint32Array(order.length),
    counts: countsOf(units),
  };
  for (let from = 0; from < order.length; from += PLACED) {
    yield;
    putInOrder(sorted, order, values, units, from, Math.min(from + PLACED, order.length));
  }
  return sorted;
}

function putInOrder(
  sorted: SortedColumn,
  order: Uint32Array,
  values: Float64Array,
  units: Uint32Array,
  from: number,
  to: number,
): void {
  for (let at = from; at < to; at++) {
    sorted.values[at] = values[order[at]!]!;
    sorted.units[at] = units[order[at]!]!;
  }
}

function countsOf(units: Uint32Array): Int32Array {
  let length = 0;
  for (let i = 0; i < units.length; i++) length = Math.max(length, units[i]! + 1);
  const counts = new Int32Array(length);
  for (let i = 0; i < units.length; i++) counts[units[i]!]! += 1;
  return counts;
}

/** Values that a step puts in their places, which are far apart in memory. */
const PLACED = STEP / 5;

/** Places of the values in ascending order. Bits of a float sort as integers once negative ones are turned, 16 at a time. */
function* orderOf(values: Float64Array): Steps<Uint32Array> {
  const n = values.length;
  let [from, to]: [Uint32Array, Uint32Array] = [numbered(n), new Uint32Array(n)];
  if (n < 4096) return from.sort((a, b) => values[a]! - values[b]!);
  yield;
  const bits = turnedBits(values);
  for (let digit = 0; digit < 4; digit++) {
    yield;
    const starts = startsOf(bits, digit, n);
    for (let done = 0; done < n; done += PLACED) {
      yield;
      place(bits, digit, from.subarray(done, done + PLACED), starts, to);
    }
    [from, to] = [to, from];
  }
  return from;
}

function numbered(n: number): Uint32Array {
  const places = new Uint32Array(n);
  for (let i = 0; i < n; i++) places[i] = i;
  return places;
}

/** Four digits a value, the lowest first on every machine that Node runs on. */
function turnedBits(values: Float64Array): Uint16Array {
  const bits = new Uint16Array(values.slice().buffer);
  for (let i = 0; i < values.length; i++) {
    const negative = bits[4 * i + 3]! >> 15;
    for (let digit = 0; digit < 4; digit++) bits[4 * i + digit]! ^= negative ? 0xffff : digit === 3 ? 0x8000 : 0;
  }
  return bits;
}

/** Where values of each digit begin. */
function startsOf(bits: Uint16Array, digit: number, n: number): Uint32Array {
  const starts = new Uint32Array(65_537);
  for (let i = 0; i < n; i++) starts[bits[4 * i + digit]! + 1]! += 1;
  for (let d = 0; d < 65_536; d++) starts[d + 1]! += starts[d]!;
  return starts;
}

function place(bits: Uint16Array, digit: number, from: Uint32Array, starts: Uint32Array, to: Uint32Array): void {
  for (let at = 0; at < from.length; at++) {
    const i = from[at]!;
    const value = bits[4 * i + digit]!;
    to[starts[value]!] = i;
    starts[value]! += 1;
  }
}

/**
 * The statistic with every value counted as often as its unit's weight says.
 *
 * @returns NaN when the weights leave nothing, or one value only for a standard deviation
 */
export function aggregateOf(column: SortedColumn, statistic: WeightedStatistic, weights: Uint8Array): number {
  const { values, units } = column;
  switch (statistic.kind) {
    case "quantile":
      return weightedQuantile(column, statistic.share, weights);
    case "min":
      return values[units.findIndex((unit) => weights[unit]! > 0)] ?? Number.NaN;
    case "max":
      return values[units.findLastIndex((unit) => weights[unit]! > 0)] ?? Number.NaN;
    default: {
      let [n, sum] = [0, 0];
      for (let i = 0; i < values.length; i++) {
        n += weights[units[i]!]!;
        sum += weights[units[i]!]! * values[i]!;
      }
      if (statistic.kind === "sum") return n > 0 ? sum : Number.NaN;
      const mean = sum / n;
      if (statistic.kind === "mean") return mean;
      let squares = 0;
      for (let i = 0; i < values.length; i++) squares += weights[units[i]!]! * (values[i]! - mean) ** 2;
      return n > 1 ? Math.sqrt(squares / (n - 1)) : Number.NaN;
    }
  }
}

function weightedQuantile({ values, units, counts }: SortedColumn, share: number, weights: Uint8Array): number {
  let n = 0;
  for (let unit = 0; unit < counts.length; unit++) n = (n + counts[unit]! * weights[unit]!) | 0; // of whole numbers, which are quicker
  if (n === 0) return Number.NaN;
  const position = (n - 1) * share;
  const rank = Math.floor(position);
  const fraction = position - rank;
  if (share > 0.5) {
    // from the top: the rank counted from there
    let above = n;
    for (let i = values.length - 1; i >= 0; i--) {
      above -= weights[units[i]!]!;
      if (above <= rank)
        return blend(
          values[i]!,
          rank + 1 < above + weights[units[i]!]! ? values[i]! : next(values, units, weights, i),
          fraction,
        );
    }
  }
  let below = 0;
  for (let i = 0; i < values.length; i++) {
    below += weights[units[i]!]!;
    if (below > rank)
      return blend(values[i]!, rank + 1 < below ? values[i]! : next(values, units, weights, i), fraction);
  }
  return Number.NaN;
}

const blend = (low: number, high: number, fraction: number): number => low + (high - low) * fraction;

/** The next value that was drawn; the same one at the end. */
function next(values: Float64Array, units: Uint32Array, weights: Uint8Array, after: number): number {
  for (let i = after + 1; i < values.length; i++) if (weights[units[i]!]! > 0) return values[i]!;
  return values[after]!;
}
