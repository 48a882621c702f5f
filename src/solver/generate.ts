import { z } from "zod";
import { type GenerateConfig, type Message, type Reply, toReply } from "#src/backends/backend";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { mendCall } from "./arguments.ts";
import { described } from "./describe.ts";
import type { Generate, Solver } from "./solver.ts";
import type { TaskState, Tool } from "./state.ts";
import { callTools } from "./tool.ts";
import { DEFAULT_TOOL_OUTPUT_BYTES } from "./tool-output.ts";

export const maxToolOutputOption = z
  .int()
  .min(0)
  .optional()
  .describe("bytes of a tool's output that the model is shown, beginning and end; 16 KiB when absent, 0 for all");

export const generateOptions = z.strictObject({
  model: z.string().optional().describe("model to ask; the condition's when absent"),
  temperature: z.number().min(0).optional().describe("how freely tokens are drawn"),
  maxTokens: z.int().positive().optional().describe("most tokens of one reply"),
  topP: z.number().gt(0).max(1).optional().describe("share of probability that tokens are drawn from"),
  stop: z.array(z.string()).readonly().optional().describe("texts that end the reply"),
  seed: z.int().optional().describe("seed of the provider's sampling, where it has one"),
  frequencyPenalty: z.number().optional().describe("penalty for tokens by how often they came"),
  presencePenalty: z.number().optional().describe("penalty for tokens that came at all"),
  responseFormat: z
    .custom<NonNullable<GenerateConfig["responseFormat"]>>()
    .optional()
    .describe("text, json, or a JSON Schema"),
  extra: z.record(z.string(), z.unknown()).optional().describe("fields passed on to the provider as they are"),
  toolCalls: z
    .enum(["loop", "single", "none"])
    .default("loop")
    .describe("answer tool calls until there are none, once, or never"),
  maxTurns: z
    .int()
    .positive()
    .default(100)
    .describe("replies in one tool loop; one that continues is stopped there and scored"),
  maxToolOutput: maxToolOutputOption,
});
export type GenerateOptions = z.input<typeof generateOptions>;

/**
 * Asks the model, adds its message, sets the output, and answers its tool calls until it makes none, or calls a tool that ends the work, whose
 * result is then the output.
 *
 * It stops at the state's message, token and cost limits and at `maxTurns`; the state is then completed, says which limit it was, and is
 * scored as it stands.
 *
 * @example chain([systemMessage("Be brief."), generate({ temperature: 0.7, maxTokens: 500 })])
 */
export function generate(options: GenerateOptions = {}): Solver {
  const parsed = parseOptions(generateOptions, options, "generate");
  const { toolCalls, maxTurns, maxToolOutput = DEFAULT_TOOL_OUTPUT_BYTES, ...config } = parsed;
  const solve: Solver = async (state, callModel) => {
    let at = state;
    for (let turn = 1; ; turn++) {
      at = await takeTurn(at, callModel, config);
      const calls = at.output?.toolCalls ?? [];
      if (at.completed || calls.length === 0 || toolCalls === "none") return at;
      const { messages, ending } = await callTools(at, calls, maxToolOutput, callModel.context);
      at = at.addMessages(messages);
      if (ending !== undefined) return at.setOutput({ ...at.output!, content: ending });
      if (at.completed || toolCalls === "single") return at;
      if (typeof at.toolChoice === "object") at = at.setToolChoice("auto"); // forced once, or the loop would never end
      if (turn >= maxTurns) return at.reachLimit({ type: "turn", limit: maxTurns, value: turn });
    }
  };
  return described(solve, "generate", parsed);
}

/** One call of the model for a state: its message, its output, what it cost; or the state completed by a limit. */
export async function takeTurn(state: TaskState, callModel: Generate, config: GenerateConfig): Promise<TaskState> {
  const { messageLimit } = state;
  if (messageLimit !== undefined && state.messages.length >= messageLimit) {
    return state.reachLimit({ type: "message", limit: messageLimit, value: state.messages.length });
  }
  callModel.context?.signal?.throwIfAborted();
  return state.takeTurn(async () => {
    const reply = withMendedCalls(await askModel(state, callModel, config), state.tools);
    return state.setOutput(reply).addMessage(messageOf(reply)).spend(reply);
  }, callModel.context?.signal);
}

/** A reply as a turn of the conversation: with its thoughts, and with what its server wants back. */
const messageOf = ({ content, toolCalls, reasoning, echo }: Reply): Message => ({
  role: "assistant",
  content,
  ...(toolCalls.length > 0 ? { toolCalls } : {}),
  ...(reasoning ? { reasoning } : {}),
  ...(echo ? { echo } : {}),
});

const withMendedCalls = (reply: Reply, tools: readonly Tool[]): Reply =>
  reply.toolCalls.some(({ argumentsText }) => argumentsText !== undefined)
    ? {
        ...reply,
        toolCalls: reply.toolCalls.map((call) =>
          mendCall(call, tools.find(({ name }) => name === call.name)?.parameters ?? {}),
        ),
      }
    : reply;

/**
 * One model call for a state, with its model, tools and repeat filled in. Changes nothing; `state.spend(reply)` accounts for it.
 *
 * @throws ConfigError where the state has a cost limit and the call no price: a limit that cannot be kept is not silently dropped
 */
export async function askModel(state: TaskState, callModel: Generate, config: GenerateConfig = {}): Promise<Reply> {
  const model = config.model ?? state.model;
  const request: GenerateConfig = {
    ...config,
    ...(model === undefined ? {} : { model }),
    ...(state.tools.length === 0 ? {} : { tools: state.tools.map(definitionOf) }),
    ...(state.toolChoice === undefined || state.tools.length === 0 ? {} : { toolChoice: state.toolChoice }),
    repeat: state.epoch - 1,
    ...(state.branch === "" ? {} : { branch: state.branch }),
  };
  const reply = toReply(await callModel(state, request));
  if (state.costLimit !== undefined && reply.cost === undefined) {
    throw new ConfigError(
      "costLimit",
      "must have a price for every model",
      reply.model ?? model,
      "Wrap the backend: priced(backend, priceTable({ ... }))",
    );
  }
  return reply;
}

const definitionOf = ({
  name,
  description,
  parameters,
}: TaskState["tools"][number]): NonNullable<GenerateConfig["tools"]>[number] => ({
  name,
  parameters,
  ...(description === undefined ? {} : { description }),
});
