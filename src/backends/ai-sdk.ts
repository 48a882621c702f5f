import { type Clock, systemClock } from "#src/kernel/clock";
import { FailureError, toFailure } from "#src/kernel/failure";
import {
  type Backend,
  type GenerateConfig,
  type Message,
  type Reply,
  type ToolCall,
  toFinishReason,
  toToolCall,
  type Usage,
} from "./backend.ts";
import { rateLimits } from "./rate-headers.ts";

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
  const doGenerate = model.doGenerate.bind(model) as (options: object) => PromiseLike<AiSdkResult>;
  return {
    name: `ai-sdk ${model.provider} ${model.modelId}`,
    model: model.modelId,
    generate: async (messages, config = {}, { signal } = {}) => {
      const request = {
        ...toCallOptions(messages, config, providerOptions),
        ...(signal ? { abortSignal: signal } : {}),
      };
      try {
        return toReply(await doGenerate(request), clock.now());
      } catch (thrown) {
        throw FailureError.of(toFailure(thrown, clock.now()));
      }
    },
  };
}

/** The call options of the provider interface; undefined members are left out. */
export function toCallOptions(
  messages: readonly Message[],
  config: GenerateConfig,
  providerOptions?: object,
): Record<string, unknown> {
  const { tools, toolChoice, responseFormat } = config;
  const options: Record<string, unknown> = {
    prompt: messages.map(toPromptMessage),
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

function toPromptMessage(message: Message): object {
  switch (message.role) {
    case "system":
      return { role: "system", content: message.content };
    case "user":
      return { role: "user", content: [{ type: "text", text: message.content }] };
    case "assistant":
      return {
        role: "assistant",
        content: [...textPart(message.content), ...(message.toolCalls ?? []).map(toCallPart)],
      };
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
};

function toReply(result: AiSdkResult, nowMs: number): Reply {
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
  return {
    content: textOf("text"),
    finishReason: toFinishReason(result.finishReason.unified),
    toolCalls: calls.map(({ toolCallId, toolName = "", input = "" }, i) =>
      toToolCall(toolCallId ?? `call_${i}`, toolName, input),
    ),
    ...(usage ? { usage } : {}),
    ...(model === undefined ? {} : { model }),
    ...(reasoning === "" ? {} : { reasoning }),
    ...(limits ? { rateLimits: limits } : {}),
  };
}

/** The interface's totals include cached tokens and reasoning, so the parts are kept beside them and never added. */
function toUsage({ inputTokens, outputTokens }: AiSdkResult["usage"]): Usage | undefined {
  const prompt = inputTokens.total ?? sumOf(inputTokens.noCache, inputTokens.cacheRead, inputTokens.cacheWrite);
  const completion = outputTokens.total ?? sumOf(outputTokens.text, outputTokens.reasoning);
  if (prompt === undefined && completion === undefined) return undefined;
  return {
    promptTokens: prompt ?? 0,
    completionTokens: completion ?? 0,
    totalTokens: (prompt ?? 0) + (completion ?? 0),
    ...(inputTokens.cacheRead === undefined ? {} : { cacheReadTokens: inputTokens.cacheRead }),
    ...(inputTokens.cacheWrite === undefined ? {} : { cacheWriteTokens: inputTokens.cacheWrite }),
    ...(outputTokens.reasoning === undefined ? {} : { reasoningTokens: outputTokens.reasoning }),
  };
}

const sumOf = (...parts: (number | undefined)[]): number | undefined =>
  parts.some((part) => part !== undefined) ? parts.reduce<number>((sum, part) => sum + (part ?? 0), 0) : undefined;
