import { finish, STEP, type Steps } from "#src/kernel/steps";
import { type SortedColumn, sortInSteps, type WeightedStatistic } from "./aggregate.ts";
import type { Column } from "./column.ts";
import { type Mask, type Members, type Swapped, swapOf } from "./swap-test.ts";

/** A statistic of two columns whose labels can be swapped, and what a draw of it costs. */
export interface SwapStatistic {
  readonly swapped: Swapped;
  /** Values that a draw looks at. */
  readonly cost: number;
}

/**
 * A statistic of each of two conditions under any swapping of their labels.
 *
 * @param unitOf cluster of each item; the item itself when absent
 * @param units number of units
 */
export const swapStatistic = (
  a: Column,
  b: Column,
  statistic: WeightedStatistic,
  unitOf: Int32Array | undefined,
  units: number,
): SwapStatistic => finish(swapStatisticInSteps(a, b, statistic, unitOf, units));

/** `swapStatistic` of columns that may be long. */
export function* swapStatisticInSteps(
  a: Column,
  b: Column,
  statistic: WeightedStatistic,
  unitOf: Int32Array | undefined,
  units: number,
): Steps<SwapStatistic> {
  if (statistic.kind === "quantile") return yield* quantiles(a, b, statistic.share, unitOf, units);
  if (statistic.kind === "min") return yield* quantiles(a, b, 0, unitOf, units);
  if (statistic.kind === "max") return yield* quantiles(a, b, 1, unitOf, units);
  return moments(a, b, statistic.kind, unitOf, units);
}

/** Which units have a value in either column. */
export function membersOf(
  a: readonly Pick<Column, "items">[],
  b: readonly Pick<Column, "items">[],
  unitOf: Int32Array | undefined,
  units: number,
): Members {
  const marked = (columns: readonly Pick<Column, "items">[]): Uint8Array => {
    const has = new Uint8Array(units);
    for (const { items } of columns)
      for (let i = 0; i < items.length; i++) has[unitOf ? unitOf[items[i]!]! : items[i]!] = 1;
    return has;
  };
  return { a: marked(a), b: marked(b) };
}

/** Number, sum and squares of each unit on either side: a draw adds them up. */
function moments(
  a: Column,
  b: Column,
  kind: "mean" | "std" | "sum",
  unitOf: Int32Array | undefined,
  units: number,
): SwapStatistic {
  const centre = (sumOf(a.values) + sumOf(b.values)) / (a.length + b.length);
  const sides = [a, b].map(({ values, items }) => {
    const part = { n: new Float64Array(units), sum: new Float64Array(units), squares: new Float64Array(units) };
    for (let i = 0; i < values.length; i++) {
      const unit = unitOf ? unitOf[items[i]!]! : items[i]!;
      const away = values[i]! - centre;
      part.n[unit]! += 1;
      part.sum[unit]! += away;
      part.squares[unit]! += away * away;
    }
    return part;
  });
  const [x, y] = [sides[0]!, sides[1]!];
  const value = (n: number, sum: number, squares: number): number => {
    if (n === 0) return Number.NaN;
    if (kind === "sum") return sum + n * centre;
    if (kind === "mean") return centre + sum / n;
    return n > 1 ? Math.sqrt(Math.max(0, squares - (sum * sum) / n) / (n - 1)) : Number.NaN;
  };
  const swapped: Swapped = (mask) => {
    let [na, sa, qa, nb, sb, qb] = [0, 0, 0, 0, 0, 0];
    for (let unit = 0; unit < units; unit++) {
      const [to, from] = swapOf(mask, unit) === 1 ? [y, x] : [x, y];
      na += to.n[unit]!;
      sa += to.sum[unit]!;
      qa += to.squares[unit]!;
      nb += from.n[unit]!;
      sb += from.sum[unit]!;
      qb += from.squares[unit]!;
    }
    return [value(na, sa, qa), value(nb, sb, qb)];
  };
  return { swapped, cost: 3 * units };
}

const sumOf = (values: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
};

