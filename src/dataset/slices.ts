import { ConfigError, didYouMean } from "#src/kernel/errors";
import { fieldText } from "#src/kernel/field-text";
import type { DatasetItem, Slices } from "./dataset.ts";

/**
 * The items with their values of the fields that results are sliced by, which are stored with every result.
 *
 * @throws ConfigError for a field that no item has
 */
export function withSlices(items: readonly DatasetItem[], by: readonly string[]): readonly DatasetItem[] {
  if (by.length === 0) return items;
  const found = new Set<string>();
  const sliced = items.map((item) => {
    const one = withOwnSlices(item, by);
    for (const name of Object.keys(one.slices)) found.add(name);
    return one;
  });
  const missing = by.findIndex((name) => !found.has(name));
  if (missing >= 0)
    throw new ConfigError(
      `statisticalAnalysis.by[${missing}]`,
      "must be a field that some item has",
      by[missing],
      didYouMean(by[missing]!, fieldsOf(items)),
    );
  return sliced;
}

/** One item with its values of the fields, of those that it has. */
export function withOwnSlices(item: DatasetItem, by: readonly string[]): DatasetItem & { readonly slices: Slices } {
  const slices: Record<string, string> = {};
  for (const name of by) {
    const value = fieldText(item.row, name);
    if (value !== undefined) Object.defineProperty(slices, name, { value, enumerable: true }); // also of a field called __proto__
  }
  return { ...item, slices };
}

/** Fields of the first items, those of nested objects with a dot. */
function fieldsOf(items: readonly DatasetItem[]): Set<string> {
  const names = new Set<string>();
  for (const { row } of items.slice(0, 100)) {
    if (typeof row !== "object" || row === null) continue;
    for (const [name, value] of Object.entries(row)) {
      names.add(name);
      if (typeof value === "object" && value !== null && !Array.isArray(value))
        for (const inner of Object.keys(value)) names.add(`${name}.${inner}`);
    }
  }
  return names;
}
