import { fetchLiveState, type LiveState } from "#src/app/observe/live";
import { isStoredSuite, readSuiteFile, type SuiteFile, storedSuites } from "#src/app/suite/suite-file";
import { ConfigError } from "#src/kernel/errors";
import type { RunLine, Runs } from "./runs.ts";

/** A suite at one moment. */
export interface SuiteView {
  readonly file: SuiteFile;
  /** What it says itself, while it answers. */
  readonly live: LiveState | undefined;
  /** Its experiments, in its order, each with its run where that has begun. */
  readonly experiments: readonly { readonly name: string; readonly run: RunLine | undefined }[];
}

/** The suites of a checkpoint directory, newest first; those whose file cannot be read are left out. */
export function suitesIn(directory: string): SuiteFile[] {
  const files = storedSuites(directory).flatMap((id) => {
    try {
      return [readSuiteFile(directory, id)];
    } catch (error) {
      if (error instanceof ConfigError) return [];
      throw error;
    }
  });
  return files.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

/** Undefined for an unknown id. @throws ConfigError for a file that does not describe a suite */
export async function suiteIn(runs: Runs, id: string): Promise<SuiteView | undefined> {
  if (!isStoredSuite(runs.directory, id)) return undefined;
  const file = readSuiteFile(runs.directory, id);
  const live = await fetchLiveState(runs.directory, id, 0);
  const experiments = await Promise.all(
    file.experiments.map(async ({ name, experimentId }) => ({ name, run: await runs.line(experimentId) })),
  );
  return { file, live, experiments };
}
