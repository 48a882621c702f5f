import type { Message } from "./backend.ts";

/** Tokens of a text; for estimates only, since what a provider reports is the truth. */
export type CountTokens = (text: string) => number;

/**
 * Tokens as a quarter of the characters, rounded up: 3 % too many on the questions of GSM8K against OpenAI's `o200k_base`.
 *
 * @example estimateTokens("What is 2 + 2?") // => 4
 */
export const estimateTokens: CountTokens = (text) => Math.ceil(text.length / 4);

/** How tokens are counted, with its name. */
export interface TokenCounter {
  readonly name: "gpt-tokenizer o200k_base" | "characters/4";
  readonly count: CountTokens;
}

/** Characters / 4: nothing is loaded for it. */
export const roughCounter: TokenCounter = { name: "characters/4", count: estimateTokens };

/** OpenAI's `o200k_base` by the package gpt-tokenizer where it is installed, whose tables take a good part of a second to load; else characters / 4. */
export async function tokenCounter(): Promise<TokenCounter> {
  try {
    const { countTokens } = await import("gpt-tokenizer/encoding/o200k_base");
    return { name: "gpt-tokenizer o200k_base", count: (text) => countTokens(text, plainText) };
  } catch {
    return roughCounter;
  }
}

/** Names of special tokens are counted as the text they are. */
const plainText = { disallowedSpecial: new Set<string>() };

/** Tokens of a conversation: its texts and tool calls. */
export const countMessages = (messages: readonly Message[], count: CountTokens = estimateTokens): number =>
  messages.reduce((sum, message) => sum + count(message.content) + countCalls(message, count), 0);

const countCalls = (message: Message, count: CountTokens): number =>
  message.role === "assistant"
    ? (message.toolCalls ?? []).reduce((sum, call) => sum + count(call.name) + count(JSON.stringify(call.arguments)), 0)
    : 0;