/** Both quantiles from one walk over the values of both sides, from the end that is nearer. */
function* quantiles(
  a: Column,
  b: Column,
  share: number,
  unitOf: Int32Array | undefined,
  units: number,
): Steps<SwapStatistic> {
  const [x, y] = [yield* sortInSteps(a, unitOf), yield* sortInSteps(b, unitOf)];
  const merged = yield* mergedDown(x, y, share <= 0.5);
  yield;
  const surplus = surplusOf(x.counts, y.counts, units);
  const away = share > 0.5 ? 1 - share : share;
  const swapped: Swapped = (mask) => {
    let moved = 0;
    for (const { unit, more } of surplus) moved += swapOf(mask, unit) * more;
    return walk(merged, mask, [a.length - moved, b.length + moved], away);
  };
  return { swapped, cost: units + 3 * away * (a.length + b.length) };
}

interface Merged {
  readonly values: Float64Array;
  readonly units: Uint32Array;
  /** 0 for the first condition, 1 for the second. */
  readonly sides: Uint8Array;
}

/** Units in which one side has more values than the other, and by how many. */
function surplusOf(a: Int32Array, b: Int32Array, units: number): { unit: number; more: number }[] {
  const found: { unit: number; more: number }[] = [];
  for (let unit = 0; unit < units; unit++) {
    const more = (a[unit] ?? 0) - (b[unit] ?? 0);
    if (more !== 0) found.push({ unit, more });
  }
  return found;
}

/** Both sides in one order: upwards, or downwards where the quantile lies near the top. */
function* mergedDown(x: SortedColumn, y: SortedColumn, upwards: boolean): Steps<Merged> {
  const length = x.values.length + y.values.length;
  const merged = { values: new Float64Array(length), units: new Uint32Array(length), sides: new Uint8Array(length) };
  const taken = { x: 0, y: 0 };
  for (let from = 0; from < length; from += MERGED) {
    yield;
    merge(merged, x, y, upwards, taken, Math.min(from + MERGED, length));
  }
  return merged;
}

/** Values that a step merges. */
const MERGED = STEP / 2;

/** @param taken values that were merged of each, and are when it returns */
function merge(
  merged: Merged,
  x: SortedColumn,
  y: SortedColumn,
  upwards: boolean,
  taken: { x: number; y: number },
  to: number,
): void {
  const last = merged.values.length - 1;
  let { x: i, y: j } = taken;
  for (let place = i + j; place < to; place++) {
    const fromY = i >= x.values.length || (j < y.values.length && y.values[j]! < x.values[i]!);
    const at = upwards ? place : last - place;
    merged.values[at] = fromY ? y.values[j]! : x.values[i]!;
    merged.units[at] = fromY ? y.units[j]! : x.units[i]!;
    merged.sides[at] = Number(fromY);
    if (fromY) j += 1;
    else i += 1;
  }
  taken.x = i;
  taken.y = j;
}

/** Type 7 quantiles of both sides; `away` is the share beyond them at the end where the walk begins. */
function walk(
  { values, units, sides }: Merged,
  mask: Mask,
  sizes: readonly [number, number],
  away: number,
): [number, number] {
  const result: [number, number] = [Number.NaN, Number.NaN];
  const seen = [0, 0];
  const position = [(sizes[0] - 1) * away, (sizes[1] - 1) * away];
  const place = position.map(Math.floor);
  let open = Number(sizes[0] > 0) + Number(sizes[1] > 0);
  for (let i = 0; i < values.length && open > 0; i++) {
    const side = sides[i]! ^ swapOf(mask, units[i]!);
    const at = seen[side]!;
    seen[side] = at + 1;
    const target = place[side]!;
    if (at === target) {
      result[side] = values[i]!;
      if (at === sizes[side]! - 1 || position[side]! === target) open -= 1;
    } else if (at === target + 1) {
      if (position[side]! === target) continue;
      result[side]! += (values[i]! - result[side]!) * (position[side]! - target);
      open -= 1;
    }
  }
  return result;
}
