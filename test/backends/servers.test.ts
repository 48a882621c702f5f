import { openaiCompatible, priced, priceTable, type Reply } from "crucible-harness/backends";
import { chain, generate, generateWith, TaskState, tool, useTools } from "crucible-harness/solver";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Failure } from "#src/kernel/failure";
import { completion, type Said, type Served, serve } from "./serve.ts";

fc.configureGlobal({ seed: 42 });

let server: Served | undefined;
afterEach(() => server?.close());

const question = [{ role: "user", content: "?" }] as const;

/** What comes of one question to a server that always says the same. */
async function asked(said: Said, config: object = {}): Promise<Reply> {
  server = await serve(() => said);
  return openaiCompatible({ baseURL: server.baseURL, model: "m" }).generate(question, config);
}
const refused = (said: Said): Promise<Failure> =>
  asked(said).then(
    (reply) => expect.unreachable(`a reply: ${JSON.stringify(reply)}`),
    (error) => error.failure,
  );

describe("what a server says about an error", () => {
  it.each([
    [
      "Ollama",
      404,
      { error: "model 'x' not found, try pulling it first" },
      "model 'x' not found, try pulling it first",
    ],
    ["FastAPI", 404, { detail: "Not Found" }, "Not Found"],
    ["pydantic", 422, { detail: [{ loc: ["body", "model"], msg: "field required" }] }, "body.model: field required"],
    ["Fastify", 404, { statusCode: 404, error: "Not Found", message: "no route" }, "Not Found: no route"],
    ["Cohere", 400, { message: "invalid request" }, "invalid request"],
    ["AWS", 400, { Message: "no such thing" }, "no such thing"],
    [
      "Gemini's list",
      400,
      [{ error: { code: 400, message: "API key not valid", status: "INVALID_ARGUMENT" } }],
      "API key not valid",
    ],
    ["a list of errors", 400, { errors: [{ message: "first" }, { message: "second" }] }, "first: second"],
    ["a problem", 400, { type: "about:blank", title: "Bad", detail: "n must be 1" }, "n must be 1"],
    [
      "OpenRouter",
      400,
      { error: { message: "Provider returned error", metadata: { raw: '{"error":{"message":"no such tool"}}' } } },
      "Provider returned error: no such tool",
    ],
    [
      "a proxy's page",
      502,
      "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
      "502 Bad Gateway",
    ],
    ["a proxy's text", 503, "upstream connect error", "upstream connect error"],
    ["JSON text", 500, '"out of memory"', "out of memory"],
  ])("is kept as it is said by %s", async (_, status, body, words) => {
    expect((await refused({ status, body })).message).toBe(`HTTP ${status}: ${words}`);
  });

  it.each([
    [
      400,
      {
        error: {
          message:
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
          code: "context_length_exceeded",
        },
      },
    ],
    [400, { error: { message: "Your input exceeds the context window of this model." } }],
    [
      400,
      {
        type: "error",
        error: { type: "invalid_request_error", message: "prompt is too long: 210000 tokens > 200000 maximum" },
      },
    ],
    [
      400,
      {
        type: "error",
        error: {
          type: "invalid_request_error",
          message: "input length and `max_tokens` exceed context limit: 198000 + 20000 > 200000",
        },
      },
    ],
    [413, { type: "error", error: { type: "request_too_large", message: "Request exceeds the maximum size" } }],
    [
      400,
      [
        {
          error: {
            code: 400,
            message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            status: "INVALID_ARGUMENT",
          },
        },
      ],
    ],
    [
      400,
      {
        object: "error",
        message: "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
        code: 400,
      },
    ],
    [
      500,
      {
        error: {
          code: 500,
          message: "the request exceeds the available context size, try increasing it",
          type: "exceed_context_size_error",
        },
      },
    ],
    [400, { error: "prompt too long; exceeded max context length by 12 tokens" }],
    [422, { message: "Prompt contains 40000 tokens, too large for model with 32768 maximum context length" }],
    [400, { error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens." }],
    [400, { message: "Input is too long for requested model." }],
    [422, { error: "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000" }],
    [200, { error: { message: "maximum context length is 10", code: "context_length_exceeded" } }],
    [403, { error: { message: "The input (5000 tokens) is longer than the model's context length (4096 tokens)." } }],
  ])("is a full context whatever the status, %i %j", async (status, body) => {
    expect(await refused({ status, body })).toMatchObject({ kind: "context_overflow" });
  });

  it.each([
    [
      400,
      {
        error: {
          code: "content_filter",
          message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
          innererror: { code: "ResponsibleAIPolicyViolation" },
        },
      },
    ],
    [
      403,
      {
        error: {
          code: 403,
          message: "Your chosen model requires moderation and your input was flagged",
          metadata: { reasons: ["violence"] },
        },
      },
    ],
    [400, { error: { message: "Content Exists Risk", type: "invalid_request_error" } }],
    [400, { error: { code: "data_inspection_failed", message: "Input data may contain inappropriate content." } }],
    [
      400,
      {
        type: "error",
        error: { type: "invalid_request_error", message: "Output blocked by content filtering policy" },
      },
    ],
    [403, { error: "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO" }],
    [
      400,
      {
        error: {
          code: "invalid_prompt",
          message: "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
        },
      },
    ],
    [200, { error: { code: "content_filter", message: "no" } }],
  ])("is a filter whatever the status, %i %j", async (status, body) => {
    expect(await refused({ status, body })).toMatchObject({ kind: "content_filter" });
  });

  it.each([
    [
      429,
      {
        error: {
          message: "You exceeded your current quota, please check your plan and billing details.",
          type: "insufficient_quota",
          code: "insufficient_quota",
        },
      },
    ],
    [
      400,
      {
        type: "error",
        error: {
          type: "invalid_request_error",
          message: "Your credit balance is too low to access the Anthropic API.",
        },
      },
    ],
    [402, { error: { message: "Insufficient Balance" } }],
    [402, "Payment Required"],
    [403, { error: { message: "Key limit exceeded (monthly limit)", code: 403 } }],
    [400, { error: { message: "Billing hard limit has been reached", code: "billing_hard_limit_reached" } }],
    [
      429,
      {
        error: {
          message: "Your account is suspended, please check your plan and billing details",
          type: "exceeded_current_quota_error",
        },
      },
    ],
  ])("is a quota that is spent, %i %j", async (status, body) => {
    expect(await refused({ status, body })).toMatchObject({ kind: "quota_exhausted" });
  });

  it("is no spent quota where the server says when to come again", async () => {
    const retry = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "27s" };
    const message =
      "You exceeded your current quota, please check your plan and billing details. Quota exceeded for metric: x";
    const body = [{ error: { code: 429, message, status: "RESOURCE_EXHAUSTED", details: [{}, retry] } }];
    expect(await refused({ status: 429, body })).toMatchObject({ kind: "rate_limited", retryAfterMs: 27_000 });
  });

  it("is a rate limit also where it speaks of tokens", async () => {
    const message =
      "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000. Please try again in 7.66s.";
    expect(await refused({ status: 429, body: { error: { message, code: "rate_limit_exceeded" } } })).toMatchObject({
      kind: "rate_limited",
      retryAfterMs: 7660,
    });
    expect(
      await refused({ status: 429, body: { message: "Too many tokens, please wait before trying again." } }),
    ).toMatchObject({ kind: "rate_limited" });
  });

  it.each([
    ["1m30.5s", 90_500],
    ["250ms", 250],
    ["2 minutes", 120_000],
  ])("asks to wait in words, %s", async (words, ms) => {
    const said = {
      status: 429,
      body: { error: { message: `Slow down. Please try again in ${words}. See the docs.` } },
    };
    expect((await refused(said)).retryAfterMs).toBe(ms);
    expect((await refused({ ...said, headers: { "retry-after": "3" } })).retryAfterMs).toBe(3000);
  });

  it.each([
    [
      { code: 502, message: "Provider disconnected" },
      { kind: "server_error", status: 502 },
    ],
    [
      { code: "429", message: "slow" },
      { kind: "rate_limited", status: 429 },
    ],
    [{ message: "gone" }, { kind: "server_error" }],
  ])("is a failure inside a choice too, %j", async (error, failed) => {
    expect(await refused(completion({ content: "The answer is" }, { finish_reason: "error", error }))).toMatchObject(
      failed,
    );
  });

  it.each([
    ["insufficient_system_resource", "temporarily_unavailable"],
    ["abort", "server_error"],
    ["network_error", "temporarily_unavailable"],
    ["TIMEOUT", "timeout"],
  ])("is a failure where the server breaks off by itself, %s", async (finish_reason, kind) => {
    expect(await refused(completion({ content: "The answer is" }, { finish_reason }))).toMatchObject({ kind });
  });
});

describe("a reply", () => {
  it.each([
    ["stop", "end_turn", "STOP", "eos_token", "COMPLETE", "stop_sequence", "FinishReason.STOP", "normal"],
    [
      "length",
      "max_tokens",
      "MAX_TOKENS",
      "model_length",
      "max_output_tokens",
      "model_context_window_exceeded",
      "maxTokens",
    ],
    ["tool_calls", "tool_use", "function_call", "TOOL_CALL"],
    [
      "content_filter",
      "SAFETY",
      "RECITATION",
      "PROHIBITED_CONTENT",
      "BLOCKLIST",
      "SPII",
      "IMAGE_SAFETY",
      "MODEL_ARMOR",
      "LANGUAGE",
      "refusal",
      "content_filter: high",
      "content-filter",
      "CONTENT_FILTERED",
      "guardrail_intervened",
      "sensitive",
      "ERROR_TOXIC",
      "contentFilter",
    ],
    ["error", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"],
    ["unknown", "OTHER", "load", "FINISH_REASON_UNSPECIFIED", "constructor", ""],
  ])("ended by %s under every name for it", async (ours, ...names) => {
    for (const finish_reason of names) {
      const reply = await asked(completion({ content: "4" }, { finish_reason }));
      expect([finish_reason, reply.finishReason]).toEqual([finish_reason, ours]);
      if (ours === "content_filter") expect(reply.finishWord).toBe(finish_reason);
    }
  });

  it("is filtered where the model refuses in place of content", async () => {
    const reply = await asked(completion({ content: null, refusal: "I can't help with that." }));
    expect(reply).toMatchObject({
      content: "I can't help with that.",
      finishReason: "content_filter",
      finishWord: "refusal",
    });
  });

  it.each([
    ["<think>Is it Paris? No.</think>Rome", "Rome", "Is it Paris? No."],
    ["<think>a <think>b</think> c</think>Rome", "Rome", "a <think>b</think> c"],
    ["<think>I may <think> here</think>Rome", "Rome", "I may <think> here"],
    ["<think>a</think>Rome <think>or</think>", "Rome <think>or</think>", "a"],
    ["[THINK]Paris?[/THINK]Rome", "Rome", "Paris?"],
    ["<seed:think>Paris?</seed:think>Rome", "Rome", "Paris?"],
    ["[THINK]Paris?", "", "Paris?"],
    ["  \n <think>\n a \n</think>\n\n Rome \n", "Rome", "a"],
    ["<think></think>Rome", "Rome", ""],
    ["<think>a</think>\n<think>b</think>Rome", "Rome", "a\n\nb"],
    ['<think signature="x">a</think>Rome', "Rome", "a"],
    ["<THINK>a</THINK>Rome", "Rome", "a"],
    ["a\n</think>\n\nRome", "Rome", "a"],
    ["\u200b<think>a</think>Rome", "Rome", "a"],
    ["</think>\nRome", "Rome", ""],
    ["<think>cut off in the mid", "", "cut off in the mid"],
    ["<think>a</think>", "", "a"],
    [
      "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Rome<|return|>",
      "Rome",
      "hm",
    ],
    ["<|start|>assistant<|channel|>analysis<|message|>a<|end|><|channel|>commentary<|message|>b", "", "a\n\nb"],
    ["<|channel|>final<|message|>Rome", "Rome", ""],
  ])("keeps thoughts out of its answer: %j", async (content, answer, reasoning) => {
    expect(await asked(completion({ content }))).toMatchObject({ content: answer, reasoning });
  });

  it.each([
    "Rome <think>or not</think>",
    "Write </think> to end a thought",
    "<thinking>a</thinking>Rome",
    "No tag here",
    "Write <|channel|>final<|message|> first",
    " Rome ",
  ])("is left as it is without thoughts before it: %j", async (content) => {
    const reply = await asked(completion({ content }));
    expect([reply.content, reply.reasoning]).toEqual([content, undefined]);
  });

  it("has thoughts that come as fields, as parts, and beside a block", async () => {
    const parts = [
      { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
      { type: "text", text: "4" },
    ];
    expect(await asked(completion({ content: parts }))).toMatchObject({ content: "4", reasoning: "hm" });
    expect(await asked(completion({ content: "<think>b</think>4", reasoning: "a" }))).toMatchObject({
      content: "4",
      reasoning: "a\n\nb",
    });
    expect(await asked(completion({ content: "a\n</think>\n4", reasoning_content: "x" }))).toMatchObject({
      content: "a\n</think>\n4",
    });
  });
});

/** Bodies and headers from public bug reports of clients and gateways, in the words of the servers. */
describe("a server of a public bug report", () => {
  const groq = (wait: string) =>
    `Rate limit reached on tokens per minute (TPM): Limit 7000. Please try again in ${wait}. Visit us.`;
  it.each<[string, Said, object]>([
    [
      "Groq",
      { status: 429, body: { error: { message: groq("50.597142857s"), type: "tokens" } } },
      { retryAfterMs: 50597.142857 },
    ],
    ["Groq's minutes", { status: 429, body: { error: { message: groq("1m0.5s") } } }, { retryAfterMs: 60_500 }],
    [
      "OpenRouter's error beside a choice",
      completion(
        { content: null },
        {},
        { error: { message: "Provider returned error", code: 429, metadata: { raw: "error code: 1015" } } },
      ),
      { kind: "rate_limited", status: 429 },
    ],
    [
      "RunPod's vLLM",
      { body: { object: "error", code: 404, message: "The model `a` does not exist.", type: "NotFoundError" } },
      { kind: "not_found" },
    ],
    [
      "Azure's words",
      {
        status: 429,
        body: {
          error: { code: "429", message: "You have exceeded the token rate limit. Please retry after 45 seconds." },
        },
      },
      { kind: "rate_limited", retryAfterMs: 45_000 },
    ],
    [
      "Azure's header",
      { status: 429, body: {}, headers: { "x-rate-limit-reset-tokens": "55" } },
      { retryAfterMs: 55_000 },
    ],
    [
      "OpenAI's headers",
      {
        status: 429,
        body: {},
        headers: {
          "x-ratelimit-remaining-tokens": "0",
          "x-ratelimit-reset-tokens": "6m0s",
          "x-ratelimit-remaining-requests": "9",
          "x-ratelimit-reset-requests": "9h",
        },
      },
      { retryAfterMs: 360_000 },
    ],
    [
      "a server and its proxy",
      { status: 429, body: {}, headers: { "retry-after": "60, 60" } },
      { retryAfterMs: 60_000 },
    ],
    [
      "llama.cpp's stream",
      { body: 'data: {"error":{"code":400,"message":"the request exceeds the available context size"}}\n\n' },
      { kind: "context_overflow" },
    ],
    [
      "Anthropic's event",
      {
        status: 529,
        body: 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
      },
      { kind: "temporarily_unavailable", message: "HTTP 529: Overloaded" },
    ],
    [
      "an unrequested stream",
      { body: 'data: {"choices":[{"delta":{"content":"Par"}}]}\n\ndata: [DONE]\n\n' },
      { kind: "malformed_response", message: expect.stringContaining("is a stream, which was not requested") },
    ],
    [
      "a page for a reply",
      { body: "<html><head><title>Sign in</title></head></html>" },
      { kind: "malformed_response", message: "the response is not a JSON object: Sign in" },
    ],
    [
      "Ollama's context",
      { status: 400, body: { error: "the input length exceeds the context length" } },
      { kind: "context_overflow" },
    ],
    [
      "vLLM's context",
      {
        status: 400,
        body: {
          error: {
            message:
              "You passed 8193 input tokens and requested 1 output tokens. However, the model's context length is only 8192 tokens, resulting in a maximum input length of 8191 tokens.",
          },
        },
      },
      { kind: "context_overflow" },
    ],
    [
      "Mistral's field",
      {
        status: 422,
        body: {
          object: "error",
          message: { detail: [{ loc: ["body", "seed"], msg: "Extra inputs are not permitted" }] },
        },
      },
      { kind: "bad_request", message: "HTTP 422: body.seed: Extra inputs are not permitted" },
    ],
    [
      "LiteLLM's budget",
      {
        status: 400,
        body: { error: { message: "ExceededBudget: User=u over budget. Spend=11, Budget=10", type: "auth_error" } },
      },
      { kind: "quota_exhausted" },
    ],
    [
      "a balance",
      { status: 403, body: { code: 30001, message: "Sorry, your account balance is insufficient" } },
      { kind: "quota_exhausted" },
    ],
    [
      "Cohere's month",
      { status: 429, body: { message: "You are using a Trial key, which is limited to 1000 API calls / month." } },
      { kind: "quota_exhausted" },
    ],
    [
      "Cohere's minute",
      { status: 429, body: { message: "You are using a Trial key, which is limited to 10 API calls / minute." } },
      { kind: "rate_limited" },
    ],
    [
      "Hugging Face's loading",
      { status: 503, body: { error: "Model x is currently loading", estimated_time: 20 } },
      { kind: "temporarily_unavailable", retryAfterMs: 20_000 },
    ],
    [
      "Cloudflare's success",
      { body: { success: false, errors: [{ code: 7003, message: "Could not route" }] } },
      { kind: "server_error", message: "an error came with HTTP 200: Could not route" },
    ],
    [
      "Cloudflare's timeout",
      { status: 524, body: "<html><head><title>api | 524: A timeout occurred</title></head></html>" },
      { kind: "server_error", message: "HTTP 524: api | 524: A timeout occurred" },
    ],
    [
      "GitHub's day",
      {
        status: 429,
        body: {
          error: {
            code: "RateLimitReached",
            message: "Rate limit of 50 per 86400s exceeded. Please wait 43000 seconds before retrying.",
          },
        },
      },
      { kind: "rate_limited", retryAfterMs: 43_000_000 },
    ],
  ])("is understood: %s", async (_, said, failed) => {
    expect(await refused(said)).toMatchObject(failed);
  });

  const call = { type: "function", function: { name: "a", arguments: "{}" } };
  it.each<[string, Said, object]>([
    [
      "Gemini's broken call",
      completion({ content: null }, { finish_reason: "function_call_filter: MALFORMED_FUNCTION_CALL" }),
      { finishReason: "error" },
    ],
    [
      "calls of one id",
      completion({
        content: null,
        tool_calls: [
          { id: "x", ...call },
          { id: "x", ...call },
          { id: "x", ...call },
        ],
      }),
      { toolCalls: [{ id: "x" }, { id: "x_1" }, { id: "x_2" }] },
    ],
    [
      "calls of no id",
      completion({ content: "", tool_calls: [{ id: "", ...call }, { ...call }] }),
      { toolCalls: [{ id: "call_0" }, { id: "call_1" }] },
    ],
    [
      "a call of before 2024",
      completion(
        { content: null, function_call: { name: "add", arguments: '{"a":1}' } },
        { finish_reason: "function_call" },
      ),
      { finishReason: "tool_calls", toolCalls: [{ name: "add", arguments: { a: 1 } }] },
    ],
    [
      "a connection kept alive",
      { body: `: keep-alive\n\n\n${JSON.stringify(completion({ content: "4" }).body)}` },
      { content: "4" },
    ],
    [
      "counts as text",
      completion({ content: "4" }, {}, { usage: { prompt_tokens: "12", completion_tokens: "3", total_tokens: "15" } }),
      { usage: { promptTokens: 12, completionTokens: 3 } },
    ],
    [
      "limits of -1",
      {
        ...completion({ content: "4" }),
        headers: { "x-ratelimit-remaining-tokens": "-1", "x-ratelimit-limit-tokens": "-1" },
      },
      { content: "4" },
    ],
    [
      "thoughts that were cut off",
      completion({ content: "", reasoning_content: "We think" }, { finish_reason: "length" }),
      { content: "", reasoning: "We think", finishReason: "length" },
    ],
  ])("gives a reply: %s", async (_, said, reply) => {
    expect(await asked(said)).toMatchObject(reply);
  });
});

describe("tokens", () => {
  const counts = fc.record({ prompt: fc.nat(1000), text: fc.nat(1000), thought: fc.integer({ min: 1, max: 1000 }) });
  it("of hidden reasoning are counted once, whether they stand within or beside the completion", async () => {
    await fc.assert(
      fc.asyncProperty(counts, fc.boolean(), async ({ prompt, text, thought }, beside) => {
        const usage = {
          prompt_tokens: prompt,
          completion_tokens: beside ? text : text + thought,
          total_tokens: prompt + text + thought,
          completion_tokens_details: { reasoning_tokens: thought },
        };
        const body = completion({ content: "4" }, {}, { usage }).body;
        const fetch = () => Promise.resolve(new Response(JSON.stringify(body)));
        const reply = await openaiCompatible({ baseURL: "http://h/v1", model: "m" }, { fetch }).generate(question);
        const written = text + thought;
        expect(reply.usage).toMatchObject({
          promptTokens: prompt,
          completionTokens: written,
          totalTokens: prompt + written,
        });
      }),
    );
  });

  it("are paid for wherever they are reported", async () => {
    const usage = {
      prompt_tokens: 32,
      completion_tokens: 9,
      total_tokens: 135,
      completion_tokens_details: { reasoning_tokens: 94 },
    };
    server = await serve(() => completion({ content: "4" }, {}, { usage }));
    const backend = priced(
      openaiCompatible({ baseURL: server.baseURL, model: "grok" }),
      priceTable({ grok: { input: 0, output: 1e6 } }),
    );
    expect((await backend.generate(question)).cost).toBe(103);
  });

  it.each([
    [
      "a total that leaves something over",
      { prompt_tokens: 5, completion_tokens: 10, total_tokens: 150 },
      [5, 145, 150],
    ],
    ["no total", { prompt_tokens: 5, completion_tokens: 10 }, [5, 10, 15]],
    ["a total of 0", { prompt_tokens: 5, completion_tokens: 10, total_tokens: 0 }, [5, 10, 15]],
    [
      "a part larger than its whole",
      { prompt_tokens: 5, completion_tokens: 10, completion_tokens_details: { reasoning_tokens: 90 } },
      [5, 100, 105],
    ],
    [
      "a cache beside the prompt",
      { input_tokens: 5, output_tokens: 10, cache_read_input_tokens: 200, total_tokens: 215 },
      [205, 10, 215],
    ],
    [
      "a cache within the prompt",
      { prompt_tokens: 205, completion_tokens: 10, total_tokens: 215, prompt_tokens_details: { cached_tokens: 200 } },
      [205, 10, 215],
    ],
  ])("add up with %s", async (_, usage, expected) => {
    const counted = (await asked(completion({ content: "4" }, {}, { usage }))).usage!;
    expect([counted.promptTokens, counted.completionTokens, counted.totalTokens]).toEqual(expected);
  });
});

describe("a tool loop", () => {
  const add = tool({
    name: "add",
    parameters: z.object({ a: z.number(), b: z.number() }),
    execute: ({ a, b }) => a + b,
  });
  const call = { id: "t", type: "function", function: { name: "add", arguments: '{"a":1,"b":2}' } };
  const loop = (baseURL: string) =>
    chain([useTools([add]), generate()])(
      TaskState.from({ id: "1", input: "?" }),
      generateWith(openaiCompatible({ baseURL, model: "m" })),
    );

  it.each([
    ["reasoning_content", { reasoning_content: "I need the tool" }],
    ["reasoning", { reasoning: "I need the tool" }],
    ["reasoning_details", { reasoning: "I need", reasoning_details: [{ type: "reasoning.encrypted", data: "x" }] }],
    ["an empty one", { reasoning_content: "" }],
    ["Mistral's parts", { content: [{ type: "thinking", thinking: [{ type: "text", text: "I need" }] }] }],
  ])("gives a server back its %s, and no other field", async (_, thoughts) => {
    server = await serve((_, n) =>
      n === 0
        ? completion({ content: null, tool_calls: [call], ...thoughts }, { finish_reason: "tool_calls" })
        : completion({ content: "3" }),
    );
    const state = await loop(server.baseURL);
    const [, turn] = server.requests[1]!.messages as Record<string, unknown>[];
    expect(turn).toEqual({ role: "assistant", content: null, tool_calls: [call], ...thoughts });
    expect(state.output?.content).toBe("3");
  });

  it("gives a server back what it signed a tool call with", async () => {
    const signed = { ...call, extra_content: { google: { thought_signature: "s" } } };
    server = await serve((_, n) => (n === 0 ? completion({ tool_calls: [signed] }) : completion({ content: "3" })));
    await loop(server.baseURL);
    expect((server.requests[1]!.messages as { tool_calls?: unknown }[])[1]!.tool_calls).toEqual([signed]);
  });

  it("keeps the digits of a number beyond 2^53, for the tool and for the server", async () => {
    const seen: unknown[] = [];
    const look = tool({ name: "add", parameters: z.object({ id: z.string() }), execute: ({ id }) => seen.push(id) });
    const long = { ...call, function: { name: "add", arguments: '{"id":12345678901234567890}' } };
    server = await serve((_, n) => (n === 0 ? completion({ tool_calls: [long] }) : completion({ content: "3" })));
    const backend = openaiCompatible({ baseURL: server.baseURL, model: "m" });
    await chain([useTools([look]), generate()])(TaskState.from({ id: "1", input: "?" }), generateWith(backend));
    expect(seen).toEqual(["12345678901234567890"]);
    expect((server.requests[1]!.messages as { tool_calls?: unknown }[])[1]!.tool_calls).toEqual([long]);
  });

  it("gives another server nothing of that", async () => {
    server = await serve(() => completion({ content: "3" }));
    const echo = { from: "elsewhere", fields: { reasoning_content: "x" } };
    const toolCalls = [{ id: "t", name: "add", arguments: {} }];
    await openaiCompatible({ baseURL: server.baseURL, model: "m" }).generate([
      ...question,
      { role: "assistant", content: "", toolCalls, reasoning: "x", echo },
    ]);
    expect((server.requests[0]!.messages as object[])[1]).not.toHaveProperty("reasoning_content");
  });
});

describe("the limit of a reply", () => {
  const picky =
    (field: string) =>
    (request: Record<string, unknown>): Said =>
      field in request
        ? completion({ content: "4" })
        : {
            status: 400,
            body: {
              error: {
                message: `Unsupported parameter: 'x' is not supported with this model. Use 'max_completion_tokens' or 'max_tokens' instead.`,
                code: "unsupported_parameter",
              },
            },
          };

  it.each(["o1", "o3-mini", "o4-mini-2025-04-16", "gpt-5", "gpt-5.1-mini", "openai/gpt-5", "openai/o3"])(
    "is max_completion_tokens for %s",
    async (model) => {
      server = await serve(picky("max_completion_tokens"));
      await openaiCompatible({ baseURL: server.baseURL, model }).generate(question, { maxTokens: 9 });
      expect(server.requests).toMatchObject([{ model, max_completion_tokens: 9 }]);
    },
  );

  it.each(["gpt-4o", "gpt-oss-120b", "llama3.2", "o", "qwen/qwen3-o1x"])("is max_tokens for %s", async (model) => {
    server = await serve(picky("max_tokens"));
    await openaiCompatible({ baseURL: server.baseURL, model }).generate(question, { maxTokens: 9 });
    expect(server.requests).toMatchObject([{ model, max_tokens: 9 }]);
  });

  it.each([
    ["my-deployment", "max_completion_tokens"],
    ["gpt-5-of-mine", "max_tokens"],
  ])("is learned once from the refusal of %s: %s", async (model, field) => {
    server = await serve(picky(field));
    const backend = openaiCompatible({ baseURL: server.baseURL, model });
    for (let i = 0; i < 3; i++) expect((await backend.generate(question, { maxTokens: 9 })).content).toBe("4");
    expect(server.requests.map((request) => field in request)).toEqual([false, true, true, true]);
  });

  it("is what the user says it is, and a refusal then stands", async () => {
    server = await serve(picky("max_completion_tokens"));
    const backend = openaiCompatible({ baseURL: server.baseURL, model: "gpt-5", maxTokensField: "max_tokens" });
    await expect(backend.generate(question, { maxTokens: 9 })).rejects.toMatchObject({
      failure: { kind: "bad_request" },
    });
    expect(server.requests).toHaveLength(1);
  });
});
