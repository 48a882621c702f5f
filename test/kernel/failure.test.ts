import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import {
  FailureError,
  failure,
  failureKinds,
  isRetryableByDefault,
  redact,
  retryAfterMs,
  toFailure,
} from "#src/kernel/failure";

const kindOf = (thrown: unknown): string => toFailure(thrown, 0).kind;
const named = (name: string, more: object = {}): Error => Object.assign(new Error("it went wrong"), { name, ...more });

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("failure", () => {
  it("is plain JSON data", () => {
    const rateLimited = failure("rate_limited", "slow down", {
      status: 429,
      retryAfterMs: 2000,
      code: "rate_limit_exceeded",
    });
    expect(JSON.parse(JSON.stringify(rateLimited))).toEqual(rateLimited);
    expect(Object.keys(failure("timeout", "late", { status: undefined }))).toEqual(["kind", "message"]);
  });

  it("comes through a throw unchanged", () => {
    const thrown = new FailureError("conflict", "two of us", { status: 409 });
    expect(toFailure(thrown, 0)).toEqual(failure("conflict", "two of us", { status: 409 }));
    expect(toFailure(FailureError.of(thrown.failure), 0)).toEqual(thrown.failure);
  });
});

describe("classification", () => {
  it("takes a kind from whatever names one", () => {
    for (const kind of failureKinds) {
      expect(kindOf(kind)).toBe(kind);
      expect(kindOf({ kind })).toBe(kind);
      expect(kindOf(new Error(kind))).toBe(kind);
    }
    expect(kindOf("timeout: the model took too long")).toBe("timeout");
    expect(kindOf({ error: "rate_limited" })).toBe("rate_limited");
    expect(kindOf({ code: "temporarily_unavailable" })).toBe("temporarily_unavailable");
  });

  it.each([
    [400, "bad_request"],
    [401, "authentication_failed"],
    [402, "quota_exhausted"],
    [403, "authentication_failed"],
    [404, "not_found"],
    [408, "timeout"],
    [409, "conflict"],
    [422, "bad_request"],
    [429, "rate_limited"],
    [500, "server_error"],
    [502, "server_error"],
    [503, "temporarily_unavailable"],
    [504, "timeout"],
    [529, "temporarily_unavailable"],
    [599, "server_error"],
  ])("reads HTTP %i as %s, wherever the status stands", (status, kind) => {
    const expected = { kind, status };
    expect(toFailure({ status }, 0)).toMatchObject(expected);
    expect(toFailure(Object.assign(new Error("no"), { statusCode: status }), 0)).toMatchObject(expected);
    expect(toFailure(Object.assign(new Error("no"), { response: { status } }), 0)).toMatchObject(expected);
  });

  it.each([
    ["ECONNREFUSED", "connection_refused"],
    ["ETIMEDOUT", "timeout"],
    ["UND_ERR_HEADERS_TIMEOUT", "timeout"],
    ["UND_ERR_CONNECT_TIMEOUT", "timeout"],
    ["ECONNRESET", "temporarily_unavailable"],
    ["EPIPE", "temporarily_unavailable"],
    ["EAI_AGAIN", "temporarily_unavailable"],
    ["ENOTFOUND", "temporarily_unavailable"],
    ["UND_ERR_SOCKET", "temporarily_unavailable"],
    ["UND_ERR_ABORTED", "cancelled"],
    ["HPE_INVALID_CONSTANT", "malformed_response"],
    ["ENOENT", "unknown"],
  ])("reads the code %s as %s, under fetch's TypeError too", (code, kind) => {
    const cause = Object.assign(new Error(`connect ${code}`), { code });
    expect(toFailure(cause, 0)).toMatchObject({ kind, code });
    expect(toFailure(new TypeError("fetch failed", { cause }), 0)).toMatchObject({
      message: `fetch failed: connect ${code}`,
      code,
    });
  });

  it("looks into the first of an aggregate, as a refused dual-stack connection is", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED ::1:80"), { code: "ECONNREFUSED" });
    expect(kindOf(new TypeError("fetch failed", { cause: new AggregateError([refused]) }))).toBe("connection_refused");
  });

  it("really meets a refused connection and an aborted signal", async () => {
    const refused = await fetch(`http://127.0.0.1:${await closedPort()}/`).catch((thrown: unknown) => thrown);
    expect(toFailure(refused, 0)).toMatchObject({ kind: "connection_refused", code: "ECONNREFUSED" });
    const aborted = await fetch("http://127.0.0.1:9999/", { signal: AbortSignal.abort() }).catch(
      (thrown: unknown) => thrown,
    );
    expect(kindOf(aborted)).toBe("cancelled");
    expect(kindOf(new DOMException("late", "TimeoutError"))).toBe("timeout");
    expect(kindOf(new DOMException("stopped", "AbortError"))).toBe("cancelled");
  });

  it("takes the reason of an abort when it says more", () => {
    const timers = Object.assign(named("AbortError"), { cause: new DOMException("late", "TimeoutError") });
    expect(kindOf(timers)).toBe("timeout");
  });

  it("knows the AI SDK's errors by their marks", () => {
    const call = (more: object): Error => named("AI_APICallError", more);
    expect(kindOf(call({ statusCode: 503, isRetryable: true }))).toBe("temporarily_unavailable");
    expect(kindOf(call({ isRetryable: true }))).toBe("temporarily_unavailable"); // cannot connect
    expect(kindOf(call({ statusCode: 200, isRetryable: false }))).toBe("malformed_response");
    expect(kindOf(call({ statusCode: 200, cause: named("AI_JSONParseError") }))).toBe("malformed_response");
    expect(kindOf(call({ statusCode: 200, cause: new TypeError("terminated") }))).toBe("temporarily_unavailable");
    expect(kindOf(named("AI_InvalidResponseDataError"))).toBe("malformed_response");
    expect(
      kindOf(named("AI_RetryError", { lastError: call({ statusCode: 429 }), errors: [call({ statusCode: 500 })] })),
    ).toBe("rate_limited");
    expect(kindOf(named("AI_LoadAPIKeyError"))).toBe("authentication_failed");
  });

  it("knows the OpenAI and Anthropic clients' errors, whose name is plain Error", () => {
    class APIConnectionTimeoutError extends Error {}
    class APIUserAbortError extends Error {}
    class APIConnectionError extends Error {}
    const refused = new TypeError("fetch failed", { cause: Object.assign(new Error("no"), { code: "ECONNREFUSED" }) });
    expect(kindOf(new APIConnectionTimeoutError("Request timed out."))).toBe("timeout");
    expect(kindOf(new APIUserAbortError("Request was aborted."))).toBe("cancelled");
    expect(kindOf(new APIConnectionError("Connection error.", { cause: refused }))).toBe("connection_refused");
    expect(kindOf(new SyntaxError("Unexpected end of JSON input"))).toBe("malformed_response");
    const limited = Object.assign(new Error("429 slow"), {
      status: 429,
      headers: new Headers({ "Retry-After": "7" }),
      code: "rate_limit_exceeded",
    });
    expect(toFailure(limited, 0)).toEqual(
      failure("rate_limited", "429 slow", { status: 429, retryAfterMs: 7000, code: "rate_limit_exceeded" }),
    );
  });

  it("tells a full context and a content filter from other bad requests", () => {
    const openai = { status: 400, error: { code: "context_length_exceeded", message: "too long" } };
    const anthropic = {
      status: 400,
      message: '400 {"type":"error"}',
      error: { type: "error", error: { message: "prompt is too long: 210000 tokens > 200000" } },
    };
    const azure = {
      statusCode: 400,
      responseBody: '{"error":{"code":"content_filter","message":"management policy"}}',
    };
    expect([openai, anthropic, azure].map(kindOf)).toEqual(["context_overflow", "context_overflow", "content_filter"]);
    expect(toFailure(openai, 0).code).toBe("context_length_exceeded");
  });

  it("is not a content filter where a tool is named so", () => {
    const kind = (message: string, status = 400) =>
      kindOf({ statusCode: status, responseBody: JSON.stringify({ error: { message } }) });
    expect(kind("Invalid schema for function 'content_filter_check'")).toBe("bad_request");
    expect(kind("tool content_filter not found")).toBe("bad_request");
    expect(kind("content_filter_error: blocked")).toBe("content_filter");
    expect(kind("The response was filtered by content policy")).toBe("content_filter");
  });

  it("survives anything", () => {
    const loop: { cause?: unknown } = {};
    loop.cause = loop;
    for (const thrown of [undefined, null, 0, Symbol("s"), () => 1, loop, Object.create(null), [], new Proxy({}, {})]) {
      expect(toFailure(thrown, 0).kind).toBe("unknown");
    }
    expect(toFailure(undefined, 0).message).toBe("threw undefined");
  });
});

