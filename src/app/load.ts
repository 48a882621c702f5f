import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  type DatasetInput,
  type DatasetItem,
  type PlacedRow,
  rowsBySchema,
  rowsNeeded,
  toItems,
} from "#src/dataset/dataset";
import { type DatasetFile, isDatasetFile } from "#src/dataset/file";
import { hubSource, isHubDataset } from "#src/dataset/hugging-face";
import type { DatasetOptions } from "#src/dataset/options";
import { datasetNames, registeredDataset } from "#src/dataset/registry";
import { withSlices } from "#src/dataset/slices";
import { type DatasetStream, isStream, refuseOverStream } from "#src/dataset/stream";
import { refuseFrozenBuiltins } from "#src/execute/frozen";
import { datasetLaw, type Experiment } from "#src/experiment/define";
import { type ExperimentExport, exportedExperiment } from "#src/experiment/exported";
import { sampleCheck } from "#src/experiment/sample-check";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { kindOfFile, readRows } from "./data/read-file.ts";
import { importDefault } from "./import-default.ts";
import { inUserCode } from "./load-error.ts";
import { keptParameters } from "./secret-parameters.ts";

/**
 * Loads an experiment from a TypeScript or JavaScript file, or from a document of crucible_ir.
 *
 * @param parameters what `-T key=value` gave; `registry` is the file with the code behind a document's names
 * @throws ConfigError when the file is missing, exports no experiment by default, or the definition is wrong
 */
