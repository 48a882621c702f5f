import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText } from "ai";
import { MockLanguageModelV3 } from "ai/test";
import { afterEach, describe, expect, it } from "vitest";
import { aiSdk } from "#src/backends/ai-sdk";
import type { Backend, Message } from "#src/backends/backend";
import { openaiCompatible } from "#src/backends/openai-compatible";
import { type Failure, FailureError, isRetryableByDefault, toFailure } from "#src/kernel/failure";
import { type FaultServer, type FaultServerOptions, faultServer, type ServerFault } from "#src/testing/fault-server";
import { manualClock } from "#src/testing/manual-clock";

const question: readonly Message[] = [{ role: "user", content: "What is 2 + 2?" }];
const clock = manualClock(Date.UTC(2026, 0, 1, 12));
const open = new Set<FaultServer>();
afterEach(async () => {
  await Promise.all([...open].map((server) => server.close()));
  open.clear();
});

async function serve(options: FaultServerOptions): Promise<FaultServer> {
  const server = await faultServer({ clock, ...options });
  open.add(server);
  return server;
}

const clients: Readonly<Record<string, (baseURL: string) => Backend>> = {
  openaiCompatible: (baseURL) => openaiCompatible({ baseURL, apiKey: "sk-test-123456", model: "m" }, { clock }),
  aiSdk: (baseURL) =>
    aiSdk(createOpenAICompatible({ name: "local", baseURL, apiKey: "sk-test-123456" })("m"), { clock }),
};

