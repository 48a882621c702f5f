import type { AttemptResult } from "#src/experiment/execute";
import type { Task } from "#src/experiment/task";

/** Where attempts run: this event loop, worker threads, other machines. The same task gives the same result in each. */
export interface Executor {
  /** Written into every row as `worker`, unless the place has a better name. */
  readonly name: string;
  /**
   * Runs one attempt. Never rejects: whatever goes wrong, a timeout and an abort included, is a failed attempt.
   *
   * @param attempt counted from 1
   * @param signal aborted when the run no longer wants the result
   */
  run(task: Task, attempt: number, signal: AbortSignal): Promise<AttemptResult>;
  close?(): Promise<void>;
}
