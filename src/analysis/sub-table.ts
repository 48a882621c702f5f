import { type Column, growingColumn, growingList, type IndexList } from "./column.ts";
import type { Table } from "./table.ts";

/** The rows of some items as a table of their own. @param items their places, ascending */
export function subTable(table: Table, items: readonly number[]): Table {
  const places = new Int32Array(table.items.length).fill(-1);
  for (const [place, item] of items.entries()) places[item] = place;
  const columns = new Map<string, Column>();
  const column = (condition: number, field: string): Column => {
    const key = `${condition}/${field}`;
    const known = columns.get(key) ?? columnOf(table.column(condition, field), places);
    columns.set(key, known);
    return known;
  };
  const endedAs: Table["endedAs"] = (condition, status) => listOf(table.endedAs(condition, status), places);
  const clusters = table.clusters && renumbered(Int32Array.from(items, (item) => table.clusters![item]!));
  return {
    ...table,
    items: items.map((item) => table.items[item]!),
    ...(clusters ? { clusters: clusters.numbers } : {}),
    clusterCount: clusters?.count ?? items.length,
    slicesOf: (item) => table.slicesOf(items[item]!),
    column,
    endedAs,
    seen: (condition, item) => table.seen(condition, items[item]!),
  };
}

function columnOf({ values, items }: Column, places: Int32Array): Column {
  const kept = growingColumn();
  for (let i = 0; i < values.length; i++) {
    const place = places[items[i]!]!;
    if (place >= 0) kept.push(place, values[i]!);
  }
  return kept;
}

function listOf({ items }: IndexList, places: Int32Array): IndexList {
  const kept = growingList();
  for (const item of items) {
    const place = places[item]!;
    if (place >= 0) kept.push(place);
  }
  return kept;
}

function renumbered(clusters: Int32Array): { numbers: Int32Array; count: number } {
  const known = new Map<number, number>();
  for (const cluster of clusters) if (!known.has(cluster)) known.set(cluster, known.size);
  return { numbers: clusters.map((cluster) => known.get(cluster)!), count: known.size };
}
