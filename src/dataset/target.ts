import { ConfigError, show } from "#src/kernel/errors";
import { optionsIn } from "#src/text/answer";
import { isBlankText } from "#src/text/blank";
import { bare, fold } from "#src/text/words";

/** The possible answers of a question: their texts, and the labels that the data give them, where they do. */
export interface GivenChoices {
  readonly texts: readonly string[];
  readonly labels?: readonly string[] | undefined;
}

/**
 * The label of a choice by its position: A to Z, then 1, 2, 3.
 *
 * @example [0, 25, 26].map(answerLabel) // => ["A", "Z", "1"]
 */
export const answerLabel = (position: number): string =>
  position < 26 ? String.fromCharCode(65 + position) : String(position - 25);

/**
 * The choices of a row: a list of texts, or a record of texts and labels as in ARC, `{ text: [...], label: [...] }`.
 *
 * @throws ConfigError for anything else, an empty text, or labels that are not one for each text
 */
export function toChoices(value: unknown, siblingLabels?: unknown): GivenChoices {
  const record = isRecord(value) ? value : undefined;
  const texts = record ? (record.text ?? record.texts) : value;
  const labels = record ? (record.label ?? record.labels) : siblingLabels;
  if (!Array.isArray(texts)) throw new ConfigError("sample.choices", "must be a list", value);
  const shown = texts.map((text, i) => toText(text, `sample.choices[${i}]`));
  if (labels === undefined || labels === null) return { texts: shown };
  if (!Array.isArray(labels) || labels.length !== shown.length) {
    throw new ConfigError(
      "sample.choices.label",
      `must be a list of ${shown.length} labels, one for each choice`,
      labels,
    );
  }
  const named = labels.map((label, i) => toText(label, `sample.choices.label[${i}]`));
  const twice = named.find((label, i) => named.indexOf(label) !== i);
  if (twice !== undefined) throw new ConfigError("sample.choices.label", "must differ from each other", twice);
  return { texts: shown, labels: named };
}

/**
 * The right answers of a row. With choices, each as the label of a choice (A, B, C), whether the row gives the choice's label, its text or, as a
 * number, its position from 0.
 *
 * @throws ConfigError for what is not text, what is blank among other answers, what names no choice, and what names two
 */
export function toTarget(
  value: unknown,
  choices: GivenChoices | undefined,
  field = "target",
  place = "sample.target",
): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each, i) => toTarget(each, choices, field, `${place}[${i}]`));
  if (place !== "sample.target" && (value === null || (typeof value === "string" && isBlankText(value)))) {
    throw new ConfigError(place, "must not be blank", value, "Leave it out of the list");
  }
  const text = toText(value, place, { field, mayBeBlank: true });
  if (!choices || isBlankText(text)) return [text];
  return labelsOf(value, text, choices, place);
}

function labelsOf(value: unknown, text: string, { texts, labels }: GivenChoices, place: string): readonly string[] {
  const own = texts.map((_, position) => answerLabel(position));
  const same = (a: string): boolean => bare(fold(a)) === bare(fold(text)) || a === text;
  const verbatim = texts.flatMap((each, i) => (each === text ? [i] : []));
  const byText = verbatim.length > 0 ? verbatim : texts.flatMap((each, i) => (same(each) ? [i] : []));
  const letter = fold(text).trim();
  const byLabel = (labels ?? own).flatMap((each, i) => (fold(each).trim() === letter ? [i] : []));
  const isNumber = typeof value === "number";
  const areNumbers = texts.every((each) => each.trim() !== "" && Number.isFinite(Number(each)));
  const byPosition =
    isNumber && !areNumbers && !labels && Number.isInteger(value) && value >= 0 && value < texts.length ? [value] : [];
  const found =
    byText.length === 1 && byLabel.length === 0 && isNumber
      ? byText
      : [...new Set([...byText, ...(byText.length > 0 && isNumber && !labels ? [] : byLabel), ...byPosition])];
  if (found.length === 1) return [answerLabel(found[0]!)];
  if (found.length > 1) {
    const readings = found.map(
      (i) => `${answerLabel(i)}) ${show(texts[i])}${labels ? ` (labelled ${show(labels[i])})` : ""}`,
    );
    throw new ConfigError(
      place,
      "must name one choice",
      value,
      `It can be ${readings.join(" or ")}: give the label or the text so that only one fits`,
    );
  }
  const several = isNumber
    ? undefined
    : optionsIn(
        text,
        (labels ?? own).map((label) => ({ label })),
        true,
      );
  if (several) return several.map((label) => answerLabel((labels ?? own).indexOf(label)));
  const known = labels
    ? `a label (${labels.slice(0, 10).join(", ")})`
    : `a letter (${own[0]} to ${own.at(-1)}), or as a number a position from 0 to ${texts.length - 1}`;
  throw new ConfigError(
    place,
    "must name one of the choices",
    value,
    `It may be ${known}, or the text of a choice (${show(texts.slice(0, 6).join(", "))})`,
  );
}

/** Text from text, a finite number, a whole number of any size, or yes and no. */
export function toText(
  value: unknown,
  place: string,
  { field, mayBeBlank = false }: { readonly field?: string; readonly mayBeBlank?: boolean } = {},
): string {
  if (typeof value === "string" && (mayBeBlank || value.trim() !== "")) return value;
  if (typeof value === "boolean" || typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value)))
    return String(value);
  const inner = isRecord(value)
    ? Object.entries(value).find(([, each]) => typeof each === "string" || typeof each === "number")?.[0]
    : undefined;
  const name = place.replace(/^sample\.|\[.*$/g, "");
  throw new ConfigError(
    place,
    typeof value === "string" ? "must not be blank" : "must be text or a number",
    value,
    inner === undefined ? undefined : `Name the field inside it: fields: { ${name}: "${field ?? name}.${inner}" }`,
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
