/** Values of one condition and field with the item of each, one entry per task, in the order of the rows. */
export interface Column {
  readonly length: number;
  readonly values: Float64Array;
  readonly items: Uint32Array;
}

/** Places of items, once per task. */
export interface IndexList {
  readonly length: number;
  readonly items: Uint32Array;
}

/** A column that takes values at its end. */
export function growingColumn(): Column & { push(item: number, value: number): void } {
  let length = 0;
  let values = new Float64Array(64);
  let items = new Uint32Array(64);
  return {
    get length() {
      return length;
    },
    get values() {
      return values.subarray(0, length);
    },
    get items() {
      return items.subarray(0, length);
    },
    push(item, value) {
      if (length === values.length) {
        const [oldValues, oldItems] = [values, items];
        values = new Float64Array(length * 2);
        values.set(oldValues);
        items = new Uint32Array(length * 2);
        items.set(oldItems);
      }
      values[length] = value;
      items[length] = item;
      length += 1;
    },
  };
}

/** How often each item came. */
export interface ItemCounts {
  readonly total: number;
  of(item: number): number;
}

/** Counts items; nothing is kept of those that never come. */
export function itemCounts(): ItemCounts & { add(item: number): void } {
  let counts = new Uint32Array(0);
  let total = 0;
  return {
    get total() {
      return total;
    },
    of: (item) => counts[item] ?? 0,
    add(item) {
      if (item >= counts.length) {
        const old = counts;
        counts = new Uint32Array(Math.max(64, item + 1, old.length * 2));
        counts.set(old);
      }
      counts[item]! += 1;
      total += 1;
    },
  };
}

/** A list of places that takes one more at its end. */
export function growingList(): IndexList & { push(item: number): void } {
  let length = 0;
  let items = new Uint32Array(16);
  return {
    get length() {
      return length;
    },
    get items() {
      return items.subarray(0, length);
    },
    push(item) {
      if (length === items.length) {
        const old = items;
        items = new Uint32Array(length * 2);
        items.set(old);
      }
      items[length] = item;
      length += 1;
    },
  };
}

/**
 * The mean of each item over its repeats: the unit of analysis.
 *
 * @param items number of items of the table
 * @returns one number per item, NaN where the item has no value
 */
export function itemMeans({ values, items: places }: Column, items: number): Float64Array {
  const sums = new Float64Array(items);
  const counts = new Uint32Array(items);
  for (let i = 0; i < values.length; i++) {
    sums[places[i]!]! += values[i]!;
    counts[places[i]!]! += 1;
  }
  for (let item = 0; item < items; item++) sums[item] = counts[item] === 0 ? Number.NaN : sums[item]! / counts[item]!;
  return sums;
}

/** How many of the numbers are there, and not NaN. */
export function countValues(values: Float64Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) count += 1;
  return count;
}

/** The numbers that are there, in their order: one list for the description of a condition and all of its pairs. */
export function listOfValues(values: Float64Array): readonly number[] {
  const known = lists.get(values);
  if (known) return known;
  const list: number[] = [];
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) list.push(values[i]!);
  lists.set(values, list);
  return list;
}

const lists = new WeakMap<Float64Array, readonly number[]>();

/** The column with a value more for every task in `tasks`. */
export function withValue(column: Column, tasks: IndexList, value: number): Column {
  if (tasks.length === 0) return column;
  const length = column.length + tasks.length;
  const values = new Float64Array(length).fill(value);
  values.set(column.values);
  const items = new Uint32Array(length);
  items.set(column.items);
  items.set(tasks.items, column.length);
  return { length, values, items };
}
