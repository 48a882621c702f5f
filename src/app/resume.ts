import { beginAgain, type ResumeOptions } from "./begin-again.ts";
import { Run } from "./run.ts";
import type { RunHandle } from "./run-handle.ts";
import type { RunReport } from "./run-report.ts";

export type { ResumeOptions } from "./begin-again.ts";

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
