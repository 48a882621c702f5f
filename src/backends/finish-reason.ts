/** Why the model stopped, in one vocabulary for all providers. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "error" | "unknown";

/** Words that mean what they say and contain no other reason. */
const plain: Readonly<Record<string, FinishReason>> = Object.fromEntries(
  [
    ...["stop", "stop_sequence", "stop_token", "stop_criteria_met", "end", "end_turn", "end_of_turn", "turn_end"],
    ...["eos", "eos_token", "endoftext", "complete", "completed", "finish", "finished", "normal", "done"],
  ]
    .map((word): [string, FinishReason] => [word, "stop"])
    .concat(
      ["tool_calls", "tool_call", "tool_use", "function_call", "function_calls"].map((word) => [word, "tool_calls"]),
    ),
);

/**
 * Parts of words by which other reasons are known, the first that fits counts: what a filter stopped, what ran into a limit, what broke off.
 * Between them they know the lists of OpenAI, Azure, Anthropic, Gemini and Vertex, Mistral, Cohere, Bedrock, xAI, DeepSeek, Z.ai, Moonshot,
 * OpenRouter, Groq, Together, Ollama, vLLM, SGLang, TGI and llama.cpp.
 */
const parts: readonly (readonly [RegExp, FinishReason])[] = [
  [/^(?:function|tool)_call_filter/, "error"], // Gemini's, for a call that it could not read itself
  [
    /filter|safety|prohibited|block|recitation|spii|refus|moderat|guardrail|sensitive|toxic|policy|jailbreak|model_armor|high_risk|escalation|^language$/,
    "content_filter",
  ],
  [/length|max_\w{0,20}tokens|token_?limit|max_?output|context_?(window|size|limit)|error_limit|repetition/, "length"],
  [
    /error|timeout|abort|cancel|malformed|unexpected_tool|too_many_tool|missing_thought|insufficient|overload|unavailable|interrupt|disconnect|no_image|image_other/,
    "error",
  ],
];

/**
 * A provider's word for why it stopped, in ours; `unknown` for one that says nothing.
 *
 * @example toFinishReason("max_tokens") // => "length"
 * @example ["RECITATION", "content_filter: high", "refusal", "OTHER"].map(toFinishReason) // => ["content_filter", "content_filter", "content_filter", "unknown"]
 */
export function toFinishReason(word: string): FinishReason {
  const plainWord = spelt(word);
  return Object.hasOwn(plain, plainWord)
    ? plain[plainWord]!
    : (parts.find(([part]) => part.test(plainWord))?.[1] ?? "unknown");
}

/** `FinishReason.MAX_TOKENS`, `maxTokens`, `max-tokens` and `max_tokens: 100` are one word. */
const spelt = (word: string): string =>
  word
    .slice(0, 200)
    .replace(/^\s*[A-Za-z]{1,40}\.(?=\w)/, "")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[-\s/]+/g, "_")
    .replace(/^_|[^a-z0-9_].*$/gs, "");