async function failureOf(asked: Promise<unknown>): Promise<Failure> {
  const thrown = await asked.then(
    () => expect.fail("it answered"),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(FailureError);
  return (thrown as FailureError).failure;
}

describe.each(Object.entries(clients))("%s against a real server", (_, client) => {
  const ask = async (fault: ServerFault): Promise<Failure> => {
    const server = await serve({ script: [fault] });
    const failure = await failureOf(client(server.baseURL).generate(question));
    expect(server.requests).toHaveLength(1); // retrying is the run's business
    expect(JSON.stringify(failure)).not.toContain("sk-test");
    return failure;
  };
  const status = (code: number, body?: unknown): ServerFault => ({
    type: "status",
    status: code,
    ...(body === undefined ? {} : { body }),
  });

  it.each([
    ["seconds", 2000],
    ["date", 2000],
    ["ms", 2500],
    ["none", undefined],
  ] as const)("tells a rate limit and its Retry-After in %s", async (retryAfter, expected) => {
    const failure = await ask({
      type: "rate_limited",
      retryAfter,
      ...(expected === undefined ? {} : { afterMs: expected }),
    });
    expect(failure).toMatchObject({
      kind: "rate_limited",
      status: 429,
      code: "rate_limit_exceeded",
      message: expect.stringContaining("Rate limit reached"),
    });
    expect(failure.retryAfterMs).toBe(expected);
  });

  it.each([
    [400, "bad_request", false],
    [401, "authentication_failed", false],
    [404, "not_found", false],
    [408, "timeout", true],
    [409, "conflict", true],
    [500, "server_error", true],
    [503, "temporarily_unavailable", true],
    [529, "temporarily_unavailable", true],
  ] as const)("tells status %i as %s", async (code, kind, retryable) => {
    const failure = await ask(status(code));
    expect(failure).toMatchObject({ kind, status: code });
    expect(isRetryableByDefault(failure)).toBe(retryable);
  });

  it("tells a full context and a filtered prompt from other bad requests", async () => {
    const overflow = {
      error: {
        message: "This model's maximum context length is 8192 tokens",
        type: "invalid_request_error",
        code: "context_length_exceeded",
      },
    };
    const filter = { error: { message: "The response was filtered", type: null, code: "content_filter" } };
    expect((await ask(status(400, overflow))).kind).toBe("context_overflow");
    expect((await ask(status(400, filter))).kind).toBe("content_filter");
  });

  it.each([
    [{ type: "reset" }, "temporarily_unavailable", true],
    [{ type: "half_body" }, "temporarily_unavailable", true],
    [{ type: "malformed_json" }, "malformed_response", false],
    [{ type: "no_choices" }, "malformed_response", false],
  ] as const)("tells %j as %s", async (fault, kind, retryable) => {
    const failure = await ask(fault);
    expect(failure.kind).toBe(kind);
    expect(isRetryableByDefault(failure)).toBe(retryable);
  });

  it("tells a refused connection", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    expect((await failureOf(client(`http://127.0.0.1:${port}/v1`).generate(question))).kind).toBe("connection_refused");
  });

  it.each(["slow_headers", "slow_body"] as const)("waits for %s", async (type) => {
    const server = await serve({ script: [type], reply: () => "4" });
    const asked = client(server.baseURL).generate(question);
    await server.received(1);
    server.release();
    expect((await asked).content).toBe("4");
  });

  it.each(["never", "slow_headers", "slow_body"] as const)(
    "gives up on %s when told to, and says whether it was the time",
    async (type) => {
      const server = await serve({ rates: { [type]: 1 } });
      for (const [reason, kind] of [
        [new DOMException("late", "TimeoutError"), "timeout"],
        [undefined, "cancelled"],
      ] as const) {
        const controller = new AbortController();
        const asked = failureOf(client(server.baseURL).generate(question, {}, { signal: controller.signal }));
        await server.received(server.requests.length + 1);
        controller.abort(reason);
        expect((await asked).kind).toBe(kind);
      }
    },
  );

  it("answers with usage and rate limits, and sends what was asked", async () => {
    const headers = { "x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1s" };
    const server = await serve({ headers, reply: () => "4" });
    const config = {
      temperature: 0.5,
      maxTokens: 9,
      topP: 0.9,
      stop: ["\n"],
      seed: 1,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
    };
    const reply = await client(server.baseURL).generate(question, { ...config, repeat: 3, branch: "1" });
    expect(reply).toEqual({
      content: "4",
      finishReason: "stop",
      toolCalls: [],
      model: "m",
      usage: {
        promptTokens: 4,
        completionTokens: 1,
        totalTokens: 5,
        ...(reply.usage?.cacheReadTokens === 0 ? { cacheReadTokens: 0 } : {}),
        ...(reply.usage?.reasoningTokens === 0 ? { reasoningTokens: 0 } : {}),
      },
      rateLimits: { requests: { remaining: 59, resetAtMs: clock.now() + 1000 } },
    });
    expect(server.requests[0]!.headers.authorization).toBe("Bearer sk-test-123456");
    expect(server.requests[0]!.body).toMatchObject({
      model: "m",
      messages: [{ role: "user", content: "What is 2 + 2?" }],
      temperature: 0.5,
      max_tokens: 9,
      top_p: 0.9,
      stop: ["\n"],
      seed: 1,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
    });
    expect(JSON.stringify(server.requests[0]!.body)).not.toMatch(/repeat|branch/);
  });

  it("carries a whole tool conversation", async () => {
    const server = await serve({
      reply: () => ({
        content: null,
        tool_calls: [{ id: "c2", type: "function", function: { name: "adder", arguments: "{oops" } }],
      }),
    });
    const talk: readonly Message[] = [
      { role: "system", content: "s" },
      ...question,
      { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "adder", arguments: { a: 1 } }] },
      { role: "tool", toolCallId: "c1", name: "adder", content: "Error: no b", error: "no b" },
    ];
    const tools = [
      { name: "adder", description: "Adds", parameters: { type: "object", properties: { a: { type: "number" } } } },
    ];
    const reply = await client(server.baseURL).generate(talk, { tools, toolChoice: { name: "adder" } });
    expect(reply.toolCalls).toEqual([
      { id: "c2", name: "adder", arguments: {}, parseError: expect.stringContaining("not JSON") },
    ]);
    expect(server.requests[0]!.body).toMatchObject({
      messages: [
        { role: "system", content: "s" },
        { role: "user" },
        {
          role: "assistant",
          tool_calls: [{ id: "c1", type: "function", function: { name: "adder", arguments: '{"a":1}' } }],
        },
        { role: "tool", tool_call_id: "c1", content: "Error: no b" },
      ],
      tools: [{ type: "function", function: { name: "adder", description: "Adds", parameters: tools[0]!.parameters } }],
      tool_choice: { type: "function", function: { name: "adder" } },
    });
  });

  it("does not count cached tokens and hidden reasoning twice", async () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 60 },
      completion_tokens_details: { reasoning_tokens: 30 },
    };
    const body = {
      id: "x",
      object: "chat.completion",
      created: 0,
      model: "m",
      choices: [{ index: 0, finish_reason: "length", message: { role: "assistant", content: "4" } }],
      usage,
    };
    const server = await serve({ script: [status(200, body)] });
    const reply = await client(server.baseURL).generate(question);
    expect(reply.finishReason).toBe("length");
    expect(reply.usage).toMatchObject({
      promptTokens: 100,
      completionTokens: 50,
      totalTokens: 150,
      cacheReadTokens: 60,
      reasoningTokens: 30,
    });
  });
});

