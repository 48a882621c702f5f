import { z } from "zod";
import { show } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import type { TaskState } from "#src/solver/state";
import { fillTemplate } from "#src/solver/template";
import { isBlankText } from "#src/text/blank";
import { markedGrade } from "#src/text/grade";
import { defused } from "./grader-prompt.ts";
import { answeredBy, askJudge, disagreementOf, type Grader, graderOption, judgeOf, labelOf } from "./judge.ts";
import { type Score, type Scorer, scored, scorer, unscored } from "./scorer.ts";

const pairTemplate = `You are to judge which of two answers to a task is better. Here they are:

[BEGIN DATA]
[Task]: {question}
[Answer A]: {first}
[Answer B]: {second}
[Criterion]: {criterion}
[END DATA]

{instructions}`;

const better =
  "The better answer is the one that is right; of two that are, the one that serves the asker better. Length, tone and the order in which they stand do not count.";

const instructions = `First write down step by step how you come to your judgement; do not begin with the verdict. Then end with a line "GRADE: $LETTER" (without quotes), where $LETTER is A where answer A is better, B where answer B is better, or T where neither is.`;

export const pairwiseOptions = z.strictObject({
  model: z
    .union([graderOption, z.array(graderOption).min(1).readonly()])
    .optional()
    .describe("who judges; of several the mean counts; the model under test when absent"),
  against: z
    .custom<(state: TaskState) => string | undefined>((value) => typeof value === "function", "must be a function")
    .optional()
    .describe("the answer that the reply is compared with; the first target when absent"),
  criterion: z.string().default(better).describe("what makes an answer better"),
  template: z
    .string()
    .default(pairTemplate)
    .describe("prompt with {question}, {first}, {second}, {criterion} and {instructions}"),
  instructions: z.string().default(instructions).describe("how to judge, and how to write the verdict"),
});
export type PairwiseOptions = z.input<typeof pairwiseOptions>;

/** What one judge said of a pair. */
interface Judgement {
  readonly grader: string | null;
  /** What it wrote with the reply as answer A, and as answer B. */
  readonly replies: readonly [string, string];
  /** 1 where it preferred the reply, 0 where the other, 0.5 for a tie; in both orders. Null where that could not be read. */
  readonly preferences: readonly [number | null, number | null];
  readonly model?: string;
}

/**
 * A judge compares the reply with another answer, twice, with the positions swapped: 1 where it prefers the reply in both orders, 0 where it
 * prefers the other, one half where it calls a tie or contradicts itself. The metric `pairwise_consistency` is the share of judges that said the same in
 * both orders, `pairwise_disagreement` how far a panel is divided.
 *
 * Two texts that are the same are a tie without a call. An empty reply loses. A verdict that cannot be read leaves the sample unscored.
 * Rows of `answerPairs` compare the answers of two conditions of a stored run; the report then ranks them by Bradley and Terry's model.
 *
 * @example pairwise({ model: "gpt-4o" }) // against the target
 * @example pairwise({ model: [first, second], against: (state) => String(state.metadata.baseline) })
 */
export function pairwise(input: PairwiseOptions = {}): Scorer {
  const options = parseOptions(pairwiseOptions, input, "pairwise");
  const { model, against, template, criterion } = options;
  const graders: readonly (Grader | undefined)[] = Array.isArray(model) ? model : [model as Grader | undefined];
  return scorer(
    "pairwise",
    async (state, target, generate) => {
      const reply = state.output!.content;
      const other = against ? against(state) : target[0];
      if (typeof other !== "string" || isBlankText(other))
        return unscored("there is no answer to compare the reply with");
      const pair = pairOf(state);
      if (isBlankText(reply)) return scored(0, { explanation: "the reply is empty", metadata: { pair } });
      if (reply.trim() === other.trim())
        return scored(0.5, { answer: reply, explanation: "both answers are the same", metadata: { pair } });
      const prompt = (first: string, second: string): string =>
        fillTemplate(template, {
          ...defused(state.metadata),
          question: defused(state.inputText),
          first: defused(first),
          second: defused(second),
          criterion,
          instructions: options.instructions,
        });
      const orders = [prompt(reply, other), prompt(other, reply)];
      const judgements = await Promise.all(
        graders.map(async (each): Promise<Judgement> => {
          const [ahead, behind] = await Promise.all(
            orders.map((text) => askJudge(each, text, state, generate, "pairwise")),
          );
          return {
            grader: labelOf(each),
            replies: [ahead!.content, behind!.content],
            preferences: [preferenceIn(ahead!.content, "A"), preferenceIn(behind!.content, "B")],
            ...judgeOf(ahead!, each, state),
          };
        }),
      );
      return { ...scoreOf(judgements), answer: reply, metadata: { pair, judgements, ...answeredBy(state) } };
    },
    options,
  );
}

