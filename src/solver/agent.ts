import { z } from "zod";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { chain, type Steps } from "./chain.ts";
import { described } from "./describe.ts";
import { maxToolOutputOption, takeTurn } from "./generate.ts";
import { systemMessage } from "./prompt.ts";
import type { Generate, Solver } from "./solver.ts";
import type { TaskState, Tool } from "./state.ts";
import { fillTemplate } from "./template.ts";
import { callTools, submitTool, useTools } from "./tool.ts";
import { DEFAULT_TOOL_OUTPUT_BYTES } from "./tool-output.ts";

const role = `You are a careful assistant that reaches its goal by calling the tools it is given, step by step, and checks what it has found. When you have completed the task, call {submit}() to hand in your answer.`;

const goOn =
  "Please continue with the next step as you think best. When you have completed the task, call {submit}() with your answer.";

const wrong = "Your answer was not right. Please continue and try again.";

export const basicAgentOptions = z.strictObject({
  init: z
    .custom<Steps>()
    .optional()
    .describe("steps before the work; a system message that describes the tools when absent"),
  tools: z.array(z.custom<Tool>()).readonly().default([]).describe("tools beside the one that submits"),
  submit: z
    .strictObject({
      name: z.string().default("submit").describe("name of the tool"),
      description: z.string().default("Submits the final answer.").describe("what the model reads of it"),
    })
    .prefault({})
    .describe("the tool that hands in the answer"),
  attempts: z.int().positive().default(1).describe("answers that may be handed in; the last counts"),
  accepts: z
    .custom<(state: TaskState) => boolean | Promise<boolean>>((value) => typeof value === "function")
    .optional()
    .describe("whether an answer needs no further attempt; in an experiment the first scorer gives 1 when absent"),
  incorrectMessage: z.string().default(wrong).describe("message to the model after an answer that is not right"),
  continueMessage: z
    .string()
    .default(goOn)
    .describe("message to the model when it calls no tool; {submit} is the tool's name"),
  messageLimit: z.int().positive().optional().describe("messages of the conversation; 50 where no limit is set at all"),
  maxToolOutput: maxToolOutputOption,
});

/**
 * Works with tools until the model submits an answer, which is then the output. A reply without a tool call is answered with a message to go
 * on; an answer that is not right with another, as long as there are attempts. Semantics of inspect_ai's `basic_agent`.
 *
 * @throws ConfigError where several attempts are allowed and nothing decides whether one was right
 * @example basicAgent({ tools: [search], attempts: 3 })
 */
export function basicAgent(options: z.input<typeof basicAgentOptions> = {}): Solver {
  const parsed = parseOptions(basicAgentOptions, options, "basicAgent");
  const { tools, submit, attempts, incorrectMessage, messageLimit, maxToolOutput = DEFAULT_TOOL_OUTPUT_BYTES } = parsed;
  const names = { submit: submit.name };
  const continueMessage = fillTemplate(parsed.continueMessage, names);
  const work: Solver = async (state, callModel) => {
    let at = withLimit(state, messageLimit);
    for (let attempt = 1; !at.completed; ) {
      at = await takeTurn(at, callModel, {});
      const calls = at.output?.toolCalls ?? [];
      if (at.completed) return at;
      if (calls.length === 0) {
        at = at.addMessage({ role: "user", content: continueMessage });
        continue;
      }
      const { messages, ending } = await callTools(at, calls, maxToolOutput, callModel.context);
      at = at.addMessages(messages);
      if (ending === undefined) continue;
      at = at.setOutput({ ...at.output!, content: ending });
      if (at.completed || attempt++ >= attempts || (await isRight(at, callModel, parsed.accepts))) return at;
      at = at.addMessage({ role: "user", content: incorrectMessage });
    }
    return at;
  };
  const init = parsed.init ?? systemMessage(role, names);
  const steps = chain(init, useTools([...tools, submitTool(submit)], { append: true }), work);
  return described((state, callModel) => steps(state, callModel), "basicAgent", { ...parsed, init });
}

/** A model that never submits must not continue forever. */
function withLimit(state: TaskState, messageLimit: number | undefined): TaskState {
  const { tokenLimit, costLimit } = state;
  const limit = messageLimit ?? state.messageLimit;
  if (limit !== undefined) return state.setLimits({ messageLimit: limit });
  return tokenLimit === undefined && costLimit === undefined ? state.setLimits({ messageLimit: 50 }) : state;
}

function isRight(state: TaskState, callModel: Generate, accepts?: (state: TaskState) => boolean | Promise<boolean>) {
  const judge = accepts ?? callModel.context?.accepts;
  if (!judge)
    throw new ConfigError(
      "basicAgent.accepts",
      "must say whether an answer is right, outside of an experiment with scorers",
    );
  return judge(state);
}
