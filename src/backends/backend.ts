import { show } from "#src/kernel/errors";
import { FailureError } from "#src/kernel/failure";
import { parseJson } from "#src/kernel/json";
import { readPythonLiteral } from "#src/text/python-literal";
import { type FinishReason, toFinishReason } from "./finish-reason.ts";
import { splitThoughts } from "./thoughts.ts";
import type { Usage } from "./usage.ts";

export { type FinishReason, toFinishReason } from "./finish-reason.ts";
export { addUsage, type Usage } from "./usage.ts";

/** What is said to a model, and what it said. Text only. */
export type Message =
  | { readonly role: "system" | "user"; readonly content: string }
  | {
      readonly role: "assistant";
      readonly content: string;
      readonly toolCalls?: readonly ToolCall[] | undefined;
      /** What the model thought before it answered, for people to read. */
      readonly reasoning?: string | undefined;
      readonly echo?: Echo | undefined;
    }
  | {
      readonly role: "tool";
      readonly content: string;
      readonly toolCallId: string;
      /** Name of the tool that answered. */
      readonly name?: string | undefined;
      /** What went wrong, when it did; `content` says it too, since that is what the model reads. */
      readonly error?: string | undefined;
    };

/** What a server wants to have back with its own message while its tools are answered: its thoughts and their signatures. */
export interface Echo {
  /** The backend that gave it: to another it is not sent. */
  readonly from: string;
  /** As they came, of the message. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** As they came, of a tool call, by its id. */
  readonly calls?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}

/** A model's wish to have a tool called. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Set when the model wrote arguments that are not a JSON object; `arguments` is empty then. */
  readonly parseError?: string | undefined;
  /** What the model wrote then, where it is not a broken object: `generate` takes it for the tool's first parameter, where that may be so. */
  readonly argumentsText?: string | undefined;
}

/** The calls of a conversation that were made before one of them: all of them where it is not among them. */
export function callsBefore(messages: readonly Message[], call: ToolCall): readonly ToolCall[] {
  const made = messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
  const place = made.lastIndexOf(call);
  return place === -1 ? made : made.slice(0, place);
}

