import type { Limits } from "#src/experiment/limits";
import type { Accounting } from "#src/experiment/outcome";
import type { ConditionTally } from "#src/experiment/tally";
import type { LimitedBy } from "./forecast.ts";

/** How a condition is doing at one moment. Over all conditions its amounts and its pace add up to those of the run. */
export interface ConditionStatus extends Readonly<ConditionTally> {
  readonly tasksPerSecond: number;
}

/** How a run is doing at one moment. */
export interface RunStatusNow {
  readonly experimentId: string;
  readonly name: string;
  /** The scoring of its stored answers that is under way; absent where the run itself is. */
  readonly scoring?: string;
  /** Where its rows are, a path or `memory`; absent before the start. */
  readonly store?: string;
  readonly state: "preparing" | "running" | "paused" | "stopping" | "analysing" | "ended";
  readonly accounting: Accounting;
  readonly conditions: ReadonlyMap<string, ConditionStatus>;
  /** Ended tasks per second, recent ones weighing more. */
  readonly tasksPerSecond: number;
  readonly elapsedMs: number;
  /** Milliseconds left at the present pace; absent while that is unknown. */
  readonly remainingMs?: number;
  /** What keeps it from going faster; absent where nothing does. */
  readonly limitedBy?: LimitedBy;
  /** Tasks that the budget lasts for at the present cost of one, where that is fewer than are planned. */
  readonly budgetTasks?: number;
  /** Spent: in rows, by attempts that came to no result, and by attempts at tasks that have no row yet. */
  readonly cost: number;
  /** Promised to attempts in flight, on top of what is spent. */
  readonly reserved: number;
  /** That of all amounts; absent before the start. */
  readonly currency?: string;
  /** In force now; all 0 or undefined before the start. */
  readonly limits: Readonly<Limits>;
}
