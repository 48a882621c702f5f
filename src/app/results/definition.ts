import type { Experiment } from "#src/experiment/define";
import { digestsOf } from "#src/experiment/describe";
import type { Manifest } from "#src/experiment/manifest";
import { loadScorers } from "../load-scorers.ts";
import { parametersAgain } from "../secret-parameters.ts";

/** The experiment file that a report may load, which is to run it: one that was named, never one that only the store names. */
export type FileUse = { readonly file: string } | "none";

/** A definition beside the stored one: its functions, and what it says otherwise. */
export interface Definition {
  readonly experiment?: Experiment;
  /** Digests of the scorers of a file that exports nothing else. */
  readonly scorers?: Readonly<Record<string, string>>;
  /** Whether it was named, so that results are read by it. */
  readonly named: boolean;
}

/**
 * The experiment file that was named for a stored run.
 *
 * @throws ConfigError for a file that cannot be loaded
 */
export async function definitionOf(manifest: Manifest, use: FileUse): Promise<Definition> {
  if (use === "none") return { named: false };
  const loaded = await loadScorers(use.file, await parametersToRead(manifest));
  if ("experiment" in loaded) return { experiment: loaded.experiment, named: true };
  return { named: false, scorers: digestsOf(loaded.scorers) };
}

/** A report makes no calls: a secret that is nowhere to be had is not asked for. */
const parametersToRead = (manifest: Manifest): Promise<Readonly<Record<string, string>>> =>
  parametersAgain(manifest).catch(() => manifest.parameters);
