import { readFileSync, writeFileSync } from "node:fs";
import { parseCsv } from "#src/dataset/csv";
import { blindName, checkLabels, type GivenLabel, type LabelRow } from "#src/experiment/labels";
import type { Manifest } from "#src/experiment/manifest";
import { didReturn, type Outcome } from "#src/experiment/outcome";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { shuffled, stream } from "#src/kernel/random";
import { csvField } from "#src/reports/escape";
import type { RunStore } from "#src/store/store";
import { refuseActive } from "./begin-again.ts";
import { textOf } from "./data/text.ts";
import { itemTexts } from "./results/item-texts.ts";
import { labelRowsIn, labelsIn } from "./results/labels-in.ts";
import { checkpointDirectory } from "./setting-sources.ts";
import { neverBegan, openExisting } from "./stores.ts";

/** Where the run is: looked for in `checkpointDir`, or a store that is open. */
export interface LabelPlace {
  readonly checkpointDir?: string;
  readonly store?: RunStore;
}

export interface ExportLabelsOptions extends LabelPlace, LabelOrder {
  /** File to write. */
  readonly to: string;
  /** Whose labels are filled in, so that labelling continues where it stopped; none when absent. */
  readonly rater?: string;
}

export interface ImportLabelsOptions extends LabelPlace {
  readonly from: string;
  /** Who labelled, where the file does not say. */
  readonly rater?: string;
  /** By which instruction, where the file does not say. */
  readonly rubric?: string;
  /** Whether raters may go by another rubric than before: the labels are then a new set. */
  readonly newRubric?: boolean;
  /** ISO 8601; now when absent. Where the file does not say. */
  readonly at?: string;
}

/** Characters of a question that a file of labels has. */
const MOST_CHARACTERS = 100_000;

const columns = ["task", "input", "target", "reply", "label", "rater", "rubric", "at", "takenBack"] as const;

/** The order in which answers are labelled. */
export interface LabelOrder {
  /** Answers to draw by seed; all when absent. */
  readonly sample?: number;
  /** Of the order and the draw. Default: the seed of the run */
  readonly seed?: number;
}

interface Drawn {
  readonly ordinals: readonly number[];
  /** What each is called in front of raters. */
  nameOf(ordinal: number): string;
  /** Rows, where a store does not give that of one task. */
  readonly kept: ReadonlyMap<number, Outcome>;
}

/** The answers that people may label, in an order by seed. @throws ConfigError where there are none */
export async function ordinalsToLabel(
  store: RunStore,
  manifest: Manifest,
  { sample, seed }: LabelOrder,
): Promise<Drawn> {
  const ordinals: number[] = [];
  const kept = new Map<number, Outcome>();
  const names = new Map<number, string>();
  for await (const row of store.outcomes()) {
    if (!didReturn(row.finalStatus) || typeof row.output?.completion !== "string") continue;
    ordinals.push(row.ordinal);
    names.set(row.ordinal, blindName(manifest.experimentId, row));
    if (!store.outcomeOf) kept.set(row.ordinal, row);
  }
  if (ordinals.length === 0)
    throw new ConfigError(manifest.experimentId, "has no answers to label: its rows have no text called `completion`");
  if (sample !== undefined && (!Number.isInteger(sample) || sample < 1))
    throw new ConfigError("sample", "must be a whole number of at least 1", sample);
  return {
    ordinals: shuffled(ordinals, stream(seed ?? manifest.seed, "labels")).slice(0, sample),
    kept,
    nameOf: (ordinal) => names.get(ordinal)!,
  };
}

/** What a rater sees of an answer. */
export function labelledAnswer(
  store: RunStore,
  { kept }: Drawn,
): (ordinal: number) => Promise<{ readonly input: string; readonly target: string; readonly reply: string }> {
  const itemOf = itemTexts(store, MOST_CHARACTERS);
  return async (ordinal) => {
    const { itemId, output } = (store.outcomeOf?.(ordinal) ?? kept.get(ordinal))!;
    const item = await itemOf(itemId);
    return {
      input: item?.input ?? itemId,
      target: (output!.target as readonly string[] | undefined)?.join(" | ") ?? item?.target ?? "",
      reply: output!.completion as string,
    };
  };
}

/**
 * Writes the answers of a run for people to label, one a line, without their conditions and in an order by seed.
 *
 * @returns answers in the file, and how many of them have a label of the rater
 * @throws ConfigError for an unknown run, or one without answers
 */
export async function exportLabels(
  experimentId: string,
  { to, rater, sample, seed, ...place }: ExportLabelsOptions,
): Promise<{ readonly answers: number; readonly labelled: number }> {
  return withStore(experimentId, place, "read", async (store, manifest) => {
    const numbers = { ...(sample === undefined ? {} : { sample }), ...(seed === undefined ? {} : { seed }) };
    const drawn = await ordinalsToLabel(store, manifest, numbers);
    const own = new Map(labelsIn(store).flatMap((label) => (label.rater === rater ? [[label.ordinal, label]] : [])));
    const undone = labelRowsIn(store).filter((row) => row.takenBack && row.rater === rater);
    const answerOf = labelledAnswer(store, drawn);
    const lines = [columns.join(",")];
    for (const ordinal of drawn.ordinals) {
      const { input, target, reply } = await answerOf(ordinal);
      const label = own.get(ordinal);
      const said = [label?.label ?? "", label?.rater ?? rater ?? "", label?.rubric ?? "", label?.at ?? ""];
      const taken = undone
        .filter((row) => row.ordinal === ordinal)
        .map((row) => `${row.rater} took back ${row.label} at ${row.at}`);
      const cells = [drawn.nameOf(ordinal), input, target, reply, ...said, taken.join("; ")];
      lines.push(cells.map((cell) => csvField(cell)).join(","));
    }
    writeText(to, `${lines.join("\r\n")}\r\n`);
    return { answers: drawn.ordinals.length, labelled: drawn.ordinals.filter((ordinal) => own.has(ordinal)).length };
  });
}

