import type { Metric } from "#src/experiment/metrics";
import { STEP, type Steps } from "#src/kernel/steps";
import { reducerNamed } from "#src/scoring/reducers";
import type { Score } from "#src/scoring/scorer";
import type { MetricKind } from "./analysis.ts";
import { type Column, growingColumn, itemMeans } from "./column.ts";
import { countFailed, type FailedAs } from "./failed-as.ts";
import type { Table } from "./table.ts";

/** One metric of all conditions under one way of counting failed tasks. */
export interface Reading {
  readonly metric: Metric;
  readonly failedAs: FailedAs;
  /** Per condition one number an item, NaN where there is none. */
  readonly means: readonly Float64Array[];
  /** Per condition one number a task. */
  readonly columns: readonly Column[];
  /** Whether every task gave 0 or 1. */
  readonly binary: boolean;
  /** Whether an item has one number, and not the mean of several. */
  readonly once: boolean;
}

/** Reads one metric from the table. */
export function* readingOf(table: Table, metric: Metric, failedAs: FailedAs): Steps<Reading> {
  const columns: Column[] = [];
  const means: Float64Array[] = [];
  for (const counted of countFailed(table, metric.from, failedAs)) {
    yield;
    columns.push(metric.reducer === undefined ? counted : yield* reduced(counted, metric.reducer));
    means.push(itemMeans(columns.at(-1)!, table.items.length));
  }
  return {
    metric,
    failedAs,
    columns,
    means,
    binary: columns.every(({ values }) => values.every((value) => value === 0 || value === 1)),
    once: table.repeats <= 1 || metric.reducer !== undefined,
  };
}

/** Values that a step reduces: each costs as much as a look at twenty. */
const REDUCED = STEP / 20;

/** One number an item, from those of its repeats; an item that has too few for its reducer has none. */
function* reduced({ values, items }: Column, reducer: string): Steps<Column> {
  const { reduce } = reducerNamed(reducer)!;
  const scores = new Map<number, Score[]>();
  for (let from = 0; from < values.length; from += REDUCED) {
    yield;
    values.subarray(from, from + REDUCED).forEach((value, i) => {
      const item = items[from + i]!;
      const known = scores.get(item);
      if (known) known.push({ value });
      else scores.set(item, [{ value }]);
    });
  }
  const column = growingColumn();
  for (const [item, ofItem] of scores) {
    if (column.length % REDUCED === 0) yield;
    const { value } = reduce(ofItem);
    if (typeof value === "number") column.push(item, value);
  }
  return column;
}

/** Why an item has no number. */
export type DropReason = "failed" | "skipped" | "unscored" | "without a value" | "not run";

/** Why an item has no number, by condition and item. */
export type WhyMissing = (condition: number, item: number) => DropReason;

/** Looks up how the tasks of an item ended. */
export function whyMissing(table: Table): WhyMissing {
  const words = ["without a value", "unscored", "skipped", "failed"] as const;
  const ended = table.conditions.map((_, condition) => {
    const places = new Uint8Array(table.items.length);
    (["unscored", "skipped", "failed"] as const).forEach((status, i) => {
      for (const item of table.endedAs(condition, status).items) places[item] = i + 1;
    });
    return places;
  });
  return (condition, item) => (table.seen(condition, item) ? words[ended[condition]![item]!]! : "not run");
}

/** What the values of a metric are: yes or no, grades, or numbers, and how they become one. */
export const kindOf = ({ metric, binary }: Reading): MetricKind =>
  metric.aggregate !== "mean" ? "aggregate" : metric.ordinal ? "ordinal" : binary ? "binary" : "continuous";
