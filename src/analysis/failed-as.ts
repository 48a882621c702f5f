import { declaredMetric, type Metric } from "#src/experiment/metrics";
import { type Column, withValue } from "./column.ts";
import type { Table } from "./table.ts";

/**
 * How a failed task counts: not at all, as 0, as the highest or the lowest value that any task of any condition had; of a metric that is made
 * from others as the worst of each of those.
 */
export type FailedAs = "missing" | 0 | "highest" | "lowest" | "worst";

/** The values of a field, one column a condition, with those of the failed tasks. */
export function countFailed(table: Table, field: string, failedAs: FailedAs): Column[] {
  const columns = table.conditions.map((_, condition) => table.column(condition, field));
  const counted = countedValue(columns, failedAs);
  if (counted === undefined) return columns;
  return columns.map((column, condition) => withValue(column, table.endedAs(condition, "failed"), counted));
}

/** @returns nothing where failed tasks are left out, or no task has a value */
function countedValue(columns: readonly Column[], failedAs: FailedAs): number | undefined {
  if (failedAs === "missing" || failedAs === "worst") return undefined;
  if (failedAs === 0) return 0;
  const [lowest, highest] = extremes(columns);
  if (!(lowest <= highest)) return undefined;
  const yesOrNo = columns.every(({ values }) => values.every((value) => value === 0 || value === 1));
  if (yesOrNo) return failedAs === "highest" ? 1 : 0; // all tasks may have said the same
  return failedAs === "highest" ? highest : lowest;
}

function extremes(columns: readonly Column[]): [lowest: number, highest: number] {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { values } of columns)
    for (const value of values) {
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
  return [lowest, highest];
}

/**
 * The worst that a failed task can be taken for: 0 where higher is better, or the lowest value seen where that is below 0; the highest seen where
 * lower is better.
 *
 * @returns nothing where it is not known which way is better
 */
export function worstOf({ direction, from }: Pick<Metric, "direction" | "from">, table: Table): FailedAs | undefined {
  if (direction === "none") return undefined;
  if (direction === "lower") return "highest";
  const [lowest] = extremes(table.conditions.map((_, condition) => table.column(condition, from)));
  return lowest < 0 ? "lowest" : 0;
}

/** A failed task counts as something from the start only where that was asked for and higher is better. */
export const usedReading = (metric: Metric, failedAs: "missing" | 0, table: Table): FailedAs =>
  failedAs === 0 && metric.direction === "higher" ? (worstOf(metric, table) ?? "missing") : "missing";

/** The table as the metrics that are made from others see it, with failed tasks as the worst of each field of which that is known. */
export function worstTable(table: Table, metrics: readonly Metric[]): Table {
  const known = new Map<string, readonly Column[]>();
  const columnsOf = (field: string): readonly Column[] => {
    const metric = metrics.find(({ from }) => from === field) ?? declaredMetric(field);
    const columns =
      known.get(field) ?? countFailed(table, field, worstOf({ ...metric, from: field }, table) ?? "missing");
    known.set(field, columns);
    return columns;
  };
  return { ...table, column: (condition, field) => columnsOf(field)[condition]! };
}
