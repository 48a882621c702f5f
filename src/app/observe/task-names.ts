import type { Manifest } from "#src/experiment/manifest";
import type { SqliteBrowser } from "./browse.ts";

/**
 * What tasks are called by people, by their place in the plan: condition and item, and the repeat where there are several. The item is that of any
 * ended task on the same item; of an item on which no task has ended the number alone is known.
 *
 * @returns nothing for a task whose item is not known, or that is not planned
 */
export function taskNames(
  { experiment: { conditions, repeat }, plan }: Pick<Manifest, "experiment" | "plan">,
  { itemBetween }: Pick<SqliteBrowser, "itemBetween">,
): (ordinal: number) => string | undefined {
  const known = new Map<number, string>();
  const tasksOfItem = conditions.length * repeat;
  return (ordinal) => {
    if (ordinal >= plan.tasks) return undefined;
    const place = Math.floor(ordinal / tasksOfItem);
    const item = known.get(place) ?? itemBetween(place * tasksOfItem, (place + 1) * tasksOfItem);
    if (item === undefined) return undefined;
    known.set(place, item);
    const name = `${conditions[ordinal % conditions.length]!.name}/${item}`;
    return repeat > 1 ? `${name}/${Math.floor(ordinal / conditions.length) % repeat}` : name;
  };
}