/** What a model is sent about a tool. */
export interface ToolDefinition {
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Whether the model may, must or must not call tools, or which one it must. */
export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

/** How one reply is to be made. What is left out is the provider's own default. */
export interface GenerateConfig {
  readonly model?: string | undefined;
  readonly temperature?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly topP?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly seed?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly presencePenalty?: number | undefined;
  /** `json`, or a JSON Schema that the reply must satisfy, where the provider can. */
  readonly responseFormat?:
    | "text"
    | "json"
    | { readonly name?: string; readonly schema: Readonly<Record<string, unknown>> }
    | undefined;
  readonly tools?: readonly ToolDefinition[] | undefined;
  readonly toolChoice?: ToolChoice | undefined;
  /** Which repeat of the task asks, from 0: equal requests of different repeats are different samples to caches and cassettes. */
  readonly repeat?: number | undefined;
  /** Which branch of a fork asks; distinguishes samples as `repeat` does. */
  readonly branch?: string | undefined;
  /** Fields that are passed on to the provider as they are. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

/** One window of a provider's rate limit, as its headers say. */
export interface RateWindow {
  readonly limit?: number;
  readonly remaining?: number;
  /** When it is full again, milliseconds since 1970. */
  readonly resetAtMs?: number;
}

export type RateLimits = Readonly<Partial<Record<"requests" | "tokens" | "inputTokens" | "outputTokens", RateWindow>>>;

/** What came back from a model. */
export interface Reply {
  readonly content: string;
  readonly finishReason: FinishReason;
  /** The provider's own word for an end that is not one of the usual two, where it is another: `RECITATION`. */
  readonly finishWord?: string | undefined;
  readonly toolCalls: readonly ToolCall[];
  /** Absent when the provider did not say. */
  readonly usage?: Usage | undefined;
  /** The model that really answered. */
  readonly model?: string | undefined;
  /** What the model thought before it answered, whether the provider gave it apart or in a block `<think>` before the answer. */
  readonly reasoning?: string | undefined;
  readonly echo?: Echo | undefined;
  /** Amount paid, in the currency of the price table; absent when unknown. */
  readonly cost?: number | undefined;
  /** Whether the reply came from a cache or cassette: nothing was paid and its latency means nothing. */
  readonly cached?: boolean | undefined;
  /** Requests that were paid for this one reply, when more than one: a hedge, an ensemble. */
  readonly calls?: number | undefined;
  readonly rateLimits?: RateLimits | undefined;
}

/** What people's own functions return: only the text is needed. */
export interface GenerateResult extends Partial<Omit<Reply, "content" | "finishReason" | "usage">> {
  readonly content: string;
  readonly finishReason?: string | undefined;
  readonly usage?: Partial<Usage> | undefined;
}

/** Amounts per million tokens of a model, read and written; tokens of the provider's cache cost `input` where they have no price. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
}

/** What model calls cost. */
export interface Prices {
  /** Label of all amounts. */
  readonly currency: string;
  /** Names the table in the manifest. */
  readonly version: string;
  /** What they were made from, by model, where that is data: so they reach workers on other machines. */
  readonly table?: Readonly<Record<string, ModelPrice>>;
  /** Amount of one call; nothing for a model without a price, which is not 0. */
  priceOf(model: string, usage: Usage): number | undefined;
}

/** What goes with a request and is not part of it. */
export interface CallContext {
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the call begins to wait for its turn, and when it proceeds: this wait counts against no timeout. */
  readonly onWait?: ((waiting: boolean) => void) | undefined;
  /** Admits limited calls; when absent each limiter keeps its own count. */
  readonly admission?: Admission | undefined;
}

/** A limit that calls share, from any caller. */
export interface Limit {
  /** Calls under the same name share the limit. */
  readonly name: string;
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
}

/** Leave to make one call. */
export interface Permit {
  /** Settles the call. @param tokens it really used; the estimate stands when absent @param holdMs the service wants no calls for so long */
  settle(result: { readonly tokens?: number | undefined; readonly holdMs?: number | undefined }): void;
}

/** Keeps limits: for calls of this process, or for those of all threads and machines of a run. */
export interface Admission {
  /** Waits for a call's turn, first come, first served. @param tokens it is expected to use; taken until it is settled */
  enter(limit: Limit, tokens: number, signal?: AbortSignal): Promise<Permit>;
}

/**
 * Where model calls go. One request, one reply: no retries inside, since retrying, rate and budget belong to the run.
 * It rejects with a `FailureError`; whatever else it rejects with is classified by `toFailure` where it is caught.
 */
export interface Backend {
  /** Names the service, for caches and reports: `openai-compatible http://127.0.0.1:8080/v1`. */
  readonly name: string;
  /** The model that answers where the request names none; what its calls are priced by before they are made. */
  readonly model?: string | undefined;
  /** What its calls cost, where it says so in its replies; estimates are made with it. */
  readonly prices?: Prices | undefined;
  generate(messages: readonly Message[], config?: GenerateConfig, context?: CallContext): Promise<Reply>;
}

/** Name, model and prices of a backend, for what is wrapped around it. */
export const identityOf = ({ name, model, prices }: Backend): Pick<Backend, "name" | "model" | "prices"> => ({
  name,
  ...(model === undefined ? {} : { model }),
  ...(prices === undefined ? {} : { prices }),
});

/**
 * A backend from a function.
 *
 * @example
 * const parrot = backendOf("parrot", async (messages) => ({ content: messages.at(-1)?.content ?? "" }));
 */
export const backendOf = (
  name: string,
  generate: (
    messages: readonly Message[],
    config: GenerateConfig,
    context: CallContext,
  ) => GenerateResult | Promise<GenerateResult>,
): Backend => ({
  name,
  generate: async (messages, config = {}, context = {}) => {
    context.signal?.throwIfAborted();
    return toReply(await generate(messages, config, context));
  },
});

/**
 * Fills in what a function left out.
 *
 * @throws FailureError `malformed_response` for what is not a reply
 * @example toReply({ content: "4" }).finishReason // => "stop"
 */
export function toReply(result: GenerateResult): Reply {
  if (typeof result !== "object" || result === null || typeof result.content !== "string") {
    throw new FailureError(
      "malformed_response",
      `a reply must be an object with text as its content, got ${show(result)}`,
    );
  }
  const { usage, finishReason, toolCalls = [], ...rest } = result;
  return withoutThoughts({
    ...rest,
    toolCalls,
    ...ending(finishReason ?? (toolCalls.length > 0 ? "tool_calls" : "stop"), rest.finishWord),
    ...(usage && isMetered(usage) ? { usage: toUsage(usage) } : {}),
  });
}

/** Why a reply ended, in our word and in the provider's where that is another. */
export function ending(word: string, own = word): Pick<Reply, "finishReason" | "finishWord"> {
  const finishReason = toFinishReason(word);
  const isUsual = own === finishReason || finishReason === "stop" || finishReason === "tool_calls";
  return isUsual ? { finishReason } : { finishReason, finishWord: own.slice(0, 100) };
}

/** A reply whose text is the answer alone; thoughts before it are its reasoning. Once is enough: a reply that has reasoning is left alone. */
export function withoutThoughts(reply: Reply): Reply {
  const thoughts = splitThoughts(reply.content, reply.reasoning !== undefined);
  if (!thoughts) return reply;
  const reasoning = [reply.reasoning, thoughts.reasoning].filter((each) => each).join("\n\n");
  return { ...reply, content: thoughts.content, reasoning };
}

const isMetered = ({ promptTokens, completionTokens, totalTokens }: Partial<Usage>): boolean =>
  (promptTokens ?? completionTokens ?? totalTokens) !== undefined;

const toUsage = ({ promptTokens, completionTokens, totalTokens, ...parts }: Partial<Usage>): Usage => {
  const prompt = promptTokens ?? Math.max(0, (totalTokens ?? 0) - (completionTokens ?? 0));
  const completion = completionTokens ?? Math.max(0, (totalTokens ?? prompt) - prompt);
  return {
    ...parts,
    promptTokens: prompt,
    completionTokens: completion,
    totalTokens: totalTokens ?? prompt + completion,
  };
};

/**
 * Tool arguments from the JSON text a model wrote; text that is not an object becomes a `parseError`, never a throw. What is surely meant is read:
 * no text, an object with stray quotes behind it, an object as Python writes it, one in a block of code, one that was written as a JSON text twice.
 *
 * @example toToolCall("1", "add", '{"a": 1}"').arguments // => { a: 1 }
 */
export function toToolCall(id: string, name: string, argumentsJson: string): ToolCall {
  const text = argumentsJson.trim().replace(/^```(?:json)?\s{0,9}(\{.*\})\s{0,9}```$/s, "$1");
  const [parsed, error] = readArguments(text);
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
    return { id, name, arguments: parsed as Record<string, unknown> };
  }
  const parseError = error ?? `arguments must be a JSON object, got ${show(parsed)}`;
  return { id, name, arguments: {}, parseError, ...(text.startsWith("{") ? {} : { argumentsText: text }) };
}

function readArguments(text: string): readonly [value: unknown, error?: string | undefined] {
  if (text === "" || text === "null") return [{}];
  try {
    const read = parseJson(text); // whole numbers beyond 2^53 are text, with all their digits
    return typeof read === "string" && /^\s*\{.*\}\s*$/s.test(read) ? [objectIn(read) ?? read] : [read];
  } catch (thrown) {
    const bare = text.startsWith("{") ? text.replace(/(?<=\})["\s]+$/, "") : text;
    if (bare.length < text.length) return readArguments(bare);
    const read = text.startsWith("{") ? readPythonLiteral(text) : undefined;
    return [read, read === undefined ? `arguments are not JSON: ${(thrown as Error).message}` : undefined];
  }
}

/** The object of a JSON text, where it is one. */
function objectIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

export { answerIn } from "#src/text/answer";
