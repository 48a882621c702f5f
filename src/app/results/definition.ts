import type { Experiment } from "#src/experiment/define";
import type { Manifest } from "#src/experiment/manifest";
import { loadExperiment } from "../load.ts";
import { parametersAgain } from "../secret-parameters.ts";

/** The experiment file that a report may load, which is to run it: one that was named, never one that only the store names. */
export type FileUse = { readonly file: string } | "none";

/** A definition beside the stored one: its functions, and what it says otherwise. */
export interface Definition {
  readonly experiment?: Experiment;
  /** Whether it was named, so that results are read by it. */
  readonly named: boolean;
}

/**
 * The experiment file that was named for a stored run.
 *
 * @throws ConfigError for a file that cannot be loaded
 */
export const definitionOf = async (manifest: Manifest, use: FileUse): Promise<Definition> =>
  use === "none"
    ? { named: false }
    : { experiment: await loadExperiment(use.file, await parametersToRead(manifest)), named: true };

/** A report makes no calls: a secret that is nowhere to be had is not asked for. */
const parametersToRead = (manifest: Manifest): Promise<Readonly<Record<string, string>>> =>
  parametersAgain(manifest).catch(() => manifest.parameters);
