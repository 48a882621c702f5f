import { type ForeignAnswer, isRecord } from "#src/dataset/foreign";
import { canonicalJson, digestText } from "#src/kernel/digest";
import { ConfigError, show } from "#src/kernel/errors";
import { FailureError } from "#src/kernel/failure";
import { type ScalarScore, toNumber } from "#src/scoring/scorer";
import type { Condition } from "./condition.ts";
import type { MetricValue } from "./metrics.ts";

/** What `defineExperiment` takes of a replay. */
export interface Replay {
  readonly dataset: readonly { readonly id: string; readonly input: unknown; readonly target: unknown }[];
  readonly conditions: readonly Condition<{ readonly id: string }>[];
  /** Answers that each run gives to an item. */
  readonly repeat: number;
}

/**
 * Runs of other programs as conditions: their answers are replayed and compared here, item by item. Scores become metrics by their
 * names, `latency` and `tokens` too where the other program reports them. A run that has no answer to an item has failed at it. What its
 * answers note of a run, that it was cancelled, stands in the condition's description, and so in reports.
 *
 * @param runs answers by the name of the condition
 * @param options how runs of two programs, which number and shape their items each in its own way, are brought together
 * @throws ConfigError for a run without answers, with two to one item, with another item under the id of one, or that shares no item with
 *   the first: they are not pairs
 * @example replay({ "model a": lmEvalSamples(a), "model b": lmEvalSamples(b) })
 * @example replay({ lm_eval: lmEvalSamples(a), inspect: inspectLog(b) }, { by: ({ input }) => input.question ?? input })
 */
export function replay(given: Readonly<Record<string, readonly ForeignAnswer[]>>, { by }: ReplayOptions = {}): Replay {
  const runs = by ? broughtTogether(given, by) : given;
  const items = new Map<string, { readonly run: string; readonly answer: ForeignAnswer }>();
  let repeat = 1;
  const conditions = Object.entries(runs).map(([name, answers]): Condition<{ readonly id: string }> => {
    if (answers.length === 0) throw new ConfigError(`replay.${name}`, "must have at least one answer");
    const known = new Map<string, ForeignAnswer>();
    for (const answer of answers) {
      const key = JSON.stringify([answer.id, answer.repeat]);
      if (known.has(key)) throw new ConfigError(`replay.${name}`, `answers ${show(answer.id)} twice`);
      known.set(key, answer);
      repeat = Math.max(repeat, answer.repeat + 1);
      const item = items.get(answer.id);
      if (item && !by) refuseOther(name, answer, item.run, item.answer);
      if (!item) items.set(answer.id, { run: name, answer });
    }
    refuseStranger(name, answers, runs);
    const notes = [...new Set(answers.flatMap(({ note }) => note ?? []))];
    return {
      name,
      description: [`replayed: ${answers.length} answers`, ...notes].join("; "),
      run: ({ id }, { repeat: epoch }) => {
        const answer = known.get(JSON.stringify([id, epoch]));
        if (!answer) throw new FailureError("not_found", `${name} has no answer to ${id}`);
        if (answer.error !== undefined) throw new FailureError("unknown", answer.error);
        const { completion, scores, latency, tokens } = answer;
        return {
          completion,
          ...numbersOf(scores),
          ...(latency === undefined ? {} : { latency }),
          ...(tokens === undefined ? {} : { tokens }),
        };
      },
    };
  });
  const dataset = [...items.values()].map(({ answer: { id, input, target } }) => ({ id, input, target }));
  return { dataset, conditions, repeat };
}

export interface ReplayOptions {
  /** The question that an answer is to, as text, the same in all runs. Without it, answers to one id are answers to one item. */
  // biome-ignore lint/suspicious/noExplicitAny: the input of a foreign file has whatever shape its program gave it
  readonly by?: (answer: Omit<ForeignAnswer, "input"> & { readonly input: any }) => unknown;
}

/** The same answers under ids that are the same where their questions are. */
function broughtTogether(
  runs: Readonly<Record<string, readonly ForeignAnswer[]>>,
  by: Required<ReplayOptions>["by"],
): Record<string, readonly ForeignAnswer[]> {
  const questionOf = (name: string, answer: ForeignAnswer): string => {
    const question = by(answer);
    if (typeof question === "string" && question.trim() !== "") return question.trim().replace(/\s{1,99}/g, " ");
    throw new ConfigError(
      `replay.${name}`,
      `must have a question for the item ${show(answer.id)}`,
      question,
      "See `by`",
    );
  };
  return Object.fromEntries(
    Object.entries(runs).map(([name, answers]) => [
      name,
      answers.map((answer) => ({ ...answer, id: digestText(questionOf(name, answer)) })),
    ]),
  );
}

/** A run that shares no item with the first cannot be compared with it: each would have failed at all that the other answered. */
function refuseStranger(
  name: string,
  answers: readonly ForeignAnswer[],
  runs: Readonly<Record<string, readonly ForeignAnswer[]>>,
): void {
  const [first, others] = Object.entries(runs)[0]!;
  const ids = new Set(others.map(({ id }) => id));
  if (answers.some(({ id }) => ids.has(id))) return;
  throw new ConfigError(
    `replay.${name}`,
    `must share an item with replay.${first}`,
    `${show(answers[0]!.id)} and others`,
    `In replay.${first} there is ${show(others[0]!.id)}. Where two programs number the same questions, say what the question is: replay(runs, { by: ({ input }) => input.question ?? input })`,
  );
}

/** Two answers to one id must be answers to one question. */
function refuseOther(name: string, answer: ForeignAnswer, earlierName: string, earlier: ForeignAnswer): void {
  const hashes = answer.contentHash !== undefined && earlier.contentHash !== undefined;
  const different = (["input", "target", ...(hashes ? (["contentHash"] as const) : [])] as const).find(
    (part) => canonicalJson(answer[part]) !== canonicalJson(earlier[part]),
  );
  if (different === undefined) return;
  throw new ConfigError(
    `replay.${name}`,
    `must be about the items of replay.${earlierName}, but its item ${show(answer.id)} has another ${different === "contentHash" ? "content" : different}`,
    answer[different],
    `In replay.${earlierName} it is ${show(earlier[different])}: compare runs of one task and one version of its data, or say what the question is: replay(runs, { by })`,
  );
}

/** Scores as numbers; records of scores keep their names, and what is not a number is left out. */
function numbersOf(scores: Readonly<Record<string, unknown>>): Record<string, MetricValue> {
  const numbers: Record<string, MetricValue> = {};
  for (const [name, value] of Object.entries(scores)) {
    if (isRecord(value)) {
      const members = numbersOf(value);
      if (Object.keys(members).length > 0) numbers[name] = members;
    } else if (["number", "boolean", "string"].includes(typeof value)) {
      const number = toNumber(value as ScalarScore);
      if (number !== undefined) numbers[name] = number;
    }
  }
  return numbers;
}
