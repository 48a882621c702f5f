import type { Entries, EntryChange, StoredEntry } from "./store.ts";

/** Attempts at one task that have places of their own among the reservations of a scoring. */
export const ATTEMPTS = 4096;

/** Lists that are numbered by the places of tasks, and how many numbers each place has. */
const numbered: Readonly<Record<string, number>> = { result: 1, earlier: 1, reservation: ATTEMPTS };

/**
 * What becomes of a store's labels and scorings when its tasks get other places: each stays with its task.
 *
 * @param places of tasks in the larger plan, by those they had
 */
export function movedEntries(entries: Entries, places: ReadonlyMap<number, number>): EntryChange[] {
  return entries.lists().flatMap((list): EntryChange[] => {
    const kind = list === "labels" ? "labels" : /^scoring\/.+\/(result|earlier|reservation|lost)$/.exec(list)?.[1];
    if (kind === undefined) return [];
    const moved = [...entries.all(list)].map((entry) => ({
      from: entry.number,
      to: movedEntry(entry, numbered[kind], places),
    }));
    const taken = new Set(moved.map(({ to }) => to.number));
    return [
      ...moved.flatMap(({ from }) => (taken.has(from) ? [] : [{ list, number: from }])),
      ...moved.map(({ to }) => ({ list, ...to })),
    ];
  });
}

function movedEntry(
  { number, value }: StoredEntry,
  each: number | undefined,
  places: ReadonlyMap<number, number>,
): StoredEntry {
  const placeOf = (ordinal: number): number => places.get(ordinal) ?? ordinal;
  const at = each === undefined ? number : placeOf(Math.floor(number / each)) * each + (number % each);
  const { ordinal } = value as { readonly ordinal?: unknown };
  return {
    number: at,
    value: typeof ordinal === "number" ? { ...(value as object), ordinal: placeOf(ordinal) } : value,
  };
}
