import { type Clock, systemClock } from "#src/kernel/clock";
import { FailureError, toFailure } from "#src/kernel/failure";
import {
  type Backend,
  type Echo,
  ending,
  type GenerateConfig,
  type Message,
  type Reply,
  type ToolCall,
  toToolCall,
  type Usage,
  withoutThoughts,
} from "./backend.ts";
import { rateLimits } from "./rate-headers.ts";
import { settleUsage } from "./usage.ts";

/**
 * A language model of the Vercel AI SDK, versions v3 and v4 of its provider interface, by its shape: nothing of the SDK is imported, so
 * every provider and every copy of it fits.
 */
export interface AiSdkModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  doGenerate(options: never): PromiseLike<AiSdkResult>;
}

/** The part of a result that is read. */
export interface AiSdkResult {
  readonly content: readonly { readonly type: string }[];
  readonly finishReason: { readonly unified: string; readonly raw?: string | undefined };
  readonly usage: {
    readonly inputTokens: { readonly [K in "total" | "noCache" | "cacheRead" | "cacheWrite"]?: number | undefined };
    readonly outputTokens: { readonly [K in "total" | "text" | "reasoning"]?: number | undefined };
    /** What the provider itself said, where it is passed on. */
    readonly raw?: unknown;
  };
  readonly response?:
    | {
        readonly modelId?: string | undefined;
        readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
      }
    | undefined;
}

export interface AiSdkOptions {
  /** Passed to the provider with every call, as its own documentation says. */
  readonly providerOptions?: Readonly<Record<string, unknown>>;
  readonly clock?: Clock;
}

/**
 * Any model of the Vercel AI SDK as a backend. It calls the provider itself, below `generateText`, so nothing is retried twice and every
 * attempt's usage is seen.
 *
 * @example aiSdk(openai("gpt-4o-mini"))
 */
export function aiSdk(model: AiSdkModel, { providerOptions, clock = systemClock }: AiSdkOptions = {}): Backend {
  const name = `ai-sdk ${model.provider} ${model.modelId}`;
  const doGenerate = model.doGenerate.bind(model) as (options: object) => PromiseLike<AiSdkResult>;
  return {
    name,
    model: model.modelId,
    generate: async (messages, config = {}, { signal } = {}) => {
      const request = {
        ...toCallOptions(messages, config, providerOptions, name),
        ...(signal ? { abortSignal: signal } : {}),
      };
      try {
        return toReply(await doGenerate(request), clock.now(), name);
      } catch (thrown) {
        throw FailureError.of(toFailure(thrown, clock.now()));
      }
    },
  };
}

/**
 * The call options of the provider interface; undefined members are left out.
 *
 * @param from name of the backend, which gets back what it gave
 */
