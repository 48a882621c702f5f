import { digest } from "#src/kernel/digest";
import { ConfigError, didYouMean, show } from "#src/kernel/errors";
import type { SampleFields } from "./options.ts";
import { toChoices, toTarget, toText } from "./target.ts";

export { answerLabel } from "./target.ts";

/** One question with its right answer: what a solver is given and a scorer compares with. */
export interface Sample {
  readonly id: string;
  /** The question, or a conversation to continue with. */
  readonly input: string | readonly SampleMessage[];
  /** Right answers; any of them will do. Letters for multiple choice. */
  readonly target: readonly string[];
  /** Possible answers of a multiple-choice question. */
  readonly choices?: readonly string[] | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface SampleMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/**
 * A row as a sample. `question` and `answer` will do for `input` and `target`; where a row has choices,
 * its target is the label or the text of the right choice, or as a number its position from 0; a row that is text is the question.
 *
 * @param id what the sample is called, where that is known already
 * @throws ConfigError for a row without a question, or without a field that was named
 * @example toSample({ id: 7, question: "2 + 2?", answer: "4", level: "easy" }).metadata // => { level: "easy" }
 */
export function toSample(row: unknown, fields: SampleFields = {}, id?: string): Sample {
  if (typeof row === "string") return { id: id ?? digest(row).slice(0, 16), input: row, target: [], metadata: {} };
  if (typeof row !== "object" || row === null)
    throw new ConfigError("sample", "must be text or an object with an input", row);
  const record = row as Readonly<Record<string, unknown>>;
  refuseMissing(record, fields);
  const find = (...names: (string | undefined)[]): string | undefined =>
    names.find((name) => name !== undefined && valueAt(record, name) !== undefined && valueAt(record, name) !== null);
  const inputName = find(...(fields.input ? [fields.input] : ["input", "question", "prompt"]));
  if (inputName === undefined) {
    throw new ConfigError(
      "sample",
      `must have ${show(fields.input ?? "input")}`,
      undefined,
      didYouMean(fields.input ?? "input", Object.keys(record)),
    );
  }
  const idName = find(fields.id ?? "id");
  const targetName = find(...(fields.target ? [fields.target] : ["target", "answer"]));
  const choicesName = find(fields.choices ?? "choices");
  const choices =
    choicesName === undefined ? undefined : toChoices(valueAt(record, choicesName), labelsBeside(record, choicesName));
  const used = [inputName, idName, targetName, choicesName];
  const nested = fields.metadata === undefined && isPlain(record.metadata) ? record.metadata : undefined;
  const kept =
    fields.metadata ?? Object.keys(record).filter((key) => !used.includes(key) && !(nested && key === "metadata"));
  return {
    id: id ?? (idName === undefined ? digest(row).slice(0, 16) : String(valueAt(record, idName))),
    input: toInput(valueAt(record, inputName), inputName),
    target: targetName === undefined ? [] : toTarget(valueAt(record, targetName), choices, targetName),
    ...(choices === undefined ? {} : { choices: choices.texts }),
    metadata: { ...nested, ...Object.fromEntries(kept.map((key) => [key, valueAt(record, key)])) },
  };
}

/** A field that was named must be there, though its value may be missing. */
function refuseMissing(
  record: Readonly<Record<string, unknown>>,
  { id, target, choices, metadata = [] }: SampleFields,
): void {
  const missing = [id, target, choices, ...metadata].find(
    (field) => field !== undefined && valueAt(record, field) === undefined && !(field in record),
  );
  if (missing === undefined) return;
  throw new ConfigError("sample", `must have ${show(missing)}`, undefined, didYouMean(missing, Object.keys(record)));
}

/** The value of a field; where there is none of that name, of a nested one: `choices.text`. */
function valueAt(record: Readonly<Record<string, unknown>>, name: string): unknown {
  if (name in record) return record[name];
  return name
    .split(".")
    .reduce<unknown>((at, key) => (isPlain(at) && Object.hasOwn(at, key) ? at[key] : undefined), record);
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The labels that stand beside the texts of the choices: `choices.label` for `choices.text`. */
function labelsBeside(record: Readonly<Record<string, unknown>>, name: string): unknown {
  const around = name.split(".").slice(0, -1).join(".");
  const holder = around === "" ? undefined : valueAt(record, around);
  return isPlain(holder) ? (holder.label ?? holder.labels) : undefined;
}

const roles = ["system", "user", "assistant"];

/** A question, or a conversation whose messages have a role and a text. */
function toInput(value: unknown, field: string): string | readonly SampleMessage[] {
  if (!Array.isArray(value)) return toText(value, "sample.input", { field });
  value.forEach((message: Partial<SampleMessage> | null, i) => {
    const isMessage = isPlain(message) && roles.includes(message.role as string) && typeof message.content === "string";
    if (!isMessage) {
      throw new ConfigError(
        `sample.input[${i}]`,
        `must be a message: { role, content } with a role of ${roles.join(", ")}`,
        message,
      );
    }
  });
  if (value.length === 0) throw new ConfigError("sample.input", "must have at least one message", value);
  return value as readonly SampleMessage[];
}
