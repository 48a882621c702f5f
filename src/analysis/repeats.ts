import { passAtK, passHatK } from "#src/stats/index";
import type { Table } from "./table.ts";

/** How often at least one, and all, of k answers to an item are right. */
export interface RepeatCurve {
  readonly condition: string;
  /** Items with an answer of every repeat: those that count here. */
  readonly items: number;
  /** Items with fewer answers, which do not. */
  readonly without: number;
  /** For k from 1 to the number of repeats: pass@k and pass^k, means over items, in [0, 1]. */
  readonly points: readonly { readonly any: number; readonly all: number }[];
}

/** Repeats that a curve follows. */
const MOST_K = 32;

/**
 * The reliability of each condition over repeats, of a field whose values are 0 and 1. Empty without repeats.
 *
 * @see `passAtK` and `passHatK` of crucible-harness/stats
 */
export function repeatCurves(table: Table, field: string): RepeatCurve[] {
  const { repeats, conditions } = table;
  if (repeats < 2) return [];
  const most = Math.min(repeats, MOST_K);
  return conditions.flatMap((condition, place): RepeatCurve[] => {
    const { items: of, values, length } = table.column(place, field);
    const answers = new Uint32Array(table.items.length);
    const passed = new Uint32Array(table.items.length);
    for (let i = 0; i < length; i++) {
      answers[of[i]!]! += 1;
      if (values[i] === 1) passed[of[i]!]! += 1;
    }
    const byPassed = new Map<number, number>();
    let without = 0;
    for (let item = 0; item < answers.length; item++) {
      if (answers[item] === repeats) byPassed.set(passed[item]!, (byPassed.get(passed[item]!) ?? 0) + 1);
      else if (table.seen(place, item)) without += 1;
    }
    const items = [...byPassed.values()].reduce((sum, n) => sum + n, 0);
    if (items === 0) return [];
    const mean = (estimate: typeof passAtK, k: number): number =>
      [...byPassed].reduce((sum, [right, n]) => {
        const one = estimate({ n: repeats, passed: right }, k);
        return sum + (one.ok ? one.value * n : 0);
      }, 0) / items;
    const points = Array.from({ length: most }, (_, i) => ({ any: mean(passAtK, i + 1), all: mean(passHatK, i + 1) }));
    return [{ condition, items, without, points }];
  });
}
