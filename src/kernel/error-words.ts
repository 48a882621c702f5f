import type { FailureKind } from "./failure-value.ts";

/**
 * What servers say when nothing but another request, another account or another reading of the policy would help, in the words of OpenAI,
 * Azure, Anthropic, Gemini, Mistral, Cohere, Bedrock, xAI, Groq, DeepSeek, Moonshot, MiniMax, Z.ai, DashScope, OpenRouter, Together, GitHub,
 * vLLM, SGLang, TGI, llama.cpp, Ollama and LM Studio. None of them looks further than some hundred characters.
 */
const quota =
  /insufficient[_ ](?:user[_ ])?(?:quota|balance|credits?|funds)|billing[_ ](?:hard[_ ]limit|not[_ ]active|error)|credit balance is too low|key limit exceeded|out of credits|(?:all available|not enough|requires more|no remaining) credits|payment[_ ]required|exceeded_current_quota|current quota.{0,80}billing|spend(?:ing)?[_ ]limit|monthly (?:spend|included credits|usage limit)|reached your specified api usage limits|budget has been exceeded|budget_exceeded|exceededbudget|over budget|balance is (?:insufficient|not enough)|calls \/ month|arrearage|overdue[_ ]payment|good standing|余额不足|欠费/i;

const filtered =
  /(?<!(?:function|tool|name)\W{1,3})content[_ -]?(?:filter|policy|moderation)(?!_(?!error|result|violat|polic|block|trigger|fail)\w)|content management policy|responsibleaipolicy|responsible ai|usage (?:policy|policies|guidelines)|moderation[_ ]blocked|requires moderation|flagged[_ ]input|(?:was|been|is) flagged|flagged (?:as|by|for)|safety_check|data[_ ]?inspection|inappropriate content|content exists risk|considered high risk|prohibited[_ ]content|blocked by (?:our |the |a )?(?:content|safety|guardrail)|guardrail[_ ]intervened|sensitive (?:content|words)|不安全或敏感/i;

const overflow =
  /context[_ ]?length[_ ]?exceeded|context[_ ]?window[_ ]?exceeded|exceed_context_size|contextwindowexceeded|tokens_limit_reached|max_prompt_tokens_exceeded|request_too_large|string_above_max_length|maximum (?:context|prompt|model|input) length|context length is only|max[_ ]model[_ ]len\b|exceed(?:s|ed|ing)?.{0,80}context (?:window|size|length|limit)|context (?:window|size|length|limit).{0,60}exceed|(?:greater|longer|larger) than the .{0,60}(?:context|maximum)|(?:prompt|input|request) (?:is )?too long|input is too (?:long|large)|token count.{0,80}(?:exceeds|supports up to)|(?:input|prompt) length.{0,80}exceed|input tokens.{0,80}exceed|too many (?:input |total )?tokens|token limit|reduce the length of (?:the|your) (?:messages|prompt|input)|range of input length|exceeds the (?:limit of \d|maximum (?:number of tokens|size|allowed))|inputs` (?:tokens|must have less)|number of tokens to keep|body too large|context the overflows/i;

/** A limit of time: the same request goes through later. */
const throttled =
  /rate[_ ]?limit|too many requests|throttl|per[_ ](?:second|minute|min|hour|day)|\b[TR]P[MSD]\b|quota exceeded for metric|resource_exhausted|please wait/i;

/** Such a limit that the request passes by itself, however long one waits. */
const neverPasses = /must be reduced in order to run|reduce your message size|request too large for/i;

/** Characters of what a server says that are looked at. */
const LOOKED_AT = 4000;

/**
 * The kind of failure that a server's words name, whatever status they came with.
 *
 * @param words code, type and message of the error
 * @param asksToWait whether it says when to come again: then it is not a quota that is spent
 * @returns nothing where the words name none: the status decides then
 * @example kindOfWords("insufficient_quota You exceeded your current quota", false) // => "quota_exhausted"
 * @example kindOfWords("The decoder prompt (length 5000) is longer than the maximum model length of 4096.", false) // => "context_overflow"
 */
export function kindOfWords(words: string, asksToWait: boolean): FailureKind | undefined {
  const text = words.slice(0, LOOKED_AT);
  const isThrottled = asksToWait || throttled.test(text);
  if (quota.test(text) && !(isThrottled && !/insufficient[_ ]quota|exceeded_current_quota/i.test(text)))
    return "quota_exhausted";
  if (filtered.test(text)) return "content_filter";
  if (neverPasses.test(text)) return "bad_request";
  return overflow.test(text) && !isThrottled ? "context_overflow" : undefined;
}