interface Pair {
  readonly first: string | null;
  readonly second: string;
  readonly item?: string;
  /** The models that gave the answers, as far as they are known. */
  readonly models?: readonly string[];
}

/** Who is compared: the conditions that a row of `answerPairs` names, else the reply and a reference. */
function pairOf({ metadata }: TaskState): Pair {
  const { first, second, item, firstModel, secondModel } = metadata;
  if (typeof first !== "string" || typeof second !== "string") return { first: null, second: "reference" };
  const models = [firstModel, secondModel].filter((model) => typeof model === "string");
  return {
    first,
    second,
    ...(typeof item === "string" ? { item } : {}),
    ...(models.length > 0 ? { models } : {}),
  };
}

/** The mean of all judges that could be read in both orders. */
function scoreOf(judgements: readonly Judgement[]): Score {
  const read = judgements.flatMap(({ preferences: [ahead, behind] }) =>
    ahead === null || behind === null ? [] : [{ value: (ahead + behind) / 2, isConsistent: ahead === behind }],
  );
  const explanation = judgements
    .flatMap(({ replies: [ahead, behind] }) => [`The reply as answer A: ${ahead}`, `As answer B: ${behind}`])
    .join("\n\n");
  if (read.length === 0) {
    const marked = judgements.flatMap(({ replies }) => replies).find((text) => preferenceIn(text, "A") === null)!;
    const said = markedGrade(marked);
    const why =
      said === undefined ? "the judge's reply has no verdict" : `the judge said ${show(said)}, which is not A, B or T`;
    return unscored(why, { explanation });
  }
  const mean = (of: (one: (typeof read)[number]) => number): number =>
    read.reduce((sum, one) => sum + of(one), 0) / read.length;
  const disagreement = disagreementOf(read.map(({ value }) => value));
  return scored(
    mean(({ value }) => value),
    {
      explanation,
      numbers: {
        consistency: mean(({ isConsistent }) => Number(isConsistent)),
        ...(disagreement === undefined ? {} : { disagreement }),
      },
    },
  );
}

/** What a judge writes where it finds neither better. */
const ties: ReadonlySet<string> = new Set(["t", "tie", "tied", "draw", "equal", "neither", "both"]);

/**
 * Whether a judge preferred the answer that stood under a letter: 1, 0, or one half for a tie.
 *
 * @returns null where its last `GRADE:` cannot be read, or there is none
 */
function preferenceIn(text: string, own: "A" | "B"): number | null {
  const marked = markedGrade(text);
  if (marked === undefined) return null;
  const plain = marked.replace(/[*_`"'“”$\\{}[\]()（）]|boxed|text/g, " ").trim();
  const verdict =
    /^(?:(?:answer|response|assistant|reply)\s+)?(\p{L}{1,8})(?=$|\s*[^\p{L}\p{N}\s/|&+]|\s+(?:because|since|as)\s|\s+is\s+better)/iu.exec(
      plain,
    )?.[1];
  if (verdict === undefined) return null;
  const word = verdict.toLowerCase();
  if (ties.has(word)) return 0.5;
  return word === "a" || word === "b" ? Number(word === own.toLowerCase()) : null;
}
