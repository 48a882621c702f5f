import { dirname, resolve } from "node:path";
import { directoryOf, loadExperiment } from "#src/app/load";
import { fetchLiveState } from "#src/app/observe/live";
import { type ResumeOptions, startResumed } from "#src/app/resume";
import { start } from "#src/app/run";
import type { RunHandle } from "#src/app/run-handle";
import type { RunReport } from "#src/app/run-report";
import { checkpointDirectory } from "#src/app/setting-sources";
import { stopOnSignals } from "#src/app/stop";
import { isStoredSuite } from "#src/app/suite/suite-file";
import { watchLoop } from "#src/app/watchdog";
import { withConditions } from "#src/experiment/chosen";
import type { Experiment } from "#src/experiment/define";
import { type Flags, parametersFrom, settingsFrom } from "./arguments.ts";
import type { Line } from "./colour.ts";
import { exitCodeOf, exitCodes } from "./exit-code.ts";
import { guardExit } from "./exit-guard.ts";
import { loadAhead } from "./load-ahead.ts";
import { columnsOf, printJson, printLines, warn } from "./print.ts";
import { progressMode, showProgress } from "./progress.ts";
import { acceptedChanges, commonOptions } from "./run-options.ts";
import { summary } from "./summary.ts";
import type { WatchedData } from "./watch.ts";

export type { Flags };

/** `crucible run <file>`. @returns the exit code */
export async function runFile(file: string, flags: Flags): Promise<number> {
  await loadAhead(file);
  const parameters = parametersFrom(file, flags);
  const experiment = await loadExperiment(file, parameters);
  if (flags.watched === true) sayData(experiment, file);
  const asked = file.endsWith(".json") ? await (await import("./ir.ts")).settingsOfDocument(file, flags) : {};
  const id = typeof flags.id === "string" ? { id: flags.id } : {};
  const options = { ...asked, ...(await commonOptions(flags)), ...id, ...acceptedChanges(flags), file, parameters };
  const code = await follow(start(experiment, options), flags);
  if (flags.condition !== undefined) sayGatesLeftOut(experiment, flags.condition as readonly string[]);
  return code;
}

/** Says to the process that watches where the rows come from. */
function sayData({ dataset }: Experiment, file: string): void {
  const path = typeof dataset === "string" ? dataset : (dataset as { readonly path?: unknown }).path;
  if (typeof path === "string") process.send?.({ data: resolve(directoryOf(file), path) } satisfies WatchedData);
}

/** A gate on a condition that is left out is not judged. */
function sayGatesLeftOut(experiment: Experiment, conditions: readonly string[]): void {
  const left = experiment.gates.length - withConditions(experiment, conditions).gates.length;
  if (left > 0)
    warn(`not judged, since --condition leaves out their conditions: ${left} of ${experiment.gates.length} gates`);
}

/** `crucible resume <id>`. @returns the exit code */
export async function resumeRun(
  id: string,
  flags: Flags,
  more: Pick<ResumeOptions, "retryFailed"> = {},
): Promise<number> {
  if (more.retryFailed !== true && (await isPaused(id, flags)))
    return (await import("./control.ts")).control(id, "resume", flags);
  if (more.retryFailed !== true && (await isSuite(id, flags)))
    return (await import("./suite.ts")).resumeSuite(id, flags);
  await loadAhead();
  const options: ResumeOptions = {
    ...(await commonOptions(flags)),
    ...more,
    ...(flags.T ? { parameters: flags.T as Record<string, string> } : {}),
    ...(typeof flags.file === "string" ? { file: flags.file } : {}),
    ...acceptedChanges(flags),
  };
  return follow(startResumed(id, options), flags);
}

/** Whether the id is that of a suite. */
async function isSuite(id: string, flags: Flags): Promise<boolean> {
  return isStoredSuite(await checkpointDirectory(settingsFrom(flags)), id);
}

/** Whether another process is at the run and waits: such a run is asked to continue, all others are resumed here. */
async function isPaused(id: string, flags: Flags): Promise<boolean> {
  const live = await fetchLiveState(await checkpointDirectory(settingsFrom(flags)), id);
  return live?.status.state === "paused";
}

/** Nothing is waited for any more. */
function leave(handle: RunHandle, again: string): void {
  const { store, state, accounting } = handle.status();
  const next = state === "analysing" && accounting.pending === 0 ? `report ${handle.id}` : again; // to resume makes the reports, too
  const kept = store === undefined ? "nothing had begun" : `what was stored is in ${store}: crucible ${next}`;
  warn("", `crucible: left at once; ${kept}`);
  process.exit(exitCodes.interrupted);
}

/** A Ctrl-C while nothing but the reports is still to do. */
const sayReportsAreMade = (handle: RunHandle, signal: NodeJS.Signals): void =>
  warn(
    "",
    `${signal}: all that ran is stored, and the reports are being made; press Ctrl-C again to leave without them, and make them later with: crucible report ${handle.id}`,
  );

/** What a command says of a run beside what every run says. */
export interface Following {
  /** The command that resumes it: `resume <id>` when absent. */
  readonly again?: string;
  /** Fields of the JSON record, and lines of the summary. */
  readonly more?: (report: RunReport) => { readonly json: object; lines(columns?: number): readonly Line[] };
}

/** Shows a run until its end. @returns the exit code */
export async function follow(handle: RunHandle, flags: Flags, { again, more }: Following = {}): Promise<number> {
  const json = flags.json === true;
  handle.done.catch(() => {}); // it may be refused before it is waited for
  const unguard = guardExit(handle);
  const unwatch = await watchLoop(handle);
  const atOnce = (): void => {
    unguard();
    leave(handle, again ?? `resume ${handle.id}`);
  };
  const releaseSignals = stopOnSignals(handle, { leave: atOnce, warn: (signal) => sayReportsAreMade(handle, signal) });
  const showing = showProgress(handle, progressMode(json, process.stderr.isTTY, process.env.TERM));
  try {
    const report = await handle.done.finally(() => showing.stop());
    const { hasWorked } = showing;
    const own = report.estimates ? undefined : more?.(report);
    if (json) printJson({ type: "report", ...plain(report), ...own?.json });
    else printLines([...summary(report, columnsOf(), again), ...(own?.lines(columnsOf()) ?? [])]);
    if (process.env.GITHUB_ACTIONS === "true")
      await (await import("./github.ts")).reportToGithub(report, dirname(report.store));
    if (!hasWorked() && report.accounting.pending === 0 && !report.estimates)
      warn(`${report.experimentId} is complete: each of its tasks has ended, so none was done again`);
    return exitCodeOf(report);
  } finally {
    unwatch();
    unguard();
    releaseSignals();
  }
}

/** The report without its rows: those are in the store and in the files. */
const plain = ({ results: _, ...report }: RunReport): Omit<RunReport, "results"> => report;