export async function loadExperiment(
  file: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Experiment> {
  keptParameters(parameters); // hidden before the file may say anything
  const path = resolve(file);
  if (!existsSync(path)) throw new ConfigError(file, "must be an experiment file", undefined, "There is no such file");
  if (statSync(path).isDirectory())
    throw new ConfigError(
      file,
      "must be an experiment file",
      undefined,
      `It is a folder: crucible suite ${file} runs the experiment files in it`,
    );
  if (path.endsWith(".json")) return (await import("./load-ir.ts")).loadDocument(path, file, parameters);
  const exported = await inUserCode(file, "cannot be loaded", () => importDefault<ExperimentExport>(path, true));
  refuseFrozenBuiltins();
  return inUserCode(file, "cannot be used", () => exportedExperiment(exported, file, parameters));
}

/** A data set as the run needs it: named, checked and drawn items, and where they came from. */
export interface LoadedDataset {
  readonly items: readonly DatasetItem[];
  /** For the manifest: a path, a name, or the kind of the source. */
  readonly source: string;
  /** Present where its rows are read while their tasks are run: then there are no items yet. */
  readonly stream?: DatasetStream;
}

/** What of a data set was read: its rows, or where they will come from. */
interface Read {
  readonly rows: PlacedRow[];
  readonly source: string;
  readonly stream?: DatasetStream;
}

/**
 * Reads the rows of an experiment, checks that each can be the sample of every solver, and draws its items.
 *
 * @param directory what relative paths are relative to: the folder of the experiment file
 * @throws ConfigError for a missing file, a malformed line, an unknown name, a duplicate id, a row that is not a sample, an empty data set
 */
export async function loadDataset(experiment: Experiment, directory: string): Promise<LoadedDataset> {
  const {
    rows: given,
    source,
    stream,
  } = await read(experiment.dataset, directory, "dataset", experiment.datasetConfig);
  if (stream) return { items: [], source, stream: checkedStream(stream, experiment) };
  const seed = experiment.datasetConfig.seed ?? experiment.config.randomSeed;
  const rows = await rowsBySchema(given, experiment.datasetConfig);
  const items = toItems(rows, experiment.datasetConfig, seed, sampleCheck(experiment.conditions));
  return { items: withSlices(items, experiment.statisticalAnalysis.by ?? []), source };
}

/** @throws ConfigError for what cannot be asked of rows that are not all there */
function checkedStream(stream: DatasetStream, { datasetConfig, statisticalAnalysis }: Experiment): DatasetStream {
  refuseOverStream(datasetConfig);
  if (statisticalAnalysis.sequential)
    throw new ConfigError(
      "statisticalAnalysis.sequential",
      "must not be set where the data set is a stream: its look at the results needs items in random order, and these come in the order of the source",
      undefined,
      "Leave it out, or read all rows before the run: dataset: () => rows",
    );
  return stream;
}

async function read(input: DatasetInput, directory: string, place: string, options: DatasetOptions): Promise<Read> {
  if (isStream(input)) return { rows: [], source: `stream ${input.name}`, stream: input };
  if (typeof input === "string") return readNamed(input, directory, options);
  if (isDatasetFile(input)) return { rows: await readFile(input, directory), source: input.path };
  if (isHubDataset(input))
    return { rows: await (await import("./data/read-hub.ts")).readHub(input, directory), source: hubSource(input) };
  if (typeof input === "function")
    return read(await inUserCode(place, "failed", input), directory, `${place}()`, options);
  if (Array.isArray(input))
    return { rows: Array.from(input, (row, i) => ({ row, place: `${place}[${i}]` })), source: "rows" };
  if (typeof input !== "object" || input === null || !(Symbol.asyncIterator in input || Symbol.iterator in input))
    throw new ConfigError(place, `must be ${datasetLaw}`, input, hintFor(input));
  const rows = await inUserCode(place, "failed", () => readIterable(input as Iterable<unknown>, place, options));
  return { rows, source: "iterable" };
}

/** What was meant by a value that is not a data set. */
function hintFor(input: unknown): string | undefined {
  if (input instanceof Promise) return "Await it, or pass a function that returns it";
  return input instanceof URL ? "Pass its path, as fileURLToPath of node:url gives it" : undefined;
}

/** Rows of an iterable that are read without an end in sight. */
const UNENDED_MOST = 2_000_000;

/** Reads no further than is needed, since an iterable may have no end. */
async function readIterable(input: Iterable<unknown>, place: string, options: DatasetOptions): Promise<PlacedRow[]> {
  const needed = rowsNeeded(options);
  const rows: PlacedRow[] = [];
  const isEnough = (row: unknown): boolean => {
    rows.push({ row, place: `${place}[${rows.length}]` });
    if (rows.length <= UNENDED_MOST || needed < Number.POSITIVE_INFINITY) return rows.length === needed;
    const why =
      options.limit === undefined ? "there is no limit" : "shuffle, stratifyBy, weightBy and fold need all rows";
    throw new ConfigError(
      place,
      `must end within ${UNENDED_MOST} rows where ${why}`,
      undefined,
      "Give a list where it is so long, or a limit of its first rows where it has no end",
    );
  };
  if (Symbol.asyncIterator in input) {
    for await (const row of input as unknown as AsyncIterable<unknown>) if (isEnough(row)) break;
  } else for (const row of input) if (isEnough(row)) break;
  return rows;
}

async function readNamed(name: string, directory: string, options: DatasetOptions): Promise<Read> {
  const loader = registeredDataset(name);
  if (loader)
    return { ...(await read(await inUserCode(name, "failed", loader), directory, name, options)), source: name };
  const kind = kindOfFile(name);
  if (kind) return { rows: await readFile({ kind, path: name }, directory), source: name };
  throw new ConfigError(
    "dataset",
    "must be a registered name, or the path of a .jsonl, .json, .csv, .tsv or .parquet file",
    name,
    didYouMean(name, datasetNames()),
  );
}

async function readFile({ kind, path, row, ...options }: DatasetFile, directory: string): Promise<PlacedRow[]> {
  const absolute = resolve(directory, path);
  if (!existsSync(absolute)) {
    const hint = /^[a-z][\w+.-]+:\/\//i.test(path)
      ? "Addresses are not read: download it, or pass a function that fetches its rows"
      : `Looked for ${absolute}`;
    throw new ConfigError("dataset", "must be a file that exists", path, hint);
  }
  return readRows(bytesOf(absolute, path), path, path, options, kind);
}

function bytesOf(absolute: string, path: string): Buffer {
  try {
    return readFileSync(absolute);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const hint = code === "ERR_FS_FILE_TOO_LARGE" ? "A function or an iterable may read it in parts" : undefined;
    throw new ConfigError(path, `must be a file that can be read (${message})`, undefined, hint);
  }
}

/** The folder that an experiment's relative paths start from. */
export const directoryOf = (file: string | undefined): string =>
  file === undefined ? process.cwd() : dirname(resolve(file));
