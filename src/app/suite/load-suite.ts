import { resolve } from "node:path";
import { type Experiment, isExperiment } from "#src/experiment/define";
import type { SuiteSettings } from "#src/experiment/suite-options";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { toFailure } from "#src/kernel/failure";
import { loadExperiment } from "../load.ts";
import { findExperimentFiles } from "./discover.ts";
import { pathFrom } from "./paths.ts";

/** An experiment, or a path: a folder, a file or a pattern of experiment files. */
export type SuiteEntry = Experiment | string;

/** An experiment of a suite, and where it came from. */
export interface LoadedExperiment {
  readonly experiment: Experiment;
  /** Absolute; absent where it was given in code. */
  readonly file?: string;
}

/** A file that holds no experiment that can be run. */
export interface RefusedFile {
  /** Absolute. */
  readonly file: string;
  /** In a sentence that names the file. */
  readonly reason: string;
}

export interface LoadedSuite {
  readonly experiments: readonly LoadedExperiment[];
  readonly refused: readonly RefusedFile[];
}

/**
 * Finds and loads all experiments of a suite. A file that cannot be loaded is among the refused; the others are there all the same.
 *
 * @throws ConfigError where nothing is found or chosen, and for two experiments of one name
 */
export async function loadSuite(
  entries: readonly SuiteEntry[],
  choice: Pick<SuiteSettings, "names" | "tags">,
  parameters: Readonly<Record<string, string>> = {},
): Promise<LoadedSuite> {
  const experiments: LoadedExperiment[] = [];
  const refused: RefusedFile[] = [];
  if (entries.length === 0) throw new ConfigError("experiments", "must be at least one experiment or path");
  entries.forEach((entry, i) => {
    if (typeof entry === "string") return;
    if (!isExperiment(entry)) throw new ConfigError(`experiments[${i}]`, "must be an experiment or a path", entry);
    experiments.push({ experiment: entry });
  });
  const paths = entries.filter((entry) => typeof entry === "string");
  for (const file of paths.length > 0 ? await findExperimentFiles(paths) : []) {
    try {
      experiments.push({ experiment: await loadExperiment(pathFrom(file), parameters), file });
    } catch (error) {
      refused.push({ file, reason: sentenceOf(error, file) });
    }
  }
  refuseSameNames(experiments);
  return { experiments: chosen(experiments, choice, refused.length > 0), refused };
}

/** What is wrong with a file, in a sentence that names it. */
function sentenceOf(error: unknown, file: string): string {
  const { message } = error instanceof Error ? error : toFailure(error, 0);
  return message.includes(pathFrom(file)) || message.includes(file) ? message : `${pathFrom(file)}: ${message}`;
}

function refuseSameNames(experiments: readonly LoadedExperiment[]): void {
  const first = new Map<string, number>();
  experiments.forEach(({ experiment: { name } }, i) => {
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, i);
      return;
    }
    const placeOf = (at: number): string => {
      const { file } = experiments[at]!;
      return file === undefined ? `experiments[${at}]` : pathFrom(file);
    };
    throw new ConfigError(
      "name",
      "must be another one for each experiment of a suite",
      name,
      `${placeOf(other)} and ${placeOf(i)} have the same`,
    );
  });
}

function chosen(
  experiments: readonly LoadedExperiment[],
  { names, tags }: Pick<SuiteSettings, "names" | "tags">,
  hasRefused: boolean,
): readonly LoadedExperiment[] {
  const has = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase());
  const byName = experiments.filter(
    ({ experiment }) => names.length === 0 || names.some((part) => has(experiment.name, part)),
  );
  const both = byName.filter(
    ({ experiment }) => tags.length === 0 || tags.some((tag) => experiment.tags.includes(tag)),
  );
  if (both.length > 0 || (experiments.length === 0 && hasRefused)) return both;
  if (byName.length === 0)
    throw new ConfigError(
      "names",
      "must be contained in the name of an experiment",
      names,
      didYouMean(
        names[0]!,
        experiments.map(({ experiment }) => experiment.name),
      ),
    );
  const known = [...new Set(byName.flatMap(({ experiment }) => experiment.tags))].sort();
  throw new ConfigError("tags", "must be tags of an experiment", tags, didYouMean(tags[0]!, known));
}

/** The paths among entries, absolute; patterns as they are, from this folder. */
export const pathsOf = (entries: readonly SuiteEntry[]): string[] =>
  entries.filter((entry) => typeof entry === "string").map((path) => resolve(path));
