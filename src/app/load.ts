import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type DatasetInput, type DatasetItem, type PlacedRow, toItems } from "#src/dataset/dataset";
import { type DatasetFile, isDatasetFile } from "#src/dataset/file";
import { hubSource, isHubDataset } from "#src/dataset/hugging-face";
import { datasetNames, registeredDataset } from "#src/dataset/registry";
import { datasetLaw, type Experiment } from "#src/experiment/define";
import { type ExperimentExport, exportedExperiment } from "#src/experiment/exported";
import { sampleCheck } from "#src/experiment/sample-check";
import { ConfigFault, didYouMean } from "#src/kernel/fault";
import { kindOfFile, readRows } from "./data/read-file.ts";
import { importDefault } from "./import-default.ts";

/**
 * Loads an experiment from a TypeScript or JavaScript file.
 *
 * @param parameters what `-T key=value` gave
 * @throws ConfigFault when the file is missing, exports no experiment by default, or the definition is wrong
 */
export async function loadExperiment(
  file: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Experiment> {
  const path = resolve(file);
  if (!existsSync(path)) throw new ConfigFault(file, "must be an experiment file", undefined, "There is no such file");
  return exportedExperiment(await importDefault<ExperimentExport>(path), file, parameters);
}

/** A data set as the run needs it: named, checked and drawn items, and where they came from. */
export interface LoadedDataset {
  readonly items: readonly DatasetItem[];
  /** For the manifest: a path, a name, or the kind of the source. */
  readonly source: string;
}

/**
 * Reads the rows of an experiment, checks that each can be the sample of every solver, and draws its items.
 *
 * @param directory what relative paths are relative to: the folder of the experiment file
 * @throws ConfigFault for a missing file, a malformed line, an unknown name, a duplicate id, a row that is no sample, an empty data set
 */
export async function loadDataset(experiment: Experiment, directory: string): Promise<LoadedDataset> {
  const { rows, source } = await read(experiment.dataset, directory, "dataset");
  const seed = experiment.datasetConfig.seed ?? experiment.config.randomSeed;
  return { items: toItems(rows, experiment.datasetConfig, seed, sampleCheck(experiment.conditions)), source };
}

async function read(
  input: DatasetInput,
  directory: string,
  place: string,
): Promise<{ rows: PlacedRow[]; source: string }> {
  if (typeof input === "string") return readNamed(input, directory);
  if (isDatasetFile(input)) return { rows: await readFile(input, directory), source: input.path };
  if (isHubDataset(input))
    return { rows: await (await import("./data/read-hub.ts")).readHub(input, directory), source: hubSource(input) };
  if (typeof input === "function") return read(await input(), directory, `${place}()`);
  const rows: PlacedRow[] = [];
  const add = (row: unknown): void => void rows.push({ row, place: `${place}[${rows.length}]` });
  if (Symbol.asyncIterator in input) for await (const row of input) add(row);
  else if (Symbol.iterator in input) for (const row of input) add(row);
  else throw new ConfigFault(place, `must be ${datasetLaw}`, input);
  return { rows, source: Array.isArray(input) ? "rows" : "iterable" };
}

async function readNamed(name: string, directory: string): Promise<{ rows: PlacedRow[]; source: string }> {
  const loader = registeredDataset(name);
  if (loader) return { ...(await read(await loader(), directory, name)), source: name };
  const kind = kindOfFile(name);
  if (kind) return { rows: await readFile({ kind, path: name }, directory), source: name };
  throw new ConfigFault(
    "dataset",
    "must be a registered name, or the path of a .jsonl, .json, .csv, .tsv or .parquet file",
    name,
    didYouMean(name, datasetNames()),
  );
}

async function readFile({ kind, path, row, ...options }: DatasetFile, directory: string): Promise<PlacedRow[]> {
  const absolute = resolve(directory, path);
  if (!existsSync(absolute))
    throw new ConfigFault("dataset", "must be a file that exists", path, `Looked for ${absolute}`);
  return readRows(bytesOf(absolute, path), path, path, options, kind);
}

function bytesOf(absolute: string, path: string): Buffer {
  try {
    return readFileSync(absolute);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const hint = code === "ERR_FS_FILE_TOO_LARGE" ? "A function or an iterable may read it in parts" : undefined;
    throw new ConfigFault(path, `must be a file that can be read (${message})`, undefined, hint);
  }
}

/** The folder that an experiment's relative paths start from. */
export const directoryOf = (file: string | undefined): string =>
  file === undefined ? process.cwd() : dirname(resolve(file));
