import type { AnyActorRef } from "xstate";
import type { Fact } from "#actors/messages";
import type { LimitChanges, LimitsChange } from "#src/experiment/limits";
import type { RunStatusNow } from "./observe/status.ts";
import type { TreeNode } from "./observe/tree.ts";
import type { RunReport } from "./run-report.ts";

/** An active run. */
export interface RunHandle {
  readonly id: string;
  /** The root of the supervision tree: XState's own, the escape hatch. Undefined until the run has started. */
  readonly actor: AnyActorRef | undefined;
  /** Facts from now on. Each reader has its own bounded buffer: who is too slow loses the oldest, counted in `dropped` over all readers. */
  readonly facts: AsyncIterable<Fact> & { readonly dropped: number };
  /** The live supervision tree; undefined before the start and after the end. */
  tree(): Promise<TreeNode | undefined>;
  status(): RunStatusNow;
  /** No new task starts until `resume()`; running ones continue. */
  pause(reason?: string): void;
  resume(reason?: string): void;
  /**
   * Changes limits while the run is active: what runs may end, what starts obeys. A condition whose budget was spent stays ended until the run
   * is resumed. Who, when, what and why is kept in the store and shown in the report.
   *
   * @param change limits that become others; `null` lifts one
   * @returns what became another, once the store has it
   * @throws ConfigError for a wrong limit, and when nothing is running
   * @example await handle.adjust({ maxParallel: 4, rateLimit: 2, maxTotal: 50 }, "the provider is slow");
   */
  adjust(change: LimitsChange, reason?: string): Promise<LimitChanges>;
  /** No new tasks, running ones end, everything is stored: status `interrupted`. Resumable. */
  drain(reason?: string): void;
  /** Running tasks are aborted through their signals: status `aborted`. Resumable. */
  abort(reason?: string): void;
  /** The report; rejects with a `ConfigError` when the definition was wrong. */
  readonly done: Promise<RunReport>;
}
