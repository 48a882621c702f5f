import type { GateResult } from "#src/analysis/gates";
import { type RunSettingsInput, runOptions } from "#src/experiment/options";
import { ConfigError } from "#src/kernel/errors";
import type { Report } from "#src/reports/report";
import { openExisting, shownOf, statusOf } from "../stores.ts";
import { definitionOf, type FileUse } from "./definition.ts";
import { readRun } from "./judge.ts";
import { type ReportFiles, reportValue, writeReports } from "./report.ts";

/**
 * Writes the reports of a run from its store: at any time, also while the run is active, and without its data set. Runs no code of the store.
 *
 * @param scoring which scores of its answers to show; those that the run gave when absent
 * @param use which experiment file may be loaded
 * @throws ConfigError for an unknown id, a store of another run, a lock that is damaged
 */
export async function reportStored(
  experimentId: string,
  settings: RunSettingsInput,
  use: FileUse = "none",
  scoring?: string,
): Promise<{ report: Report; gates: readonly GateResult[]; files: ReportFiles }> {
  const { checkpointDir, outputDir, formats } = runOptions.parse(settings);
  const file = openExisting(checkpointDir, experimentId, "read");
  try {
    const store = shownOf(file, scoring);
    const manifest = await store.manifest();
    if (!manifest) throw new ConfigError(store.location, "has no manifest: the run never began");
    const read = await readRun(manifest, await definitionOf(manifest, use), store);
    const sessions = await store.sessions();
    const job = { manifest, ...read, sessions, status: statusOf(sessions, file.location), store };
    return {
      report: await reportValue(job),
      gates: read.gates,
      files: await writeReports({ ...job, settings: { outputDir, formats } }),
    };
  } finally {
    await file.close();
  }
}