/**
 * Takes labels of a CSV file into the store of a run: all of them, or none where one is wrong. Rows without a label are left out.
 *
 * @throws ConfigError with the line of the first that is wrong: an unknown answer, two labels of one rater, a rubric that changes on the way
 */
export async function importLabels(
  experimentId: string,
  { from, rater, rubric, at = new Date().toISOString(), newRubric, ...place }: ImportLabelsOptions,
): Promise<{ readonly added: number; readonly known: number; readonly takenBack: number; readonly empty: number }> {
  const text = readText(from);
  const rows = parseCsv(text, from, delimiterOf(text));
  const names = Object.keys((rows[0]?.row ?? {}) as object);
  if (rows.length === 0)
    throw new ConfigError(from, "must have a line of columns, task and label among them, and a line for each answer");
  for (const name of ["task", "label"])
    if (!names.includes(name))
      throw new ConfigError(from, `must have a column ${name}`, names, didYouMean(name, names));
  const given = rows.flatMap(({ row, place: line }): GivenLabel[] => {
    const cells = row as Readonly<Record<string, string | undefined>>;
    const label = plain(cells.label);
    if (label === "") return [];
    return [
      {
        task: plain(cells.task),
        label,
        rater: plain(cells.rater) || rater || "",
        rubric: plain(cells.rubric) || rubric || "",
        at: plain(cells.at) || at,
        undated: plain(cells.at) === "",
        place: line,
      },
    ];
  });
  return withStore(experimentId, place, "run", async (store) => {
    const ordinals = new Map<string, number>();
    for await (const row of store.outcomes()) ordinals.set(blindName(experimentId, row), row.ordinal);
    const taken = addLabels(store, given, (task) => ordinals.get(task), newRubric);
    return { ...taken, empty: rows.length - given.length };
  });
}

/**
 * Commits labels to the store of a run: all of them, or none where one is wrong.
 *
 * @param ordinalOf the task of a name; nothing for one that there is not
 * @throws ConfigError as `checkLabels`, and for a store that cannot hold labels
 */
export function addLabels(
  store: RunStore,
  given: readonly GivenLabel[],
  ordinalOf: (task: string) => number | undefined,
  newRubric: boolean | undefined,
): { readonly added: number; readonly known: number; readonly takenBack: number } {
  const rows = labelRowsIn(store);
  const { added, known, takenBack } = checkLabels(given, rows, ordinalOf, newRubric);
  appendRows(store, rows.length, added);
  return { added: added.length, known, takenBack };
}

/** Adds rows behind those that are there. @throws ConfigError for a store that cannot hold labels */
export function appendRows({ entries, location }: RunStore, stored: number, rows: readonly LabelRow[]): void {
  if (!entries) throw new ConfigError(location, "cannot hold labels: it has no `entries`");
  entries.write(rows.map((value, i) => ({ list: "labels", number: stored + i, value })));
}

/** A cell without the apostrophe that keeps a spreadsheet from reading a formula. */
const plain = (cell: string | undefined): string => (cell ?? "").trim().replace(/^'(?=[=+\-@])/, "");

function writeText(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new ConfigError(path, `must be a file that can be written (${(error as Error).message})`);
  }
}

function readText(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new ConfigError(path, `must be a file that can be read (${(error as Error).message})`);
  }
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : undefined; // a spreadsheet's "Unicode text"
  return [...textOf(bytes, path, encoding)].join("").replace(/^\uFEFF/, "");
}

/** What separates the columns, by the first line: spreadsheets of many countries write semicolons, their Unicode text has tabs. */
function delimiterOf(text: string): { readonly delimiter?: string } {
  const first = /^[^\r\n]*/.exec(text)![0];
  const delimiter = [",", ";", "\t"].find((sign) => {
    const names = first.split(sign).map((name) => name.replace(/^"(.*)"$/, "$1"));
    return ["task", "label"].every((name) => names.includes(name));
  });
  return delimiter === undefined ? {} : { delimiter };
}

/** Works on the store of a run. @param mode `run` where labels are written @throws ConfigError for an unknown run, and to write to one that is active */
export async function withStore<T>(
  experimentId: string,
  { checkpointDir, store: given }: LabelPlace,
  mode: "run" | "read",
  work: (store: RunStore, manifest: Manifest) => Promise<T>,
): Promise<T> {
  const directory = await checkpointDirectory(checkpointDir === undefined ? {} : { checkpointDir });
  const store = given ?? openExisting(directory, experimentId, mode);
  try {
    if (!given && mode === "run") await refuseActive(experimentId, store.location);
    const manifest = await store.manifest();
    if (!manifest) throw neverBegan(store.location);
    return await work(store, manifest);
  } finally {
    if (!given) await store.close();
  }
}
