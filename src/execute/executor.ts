import type { RunningAttempt } from "#src/experiment/execute";
import type { Task } from "#src/experiment/task";

/** Where attempts run: this event loop, worker threads, other machines. The same task gives the same result in each. */
export interface Executor {
  /** Written into every row as `worker`, unless the place has a better name. */
  readonly name: string;
  /** Starts one attempt. @param attempt counted from 1 */
  run(task: Task, attempt: number): RunningAttempt;
  close?(): Promise<void>;
}
