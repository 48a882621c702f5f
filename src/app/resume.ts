import type { Experiment } from "#src/experiment/define";
import { changedOptions, describe } from "#src/experiment/describe";
import type { Manifest } from "#src/experiment/manifest";
import { ConfigFault } from "#src/kernel/fault";
import type { FaultInjection } from "./fault-injection.ts";
import { loadExperiment } from "./load.ts";
import { type Beginning, prepare, type RunOptions, settingsOf } from "./prepare.ts";
import { Run } from "./run.ts";
import type { RunHandle } from "./run-handle.ts";
import type { RunReport } from "./run-report.ts";
import { checkpointDirectory } from "./settings.ts";
import { openExisting } from "./stores.ts";
import { refuseUnpriced } from "./unpriced.ts";

export interface ResumeOptions extends RunOptions {
  /** The definition; loaded from the file that the run came from when absent. */
  readonly experiment?: Experiment;
  /** Options that may differ from the stored definition although they change what results mean; `true` for all. */
  readonly acceptChanged?: readonly string[] | true;
}

/**
 * Goes on with a run where it stopped: finished tasks are not run again, tasks in flight at the stop are. A finished run executes nothing.
 *
 * @throws ConfigFault for an unknown id, a changed definition (naming the option), or a run that another process is at
 */
export const resume = (experimentId: string, options: ResumeOptions = {}): Promise<RunReport> =>
  startResumed(experimentId, options).done;

/** As `resume`, with the handle of the run. */
export function startResumed(experimentId: string, options: ResumeOptions = {}): RunHandle {
  return new Run(experimentId, () => beginAgain(experimentId, options), options);
}

async function beginAgain(experimentId: string, options: ResumeOptions): Promise<Beginning> {
  const { experiment: given, acceptChanged = [], ...rest } = options;
  const store = options.store
    ? await options.store(experimentId)
    : openExisting(await checkpointDirectory({ ...options.commandLine, ...settingsOf(rest) }), experimentId, "run");
  try {
    const manifest = await store.manifest();
    if (!manifest)
      throw new ConfigFault(
        store.location,
        "has no manifest: the run never began",
        undefined,
        "Start it again with `crucible run`",
      );
    const file = options.file ?? manifest.file;
    if (!given && file === undefined) {
      throw new ConfigFault(
        "experiment",
        "must be given: the run was started from code, not from a file",
        undefined,
        "Pass { experiment } to resume",
      );
    }
    const parameters = { ...manifest.parameters, ...options.parameters };
    const experiment = given ?? (await loadExperiment(file!, parameters));
    const prepared = await prepare(
      experiment,
      { ...rest, parameters, ...(file === undefined ? {} : { file }) },
      experimentId,
    );
    refuseUnpriced(prepared);
    refuseChanges(changedOptions(manifest.experiment, describe(prepared.experiment)), acceptChanged);
    if (prepared.manifest.plan.hash !== manifest.plan.hash) {
      throw new ConfigFault(
        "dataset",
        "has other items than the stored run, so its rows cannot be matched",
        undefined,
        "Start a new run",
      );
    }
    if (prepared.manifest.dataset.digest !== manifest.dataset.digest)
      refuseChanges(["dataset (its content)"], acceptChanged);
    const stamped = withFaults(manifest, options.faults);
    if (stamped !== manifest) await store.putManifest(stamped);
    return { prepared: { ...prepared, manifest: stamped }, store, sessions: await store.sessions() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** A run that ever met faults stays stamped with them. */
function withFaults(manifest: Manifest, faults: FaultInjection | undefined): Manifest {
  if (!faults || manifest.faults?.split(" | ").includes(faults.description)) return manifest;
  return { ...manifest, faults: [manifest.faults, faults.description].filter(Boolean).join(" | ") };
}

function refuseChanges(changes: readonly string[], accepted: readonly string[] | true): void {
  if (accepted === true) return;
  const refused = changes.filter((path) => !accepted.some((prefix) => path.startsWith(prefix)));
  if (refused.length === 0) return;
  const more = refused.length > 1 ? ` (and ${refused.length - 1} more: ${refused.slice(1, 5).join(", ")})` : "";
  throw new ConfigFault(
    refused[0]!,
    `differs from the stored run${more}, so old and new results would mix`,
    undefined,
    "Undo the change, accept it with acceptChanged, or start a new run",
  );
}
