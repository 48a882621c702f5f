import type { Admission, Backend, Prices } from "#src/backends/backend";
import type { Experiment } from "#src/experiment/define";
import type { Task } from "#src/experiment/task";
import type { Clock } from "#src/kernel/clock";
import type { Executor } from "./executor.ts";

/** What an executor is given once the run is known. */
export interface ExecutorScope {
  readonly experimentId: string;
  readonly experiment: Experiment;
  /** Names the plan: tasks of another one are other tasks. */
  readonly planHash: string;
  readonly clock: Clock;
  /** For solvers of conditions without a backend of their own. */
  readonly backend?: Backend | undefined;
  /** What calls cost, where the run was given prices: backends without prices of their own use these. */
  readonly prices?: Prices | undefined;
  /** Limits of backends, kept once for the whole run wherever their calls are made. */
  readonly admission: Admission;
  /** The file that exports the experiment, where the run knows it. */
  readonly file?: string | undefined;
  /** What `-T key=value` gave. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly log: (task: Task, message: string) => void;
  /** Publishes a notice about the executor itself: no worker is connected, a service is unreachable. */
  readonly notice: (message: string) => void;
  /** Called with an uncaught error that belongs to no task. */
  readonly stray?: ((thrown: unknown) => void) | undefined;
  /** Called with a sentence when code of a task has replaced built-in functions of the process, after they were put back. */
  readonly replaced?: ((sentence: string) => void) | undefined;
  /** Whether the task has a stored outcome. */
  readonly isFinished: (ordinal: number) => boolean;
  /** Limits in force; they may change while the run is active. */
  readonly limits: { readonly rateLimit: number | undefined };
}

/** An executor before it knows its run: what `executor:` takes. */
export type ExecutorFactory = (scope: ExecutorScope) => Executor;
