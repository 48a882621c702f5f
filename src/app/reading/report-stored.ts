import type { GateResult } from "#src/analysis/gates";
import type { Experiment } from "#src/experiment/define";
import { type RunSettingsInput, runOptions } from "#src/experiment/options";
import { ConfigFault } from "#src/kernel/fault";
import type { Report } from "#src/reports/report";
import { loadExperiment } from "../load.ts";
import { openExisting } from "../stores.ts";
import { analyseStore, gatesOf, type ReportFiles, reportValue, writeReports } from "./report.ts";

/**
 * Writes the reports of a run from its store: any time, also while the run is going on, and without its data set.
 *
 * @throws ConfigFault for an unknown id
 */
export async function reportStored(
  experimentId: string,
  settings: RunSettingsInput,
): Promise<{ report: Report; gates: readonly GateResult[]; files: ReportFiles }> {
  const { checkpointDir, outputDir, formats } = runOptions.parse(settings);
  const store = openExisting(checkpointDir, experimentId, "read");
  try {
    const manifest = await store.manifest();
    if (!manifest) throw new ConfigFault(store.location, "has no manifest: the run never began");
    const experiment = await definitionOf(manifest.file, manifest.parameters);
    const analysis = await analyseStore(manifest, experiment, store);
    const gates = gatesOf(manifest, experiment, analysis);
    const job = { manifest, analysis, gates, sessions: await store.sessions(), store };
    return {
      report: await reportValue(job),
      gates,
      files: await writeReports({ ...job, settings: { outputDir, formats } }),
    };
  } finally {
    await store.close();
  }
}

/** The definition as it is now, for custom metrics and a corrected analysis; the stored description serves when it is gone. */
async function definitionOf(
  file: string | undefined,
  parameters: Readonly<Record<string, string>>,
): Promise<Experiment | undefined> {
  if (file === undefined) return undefined;
  try {
    return await loadExperiment(file, parameters);
  } catch {
    return undefined;
  }
}
