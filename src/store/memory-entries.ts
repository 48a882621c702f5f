import type { Entries } from "./store.ts";

/** Entries that live as long as the value does. */
export function memoryEntries(): Entries {
  const lists = new Map<string, Map<number, unknown>>();
  const listOf = (name: string): Map<number, unknown> => {
    const known = lists.get(name) ?? new Map<number, unknown>();
    lists.set(name, known);
    return known;
  };
  return {
    lists: () => [...lists].flatMap(([name, { size }]) => (size > 0 ? name : [])).sort(),
    *all(list) {
      const own = listOf(list);
      for (const number of [...own.keys()].sort((a, b) => a - b)) yield { number, value: own.get(number) };
    },
    one: (list, number) => (listOf(list).has(number) ? { number, value: listOf(list).get(number) } : undefined),
    add(list, entries) {
      const own = listOf(list);
      return entries.flatMap(({ number, value }) => {
        if (own.has(number)) return [];
        own.set(number, copied(value));
        return [number];
      });
    },
    write(changes) {
      const all = changes.map((change) => ({ ...change, value: copied(change.value) })); // before any is written: one may be no JSON
      for (const { list, number, value } of all) {
        if (value === undefined) listOf(list).delete(number);
        else listOf(list).set(number, value);
      }
    },
  };
}

/** What is kept does not change with what was given. */
const copied = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
