import type { Experiment } from "#src/experiment/define";
import { beginAgain } from "./begin-again.ts";
import type { RunOptions } from "./prepare.ts";
import { Run } from "./run.ts";
import type { RunHandle } from "./run-handle.ts";
import type { RunReport } from "./run-report.ts";

export interface ResumeOptions extends RunOptions {
  /** The definition; loaded from the file that the run came from when absent. */
  readonly experiment?: Experiment;
  /** Options that may differ from the stored definition although they change what results mean; `true` for all. */
  readonly acceptChanged?: readonly string[] | true;
  /** Whether permanently failed tasks are done again: they are planned again once everything else about the run has been checked. */
  readonly retryFailed?: boolean;
}

/**
 * Resumes a run where it stopped: finished tasks are not run again, tasks in flight at the stop are. A finished run executes nothing.
 *
 * @throws ConfigError for an unknown id, a changed definition (naming the option), or a run that another process is at
 */
export const resume = (experimentId: string, options: ResumeOptions = {}): Promise<RunReport> =>
  startResumed(experimentId, options).done;

/** As `resume`, with the handle of the run. */
export function startResumed(experimentId: string, options: ResumeOptions = {}): RunHandle {
  return new Run(experimentId, () => beginAgain(experimentId, options), options);
}
