import { FailureError } from "#src/kernel/failure";
import { show } from "#src/kernel/fault";
import {
  type GenerateConfig,
  type Message,
  type Reply,
  type ToolCall,
  type ToolDefinition,
  toFinishReason,
  toToolCall,
  type Usage,
} from "./backend.ts";

/** The body of a request to `/chat/completions`. */
export function toRequestBody(
  messages: readonly Message[],
  config: GenerateConfig,
  maxTokensField: string,
): Record<string, unknown> {
  const { tools, toolChoice, responseFormat } = config;
  const body: Record<string, unknown> = {
    model: config.model,
    messages: messages.map(toWireMessage),
    temperature: config.temperature,
    [maxTokensField]: config.maxTokens,
    top_p: config.topP,
    stop: config.stop?.length ? config.stop : undefined,
    seed: config.seed,
    frequency_penalty: config.frequencyPenalty,
    presence_penalty: config.presencePenalty,
    response_format: responseFormat === undefined ? undefined : toWireFormat(responseFormat),
    tools: tools?.length ? tools.map(toWireTool) : undefined,
    tool_choice: toolChoice === undefined || !tools?.length ? undefined : toWireChoice(toolChoice),
    ...config.extra,
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

function toWireMessage(message: Message): Record<string, unknown> {
  if (message.role === "tool") return { role: "tool", tool_call_id: message.toolCallId, content: message.content };
  if (message.role !== "assistant" || !message.toolCalls?.length)
    return { role: message.role, content: message.content };
  return {
    role: "assistant",
    content: message.content === "" ? null : message.content,
    tool_calls: message.toolCalls.map(toWireCall),
  };
}

const toWireCall = ({ id, name, arguments: args }: ToolCall): object => ({
  id,
  type: "function",
  function: { name, arguments: JSON.stringify(args) },
});

const toWireTool = ({ name, description, parameters }: ToolDefinition): object => ({
  type: "function",
  function: { name, ...(description === undefined ? {} : { description }), parameters },
});

const toWireChoice = (choice: NonNullable<GenerateConfig["toolChoice"]>): unknown =>
  typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };

const toWireFormat = (format: NonNullable<GenerateConfig["responseFormat"]>): object => {
  if (format === "text") return { type: "text" };
  if (format === "json") return { type: "json_object" };
  return { type: "json_schema", json_schema: { name: format.name ?? "reply", schema: format.schema, strict: true } };
};

type Json = Readonly<Record<string, unknown>>;
const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
const tokens = (value: unknown): number | undefined => (typeof value === "number" && value >= 0 ? value : undefined);

/**
 * The reply in a response body.
 *
 * @throws FailureError `malformed_response` where there is no choice or no message
 */
export function fromResponseBody(body: unknown): Reply {
  const { choices, usage, model } = object(body);
  const choice = object(Array.isArray(choices) ? choices[0] : undefined);
  if (typeof choice.message !== "object" || choice.message === null) {
    throw new FailureError("malformed_response", `the response has no choice with a message: ${show(body)}`);
  }
  const message = object(choice.message);
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls.map(fromWireCall) : [];
  const refusal = text(message.refusal);
  const finishReason = toFinishReason(text(choice.finish_reason) ?? (calls.length > 0 ? "tool_calls" : "unknown"));
  const counted = fromWireUsage(usage);
  const reasoning = text(message.reasoning_content) ?? text(message.reasoning);
  const answered = text(model);
  return {
    content: contentOf(message.content) ?? refusal ?? "",
    finishReason,
    toolCalls: calls,
    ...(counted ? { usage: counted } : {}),
    ...(answered ? { model: answered } : {}),
    ...(reasoning ? { reasoning } : {}),
  };
}

/** Text, or a list of text parts as some servers send. */
const contentOf = (content: unknown): string | undefined =>
  Array.isArray(content) ? content.map((part) => text(object(part).text) ?? "").join("") : text(content);

function fromWireCall(value: unknown, i: number): ToolCall {
  const call = object(value);
  const fn = object(call.function);
  const args = typeof fn.arguments === "string" ? fn.arguments : JSON.stringify(fn.arguments ?? {}); // some servers send the object itself
  return toToolCall(text(call.id) ?? `call_${i}`, text(fn.name) ?? "", args);
}

/** OpenAI counts cached tokens among the prompt's and hidden reasoning among the completion's, and so do we. */
function fromWireUsage(value: unknown): Usage | undefined {
  const usage = object(value);
  const promptTokens = tokens(usage.prompt_tokens);
  const completionTokens = tokens(usage.completion_tokens);
  if (promptTokens === undefined && completionTokens === undefined) return undefined;
  const cached = tokens(object(usage.prompt_tokens_details).cached_tokens);
  const reasoning = tokens(object(usage.completion_tokens_details).reasoning_tokens);
  return {
    promptTokens: promptTokens ?? 0,
    completionTokens: completionTokens ?? 0,
    totalTokens: tokens(usage.total_tokens) ?? (promptTokens ?? 0) + (completionTokens ?? 0),
    ...(cached === undefined ? {} : { cacheReadTokens: cached }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
  };
}
