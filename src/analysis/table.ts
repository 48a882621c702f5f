import { type Ending, endings } from "#src/experiment/ending";
import { type MetricInput, type MetricOverRows, readMetric } from "#src/experiment/metrics";
import type { Accounting } from "#src/experiment/outcome";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { type Column, growingColumn, growingList, type IndexList, type ItemCounts, itemCounts } from "./column.ts";
import { gatherOver, type OverGathering } from "./over.ts";
import { type ReplySums, replySums } from "./reply-sums.ts";
import { type ReadRow, type Row, readRow, slicesOf } from "./row.ts";

type Ended = Exclude<keyof Accounting, "planned" | "pending" | "open">;

/** All rows of a run in a compact form: about 12 bytes a number. Conditions and items are known by their places. */
export interface Table {
  readonly conditions: readonly string[];
  /** Ids in the order in which they were first seen. */
  readonly items: readonly string[];
  /** The cluster of each item, by number; absent when no row names one. */
  readonly clusters?: Int32Array;
  readonly clusterCount: number;
  /** The largest number of ended tasks that one condition has for one item. */
  readonly repeats: number;
  /** Fields that some result had, in the order in which they were seen. */
  readonly fields: readonly string[];
  /** The values of an item by the fields that results are sliced by. */
  slicesOf(item: number): ReadonlyMap<string, string>;
  /** Sum and number of values per condition, for every field. */
  mean(condition: number, field: string): number | undefined;
  /** The values of a field that a metric reads; empty when the condition never returned it. */
  column(condition: number, field: string): Column;
  /** How the tasks of a condition ended. */
  counts(condition: number): Readonly<Record<Ended, number>>;
  /** Whether the condition has any row of the item. */
  seen(condition: number, item: number): boolean;
  /** Items of the tasks that ended without a value, once per task. */
  endedAs(condition: number, status: Exclude<Ended, "succeeded">): IndexList;
  /** The last replies of the tasks of a condition. */
  replies(condition: number): Replies;
  /** Whether two conditions gave the same replies on every item that either has, and on one at least. */
  sameReplies(condition: number, against: number): boolean;
  /** Rows of the metrics that are made from whole rows. */
  readonly over: OverGathering;
}

/** Last replies of tasks, and those of them that are incomplete. */
export interface Replies {
  readonly all: ItemCounts;
  readonly ended: Readonly<Record<Ending, ItemCounts>>;
}

export interface TableOptions {
  /** Names in the order of the report; other names are then refused. In the order of the rows when absent. */
  readonly conditions?: readonly string[] | undefined;
  readonly metrics: readonly MetricInput[];
  /** Fields of the items that results are sliced by. */
  readonly by?: readonly string[] | undefined;
  /** Whether every field is kept, because a metric is made from fields that are not listed. */
  readonly keepAll?: boolean;
  /** Metrics that are made from whole rows. */
  readonly over?: readonly MetricOverRows[];
}

type Counting = ReturnType<typeof itemCounts>;

/** A field of one condition: its sum, and its values where a metric reads them. */
interface Field {
  sum: number;
  n: number;
  readonly column: (Column & { push(item: number, value: number): void }) | undefined;
}

interface ConditionColumns {
  readonly fields: Map<string, Field>;
  readonly counts: Record<Ended, number>;
  readonly ended: Record<Exclude<Ended, "succeeded">, IndexList & { push(item: number): void }>;
  readonly replies: { readonly all: Counting; readonly ended: Readonly<Record<Ending, Counting>> };
  readonly said: ReplySums;
  /** Rows per item, and which repeats were seen: one bit each for the first 32, a set beyond. */
  readonly seen: RepeatSet;
}

/** Takes rows one at a time; `table()` closes it. */
export function tableBuilder({ conditions, metrics, by = [], keepAll = false, over = [] }: TableOptions): {
  add(row: Row): void;
  table(): Table;
} {
  const names = new Map<string, number>((conditions ?? []).map((name, i) => [name, i]));
  const byCondition: ConditionColumns[] = (conditions ?? []).map(emptyCondition);
  const items = new Map<string, number>();
  const clusters = new Map<string, number>();
  const clusterOfItem: number[] = [];
  const slices: ReadonlyMap<string, string>[] = [];
  const isRead = new Map<string, boolean>();
  const gathering = gatherOver(over);
  let rows = 0;

  const reads = (field: string): boolean => {
    let known = isRead.get(field);
    if (known === undefined) {
      known = keepAll || metrics.some((metric) => readMetric(metric, [field]) !== undefined);
      isRead.set(field, known);
    }
    return known;
  };
  const conditionOf = ({ condition }: ReadRow): ConditionColumns => {
    const known = names.get(condition);
    if (known !== undefined) return byCondition[known]!;
    if (conditions) {
      throw new ConfigError(
        `rows[${rows}].condition`,
        "must be one of the conditions",
        condition,
        didYouMean(condition, conditions),
      );
    }
    names.set(condition, byCondition.length);
    byCondition.push(emptyCondition());
    return byCondition.at(-1)!;
  };
  const itemOf = ({ itemId, cluster }: ReadRow): number => {
    let item = items.get(itemId);
    if (item === undefined) {
      item = items.size;
      items.set(itemId, item);
      clusterOfItem.push(-1);
    }
    if (cluster !== undefined) {
      const number = clusters.get(cluster) ?? clusters.set(cluster, clusters.size).size - 1;
      const before = clusterOfItem[item]!;
      if (before !== -1 && before !== number)
        throw new ConfigError(`rows[${rows}].cluster`, `must be the same in all rows of item ${itemId}`, cluster);
      clusterOfItem[item] = number;
    }
    return item;
  };

  return {
    add(raw) {
      const row = readRow(raw, rows);
      const condition = conditionOf(row);
      const item = itemOf(row);
      if (by.length > 0) slices[item] ??= slicesOf(raw, by);
      if (!condition.seen.add(item, row.repeat)) {
        throw new ConfigError(
          `rows[${rows}]`,
          `must not repeat condition ${row.condition}, item ${row.itemId}, repeat ${row.repeat}: a row counted twice is not a second measurement`,
        );
      }
      condition.counts[row.status] += 1;
      if (row.status !== "succeeded") condition.ended[row.status].push(item);
      if (row.ending !== undefined) {
        condition.replies.all.add(item);
        if (row.ending !== "whole") condition.replies.ended[row.ending].add(item);
      }
      condition.said.add(item, row.reply);
      if (row.status === "succeeded" || row.status === "unscored")
        gathering.add(raw, row.values, names.get(row.condition)!, item);
      for (const field in row.values) {
        const value = row.values[field]!;
        if (Math.abs(value) > MOST) continue; // an item without a value, as for one that is not finite
        let known = condition.fields.get(field);
        if (!known) {
          known = { sum: 0, n: 0, column: reads(field) ? growingColumn() : undefined };
          condition.fields.set(field, known);
        }
        known.sum += value;
        known.n += 1;
        known.column?.push(item, value);
      }
      rows += 1;
    },
    table: () => ({
      ...close(names, byCondition, items, clusters, clusterOfItem, isRead),
      slicesOf: (item) => slices[item] ?? new Map(),
      over: gathering,
    }),
  };
}

