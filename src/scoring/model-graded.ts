import { z } from "zod";
import { show } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import type { TaskState } from "#src/solver/state";
import { fillTemplate } from "#src/solver/template";
import { gradeIn, markedGrade } from "#src/text/grade";
import { defused, historyOf } from "./grader-prompt.ts";
import { answeredBy, askJudge, disagreementOf, type Grader, graderOption, judgeOf, labelOf } from "./judge.ts";
import { mode } from "./reducers.ts";
import { type ScalarScore, type Score, type Scorer, scored, targetScorer, toNumber, unscored } from "./scorer.ts";

const questionTemplate = `You are to judge an answer to a task by a criterion. Here they are:

[BEGIN DATA]
[Task]: {question}
[Answer]: {answer}
[Criterion]: {criterion}
[END DATA]

Does the answer meet the criterion?

{instructions}`;

const factTemplate = `You are to compare an answer with an expert's answer to the same question. Here they are:

[BEGIN DATA]
[Question]: {question}
[Expert]: {criterion}
[Answer]: {answer}
[END DATA]

Compare their factual content only; differences of style, grammar and punctuation do not count. Does the answer contain what the expert's answer says?

{instructions}`;

const instructionsFor = (partialCredit: boolean): string => {
  const letters = partialCredit ? "C, P or I" : "C or I";
  const partial = partialCredit ? "P where it is partly correct, " : "";
  return `First write down step by step how you come to your judgement; do not begin with the grade. Then end with a line "GRADE: $LETTER" (without quotes), where $LETTER is ${letters}: C where the answer is correct, ${partial}I where it is incorrect.`;
};

export const modelGradedOptions = z.strictObject({
  template: z
    .string()
    .optional()
    .describe("prompt with {question}, {answer}, {criterion}, {instructions} and the sample's metadata"),
  instructions: z.string().optional().describe("how to grade, and how to write the grade"),
  gradePattern: z.instanceof(RegExp).optional().describe("captures the grade; its last match counts"),
  includeHistory: z
    .union([z.boolean(), z.custom<(state: TaskState) => string>((value) => typeof value === "function")])
    .default(false)
    .describe("whether the grader sees the conversation instead of the input; or what it sees"),
  partialCredit: z.boolean().default(false).describe("whether P, half right, may be given"),
  model: z
    .union([graderOption, z.array(graderOption).min(1).readonly()])
    .optional()
    .describe("who grades; several vote; the model under test when absent"),
});
export type ModelGradedOptions = z.input<typeof modelGradedOptions>;

/**
 * A model grades whether the answer meets the target, read as a criterion. Several graders vote and the most common grade counts,
 * of equally common ones their mean; the metric `modelGraded_disagreement` is the share of their pairs that gave different grades.
 *
 * What comes from data or from a model stays data: `[BEGIN DATA]` and `[END DATA]` in it are written `[BEGIN-DATA]` and `[END-DATA]`.
 * The last `GRADE:` of its reply counts. A grade that cannot be read is not a grade: the sample is unscored, not wrong; so is a sample without
 * target. Of several targets any will do: the grader sees them as a list.
 *
 * @example modelGraded({ model: "gpt-4o", partialCredit: true })
 * @example modelGraded({ model: [first, second, third] }) // a panel
 */
export const modelGraded = (options: ModelGradedOptions = {}): Scorer =>
  graded("modelGraded", questionTemplate, options);

/** As `modelGraded`, for a target that is an expert's answer with facts to be found in the model's. */
export const modelGradedFact = (options: ModelGradedOptions = {}): Scorer =>
  graded("modelGradedFact", factTemplate, options);

function graded(name: string, defaultTemplate: string, input: ModelGradedOptions): Scorer {
  const options = parseOptions(modelGradedOptions, input, name);
  const {
    template = defaultTemplate,
    instructions = instructionsFor(options.partialCredit),
    gradePattern,
    includeHistory,
    model,
  } = options;
  const graders: readonly (Grader | undefined)[] = Array.isArray(model) ? model : [model as Grader | undefined];
  const mayBePartial = options.partialCredit || options.instructions !== undefined;
  const read = (text: string): Score => readGrade(text, gradePattern, mayBePartial);
  return targetScorer(
    name,
    async (state, target, generate) => {
      const question =
        typeof includeHistory === "function"
          ? includeHistory(state)
          : includeHistory
            ? historyOf(state)
            : state.inputText;
      const answer = state.output!.content;
      const prompt = fillTemplate(template, {
        ...defused(state.metadata),
        question: defused(question),
        answer: defused(answer),
        criterion: defused(target.length === 1 ? target[0]! : target.map((each) => `- ${each}`).join("\n")),
        instructions,
      });
      const judged = await Promise.all(
        graders.map(async (each) => {
          const reply = await askJudge(each, prompt, state, generate, name);
          return { ...read(reply.content), explanation: reply.content, judge: judgeOf(reply, each, state) };
        }),
      );
      const grades = judged.map(({ judge: _, ...grade }) => grade);
      const result = graders.length === 1 ? grades[0]! : voteOf(grades);
      const disagreement = disagreementOf(grades.map(({ value }) => value));
      const metadata = {
        grades: judged.map(({ value, explanation, judge }, i) => ({
          grader: labelOf(graders[i]),
          grade: value,
          explanation,
          ...judge,
        })),
        ...answeredBy(state),
      };
      return { ...result, answer, metadata, ...(disagreement === undefined ? {} : { numbers: { disagreement } }) };
    },
    { ...options, template, instructions },
  );
}

/** The most common grade. Of equally common ones the mean, whichever grader stands first: a panel that is divided by C and I says one half. */
function voteOf(grades: readonly Score[]): Score {
  const votes = new Map<Score["value"], number>();
  for (const { value } of grades) if (value !== null) votes.set(value, (votes.get(value) ?? 0) + 1);
  const most = Math.max(...votes.values());
  const first = [...votes].flatMap(([value, times]) => (times === most ? [value] : []));
  if (first.length < 2) return mode(grades);
  const numbers = first.map((value) => toNumber(value as ScalarScore) ?? 0);
  const mean = numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  return scored(mean, { explanation: `the panel is divided: ${first.map(String).sort().join(", ")}` });
}

/** With a pattern of the user's, what its last match captures is the grade, if it is one or a number; else what follows the last `GRADE:`. */
function readGrade(text: string, pattern: RegExp | undefined, mayBePartial: boolean): Score {
  const given = pattern ? lastCaptured(text, pattern) : markedGrade(text);
  if (given === undefined) return unscored("the grader's reply has no grade");
  const number = pattern && given.trim() !== "" ? toNumber(given) : undefined;
  const grade = gradeIn(given);
  if (grade && (grade !== "P" || mayBePartial || pattern)) return scored(grade);
  if (number !== undefined) return scored(number);
  return unscored(`the grader gave ${show(given)}, which is not on the menu`);
}

function lastCaptured(text: string, pattern: RegExp): string | undefined {
  const search = new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, "")}g`);
  return [...text.matchAll(search)].at(-1)?.[1]?.trim();
}
