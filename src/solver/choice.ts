import { z } from "zod";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { stream } from "#src/kernel/random";
import { markedAnswer, type Option, optionsIn } from "#src/text/answer";
import { described } from "./describe.ts";
import { generate, generateOptions } from "./generate.ts";
import type { Solver } from "./solver.ts";

const one = `Answer the following multiple choice question. Your whole reply must have the form "ANSWER: $LETTER" (without quotes), where $LETTER is one of {letters}.

{question}

{choices}`;

const oneWithReasons = `Answer the following multiple choice question. The last line of your reply must have the form "ANSWER: $LETTER" (without quotes), where $LETTER is one of {letters}. Think step by step before you answer.

{question}

{choices}`;

const several = `Answer the following multiple choice question, where several answers may be right. Your whole reply must have the form "ANSWER: $LETTERS" (without quotes), where $LETTERS is one or more of {letters}.

{question}

{choices}`;

const severalWithReasons = `Answer the following multiple choice question, where several answers may be right. The last line of your reply must have the form "ANSWER: $LETTERS" (without quotes), where $LETTERS is one or more of {letters}. Think step by step before you answer.

{question}

{choices}`;

export const multipleChoiceOptions = z.strictObject({
  ...generateOptions.omit({ toolCalls: true, maxTurns: true, maxToolOutput: true }).shape,
  template: z
    .string()
    .refine(
      (text) => text.includes("{question}") && text.includes("{choices}"),
      "must contain {question} and {choices}",
    )
    .optional()
    .describe("prompt with {question}, {choices} and, if wanted, {letters}"),
  cot: z.boolean().default(false).describe("whether to ask for reasoning before the answer"),
  multipleCorrect: z.boolean().default(false).describe("whether several choices may be right"),
  shuffle: z
    .union([z.boolean(), z.int()])
    .default(false)
    .describe("show the choices in an order drawn per sample and epoch; a number is the seed"),
});

/**
 * Shows the sample's choices, asks, and marks what the model chose. It asks the model itself, so no `generate` follows; `choice()` scores it.
 *
 * The last `ANSWER:` line counts, or the last `\boxed{}` where there is none; it may name a choice by its text. A reply that names no choice, or several where one was asked for, marks none.
 *
 * @example chain([multipleChoice({ cot: true, shuffle: 42 })])
 */
export function multipleChoice(options: z.input<typeof multipleChoiceOptions> = {}): Solver {
  const parsed = parseOptions(multipleChoiceOptions, options, "multipleChoice");
  const { template, cot, multipleCorrect, shuffle, ...config } = parsed;
  const prompt = template ?? (multipleCorrect ? (cot ? severalWithReasons : several) : cot ? oneWithReasons : one);
  const ask = generate({ ...config, toolCalls: "none" });
  const solve: Solver = async (state, callModel) => {
    if (state.choices.length === 0) {
      throw new ConfigError(`sample ${JSON.stringify(state.sampleId)}`, "must have choices for multipleChoice");
    }
    const seed = typeof shuffle === "number" ? shuffle : 0;
    const random = stream(seed, "choices", state.sampleId, state.epoch, state.branch);
    const choices = shuffle === false ? state.choices : state.choices.shuffle(random);
    const question = state.userPrompt.content;
    const asked = state.setChoices(choices).setUserPrompt(choices.prompt(question, prompt));
    const answered = await ask(asked, callModel);
    if (!answered.output) return answered;
    const labels = parseLabels(answered.output.content, choices.options, multipleCorrect);
    return labels === undefined ? answered : answered.setChoices(choices.markLabels(labels));
  };
  return described(solve, "multipleChoice", { ...parsed, template: prompt });
}

/**
 * The labels of the choices that a reply gives as its answer.
 *
 * @param choices labels that there are, in the order they are shown; with the texts of the choices, these name them too
 * @returns nothing where there is no answer, or it names something else, or more than one where `several` is false
 * @example parseLabels("First A.\nANSWER: b.", ["A", "B"], false) // => ["B"]
 * @example parseLabels("ANSWER: A and C", ["A", "B", "C"], true) // => ["A", "C"]
 */
export function parseLabels(
  text: string,
  choices: readonly (string | Option)[],
  several: boolean,
): readonly string[] | undefined {
  const answer = markedAnswer(text);
  if (answer === undefined) return undefined;
  return optionsIn(
    answer,
    choices.map((each) => (typeof each === "string" ? { label: each } : each)),
    several,
  );
}
