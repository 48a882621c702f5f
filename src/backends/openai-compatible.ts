import { z } from "zod";
import { type Clock, systemClock } from "#src/kernel/clock";
import { FailureError, type FailureKind, kindOfStatus, serverWords, toFailure } from "#src/kernel/failure";
import { parseJson } from "#src/kernel/json";
import { parseOptions } from "#src/kernel/parse";
import { hideHeaders } from "#src/kernel/secrets";
import type { Backend, GenerateConfig, Reply } from "./backend.ts";
import { maxTokensFields } from "./max-tokens.ts";
import { fromResponseBody, toRequestBody } from "./openai-wire.ts";
import { rateLimits, resetAfterMs } from "./rate-headers.ts";

export const openaiCompatibleOptions = z.strictObject({
  baseURL: z.url({ protocol: /^https?$/ }).describe("where `/chat/completions` is: https://api.openai.com/v1"),
  apiKey: z.string().optional().describe("sent as a bearer token"),
  model: z.string().optional().describe("model to ask where the request names none"),
  headers: z.record(z.string(), z.string()).default({}).describe("sent with every request"),
  maxTokensField: z
    .enum(["max_tokens", "max_completion_tokens"])
    .optional()
    .describe(
      "what the server calls the limit of a reply; when absent by the model's name and by what the server says",
    ),
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
  hideHeaders({
    ...headers,
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    ...secretsOf(baseURL),
  });
  const url = `${baseURL.replace(/\/+$/, "")}/chat/completions`;
  const sent = {
    "content-type": "application/json",
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    ...headers,
  };
  const ownName = name ?? `openai-compatible ${withoutSecrets(baseURL)}`;
  const limitField = maxTokensFields(maxTokensField);
  return {
    name: ownName,
    ...(model === undefined ? {} : { model }),
    generate: async (messages, config = {}, { signal } = {}) => {
      const asked: GenerateConfig = { ...config, model: config.model ?? model, extra: { ...extra, ...config.extra } };
      const ask = async (field: string): Promise<Reply> => {
        const body = JSON.stringify(toRequestBody(messages, asked, field, ownName));
        try {
          const response = await (plugs.fetch ?? fetch)(url, {
            method: "POST",
            headers: sent,
            body,
            ...(signal ? { signal } : {}),
          });
          const reply = await readReply(response, ownName, clock.now());
          const limits = rateLimits(response.headers, clock.now());
          return limits ? { ...reply, rateLimits: limits } : reply;
        } catch (thrown) {
          throw FailureError.of(toFailure(thrown, clock.now()));
        }
      };
      const field = limitField.of(asked.model);
      try {
        return await ask(field);
      } catch (thrown) {
        const other = asked.maxTokens === undefined ? undefined : limitField.learn(asked.model, field, thrown);
        if (other === undefined) throw thrown;
        return ask(other); // the same request, which was not executed yet
      }
    },
  };
}

async function readReply(response: Response, from: string, nowMs: number): Promise<Reply> {
  const text = await response.text();
  const { status, headers } = response;
  if (!response.ok) {
    const wait = status === 429 ? resetAfterMs(headers, nowMs) : undefined;
    const responseBody = framesIn(text)?.[0] ?? text;
    throw refusal(`HTTP ${status}`, {
      status,
      headers,
      responseBody,
      ...(wait === undefined ? {} : { resetAfterMs: wait }),
    });
  }
  const body = bodyOf(text);
  const { error, choices } = body as { error?: unknown; choices?: readonly { error?: unknown }[] };
  const choice = Array.isArray(choices) ? choices[0] : undefined;
  const wrong = isSaid(error) ? error : isSaid(choice?.error) ? choice.error : isErrorBody(body) ? body : undefined;
  if (wrong !== undefined) throw refusalWithin(wrong, headers);
  const reply = fromResponseBody(body, from);
  const broken = reply.finishReason === "error" ? kindOfBreak(reply.finishWord ?? "error") : undefined;
  if (broken) throw new FailureError(broken, `the server broke its reply off (${reply.finishWord ?? "error"})`);
  return reply;
}

/** The object of a body, behind lines that only keep the connection alive; of a stream that was not requested, the error that it begins with. */
function bodyOf(text: string): object {
  const frames = framesIn(text);
  const body = jsonOf(frames?.[0] ?? text.replace(/^(?::[^\n]*\n|\s)+/, ""));
  const isStream = frames !== undefined && !isSaid((body as { error?: unknown } | undefined)?.error);
  if (typeof body === "object" && body !== null && !isStream) return body;
  const said = frames ? "is a stream, which was not requested" : "is not a JSON object";
  const words = serverWords(text).message ?? "an empty body";
  throw new FailureError("malformed_response", `the response ${said}: ${words.slice(0, 80)}`);
}

/** What the events of a stream say; nothing for other texts. */
const framesIn = (text: string): readonly string[] | undefined =>
  /^\s{0,9}(?:event|data|id):/.test(text)
    ? text.split("\n").flatMap((line) => (line.startsWith("data:") ? [line.slice(5).trim()] : []))
    : undefined;

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** An error that says something: some servers send an empty one beside every reply. */
const isSaid = (error: unknown): boolean =>
  typeof error === "object" && error !== null ? Object.keys(error).length > 0 : Boolean(error);

/** Older vLLM, MiniMax and gateways say in the body itself that it is not a reply. */
const isErrorBody = (body: object): boolean => {
  const { object, type, choices } = body as Readonly<Record<string, unknown>>;
  return object === "error" || type === "error" || (!Array.isArray(choices) && serverWords(body).message !== undefined);
};

/** An error that came with a status of success: by what it says, else by the status that it names, else the server's. */
function refusalWithin(error: unknown, headers: Headers): Error {
  const { status } = serverWords({ error });
  const fallback = status === undefined ? "server_error" : kindOfStatus(status);
  return refusal("an error came with HTTP 200", {
    error: { error },
    headers,
    fallback,
    ...(status === undefined ? {} : { status }),
  });
}

/** What a server that breaks off has run out of; nothing where it was the model's own doing. */
function kindOfBreak(word: string): FailureKind | undefined {
  if (/timeout/i.test(word)) return "timeout";
  if (/insufficient|resource|overload|unavailable|network|disconnect/i.test(word)) return "temporarily_unavailable";
  return /^(error|abort\w*|cancel\w*|interrupt\w*)$/i.test(word) ? "server_error" : undefined;
}

/** An error with the fields that `toFailure` reads. */
const refusal = (message: string, fields: object): Error => Object.assign(new Error(message), fields);

function withoutSecrets(baseURL: string): string {
  const url = new URL(baseURL);
  url.username = url.password = url.search = "";
  return url.href.replace(/\/+$/, "");
}

/** What an address holds of secrets: a password, a key among its parameters. */
function secretsOf(baseURL: string): Readonly<Record<string, string>> {
  const { password, searchParams } = new URL(baseURL);
  return {
    ...Object.fromEntries(searchParams),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
}
