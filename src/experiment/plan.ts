import type { DatasetItem } from "#src/dataset/dataset";
import { digest } from "#src/kernel/digest";
import { ConfigError, invariant } from "#src/kernel/errors";
import { permutation, stream } from "#src/kernel/random";
import type { Experiment } from "./define.ts";
import type { Task } from "./task.ts";

/**
 * Conditions x items x repeats as a function from ordinal to task. Nothing is listed: a plan of a million tasks costs four bytes an item.
 *
 * The ordinal is the order of the run: all conditions at one item and repeat stand together, items come in seeded random order.
 * So a run cut short has compared its conditions on the same, randomly drawn items.
 */
export interface Plan {
  readonly size: number;
  readonly conditions: readonly string[];
  readonly items: readonly DatasetItem[];
  /** Changes when items, conditions, repeats or the seed change: rows of different plans never mix. */
  readonly hash: string;
  /** @throws InvariantError outside [0, size) */
  task(ordinal: number): Task;
  /** The item of a task, as far as it is at hand. */
  itemOf(ordinal: number): DatasetItem | undefined;
  /** Ordinals of one condition in the order of the run: `ordinalOf(c, 0)`, `ordinalOf(c, 1)`, ... up to `perCondition`. */
  ordinalOf(condition: number, position: number): number;
  readonly perCondition: number;
  /** Tasks of each condition whose items are at hand: all, unless rows are read while tasks are run. */
  readonly ready: number;
  /** Whether more tasks may be planned: the data set is a stream that has not ended. */
  readonly isOpen: boolean;
  /** Where a task stands; nothing for one that is not planned. */
  placeOf(condition: string, itemId: string, repeat: number): number | undefined;
}

/** Tasks of a plan: a run keeps a bit for each. */
export const MOST_TASKS = 1e9;

/** Lays out an experiment over its items. @throws ConfigError for more than 1e9 tasks */
export function makePlan(
  experiment: Pick<Experiment, "conditions" | "repeat" | "config">,
  items: readonly DatasetItem[],
): Plan {
  const conditions = experiment.conditions.map(({ name }) => name);
  const seed = experiment.config.randomSeed;
  const order = permutation(items.length, stream(seed, "order"));
  const perCondition = items.length * experiment.repeat;
  const size = perCondition * conditions.length;
  if (size > MOST_TASKS)
    throw new ConfigError(
      "repeat",
      `must leave at most ${MOST_TASKS} tasks; ${conditions.length} conditions x ${items.length} items x ${experiment.repeat} repeats are more`,
      experiment.repeat,
    );
  let positions: ReadonlyMap<string, number> | undefined; // made when it is asked for: a run that does not grow never does
  const positionOf = (itemId: string): number | undefined => {
    positions ??= new Map(Array.from(order, (item, position) => [items[item]!.id, position]));
    return positions.get(itemId);
  };
  return {
    size,
    conditions,
    items,
    perCondition,
    ready: perCondition,
    isOpen: false,
    hash: digest({ conditions, repeat: experiment.repeat, seed, items: items.map(({ id }) => id) }),
    itemOf: (ordinal) => items[order[Math.floor(ordinal / (conditions.length * experiment.repeat))]!],
    ordinalOf: (condition, position) => position * conditions.length + condition,
    placeOf(condition, itemId, repeat) {
      const [place, position] = [conditions.indexOf(condition), positionOf(itemId)];
      if (place < 0 || position === undefined || repeat >= experiment.repeat) return undefined;
      return (position * experiment.repeat + repeat) * conditions.length + place;
    },
    task(ordinal) {
      invariant(Number.isInteger(ordinal) && ordinal >= 0 && ordinal < size, `the plan has no task ${ordinal}`);
      const position = Math.floor(ordinal / conditions.length);
      const item = items[order[Math.floor(position / experiment.repeat)]!]!;
      return {
        ordinal,
        condition: conditions[ordinal % conditions.length]!,
        item,
        repeat: position % experiment.repeat,
      };
    },
  };
}

/** A set of ordinals, one bit each: 125 kB at a million. */
export interface OrdinalSet {
  has(ordinal: number): boolean;
  add(ordinal: number): void;
  readonly count: number;
}

/** An empty set of ordinals below `size`; it grows where more are added. */
export function ordinalSet(size: number): OrdinalSet {
  let bits = new Uint8Array(Math.ceil(size / 8));
  let count = 0;
  return {
    has: (ordinal) => (bits[ordinal >> 3]! & (1 << (ordinal & 7))) !== 0,
    add(ordinal) {
      if (ordinal >> 3 >= bits.length) {
        const larger = new Uint8Array(2 * ((ordinal >> 3) + 1));
        larger.set(bits);
        bits = larger;
      }
      const before = bits[ordinal >> 3]!;
      const after = before | (1 << (ordinal & 7));
      if (after !== before) {
        bits[ordinal >> 3] = after;
        count += 1;
      }
    },
    get count() {
      return count;
    },
  };
}
