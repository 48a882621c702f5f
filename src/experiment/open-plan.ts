import type { DatasetItem } from "#src/dataset/dataset";
import { digest } from "#src/kernel/digest";
import { ConfigError, invariant } from "#src/kernel/errors";
import type { Experiment } from "./define.ts";
import { MOST_TASKS, type Plan } from "./plan.ts";

/**
 * A plan over rows that are read while its tasks are run, in the order of the source: a task has the same ordinal however many rows follow.
 * It holds the items that tasks still need, and knows of the others how many they were.
 */
export interface OpenPlan extends Plan {
  /** Rows that are planned: those read now, and those read before the run was resumed. */
  readonly rows: number;
  /** Items that it holds. */
  readonly held: number;
  /** Begins where a run was left. @param rows that were read before @param from row that is read next: tasks of all before it have ended */
  resume(rows: number, from: number): void;
  /**
   * Plans the next row; nothing is held for one whose tasks have ended.
   *
   * @throws ConfigError for more than 1e9 tasks
   */
  add(item: DatasetItem | undefined): void;
  /** Lets go of the items of rows that are needed no more. */
  release(isNeeded: (row: number) => boolean): void;
  /** No more rows come. */
  close(): void;
  /** Ordinals of all tasks at a row: the first, and the one behind the last. */
  tasksAt(row: number): readonly [first: number, end: number];
}

/** Lays out an experiment over rows that are to come. */
export function openPlan({
  conditions: all,
  repeat,
  config,
}: Pick<Experiment, "conditions" | "repeat" | "config">): OpenPlan {
  const conditions = all.map(({ name }) => name);
  const atRow = conditions.length * repeat;
  const items = new Map<number, DatasetItem>();
  let [known, next, isOpen] = [0, 0, true];
  const rows = (): number => Math.max(known, next);
  return {
    get size() {
      return rows() * atRow;
    },
    conditions,
    items: [],
    get perCondition() {
      return rows() * repeat;
    },
    get ready() {
      return next * repeat;
    },
    get isOpen() {
      return isOpen;
    },
    get rows() {
      return rows();
    },
    get held() {
      return items.size;
    },
    hash: digest({ conditions, repeat, seed: config.randomSeed, items: "as they come" }),
    itemOf: (ordinal) => items.get(Math.floor(ordinal / atRow)),
    ordinalOf: (condition, position) => position * conditions.length + condition,
    placeOf: () => undefined, // by id nothing is kept
    task(ordinal) {
      const row = Math.floor(ordinal / atRow);
      const item = items.get(row);
      invariant(item !== undefined, `the item of task ${ordinal} is not at hand`);
      return {
        ordinal,
        condition: conditions[ordinal % conditions.length]!,
        item,
        repeat: Math.floor(ordinal / conditions.length) % repeat,
      };
    },
    resume(readBefore, from) {
      [known, next] = [readBefore, from];
    },
    add(item) {
      if ((next + 1) * atRow > MOST_TASKS)
        throw new ConfigError("dataset", `must end within ${MOST_TASKS} tasks`, undefined, "Set datasetConfig.limit");
      if (item) items.set(next, item);
      next += 1;
    },
    release(isNeeded) {
      for (const row of items.keys()) if (!isNeeded(row)) items.delete(row);
    },
    close() {
      isOpen = false;
    },
    tasksAt: (row) => [row * atRow, (row + 1) * atRow],
  };
}