describe("retryable by default", () => {
  it("retries 408, 409, 429 and 5xx, and nothing else of HTTP", () => {
    const retried = Array.from({ length: 200 }, (_, i) => 400 + i).filter((status) =>
      isRetryableByDefault(toFailure({ status }, 0)),
    );
    expect(retried).toEqual([408, 409, 429, ...Array.from({ length: 100 }, (_, i) => 500 + i)]);
  });

  it("holds what nobody recognises for permanent", () => {
    expect(isRetryableByDefault(toFailure(new Error("hm"), 0))).toBe(false);
    expect(isRetryableByDefault(failure("malformed_response", "half a body"))).toBe(false);
    expect(isRetryableByDefault(failure("unknown", "503", { status: 503 }))).toBe(true);
  });
});

describe("Retry-After", () => {
  const nowMs = Date.parse("1994-11-06T08:49:00Z");
  it.each([
    [{ "retry-after": "2" }, 2000],
    [{ "Retry-After": "0.25" }, 250],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after-ms": "120", "retry-after": "9" }, 120],
    [new Headers({ "Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT" }), 37_000],
    [{ "retry-after": "Sunday, 06-Nov-94 08:49:37 GMT" }, 37_000],
    [{ "retry-after": "Sun Nov  6 08:49:37 1994" }, 37_000],
    [{ "retry-after": "Sun, 06 Nov 1994 08:48:00 GMT" }, 0],
    [{ "retry-after": ["3", "4"] }, 3000],
    [{ "retry-after": "784111777" }, 784_111_777_000],
    [{ "retry-after": "1784111777" }, 1_784_111_777_000 - nowMs],
    [{ "retry-after": "1784111777000" }, 1_784_111_777_000 - nowMs],
    [{ "retry-after": "1000000000" }, 1_000_000_000_000 - nowMs],
    [{ "retry-after-ms": "1784111777000" }, 1_784_111_777_000 - nowMs],
    [{ "retry-after": "2s" }, 2000],
    [{ "retry-after": "1m30s" }, 90_000],
    [{ "retry-after": "250ms" }, 250],
    [{ "retry-after": "1994-11-06T08:49:37Z" }, 37_000],
    [{ "retry-after": "1994-11-06T08:49:37" }, 37_000],
    [{ "retry-after": "1994-11-06T10:49:37.5+02:00" }, 37_500],
    [{ "retry-after": "1994-11-05T08:49:37Z" }, 0],
    [{ "retry-after": "1994-13-45T08:49:37Z" }, undefined],
    [{ "retry-after": "-5" }, undefined],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "" }, undefined],
    [{}, undefined],
    [undefined, undefined],
  ])("reads %o as %s ms", (headers, expected) => {
    expect(retryAfterMs(headers, nowMs)).toBe(expected);
  });
});

