import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { differenceOfExperiments } from "#src/experiment/decided";
import type { Experiment } from "#src/experiment/define";
import { describe } from "#src/experiment/describe";
import type { Manifest } from "#src/experiment/manifest";
import { loadExperiment } from "../load.ts";
import { digestOfFile } from "../prepare.ts";

/**
 * Which experiment file a report may load, which is to run it: one that was named, the one that the run came from, that one only while it has
 * not changed, or none.
 */
export type FileUse = { readonly file: string } | "stored" | "unchanged" | "none";

/** A definition beside the stored one: its functions, and what it says otherwise. */
export interface Definition {
  readonly experiment?: Experiment;
  /** Whether it was named, so that results are read by it. */
  readonly named: boolean;
  /** Why there is none, as the middle of a sentence; `meant` where none is expected. */
  readonly absent?: { readonly why: string; readonly meant: boolean };
}

/**
 * The experiment file of a stored run.
 *
 * @throws ConfigError for a file that was named and cannot be loaded
 */
export async function definitionOf(manifest: Manifest, use: FileUse): Promise<Definition> {
  if (typeof use === "object") return { experiment: await loadExperiment(use.file, manifest.parameters), named: true };
  const { file, decided, parameters } = manifest;
  const none = (why: string, meant = false): Definition => ({ named: false, absent: { why, meant } });
  if (use === "none") return none("no experiment file was to be loaded", true);
  if (file === undefined) return none("the run was started from code, not from a file", true);
  if (!isAbsolute(file) || decided === undefined)
    return none(`where the experiment file ${file} was is not recorded safely`);
  if (!existsSync(file)) return none(`the experiment file ${file} is not there`);
  if (use === "unchanged" && digestOfFile(file).digest !== decided.file?.digest)
    return none(`the experiment file ${file} has changed since the run began`);
  try {
    const experiment = await loadExperiment(file, parameters);
    const difference = differenceOfExperiments(
      manifest.amendments?.at(-1)?.experiment ?? manifest.experiment,
      describe(experiment),
    );
    return difference === undefined
      ? { experiment, named: false }
      : none(`the experiment file ${file} describes another experiment: ${difference}`);
  } catch (error) {
    return none(`the experiment file ${file} cannot be loaded (${firstLine(error)})`);
  }
}

/** What was thrown, without the picture of the place that compilers draw. */
const firstLine = (error: unknown): string => String((error as Error | undefined)?.message ?? error).split("\n")[0]!;
