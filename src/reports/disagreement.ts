import type { ItemEntry } from "./report.ts";

/**
 * How much conditions disagree on an item, in descending order of weight: the spread of their values, whether only some succeeded, how many
 * different answers there are.
 *
 * @param entries of one item
 * @param range greatest distance of two values of the first field over all items
 */
export function disagreementOn(entries: readonly ItemEntry[], range: number): number {
  const values = entries.flatMap(({ values: [value] }) => (value === null || value === undefined ? [] : [value]));
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length);
  const spread = range > 0 && Number.isFinite(range) ? variance / range ** 2 : 0;
  const statuses = new Set(entries.map(({ status }) => status)).size > 1 ? 1 : 0;
  const answers = new Set(entries.map(({ text }) => text)).size / Math.max(1, entries.length);
  return spread + 1e-3 * statuses + 1e-6 * answers;
}

/** Items with those on which conditions disagree most first; equal ones stay in their order. */
export function byDisagreement<I extends { readonly entries: readonly ItemEntry[] }>(items: readonly I[]): I[] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { entries } of items)
    for (const { values } of entries) {
      const [value] = values;
      if (value === null || value === undefined) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  const range = high - low;
  const weighed = items.map((item) => ({ item, weight: disagreementOn(item.entries, range) }));
  return weighed.sort((a, b) => b.weight - a.weight).map(({ item }) => item);
}
