import type { DatasetItem } from "#src/dataset/dataset";
import type { AnswerToScore } from "./answer.ts";

/** One attempt series at one item under one condition: what a worker is given. */
export interface Task {
  /** Place in the plan, dense from 0. */
  readonly ordinal: number;
  readonly condition: string;
  readonly item: DatasetItem;
  /** Counted from 0. */
  readonly repeat: number;
  /** Present where the attempt is at scoring: an answer that was given before, which is scored and not asked for again. */
  readonly answer?: AnswerToScore;
}

/** Name of a task in people's words: `cot/q17/2`. Names the random streams of the task, so it never depends on order.
 * @example taskKey({ condition: "cot", itemId: "q17", repeat: 2 }) // => "cot/q17/2" */
export const taskKey = ({ condition, itemId, repeat }: { condition: string; itemId: string; repeat: number }): string =>
  `${condition}/${itemId}/${repeat}`;

/** Name of a task that is being done. */
export const nameOf = (task: Task): string => taskKey({ ...task, itemId: task.item.id });
