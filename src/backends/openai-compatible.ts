import { z } from "zod";
import { type Clock, systemClock } from "#src/kernel/clock";
import { FailureError, toFailure } from "#src/kernel/failure";
import { parseOptions } from "#src/kernel/parse";
import type { Backend, GenerateConfig } from "./backend.ts";
import { fromResponseBody, toRequestBody } from "./openai-wire.ts";
import { rateLimits } from "./rate-headers.ts";

export const openaiCompatibleOptions = z.strictObject({
  baseURL: z.url({ protocol: /^https?$/ }).describe("where `/chat/completions` is: https://api.openai.com/v1"),
  apiKey: z.string().optional().describe("sent as a bearer token"),
  model: z.string().optional().describe("model to ask where the request names none"),
  headers: z.record(z.string(), z.string()).default({}).describe("sent with every request"),
  maxTokensField: z
    .enum(["max_tokens", "max_completion_tokens"])
    .default("max_tokens")
    .describe("what the server calls the limit of a reply"),
  extra: z.record(z.string(), z.unknown()).default({}).describe("fields sent in every body"),
  name: z.string().optional().describe("name in caches and reports"),
});

export interface OpenaiCompatiblePlugs {
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
}

/**
 * Any server that speaks OpenAI's `/chat/completions`: OpenAI, vLLM, llama.cpp, Ollama, LM Studio, OpenRouter, Groq, Together.
 * One request, one reply; retries, rate and budget are the run's.
 *
 * @example openaiCompatible({ baseURL: "http://127.0.0.1:11434/v1", model: "llama3.2" })
 */
export function openaiCompatible(
  options: z.input<typeof openaiCompatibleOptions>,
  plugs: OpenaiCompatiblePlugs = {},
): Backend {
  const { baseURL, apiKey, model, headers, maxTokensField, extra, name } = parseOptions(
    openaiCompatibleOptions,
    options,
    "openaiCompatible",
  );
  const { clock = systemClock } = plugs;
  const url = `${baseURL.replace(/\/+$/, "")}/chat/completions`;
  const sent = {
    "content-type": "application/json",
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    ...headers,
  };
  return {
    name: name ?? `openai-compatible ${withoutSecrets(baseURL)}`,
    ...(model === undefined ? {} : { model }),
    generate: async (messages, config = {}, { signal } = {}) => {
      const asked: GenerateConfig = { ...config, model: config.model ?? model, extra: { ...extra, ...config.extra } };
      const body = JSON.stringify(toRequestBody(messages, asked, maxTokensField));
      try {
        const response = await (plugs.fetch ?? fetch)(url, {
          method: "POST",
          headers: sent,
          body,
          ...(signal ? { signal } : {}),
        });
        const reply = await readReply(response);
        const limits = rateLimits(response.headers, clock.now());
        return limits ? { ...reply, rateLimits: limits } : reply;
      } catch (thrown) {
        throw FailureError.of(toFailure(thrown, clock.now()));
      }
    },
  };
}

async function readReply(response: Response): Promise<ReturnType<typeof fromResponseBody>> {
  const text = await response.text();
  const { status, headers } = response;
  if (!response.ok)
    throw refusal(`HTTP ${status}${isJson(text) ? "" : `: ${text.slice(0, 200)}`}`, {
      status,
      headers,
      responseBody: text,
    });
  const body: unknown = JSON.parse(text);
  const error = (body as { error?: { code?: unknown } } | null)?.error;
  if (error) {
    const code = Number(error.code);
    throw refusal("an error came with HTTP 200", {
      error,
      headers,
      ...(code >= 400 && code < 600 ? { status: code } : { kind: "server_error" }),
    });
  }
  return fromResponseBody(body);
}

/** An error with the fields that `toFailure` reads. */
const refusal = (message: string, fields: object): Error => Object.assign(new Error(message), fields);

const isJson = (text: string): boolean => /^\s*[[{]/.test(text);

function withoutSecrets(baseURL: string): string {
  const url = new URL(baseURL);
  url.username = url.password = url.search = "";
  return url.href.replace(/\/+$/, "");
}
