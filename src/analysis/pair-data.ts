import { listOfValues } from "./column.ts";
import type { Pair } from "./pairs.ts";
import type { DropReason, Reading, WhyMissing } from "./reading.ts";
import type { Table } from "./table.ts";

/** The numbers of two conditions, lined up by item or side by side. */
export interface PairData {
  readonly design: "paired" | "independent";
  /** Item means of the first condition; of the same items as `y` when paired. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Cluster of each value, where items are clustered. */
  readonly xClusters?: readonly number[];
  readonly yClusters?: readonly number[];
  /** Set where every task is a yes or a no, so that means of items are shares. */
  readonly shares?: boolean;
  /** Items used. */
  readonly n: number;
  readonly dropped: Partial<Record<DropReason, number>>;
  /** Why this design, as the end of "because". */
  readonly why: string;
}

/**
 * Lines up two conditions. They are paired when most items of the smaller one were also done by the other: then the difference
 * of each item is what counts, and items that only one of them has are left out and counted.
 */
export function pairData(pair: Pair, reading: Reading, table: Table, why: WhyMissing): PairData {
  const data = linedUp(pair, reading, table, why);
  return reading.binary ? { ...data, shares: true } : data;
}

function linedUp({ condition, against }: Pair, { means }: Reading, table: Table, why: WhyMissing): PairData {
  const [a, b] = [means[condition]!, means[against]!];
  let [inA, inB, inBoth] = [0, 0, 0];
  for (let item = 0; item < a.length; item++) {
    const [hasA, hasB] = [!Number.isNaN(a[item]!), !Number.isNaN(b[item]!)];
    inA += Number(hasA);
    inB += Number(hasB);
    inBoth += Number(hasA && hasB);
  }
  const paired = inBoth > 0 && inBoth * 2 >= Math.min(inA, inB);
  if (paired && inBoth === a.length && !table.clusters)
    return { design: "paired", x: listOfValues(a), y: listOfValues(b), n: inBoth, dropped: {}, why: SAME_ITEMS };
  return paired
    ? lineUp(condition, against, a, b, table, why)
    : sideBySide(condition, against, a, b, table, why, { inBoth, inOne: Math.min(inA, inB) });
}

const SAME_ITEMS = "both conditions did the same items";

function lineUp(
  condition: number,
  against: number,
  a: Float64Array,
  b: Float64Array,
  table: Table,
  why: WhyMissing,
): PairData {
  const [x, y, clusters]: [number[], number[], number[]] = [[], [], []];
  const dropped: Partial<Record<DropReason, number>> = {};
  for (let item = 0; item < a.length; item++) {
    const [hasA, hasB] = [!Number.isNaN(a[item]!), !Number.isNaN(b[item]!)];
    if (hasA && hasB) {
      x.push(a[item]!);
      y.push(b[item]!);
      if (table.clusters) clusters.push(table.clusters[item]!);
    } else if (table.seen(condition, item) || table.seen(against, item))
      count(dropped, why(hasA ? against : condition, item));
  }
  const members = table.clusters ? { xClusters: clusters, yClusters: clusters } : {};
  return { design: "paired", x, y, ...members, n: x.length, dropped, why: SAME_ITEMS };
}

function sideBySide(
  condition: number,
  against: number,
  a: Float64Array,
  b: Float64Array,
  table: Table,
  why: WhyMissing,
  { inBoth, inOne }: { readonly inBoth: number; readonly inOne: number },
): PairData {
  const dropped: Partial<Record<DropReason, number>> = {};
  const side = (place: number, values: Float64Array): { values: number[]; clusters: number[] } => {
    const kept: { values: number[]; clusters: number[] } = { values: [], clusters: [] };
    values.forEach((value, item) => {
      if (!Number.isNaN(value)) {
        kept.values.push(value);
        if (table.clusters) kept.clusters.push(table.clusters[item]!);
      } else if (table.seen(place, item)) count(dropped, why(place, item));
    });
    return kept;
  };
  const [x, y] = [side(condition, a), side(against, b)];
  const members = table.clusters ? { xClusters: x.clusters, yClusters: y.clusters } : {};
  const reason =
    inOne === 0
      ? "a condition has no value"
      : inBoth === 0
        ? "the conditions share no item"
        : "the conditions share few items, whose pairing is not used";
  return {
    design: "independent",
    x: x.values,
    y: y.values,
    ...members,
    n: x.values.length + y.values.length,
    dropped,
    why: reason,
  };
}

const count = (dropped: Partial<Record<DropReason, number>>, reason: DropReason): void => {
  dropped[reason] = (dropped[reason] ?? 0) + 1;
};
