import { type Clock, systemClock } from "#src/kernel/clock";
import { type Failure, FailureError } from "#src/kernel/failure";
import {
  type Backend,
  type CallContext,
  type GenerateConfig,
  type GenerateResult,
  type Message,
  toReply,
} from "./backend.ts";
import { countMessages, estimateTokens } from "./tokens.ts";
import { wait } from "./wait.ts";

/** What a script says: a text, a whole reply, a failure, an error to throw, or a function that decides. */
export type ScriptedReply = string | GenerateResult | Failure | Error | ScriptedRule;
export type ScriptedRule = (
  messages: readonly Message[],
  config: GenerateConfig,
  context: CallContext,
) => ScriptedReply | Promise<ScriptedReply>;

export interface ScriptedRequest {
  readonly messages: readonly Message[];
  readonly config: GenerateConfig;
}

export interface ScriptedBackend extends Backend {
  /** What was asked, in order. */
  readonly requests: readonly ScriptedRequest[];
}

export interface ScriptedOptions {
  readonly name?: string;
  /** Milliseconds before each reply, on the clock. */
  readonly delayMs?: number;
  readonly clock?: Clock;
}

/**
 * A backend with scripted replies, for tests and examples. Where a reply has no usage, tokens are counted as characters / 4.
 *
 * @param script replies in the order they are asked for (running out of them is a failure); or a function of the request; or replies by a
 *   text that the last message contains
 * @example scripted(["4", { content: "", toolCalls: [{ id: "1", name: "adder", arguments: { a: 1 } }] }, failure("timeout", "late")])
 * @example scripted({ "2 + 2": "4", "capital of France": "Paris" })
 */
export function scripted(
  script: readonly ScriptedReply[] | ScriptedRule | Readonly<Record<string, ScriptedReply>>,
  { name = "scripted", delayMs = 0, clock = systemClock }: ScriptedOptions = {},
): ScriptedBackend {
  const requests: ScriptedRequest[] = [];
  return {
    name,
    get requests() {
      return [...requests]; // a copy, since definitions freeze what they are given
    },
    generate: async (messages, config = {}, context = {}) => {
      context.signal?.throwIfAborted();
      requests.push({ messages, config });
      const line = nextLine(script, requests.length - 1, messages);
      if (delayMs > 0) await wait(delayMs, clock, context.signal);
      const result = await spoken(line, messages, config, context);
      const reply = toReply(typeof result === "string" ? { content: result } : result);
      if (reply.usage) return reply;
      const promptTokens = countMessages(messages);
      const completionTokens = countMessages(
        [{ role: "assistant", content: reply.content, toolCalls: reply.toolCalls }],
        estimateTokens,
      );
      return { ...reply, usage: { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens } };
    },
  };
}

function nextLine(script: Parameters<typeof scripted>[0], asked: number, messages: readonly Message[]): ScriptedReply {
  if (typeof script === "function") return script;
  if (Array.isArray(script)) {
    const line: ScriptedReply | undefined = (script as readonly ScriptedReply[])[asked];
    if (line === undefined)
      throw new FailureError("not_found", `the script has ${script.length} replies and was asked for one more`);
    return line;
  }
  const said = messages.at(-1)?.content ?? "";
  const entry = Object.entries(script).find(([text]) => said.includes(text));
  if (!entry) throw new FailureError("not_found", `the script has no reply to ${JSON.stringify(said.slice(0, 80))}`);
  return entry[1];
}

async function spoken(
  line: ScriptedReply,
  messages: readonly Message[],
  config: GenerateConfig,
  context: CallContext,
): Promise<string | GenerateResult> {
  if (typeof line === "function") return spoken(await line(messages, config, context), messages, config, context);
  if (line instanceof Error) throw line;
  if (typeof line === "object" && "kind" in line) throw FailureError.of(line);
  return line;
}
