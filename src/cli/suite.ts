import { checkpointDirectory } from "#src/app/setting-sources";
import { stopOnSignals } from "#src/app/stop";
import { startResumedSuite, startSuite } from "#src/app/suite/suite";
import { isStoredSuite } from "#src/app/suite/suite-file";
import type { SuiteHandle, SuiteOptions } from "#src/app/suite/suite-handle";
import { plainSuite, type SuiteReport } from "#src/app/suite/suite-report";
import { watchLoop } from "#src/app/watchdog";
import { type Flags, settingsFrom } from "./arguments.ts";
import { exitCodeOf, exitCodes, report as reportThrown } from "./exit-code.ts";
import { guardExit } from "./exit-guard.ts";
import { loadAhead } from "./load-ahead.ts";
import { columnsOf, printJson, printLines, warn } from "./print.ts";
import { progressMode } from "./progress.ts";
import { acceptedChanges, commonOptions } from "./run-options.ts";
import { showSuiteProgress } from "./suite-progress.ts";
import { suiteSummary } from "./suite-summary.ts";

/** `crucible suite [paths...]`. @returns the exit code */
export async function runSuitePaths(paths: readonly string[], flags: Flags): Promise<number> {
  await loadAhead();
  const { id } = flags;
  const options = await optionsFrom(flags);
  const isResumed =
    typeof id === "string" && paths.length === 0 && isStoredSuite(await checkpointDirectory(settingsFrom(flags)), id);
  if (isResumed) return follow(startResumedSuite(id, options), flags);
  const named = typeof id === "string" ? { id } : {};
  return follow(startSuite(paths.length > 0 ? paths : ["."], { ...options, ...named }), flags);
}

/** `crucible resume <id>` of a suite. @returns the exit code */
export async function resumeSuite(id: string, flags: Flags): Promise<number> {
  await loadAhead();
  return follow(startResumedSuite(id, await optionsFrom(flags)), flags);
}

async function optionsFrom(flags: Flags): Promise<Omit<SuiteOptions, "id">> {
  const weights = flags.weight ?? flags.weights;
  return {
    ...(await commonOptions(flags)),
    ...acceptedChanges(flags),
    ...(flags.T ? { parameters: flags.T as Record<string, string> } : {}),
    ...(flags.name ? { names: flags.name as string[] } : {}),
    ...(flags.tag ? { tags: flags.tag as string[] } : {}),
    ...(flags.atOnce === undefined ? {} : { experimentsAtOnce: flags.atOnce as number }),
    ...(flags.maxOpenCircuits === undefined ? {} : { maxOpenCircuits: flags.maxOpenCircuits as number }),
    ...(weights === undefined ? {} : { weights: weights as NonNullable<SuiteOptions["weights"]> }),
  };
}

/** Shows a suite until its end. @returns the exit code */
async function follow(handle: SuiteHandle, flags: Flags): Promise<number> {
  handle.done.catch(() => {}); // it may be refused before it is awaited below
  const json = flags.json === true;
  const unguard = guardExit(handle);
  const unwatch = await watchLoop({
    id: handle.id,
    isSuite: true,
    status: () => handle.status(),
    facts: factsOfRuns(handle),
  });
  const releaseSignals = stopOnSignals(handle, {
    leave: () => {
      unguard();
      warn("", `crucible: left at once; what was stored is kept: crucible resume ${handle.id}`);
      process.exit(exitCodes.interrupted);
    },
    warn: (signal) =>
      warn("", `${signal}: the report of the suite is being made; press Ctrl-C again to leave without it`),
  });
  const showing = showSuiteProgress(handle, progressMode(json, process.stderr.isTTY, process.env.TERM));
  try {
    const report = await handle.done.finally(() => showing.stop());
    if (json) printJson({ type: "suite", ...plainSuite(report) });
    else printLines(suiteSummary(report, columnsOf()));
    return exitCodeOfSuite(report);
  } finally {
    unwatch();
    unguard();
    releaseSignals();
  }
}

/** For the watchdog: how long attempts may take. */
async function* factsOfRuns(handle: SuiteHandle) {
  for await (const fact of handle.facts) if (fact.type === "experiment.fact") yield fact.fact;
}

/** Exit codes of a suite, the gravest first: what ended it as a whole, then what ended an experiment. */
const gravest = [
  exitCodes.interrupted,
  exitCodes.bug,
  exitCodes.usage,
  exitCodes.aborted,
  exitCodes.budgetExhausted,
  exitCodes.gateMissed,
];

/** The exit code of a suite: the gravest of its experiments', of the files that could not be loaded, and of what stopped it. */
export function exitCodeOfSuite({ status, experiments, refused }: SuiteReport): number {
  const ofSuite = {
    completed: exitCodes.ended,
    interrupted: exitCodes.interrupted,
    aborted: exitCodes.aborted,
    budget_exhausted: exitCodes.budgetExhausted,
  };
  const codes: number[] = [
    ofSuite[status],
    ...(refused.length > 0 ? [exitCodes.usage] : []),
    ...experiments.map(({ report, status: own, error }) => {
      if (report) return report.estimates ? exitCodes.ended : exitCodeOf(report);
      if (own === "not_started") return exitCodes.ended; // what stopped the suite says why
      return own === "refused" ? exitCodes.usage : reportedBug(error);
    }),
  ];
  return gravest.find((code) => codes.includes(code)) ?? exitCodes.ended;
}

/** A bug of ours is shown with its stack. */
const reportedBug = (error: unknown): number => reportThrown(error);