describe("the message", () => {
  it("of an error that looks like one of ours is cut and redacted", () => {
    const message = `Bearer abcdef123456 ${"x".repeat(5000)}`;
    const shaped = { name: "FailureError", failure: { kind: "server_error", message, status: "5", more: message } };
    const read = toFailure(shaped, 0);
    expect(read).toEqual({ kind: "server_error", message: expect.stringMatching(/^Bearer \[redacted\] x+$/) });
    expect(read.message).toHaveLength(1000);
  });
});

describe("redact", () => {
  it.each([
    "Authorization: Bearer abcdef.123456",
    "Incorrect API key provided: sk-proj-abc123def456ghi789",
    "Incorrect API key provided: sk-ab***6789",
    "key AIzaSyA-1234567890abcdefghijkl is not valid",
    "GET https://host/v1?key=abc123secret45&x=1",
    "https://me:hunter22abc@host/",
    '{"api_key":"0123456789abcdef"}',
    "x-api-key: 0123456789abcdef",
  ])("hides the secret of %s", (text) => {
    expect(redact(text)).toContain("[redacted]");
    expect(redact(text)).not.toMatch(/abc123|123456|6789|hunter22/);
    expect(redact(redact(text))).toBe(redact(text));
    expect(toFailure(new Error(text), 0).message).toBe(redact(text));
    expect(new FailureError("unknown", text).message).toBe(redact(text));
  });

  it("leaves ordinary words alone", () => {
    for (const text of [
      "Unexpected token: identifier",
      "max_tokens: 4096000",
      "task-1 of sk-learn failed",
      "Basic idea",
      "key question",
    ]) {
      expect(redact(text)).toBe(text);
    }
  });
});
