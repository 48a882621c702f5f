import { show } from "#src/kernel/errors";
import { FailureError } from "#src/kernel/failure";
import {
  type Echo,
  ending,
  type GenerateConfig,
  type Message,
  type Reply,
  type ToolCall,
  type ToolDefinition,
  toToolCall,
  type Usage,
  withoutThoughts,
} from "./backend.ts";
import { settleUsage } from "./usage.ts";

/**
 * The body of a request to `/chat/completions`.
 *
 * @param from name of the backend, which gets back what it gave
 */
export function toRequestBody(
  messages: readonly Message[],
  config: GenerateConfig,
  maxTokensField: string,
  from: string,
): Record<string, unknown> {
  const { tools, toolChoice, responseFormat } = config;
  const body: Record<string, unknown> = {
    model: config.model,
    messages: messages.map((message) => toWireMessage(message, from)),
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

function toWireMessage(message: Message, from: string): Record<string, unknown> {
  if (message.role === "tool") return { role: "tool", tool_call_id: message.toolCallId, content: message.content };
  if (message.role !== "assistant" || !message.toolCalls?.length)
    return { role: message.role, content: message.content };
  const echo = message.echo?.from === from ? message.echo : undefined;
  return {
    role: "assistant",
    content: message.content === "" ? null : message.content,
    ...echo?.fields,
    tool_calls: message.toolCalls.map((call) => ({ ...toWireCall(call), ...echo?.calls?.[call.id] })),
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
const tokens = (value: unknown): number | undefined => {
  const count = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof count === "number" && count >= 0 ? count : undefined;
};

/**
 * The reply in a response body.
 *
 * @param from name of the backend
 * @throws FailureError `malformed_response` where there is no choice or no message
 */
export function fromResponseBody(body: unknown, from: string): Reply {
  const { choices, usage, model } = object(body);
  const choice = object(Array.isArray(choices) ? choices[0] : undefined);
  if (typeof choice.message !== "object" || choice.message === null) {
    throw new FailureError("malformed_response", `the response has no choice with a message: ${show(body)}`);
  }
  const message = object(choice.message);
  const given = callsIn(message);
  const calls = withOwnIds(given.map(fromWireCall));
  const content = contentOf(message.content);
  const refusal = text(message.refusal);
  const ended = endingOf(choice.finish_reason) ?? (calls.length > 0 ? "tool_calls" : "unknown");
  const counted = fromWireUsage(usage);
  const reasoning = text(message.reasoning_content) ?? text(message.reasoning) ?? thoughtsIn(message.content);
  const answered = text(model);
  const echo = echoOf(message, given, calls, from);
  return withoutThoughts({
    content: content ?? refusal ?? "",
    ...(content === undefined && refusal !== undefined
      ? ending("refusal")
      : ending(ended, text(choice.native_finish_reason) ?? ended)),
    toolCalls: calls,
    ...(counted ? { usage: counted } : {}),
    ...(answered ? { model: answered } : {}),
    ...(reasoning ? { reasoning } : {}),
    ...(echo ? { echo } : {}),
  });
}

/** A word, or an object of a type as SGLang's older versions send. */
const endingOf = (value: unknown): string | undefined => text(value) ?? text(object(value).type);

/** Fields in which servers give a model's thoughts, and want them back. */
const thoughtFields = ["reasoning_content", "reasoning", "reasoning_details"] as const;

function echoOf(message: Json, given: readonly unknown[], calls: readonly ToolCall[], from: string): Echo | undefined {
  const fields = thoughtFields.flatMap((name): [string, unknown][] =>
    message[name] === undefined || message[name] === null ? [] : [[name, message[name]]],
  );
  if (thoughtsIn(message.content) !== undefined) fields.push(["content", message.content]); // Mistral's
  const ofCalls = calls.flatMap((call, i) => {
    const { extra_content, function: fn } = object(given[i]);
    const parts = {
      ...(extra_content === undefined || extra_content === null ? {} : { extra_content }), // Gemini's signatures
      ...(hasLongNumber(call) && isJson(object(fn).arguments) ? { function: fn } : {}),
    };
    return Object.keys(parts).length > 0 ? [[call.id, parts] as const] : [];
  });
  if (calls.length === 0 || (fields.length === 0 && ofCalls.length === 0)) return undefined;
  return {
    from,
    fields: Object.fromEntries(fields),
    ...(ofCalls.length > 0 ? { calls: Object.fromEntries(ofCalls) } : {}),
  };
}

function isJson(value: unknown): boolean {
  try {
    return typeof value === "string" && JSON.parse(value) !== undefined;
  } catch {
    return false; // arguments that were mended go back mended
  }
}

/** Whether a number of the arguments stands there as text, because a double cannot hold it: the server wants the number back. */
const hasLongNumber = ({ arguments: args }: ToolCall): boolean => /"-?\d{16}/.test(JSON.stringify(args));

/** Text, or the parts of one kind in a list as some servers send: Mistral's thoughts are such parts. */
const contentOf = (content: unknown, isWanted = (type: unknown) => !isThought(type)): string | undefined =>
  Array.isArray(content)
    ? content
        .filter((part) => isWanted(object(part).type))
        .map((part) => text(object(part).text) ?? contentOf(object(part).thinking) ?? "")
        .join("")
    : text(content);

const isThought = (type: unknown): boolean => type === "thinking" || type === "reasoning";
const thoughtsIn = (content: unknown): string | undefined =>
  Array.isArray(content) ? text(contentOf(content, isThought)) : undefined;

/** The calls of a message: `tool_calls`, or the one `function_call` of servers of before 2024. */
function callsIn({ tool_calls, function_call }: Json): readonly unknown[] {
  if (Array.isArray(tool_calls) && tool_calls.length > 0) return tool_calls;
  return text(object(function_call).name) === undefined ? [] : [{ function: function_call }];
}

/** The same calls, each with an id of its own: some servers give all of a message the same one. */
function withOwnIds(calls: readonly ToolCall[]): readonly ToolCall[] {
  const taken = new Set<string>();
  return calls.map((call, i) => {
    let id = call.id;
    for (let again = i; taken.has(id); again++) id = `${call.id}_${again}`;
    taken.add(id);
    return id === call.id ? call : { ...call, id };
  });
}

function fromWireCall(value: unknown, i: number): ToolCall {
  const call = object(value);
  const fn = object(call.function);
  const args = typeof fn.arguments === "string" ? fn.arguments : JSON.stringify(fn.arguments ?? {}); // some servers send the object itself
  return toToolCall(text(call.id) ?? `call_${i}`, text(fn.name) ?? "", args);
}

/** The counts of a body under the names that OpenAI, the Responses API, DeepSeek, Moonshot and Anthropic's clients give them. */
function fromWireUsage(value: unknown): Usage | undefined {
  const usage = object(value);
  const [prompt, completion] = [object(usage.prompt_tokens_details), object(usage.completion_tokens_details)];
  const [input, output] = [object(usage.input_tokens_details), object(usage.output_tokens_details)];
  const first = (...values: unknown[]): number | undefined => values.map(tokens).find((each) => each !== undefined);
  return settleUsage({
    prompt: first(usage.prompt_tokens, usage.input_tokens),
    completion: first(usage.completion_tokens, usage.output_tokens),
    total: first(usage.total_tokens),
    reasoning: first(completion.reasoning_tokens, output.reasoning_tokens, usage.reasoning_tokens),
    cacheRead: first(
      prompt.cached_tokens,
      input.cached_tokens,
      usage.cache_read_input_tokens,
      usage.prompt_cache_hit_tokens,
      usage.cached_tokens,
    ),
    cacheWrite: first(usage.cache_creation_input_tokens, prompt.cache_creation_tokens),
  });
}