describe("openaiCompatible", () => {
  it("takes an error that comes with status 200 for one", async () => {
    const server = await serve({
      script: [{ type: "status", status: 200, body: { error: { code: 502, message: "upstream is down" } } }],
    });
    expect(await failureOf(openaiCompatible({ baseURL: server.baseURL }).generate(question))).toMatchObject({
      kind: "server_error",
      status: 502,
    });
  });

  it("shows what a proxy said that does not speak JSON", async () => {
    const page: typeof fetch = () => Promise.resolve(new Response("<h1>Bad Gateway</h1>", { status: 502 }));
    const failure = await failureOf(
      openaiCompatible({ baseURL: "http://host/v1" }, { fetch: page }).generate(question),
    );
    expect(failure).toEqual({ kind: "server_error", status: 502, message: "HTTP 502: Bad Gateway" });
  });

  it("sends its own fields and headers, and what the request adds", async () => {
    const server = await serve({});
    const backend = openaiCompatible({
      baseURL: `${server.baseURL}/`,
      headers: { "x-team": "7" },
      extra: { top_k: 5 },
      maxTokensField: "max_completion_tokens",
    });
    await backend.generate(question, {
      model: "other",
      maxTokens: 3,
      extra: { min_p: 0.1 },
      responseFormat: { schema: { type: "object" } },
    });
    const [{ path, headers, body }] = server.requests as [(typeof server.requests)[number]];
    expect([path, headers["x-team"], headers.authorization]).toEqual(["/v1/chat/completions", "7", undefined]);
    expect(body).toMatchObject({
      model: "other",
      max_completion_tokens: 3,
      top_k: 5,
      min_p: 0.1,
      response_format: { type: "json_schema", json_schema: { schema: { type: "object" } } },
    });
  });

  it("keeps secrets out of its name, and refuses an invalid place", () => {
    expect(openaiCompatible({ baseURL: "https://me:pass@host/v1?key=abc" }).name).toBe(
      "openai-compatible https://host/v1",
    );
    expect(() => openaiCompatible({ baseURL: "localhost" })).toThrow("openaiCompatible.baseURL");
  });
});

describe("aiSdk", () => {
  const usage = {
    inputTokens: { total: undefined, noCache: 10, cacheRead: 5, cacheWrite: 2 },
    outputTokens: { total: 9, text: 4, reasoning: 5 },
  };
  const model = (content: object[], unified = "stop") =>
    new MockLanguageModelV3({
      doGenerate: { content, finishReason: { unified, raw: undefined }, usage, warnings: [] } as never,
    });

  it("reads text, reasoning and calls, and adds up what the provider only gave in parts", async () => {
    const content = [
      { type: "reasoning", text: "hm" },
      { type: "text", text: "a" },
      { type: "source", id: "1" },
      { type: "text", text: "b" },
      { type: "tool-call", toolCallId: "x", toolName: "adder", input: '{"a":1}' },
      { type: "tool-call", toolCallId: "y", toolName: "search", input: "{}", providerExecuted: true },
    ];
    expect(await aiSdk(model(content, "tool-calls")).generate(question)).toEqual({
      content: "ab",
      reasoning: "hm",
      echo: { from: "ai-sdk mock-provider mock-model-id", fields: { reasoning: [{ type: "reasoning", text: "hm" }] } },
      finishReason: "tool_calls",
      toolCalls: [{ id: "x", name: "adder", arguments: { a: 1 } }],
      usage: {
        promptTokens: 17,
        completionTokens: 9,
        totalTokens: 26,
        cacheReadTokens: 5,
        cacheWriteTokens: 2,
        reasoningTokens: 5,
      },
    });
  });

  it.each([
    ["length", "length"],
    ["content-filter", "content_filter"],
    ["error", "error"],
    ["interrupted", "error"],
  ])("reads the reason %s as %s", async (unified, expected) => {
    expect((await aiSdk(model([], unified)).generate(question)).finishReason).toBe(expected);
  });

  it("classifies what generateText throws after its own retries", async () => {
    const server = await serve({ rates: { status: 1 } });
    const provider = createOpenAICompatible({ name: "local", baseURL: server.baseURL });
    const asked = generateText({ model: provider("m"), prompt: "?", maxRetries: 0 });
    const thrown = await Promise.resolve(asked).catch((error: unknown) => error);
    expect(toFailure(thrown, 0)).toMatchObject({ kind: "server_error", status: 500 });
  });
});

describe("the fault server", () => {
  it("draws the same faults for the same seed", async () => {
    const drawn = async (seed: number): Promise<string[]> => {
      const server = await serve({ seed, rates: { status: 0.3, rate_limited: 0.3 } });
      const backend = openaiCompatible({ baseURL: server.baseURL, model: "m" });
      for (let i = 0; i < 20; i++) await backend.generate(question).catch(() => undefined);
      return server.requests.map(({ fault }) => fault);
    };
    const faults = await drawn(1);
    expect(await drawn(1)).toEqual(faults);
    expect(await drawn(2)).not.toEqual(faults);
    expect(new Set(faults).size).toBe(3);
  });
});