/** Size of a value beyond which sums and differences of some are not numbers any more. */
const MOST = 1e304;

function close(
  names: Map<string, number>,
  byCondition: readonly ConditionColumns[],
  items: Map<string, number>,
  clusters: Map<string, number>,
  clusterOfItem: readonly number[],
  isRead: Map<string, boolean>,
): Omit<Table, "over" | "slicesOf"> {
  let clusterCount = clusters.size;
  const numbered = new Int32Array(clusters.size > 0 ? clusterOfItem.length : 0);
  for (let item = 0; item < numbered.length; item++) {
    const cluster = clusterOfItem[item]!;
    numbered[item] = cluster === -1 ? clusterCount++ : cluster; // an item without one stands alone
  }
  const nothing = growingColumn();
  return {
    conditions: [...names.keys()],
    items: [...items.keys()],
    ...(clusters.size > 0 ? { clusters: numbered } : {}),
    clusterCount: clusters.size > 0 ? clusterCount : items.size,
    repeats: byCondition.reduce((most, { seen }) => Math.max(most, seen.most()), 0),
    fields: [...isRead.keys()],
    mean: (condition, field) => {
      const sum = byCondition[condition]!.fields.get(field);
      return sum && sum.sum / sum.n;
    },
    column: (condition, field) => byCondition[condition]!.fields.get(field)?.column ?? nothing,
    counts: (condition) => byCondition[condition]!.counts,
    seen: (condition, item) => byCondition[condition]!.seen.has(item),
    replies: (condition) => byCondition[condition]!.replies,
    endedAs: (condition, status) => byCondition[condition]!.ended[status],
    sameReplies: (condition, against) => sameReplies(byCondition[condition]!, byCondition[against]!, items.size),
  };
}

/** Every row of either has its reply, and each item the same ones. */
function sameReplies(a: ConditionColumns, b: ConditionColumns, items: number): boolean {
  let seen = 0;
  for (let item = 0; item < items; item++) {
    const [[sumA, repliesA], [sumB, repliesB]] = [a.said.of(item), b.said.of(item)];
    if (sumA !== sumB || repliesA !== repliesB) return false;
    if (repliesA !== a.seen.rows(item) || repliesB !== b.seen.rows(item)) return false;
    seen += repliesA;
  }
  return seen > 0;
}

const emptyCondition = (): ConditionColumns => ({
  fields: new Map(),
  counts: { succeeded: 0, failed: 0, skipped: 0, unscored: 0 },
  ended: { failed: growingList(), skipped: growingList(), unscored: growingList() },
  replies: {
    all: itemCounts(),
    ended: Object.fromEntries(endings.map((ending) => [ending, itemCounts()])) as Record<Ending, Counting>,
  },
  said: replySums(),
  seen: repeatSet(),
});

interface RepeatSet {
  /** @returns false when this repeat of the item was there already */
  add(item: number, repeat: number | undefined): boolean;
  has(item: number): boolean;
  rows(item: number): number;
  /** The largest number of rows of an item. */
  most(): number;
}

function repeatSet(): RepeatSet {
  let bits = new Int32Array(1024);
  let rows = new Uint16Array(1024);
  const beyond = new Set<string>();
  return {
    add(item, repeat) {
      if (item >= bits.length) {
        const length = Math.max(item + 1, bits.length * 2);
        const [oldBits, oldRows] = [bits, rows];
        bits = new Int32Array(length);
        bits.set(oldBits);
        rows = new Uint16Array(length);
        rows.set(oldRows);
      }
      rows[item]! += 1;
      if (repeat === undefined) return true;
      if (repeat >= 32) {
        const key = `${item}/${repeat}`;
        return !beyond.has(key) && beyond.add(key) !== undefined;
      }
      const isNew = (bits[item]! & (1 << repeat)) === 0;
      bits[item]! |= 1 << repeat;
      return isNew;
    },
    has: (item) => (rows[item] ?? 0) > 0,
    rows: (item) => rows[item] ?? 0,
    most: () => {
      let most = 0;
      for (let item = 0; item < rows.length; item++) most = Math.max(most, rows[item]!);
      return most;
    },
  };
}