export function toCallOptions(
  messages: readonly Message[],
  config: GenerateConfig,
  providerOptions?: object,
  from?: string,
): Record<string, unknown> {
  const { tools, toolChoice, responseFormat } = config;
  const options: Record<string, unknown> = {
    prompt: messages.map((message) => toPromptMessage(message, from)),
    temperature: config.temperature,
    maxOutputTokens: config.maxTokens,
    topP: config.topP,
    stopSequences: config.stop?.length ? config.stop : undefined,
    seed: config.seed,
    frequencyPenalty: config.frequencyPenalty,
    presencePenalty: config.presencePenalty,
    responseFormat: responseFormat === undefined ? undefined : toFormat(responseFormat),
    tools: tools?.length
      ? tools.map(({ parameters, ...tool }) => ({ type: "function", ...tool, inputSchema: parameters }))
      : undefined,
    toolChoice: toolChoice === undefined || !tools?.length ? undefined : toChoice(toolChoice),
    providerOptions: config.extra === undefined ? providerOptions : { ...providerOptions, ...config.extra },
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

const toChoice = (choice: NonNullable<GenerateConfig["toolChoice"]>): object =>
  typeof choice === "string" ? { type: choice } : { type: "tool", toolName: choice.name };

const toFormat = (format: NonNullable<GenerateConfig["responseFormat"]>): object =>
  typeof format === "string"
    ? { type: format }
    : { type: "json", schema: format.schema, ...(format.name === undefined ? {} : { name: format.name }) };

function toPromptMessage(message: Message, from: string | undefined): object {
  switch (message.role) {
    case "system":
      return { role: "system", content: message.content };
    case "user":
      return { role: "user", content: [{ type: "text", text: message.content }] };
    case "assistant": {
      const { toolCalls = [], content } = message;
      const echo = toolCalls.length > 0 && message.echo?.from === from ? message.echo : undefined;
      const thoughts = Array.isArray(echo?.fields.reasoning) ? echo.fields.reasoning : [];
      const calls = toolCalls.map((call) => ({ ...toCallPart(call), ...echo?.calls?.[call.id] }));
      return { role: "assistant", content: [...thoughts, ...textPart(content), ...calls] };
    }
    case "tool": {
      const output = { type: message.error === undefined ? "text" : "error-text", value: message.content };
      return {
        role: "tool",
        content: [{ type: "tool-result", toolCallId: message.toolCallId, toolName: message.name ?? "", output }],
      };
    }
  }
}

const textPart = (text: string): object[] => (text === "" ? [] : [{ type: "text", text }]);
const toCallPart = ({ id, name, arguments: input }: ToolCall): object => ({
  type: "tool-call",
  toolCallId: id,
  toolName: name,
  input,
});

type Part = {
  readonly type: string;
  readonly text?: string;
  readonly toolCallId?: string;
  readonly toolName?: string;
  readonly input?: string;
  readonly providerExecuted?: boolean;
  readonly providerMetadata?: object;
};

function toReply(result: AiSdkResult, nowMs: number, from: string): Reply {
  const parts = result.content as readonly Part[];
  const textOf = (type: string): string =>
    parts
      .filter((part) => part.type === type)
      .map(({ text = "" }) => text)
      .join("");
  const calls = parts.filter((part) => part.type === "tool-call" && part.providerExecuted !== true);
  const usage = toUsage(result.usage);
  const reasoning = textOf("reasoning");
  const model = result.response?.modelId;
  const limits = rateLimits(result.response?.headers, nowMs);
  const { unified, raw } = result.finishReason;
  const toolCalls = calls.map(({ toolCallId, toolName = "", input = "" }, i) =>
    toToolCall(toolCallId ?? `call_${i}`, toolName, input),
  );
  const echo = echoOf(parts, calls, toolCalls, from);
  return withoutThoughts({
    content: textOf("text"),
    ...ending(unified === "other" ? (raw ?? unified) : unified, raw),
    toolCalls,
    ...(usage ? { usage } : {}),
    ...(model === undefined ? {} : { model }),
    ...(reasoning === "" ? {} : { reasoning }),
    ...(echo ? { echo } : {}),
    ...(limits ? { rateLimits: limits } : {}),
  });
}

/** Thoughts with their signatures, which Anthropic and Gemini want back while tools are answered: what was metadata is an option then. */
function echoOf(
  parts: readonly Part[],
  given: readonly Part[],
  calls: readonly ToolCall[],
  from: string,
): Echo | undefined {
  const options = ({ providerMetadata }: Part): Record<string, unknown> =>
    providerMetadata ? { providerOptions: providerMetadata } : {};
  const thoughts = parts.filter(({ type }) => type === "reasoning");
  const signed = calls.flatMap(({ id }, i) => (given[i]!.providerMetadata ? [[id, options(given[i]!)] as const] : []));
  if (calls.length === 0 || (thoughts.length === 0 && signed.length === 0)) return undefined;
  return {
    from,
    fields: { reasoning: thoughts.map((part) => ({ type: "reasoning", text: part.text ?? "", ...options(part) })) },
    ...(signed.length > 0 ? { calls: Object.fromEntries(signed) } : {}),
  };
}

/** The interface's totals should include cached tokens and reasoning; where a provider's package left some out, its own total counts. */
function toUsage({ inputTokens, outputTokens, raw }: AiSdkResult["usage"]): Usage | undefined {
  const own = (raw as { total_tokens?: unknown } | null | undefined)?.total_tokens;
  return settleUsage({
    prompt: inputTokens.total ?? sumOf(inputTokens.noCache, inputTokens.cacheRead, inputTokens.cacheWrite),
    completion: outputTokens.total ?? sumOf(outputTokens.text, outputTokens.reasoning),
    total: typeof own === "number" ? own : undefined,
    reasoning: outputTokens.reasoning,
    cacheRead: inputTokens.cacheRead,
    cacheWrite: inputTokens.cacheWrite,
  });
}

const sumOf = (...parts: (number | undefined)[]): number | undefined =>
  parts.some((part) => part !== undefined) ? parts.reduce<number>((sum, part) => sum + (part ?? 0), 0) : undefined;
