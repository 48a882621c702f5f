import { digest } from "#src/kernel/digest";
import { ConfigError, show } from "#src/kernel/errors";

/** What a person said of one answer. A row of its own: who, of what, by which instruction, when. */
export interface Label {
  /** Place of the task in the plan. */
  readonly ordinal: number;
  readonly rater: string;
  /** The instruction that the rater followed. */
  readonly rubric: string;
  /** What the rater said: C, I, P, a number, a word. */
  readonly label: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** A row of a store's labels. Rows are added and never changed: one that takes a label back says which, who and when. */
export interface LabelRow extends Label {
  /** That the rater took this label back at that time. */
  readonly takenBack?: true;
}

/** A label as a file gives it. */
export interface GivenLabel extends Omit<Label, "ordinal"> {
  /** Name of the answer in a file of labels; see `blindName`. */
  readonly task: string;
  /** Where the file has no time, and `at` is that of taking it in. */
  readonly undated?: boolean;
  /** The file and line. */
  readonly place: string;
}

/** What comes of labels that are taken in. */
export interface CheckedLabels {
  readonly added: readonly Label[];
  /** Those that are stored already, word for word. */
  readonly known: number;
  /** Those that their raters took back after the time that the file has. */
  readonly takenBack: number;
}

/** Characters of a rater's name, of a label, and of a rubric. */
const MOST = { rater: 100, label: 200, rubric: 2000 } as const;

/**
 * The name of a task for those who label it: the same in every file of a run, also once the run has grown, and without a word of its condition.
 *
 * @example blindName("exp_1", { condition: "a", itemId: "i1", repeat: 0 }).length // => 12
 */
export const blindName = (
  experimentId: string,
  { condition, itemId, repeat }: { readonly condition: string; readonly itemId: string; readonly repeat: number },
): string => digest({ experimentId, label: [condition, itemId, repeat] }).slice(0, 12);

/**
 * The labels that stand, oldest first: those that were not taken back since.
 *
 * @example standingLabels([{ ordinal: 0, rater: "ada", rubric: "r", label: "C", at: "2026-11-29T14:00:00Z" }]).length // => 1
 */
export function standingLabels(rows: readonly LabelRow[]): readonly Label[] {
  const standing = new Map<string, Label>();
  for (const { takenBack, ...label } of rows)
    if (takenBack) standing.delete(keyOf(label));
    else standing.set(keyOf(label), label);
  return [...standing.values()];
}

/**
 * Holds labels against what is stored, all before any is taken. A label that its rater took back may be given again; a file that is older than that
 * does not give it again.
 *
 * @param rows of the store, with those that take labels back
 * @param ordinalOf the task of a name; nothing for one that there is not
 * @param newRubric whether a rater may go by another rubric than before
 * @throws ConfigError for an unknown task, a second label of one rater that says otherwise, a rubric that changes on the way, a label without a time of an
 * answer whose label was taken back, and an empty or endless text
 */
export function checkLabels(
  given: readonly GivenLabel[],
  rows: readonly LabelRow[],
  ordinalOf: (task: string) => number | undefined,
  newRubric = false,
): CheckedLabels {
  const stored = standingLabels(rows);
  const undone = new Map(rows.flatMap((row) => (row.takenBack ? [[keyOf(row), row]] : [])));
  const byKey = new Map(stored.map((label) => [keyOf(label), { ...label, place: "the store" }]));
  const rubrics = new Map(newRubric ? [] : stored.map(({ rater, rubric }) => [rater, { rubric, place: "the store" }]));
  const added: Label[] = [];
  let [known, takenBack] = [0, 0];
  for (const { task, place, undated = false, ...text } of given) {
    checkTexts(text, place);
    const said = { ...text, label: letterOf(text.label) };
    const ordinal = ordinalOf(task);
    if (ordinal === undefined)
      throw new ConfigError(
        place,
        "must name an answer of this run",
        task,
        "Take the names from a file that `crucible label --export` wrote",
      );
    const before = rubrics.get(said.rater);
    refuseOtherRubric(before, said, place);
    rubrics.set(said.rater, { rubric: said.rubric, place: before?.place ?? place });
    const label: Label = { ordinal, ...said };
    const earlier = byKey.get(keyOf(label));
    if (earlier && earlier.label !== label.label)
      throw new ConfigError(
        place,
        `must not label an answer twice: ${show(said.rater)} said ${show(earlier.label)} of it (${earlier.place})`,
        label.label,
        "Keep one of the two, or give the second look a rater of its own",
      );
    const taken = earlier ? undefined : undone.get(keyOf(label));
    if (taken && undated)
      throw new ConfigError(
        place,
        `must say when: ${show(said.rater)} took back ${show(taken.label)} of this answer at ${taken.at}`,
        label.label,
        "Leave the label out, or write in the column at when it was given again",
      );
    if (earlier) known += 1;
    else if (taken && Date.parse(label.at) <= Date.parse(taken.at)) takenBack += 1;
    else {
      byKey.set(keyOf(label), { ...label, place });
      added.push(label);
    }
  }
  return { added, known, takenBack };
}

/**
 * The row that takes a label back.
 *
 * @throws ConfigError where the rater has no such label of the answer
 */
export function takeBack({ ordinal, rater, rubric, label, at }: Label, rows: readonly LabelRow[]): LabelRow {
  const key = keyOf({ ordinal, rater, rubric, label, at });
  const standing = standingLabels(rows).find((one) => keyOf(one) === key);
  if (standing?.label !== label)
    throw new ConfigError(
      "label",
      `must be one that stands: ${show(rater)} ${standing ? `says ${show(standing.label)} of this answer` : "has no label of this answer"}`,
      label,
    );
  return { ordinal, rater, rubric, label, at, takenBack: true };
}

/** Labels by two rubrics do not mix. @param before of the same rater @throws ConfigError where the rubric is another one */
export function refuseOtherRubric(
  before: { readonly rubric: string; readonly place?: string } | undefined,
  { rater, rubric }: Pick<Label, "rater" | "rubric">,
  place?: string,
): void {
  if (!before || before.rubric === rubric) return;
  throw new ConfigError(
    place === undefined ? "rubric" : `${place}: rubric`,
    `must be the one by which ${show(rater)} labelled before, ${show(before.rubric)} (${before.place ?? "the store"})`,
    rubric,
    "Labels by two rubrics do not mix: begin a new set of labels with --new-rubric, in a file of its own",
  );
}

/** The letters of verdicts are the same in either case. */
const letterOf = (label: string): string => (/^[cipn]$/.test(label) ? label.toUpperCase() : label);

const keyOf = ({ ordinal, rater, rubric }: Label): string => JSON.stringify([ordinal, rater, rubric]);

function checkTexts(said: Omit<Label, "ordinal">, place: string): void {
  for (const name of ["rater", "label", "rubric"] as const) {
    const text = said[name].trim();
    if (text === "" || text.length > MOST[name])
      throw new ConfigError(`${place}: ${name}`, `must be a text of 1 to ${MOST[name]} characters`, said[name]);
  }
  if (Number.isNaN(Date.parse(said.at)))
    throw new ConfigError(`${place}: at`, "must be a time, such as 2026-11-29T14:00:00Z", said.at);
}
