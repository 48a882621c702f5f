import type { AnyActorRef } from "xstate";
import type { Fact } from "#actors/messages";
import type { LimitChanges, Limits, LimitsChange } from "#src/experiment/limits";
import type { Accounting } from "#src/experiment/outcome";
import type { ConditionTally } from "#src/experiment/tally";
import type { LimitedBy } from "./observe/forecast.ts";
import type { TreeNode } from "./observe/tree.ts";
import type { RunReport } from "./run-report.ts";

/** How a run is doing at one moment. */
export interface RunStatusNow {
  readonly experimentId: string;
  readonly name: string;
  /** Where its rows are, a path or `memory`; absent before the start. */
  readonly store?: string;
  readonly state: "preparing" | "running" | "paused" | "stopping" | "analysing" | "ended";
  readonly accounting: Accounting;
  readonly conditions: ReadonlyMap<string, Readonly<ConditionTally>>;
  readonly tasksPerSecond: number;
  readonly elapsedMs: number;
  /** Milliseconds left at the present pace; absent while that is unknown. */
  readonly remainingMs?: number;
  /** What keeps it from going faster; absent where nothing does. */
  readonly limitedBy?: LimitedBy;
  /** Tasks that the budget lasts for at the present cost of one, where that is fewer than are planned. */
  readonly budgetTasks?: number;
  readonly cost: number;
  /** That of all amounts; absent before the start. */
  readonly currency?: string;
  /** In force now; all 0 or undefined before the start. */
  readonly limits: Readonly<Limits>;
}

/** A run that is going on. */
export interface RunHandle {
  readonly id: string;
  /** The root of the supervision tree: XState's own, the escape hatch. Undefined until the run has started. */
  readonly actor: AnyActorRef | undefined;
  /** Facts from now on. Each reader has its own bounded buffer: who is too slow loses the oldest, counted in `dropped` over all readers. */
  readonly facts: AsyncIterable<Fact> & { readonly dropped: number };
  /** The live supervision tree; undefined before the start and after the end. */
  tree(): Promise<TreeNode | undefined>;
  status(): RunStatusNow;
  /** No new task starts until `resume()`; running ones go on. */
  pause(reason?: string): void;
  resume(reason?: string): void;
  /**
   * Changes limits while the run goes on: what runs may end, what starts obeys. A condition whose budget was spent stays ended until the run
   * is resumed. Who, when, what and why is kept in the store and shown in the report.
   *
   * @param change limits that become others; `null` lifts one
   * @returns what became another, once the store has it
   * @throws ConfigFault for a wrong limit, and when nothing is running
   * @example await handle.adjust({ maxParallel: 4, rateLimit: 2, maxTotal: 50 }, "the provider is slow");
   */
  adjust(change: LimitsChange, reason?: string): Promise<LimitChanges>;
  /** No new tasks, running ones end, everything is stored: status `interrupted`. Resumable. */
  drain(reason?: string): void;
  /** Running tasks are aborted through their signals: status `aborted`. Resumable. */
  abort(reason?: string): void;
  /** The report; rejects with a `ConfigFault` when the definition was wrong. */
  readonly done: Promise<RunReport>;
}
