import type { AttemptResult, LateCharge, RunningAttempt } from "#src/experiment/execute";
import type { Outcome } from "#src/experiment/outcome";
import type { Task } from "#src/experiment/task";

/** Whether attempts that were handed over and have not begun may begin; `draining` takes them back permanently, as cancelled. */
export type ExecutorIntake = "open" | "closed" | "draining";

/**
 * Where attempts run: this event loop, worker threads, other machines. The same task gives the same result in each. Laws, tested for every
 * executor by `src/testing/executor-contract.ts`.
 */
export interface Executor {
  /** Written into every row as `worker`, unless the place has a better name. */
  readonly name: string;
  /** Gets ready, before the first task. @throws ConfigError where it cannot: a service that is away, a file that cannot be loaded */
  open?(): Promise<void>;
  /**
   * Starts one attempt. A task with an `answer` is scored: it is passed on to where the attempt is made, with the rest of the task.
   *
   * @param attempt counted from 1, over both stages of a task that is answered and then scored
   * @param late called with what the attempt charges after its end, where the executor can know it
   */
  run(task: Task, attempt: number, late?: LateCharge): RunningAttempt;
  /**
   * Scores a stored answer now, where the scorers of its condition have answered at once before, and never waited: a worker of its own would cost more than they do.
   *
   * @returns the attempt that succeeded; `later` where the event loop must get its turn first; nothing where a worker must make the attempt,
   * which then counts: the scorers have not answered at once yet, or one of them failed or did not this time
   */
  atOnce?(task: Task, attempt: number, late?: LateCharge): AttemptResult | "later" | undefined;
  /** Called with committed rows: resources kept for them may be released. */
  stored?(outcomes: readonly Outcome[]): void;
  /** Called whenever that changes, and again with the same. */
  intake?(state: ExecutorIntake): void;
  close?(): Promise<void>;
}
