import type { FlatMetrics, MetricOverRows, OverRow } from "#src/experiment/metrics";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import type { Row } from "./row.ts";

/** The rows of one condition that one metric is made from, with the item of each. */
export interface OverRows {
  readonly rows: readonly OverRow[];
  readonly items: readonly number[];
}

/** Gathers the rows that metrics with `over` are made from: one a task that has every field. */
export interface OverGathering {
  /** @param condition its place; @param item its place */
  add(row: Row, values: FlatMetrics, condition: number, item: number): void;
  rows(metric: MetricOverRows, condition: number): OverRows;
  /** Fields that no task had, though tasks returned something. */
  absent(metric: MetricOverRows): string[];
  /** Fields that tasks had, for a suggestion. */
  readonly seen: ReadonlySet<string>;
}

export function gatherOver(metrics: readonly MetricOverRows[]): OverGathering {
  const wanted = new Set(metrics.flatMap(({ over }) => over));
  const found = new Set<string>();
  const seen = new Set<string>();
  const gathered = new Map<MetricOverRows, { rows: OverRow[]; items: number[] }[]>(metrics.map((each) => [each, []]));
  const rowsOf = (metric: MetricOverRows, condition: number): { rows: OverRow[]; items: number[] } => {
    const byCondition = gathered.get(metric)!;
    byCondition[condition] ??= { rows: [], items: [] };
    return byCondition[condition];
  };
  return {
    seen,
    add(row, values, condition, item) {
      if (metrics.length === 0) return;
      const rest = othersOf(row);
      for (const name in values) seen.add(name);
      for (const name in rest) seen.add(name);
      const read: Record<string, number | string> = Object.create(null); // a field may be called constructor
      for (const name of wanted) {
        const value = values[name] ?? asCell(valueAt(rest, name));
        if (value === undefined) continue;
        read[name] = value;
        found.add(name);
      }
      for (const metric of metrics) {
        if (!metric.over.every((name) => name in read)) continue;
        const into = rowsOf(metric, condition);
        into.rows.push(Object.fromEntries(metric.over.map((name) => [name, read[name]!])));
        into.items.push(item);
      }
    },
    rows: rowsOf,
    absent: ({ over }) => (seen.size === 0 ? [] : over.filter((name) => !found.has(name))),
  };
}

/** @throws ConfigError for a field that no task ever had, with the nearest of those that they had */
export function checkOver(
  { seen, absent }: OverGathering,
  metrics: readonly MetricOverRows[],
  promised: readonly string[],
): void {
  for (const metric of metrics) {
    const name = absent(metric).find((each) => !promised.includes(each));
    if (name === undefined) continue;
    throw new ConfigError(
      `customMetrics ${JSON.stringify(metric.name)}.over`,
      `names ${JSON.stringify(name)}, which no task returned`,
      undefined,
      didYouMean(name, seen),
    );
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** What a task returned besides metrics: the output of an outcome, the members of a plain row. */
const othersOf = (row: Row): Fields => ("ordinal" in row ? ((row.output ?? {}) as Fields) : (row as Fields));

/** The member of that name, or by a dotted path. */
function valueAt(fields: Fields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name];
  return name
    .split(".")
    .reduce<unknown>(
      (at, key) => (typeof at === "object" && at !== null && Object.hasOwn(at, key) ? (at as Fields)[key] : undefined),
      fields,
    );
}

/** A number, a yes or no as one, a text, or the only member of a list of these; nothing for a text without any character but blanks. */
function asCell(value: unknown): number | string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string") return value.trim() === "" ? undefined : value;
  return Array.isArray(value) && value.length === 1 ? asCell(value[0]) : undefined;
}
