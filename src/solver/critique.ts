import { z } from "zod";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { described } from "./describe.ts";
import { askModel, generate } from "./generate.ts";
import type { Solver } from "./solver.ts";
import { fillTemplate } from "./template.ts";

const critique = `Here are a question and an answer to it. Please criticise the answer: say what is wrong, missing or unclear. A good answer is correct and complete and does not refuse. If nothing is to be improved, say only "The original answer is fully correct".

[Question]: {question}

[Answer]: {completion}

Critique:`;

const revision = `Here are a question, a first answer to it and a critique of that answer. Please give a better answer.

[Question]: {question}

[Answer]: {completion}

[Critique]: {critique}

If the first answer is already correct, repeat it as it is. Give your answer on a line of its own at the end, as "ANSWER: $ANSWER" (without quotes), where $ANSWER is the answer to the question.`;

export const selfCritiqueOptions = z.strictObject({
  critiqueTemplate: z.string().default(critique).describe("prompt for the critique, with {question} and {completion}"),
  completionTemplate: z
    .string()
    .default(revision)
    .describe("prompt for the better answer, with {question}, {completion} and {critique}"),
  model: z.string().optional().describe("model that criticises; the state's own when absent"),
});

/**
 * Has the last answer criticised, gives the critique back, and asks again. The critique is asked for apart from the conversation, which
 * gains the user message with the critique and the new answer.
 *
 * @example chain([generate(), selfCritique()])
 */
export function selfCritique(options: z.input<typeof selfCritiqueOptions> = {}): Solver {
  const { critiqueTemplate, completionTemplate, model } = parseOptions(selfCritiqueOptions, options, "selfCritique");
  const solve: Solver = async (state, callModel) => {
    if (!state.output) throw new ConfigError("selfCritique", "must come after a step that generates");
    const values = { ...state.metadata, question: state.inputText, completion: state.output.content };
    const prompt = fillTemplate(critiqueTemplate, { ...values, critique: undefined }); // there is none yet, whatever metadata say
    const criticised = await state.takeTurn(async () => {
      const asked = state.with({ messages: [{ role: "user", content: prompt }], tools: [] });
      const reply = await askModel(asked, callModel, { model });
      const content = fillTemplate(completionTemplate, { ...values, critique: reply.content });
      return state.spend(reply).addMessage({ role: "user", content });
    }, callModel.context?.signal);
    return criticised.completed ? criticised : generate()(criticised, callModel);
  };
  return described(solve, "selfCritique", { critiqueTemplate, completionTemplate, model });
}
