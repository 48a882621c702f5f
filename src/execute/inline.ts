import type { Backend } from "#src/backends/backend";
import type { Experiment } from "#src/experiment/define";
import { executeAttempt } from "#src/experiment/execute";
import type { Task } from "#src/experiment/task";
import { type Clock, systemClock } from "#src/kernel/clock";
import { invariant } from "#src/kernel/fault";
import type { Executor } from "./executor.ts";

/** What an executor is given once the run is known. */
export interface ExecutorScope {
  readonly experiment: Experiment;
  readonly clock: Clock;
  /** For solvers of conditions without a backend of their own. */
  readonly backend?: Backend | undefined;
  readonly log: (task: Task, message: string) => void;
}

/** An executor before it knows its run: what `executor:` takes. */
export type ExecutorFactory = (scope: ExecutorScope) => Executor;

/** Runs attempts in this event loop: right for everything that waits (model calls), and for cheap functions. */
export const inline =
  (): ExecutorFactory =>
  ({ experiment, clock = systemClock, backend, log }) => {
    const conditions = new Map(experiment.conditions.map((condition) => [condition.name, condition]));
    const place = { clock, worker: "inline", backend, log };
    return {
      name: "inline",
      run(task, attempt) {
        const condition = conditions.get(task.condition);
        invariant(condition, `no condition ${task.condition}`);
        return executeAttempt(experiment, condition, task, attempt, place);
      },
    };
  };
