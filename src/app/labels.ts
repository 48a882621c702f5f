import { readFileSync, writeFileSync } from "node:fs";
import { parseCsv } from "#src/dataset/csv";
import { blindName, checkLabels, type GivenLabel } from "#src/experiment/labels";
import type { Manifest } from "#src/experiment/manifest";
import { didReturn, type Outcome } from "#src/experiment/outcome";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { shuffled, stream } from "#src/kernel/random";
import { csvField } from "#src/reports/escape";
import type { RunStore } from "#src/store/store";
import { refuseActive } from "./begin-again.ts";
import { itemTexts } from "./results/item-texts.ts";
import { labelsIn } from "./results/labels-in.ts";
import { checkpointDirectory } from "./setting-sources.ts";
import { neverBegan, openExisting } from "./stores.ts";

/** Where the run is: looked for in `checkpointDir`, or a store that is open. */
export interface LabelPlace {
  readonly checkpointDir?: string;
  readonly store?: RunStore;
}

export interface ExportLabelsOptions extends LabelPlace {
  /** File to write. */
  readonly to: string;
  /** Whose labels are filled in, so that labelling continues where it stopped; none when absent. */
  readonly rater?: string;
  /** Answers to draw by seed; all when absent. */
  readonly sample?: number;
  /** Of the order and the draw. Default: the seed of the run */
  readonly seed?: number;
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

const columns = ["task", "input", "target", "reply", "label", "rater", "rubric", "at"] as const;

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
    const { outcomeOf } = store;
    const ordinals: number[] = [];
    const kept = new Map<number, Outcome>(); // where a store does not give the row of one task
    for await (const row of store.outcomes()) {
      if (!didReturn(row.finalStatus) || typeof row.output?.completion !== "string") continue;
      ordinals.push(row.ordinal);
      if (!outcomeOf) kept.set(row.ordinal, row);
    }
    if (ordinals.length === 0)
      throw new ConfigError(experimentId, "has no answers to label: its rows have no text called `completion`");
    if (sample !== undefined && (!Number.isInteger(sample) || sample < 1))
      throw new ConfigError("sample", "must be a whole number of at least 1", sample);
    const drawn = shuffled(ordinals, stream(seed ?? manifest.seed, "labels")).slice(0, sample);
    const own = new Map(labelsIn(store).flatMap((label) => (label.rater === rater ? [[label.ordinal, label]] : [])));
    const itemOf = itemTexts(store, MOST_CHARACTERS);
    const lines = [columns.join(",")];
    for (const ordinal of drawn) {
      const { itemId, output } = (outcomeOf?.(ordinal) ?? kept.get(ordinal))!;
      const item = await itemOf(itemId);
      const label = own.get(ordinal);
      const target = (output!.target as readonly string[] | undefined)?.join(" | ") ?? item?.target ?? "";
      const cells = [
        blindName(experimentId, ordinal),
        item?.input ?? itemId,
        target,
        output!.completion as string,
        label?.label ?? "",
        label?.rater ?? rater ?? "",
        label?.rubric ?? "",
        label?.at ?? "",
      ];
      lines.push(cells.map((cell) => csvField(cell)).join(","));
    }
    writeFileSync(to, `${lines.join("\r\n")}\r\n`);
    return { answers: drawn.length, labelled: drawn.filter((ordinal) => own.has(ordinal)).length };
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
): Promise<{ readonly added: number; readonly known: number; readonly empty: number }> {
  const rows = parseCsv(readText(from), from);
  const names = Object.keys((rows[0]?.row ?? {}) as object);
  for (const name of ["task", "label"])
    if (rows.length > 0 && !names.includes(name))
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
        place: line,
      },
    ];
  });
  return withStore(experimentId, place, "run", async (store) => {
    const { entries } = store;
    if (!entries) throw new ConfigError(store.location, "cannot hold labels: it has no `entries`");
    const ordinals = new Map<string, number>();
    for await (const { ordinal } of store.outcomes()) ordinals.set(blindName(experimentId, ordinal), ordinal);
    const stored = labelsIn(store);
    const { added, known } = checkLabels(given, stored, (task) => ordinals.get(task), newRubric);
    entries.write(added.map((value, i) => ({ list: "labels", number: stored.length + i, value })));
    return { added: added.length, known, empty: rows.length - given.length };
  });
}

/** A cell without the apostrophe that keeps a spreadsheet from reading a formula. */
const plain = (cell: string | undefined): string => (cell ?? "").trim().replace(/^'(?=[=+\-@])/, "");

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError(path, `must be a file that can be read (${(error as Error).message})`);
  }
}

async function withStore<T>(
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
