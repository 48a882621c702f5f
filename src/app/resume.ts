import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { lockOf, planOf, readingChanges } from "#src/experiment/decided";
import type { Experiment } from "#src/experiment/define";
import { changesOfResults, type ExperimentDescription } from "#src/experiment/describe";
import type { Manifest } from "#src/experiment/manifest";
import type { OptionChange } from "#src/experiment/option-changes";
import { ConfigError, show } from "#src/kernel/errors";
import type { RunStore } from "#src/store/store";
import { planAgain } from "./dead-tasks.ts";
import type { FaultInjection } from "./fault-injection.ts";
import { loadExperiment } from "./load.ts";
import { type Beginning, prepare, type RunOptions, settingsOf } from "./prepare.ts";
import { Run } from "./run.ts";
import type { RunHandle } from "./run-handle.ts";
import type { RunReport } from "./run-report.ts";
import { checkpointDirectory } from "./settings.ts";
import { openExisting } from "./stores.ts";
import { refuseUnpriced } from "./unpriced.ts";
import { requireTelemetry } from "./watch-run.ts";

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

async function beginAgain(experimentId: string, options: ResumeOptions): Promise<Beginning> {
  const { experiment: given, acceptChanged = [], retryFailed = false, ...rest } = options;
  const store = options.store
    ? await options.store(experimentId)
    : openExisting(await checkpointDirectory({ ...options.commandLine, ...settingsOf(rest) }), experimentId, "run");
  try {
    const manifest = await store.manifest();
    if (!manifest)
      throw new ConfigError(
        store.location,
        "has no manifest: the run never began",
        undefined,
        "Start it again with `crucible run`",
      );
    const file = options.file ?? manifest.file;
    if (!given && file === undefined) {
      throw new ConfigError(
        "experiment",
        "must be given: the run was started from code, not from a file",
        undefined,
        "Pass { experiment } to resume",
      );
    }
    const parameters = { ...manifest.parameters, ...options.parameters };
    const experiment = given ?? (await loadExperiment(options.file ?? storedFile(file!), parameters));
    const prepared = await prepare(
      experiment,
      { ...rest, parameters, ...(file === undefined ? {} : { file }) },
      experimentId,
    );
    await requireTelemetry(prepared);
    refuseUnpriced(prepared);
    lockOf(manifest, store.location);
    const before = manifest.amendments?.at(-1)?.experiment ?? manifest.experiment;
    const after = prepared.manifest.experiment;
    const changes = [...changesOfResults(before, after), ...changesOfReading(manifest, before, after)];
    refuseChanges(changes, acceptChanged);
    if (prepared.manifest.plan.hash !== manifest.plan.hash) {
      throw new ConfigError(
        "dataset",
        "has other items than the stored run, so its rows cannot be matched",
        undefined,
        "Start a new run",
      );
    }
    const { digest } = prepared.manifest.dataset;
    if (digest !== manifest.dataset.digest)
      changes.push({ path: "dataset (its content)", decided: manifest.dataset.digest, now: digest });
    refuseChanges(changes, acceptChanged);
    const amended = await withChanges(manifest, changes, after, prepared.clock.now(), store);
    const stamped = withFaults(amended, options.faults);
    if (stamped !== manifest && !prepared.settings.dryRun) await store.putManifest(stamped);
    if (retryFailed && !prepared.settings.dryRun) await planAgain(store);
    return { prepared: { ...prepared, manifest: stamped }, store, sessions: await store.sessions() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The experiment file where the run began; never one that merely has its name. */
function storedFile(file: string): string {
  const law = "must be given: the run was started from";
  if (!isAbsolute(file))
    throw new ConfigError(
      "--file",
      `${law} ${show(file)}, and its folder was not recorded`,
      undefined,
      "Name the file",
    );
  if (!existsSync(file))
    throw new ConfigError("--file", `${law} ${file}, which is not there`, undefined, "Name the file");
  return file;
}

/** A run that ever met faults stays stamped with them. */
function withFaults(manifest: Manifest, faults: FaultInjection | undefined): Manifest {
  if (!faults || manifest.faults?.split(" | ").includes(faults.description)) return manifest;
  return { ...manifest, faults: [manifest.faults, faults.description].filter(Boolean).join(" | ") };
}

/** What the plan of analysis says otherwise since. */
const changesOfReading = (
  manifest: Manifest,
  before: ExperimentDescription,
  after: ExperimentDescription,
): OptionChange[] =>
  readingChanges(planOf({ ...manifest, experiment: before }), planOf({ ...manifest, experiment: after }));

/** Changes that were accepted are kept for every report, with both values. */
async function withChanges(
  manifest: Manifest,
  changes: readonly OptionChange[],
  experiment: ExperimentDescription,
  now: number,
  store: RunStore,
): Promise<Manifest> {
  if (changes.length === 0) return manifest;
  const { finished } = await store.summary(0);
  const ended = finished.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const amendment = { at: new Date(now).toISOString(), ended, changes, experiment };
  return { ...manifest, amendments: [...(manifest.amendments ?? []), amendment] };
}

function refuseChanges(changes: readonly OptionChange[], accepted: readonly string[] | true): void {
  if (accepted === true) return;
  const refused = changes.filter(({ path }) => !accepted.some((name) => isWithin(path, name)));
  if (refused.length === 0) return;
  const [{ path, decided, now }, ...others] = refused as [OptionChange, ...OptionChange[]];
  const more =
    others.length > 0
      ? ` (and ${others.length} more: ${others
          .slice(0, 4)
          .map((other) => other.path)
          .join(", ")})`
      : "";
  const exact = [...new Set(refused.map((change) => change.path.split(" ")[0]!))];
  const names = exact.length <= 4 ? exact : [...new Set(refused.map((change) => change.path.split(/[ .[]/)[0]!))];
  throw new ConfigError(
    path,
    `differs from the stored run${more}, so old and new results would mix, or be judged by what was not decided before them: it was ${worded(decided)} and is ${worded(now)}`,
    undefined,
    `Undo the change, start a new run, or accept it by name, to be named in every report: --accept-changed ${quoted(names.join(","))} (acceptChanged: ${JSON.stringify(names)})`,
  );
}

/** Whether an option is the named one, or a part of it. */
const isWithin = (path: string, name: string): boolean =>
  path === name || (path.startsWith(name) && ".[ ".includes(path[name.length]!));

/** As a shell takes it: brackets are no pattern. */
const quoted = (names: string): string => (names.includes("[") ? `"${names}"` : names);

const worded = (value: unknown): string => (value === undefined ? "not there" : show(value));
