import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRows } from "#src/app/data/read-file";
import { toFinishReason } from "#src/backends/finish-reason";
import { openaiCompatible } from "#src/backends/openai-compatible";
import { rateLimits } from "#src/backends/rate-headers";
import { splitThoughts } from "#src/backends/thoughts";
import { inspectLog } from "#src/dataset/inspect-log";
import { FailureError, redact, serverWords, toFailure } from "#src/kernel/failure";
import { delayInWords, durationMs, retryAfterMs, timeOf } from "#src/kernel/retry-after";
import { expectLinear, repeated } from "../support.ts";

/** Pieces that, over and over, make a pattern look again and again at what it has seen. */
const hostile = [
  ..."<>= \n\"'[{:./-_*&?a1",
  "sk-",
  "sk-a",
  "eyJ",
  "eyJa-",
  "eyJaaaaaaaa.",
  "AIza-",
  "AKIA-",
  "Bearer ",
  "://a:",
  "secret",
  "api key ",
  "password=",
  "?key=",
  "<think>",
  "<think ",
  "</think",
  "</think>\n",
  "<title",
  "<title>",
  "<body <",
  "[[",
  '{"a":',
  "try again in ",
  "retry 1",
  "wait for ",
  "try again in 1s1",
  "context length ",
  "exceeds ",
  "prompt length ",
  "current quota ",
  "token count ",
  "max_tokens",
  "a.a",
  "aB",
  "- ",
  ": keep-alive\n",
  "data:",
  "data: {\n",
  "60, ",
  "_call_filter",
];

const readers: Readonly<Record<string, (text: string) => unknown>> = {
  redact,
  serverWords,
  delayInWords,
  durationMs,
  timeOf: (text) => timeOf(text, 0),
  splitThoughts,
  toFinishReason,
  toFailure: (text) => toFailure({ status: 500, responseBody: text, message: text }, 0),
  FailureError: (text) => new FailureError("unknown", text),
  headers: (text) => [retryAfterMs({ "retry-after": text }, 0), rateLimits({ "x-ratelimit-reset": text }, 0)],
  "a response": (text) => replyTo(text, 200),
  "a refusal": (text) => replyTo(text, 429),
  "lines of JSON": (text) => readRows(Buffer.from(text), "a.jsonl", "a.jsonl").catch(() => undefined),
  "a log": (text) => {
    try {
      return inspectLog(JSON.stringify({ samples: [{ id: 1, output: { completion: text }, attachments: {} }] }));
    } catch {
      return undefined;
    }
  },
};

function replyTo(text: string, status: number): Promise<unknown> {
  const fetch = () => Promise.resolve(new Response(text, { status }));
  const backend = openaiCompatible({ baseURL: "http://h/v1", model: "m" }, { fetch });
  return backend.generate([{ role: "user", content: "?" }]).catch(() => undefined);
}

describe.each(Object.entries(readers))("%s", (_, reader) => {
  it("reads any text in a time that grows with its length", async () => {
    for (const text of hostile.map(repeated)) {
      await expectLinear(reader, text, 100_000);
      await expectLinear(reader, (length) => `${text(length)}!`, 100_000);
      await expectLinear(reader, (length) => `x ${text(length)} \n`, 100_000);
    }
  });
});

describe("a server's words", () => {
  it("are of a sensible length, in one line, and without a secret", () => {
    const { message } = toFailure({ status: 500, responseBody: `Bearer abcdef123456\n\n${"long ".repeat(50_000)}` }, 0);
    expect(message).toMatch(/^Bearer \[redacted\] long /);
    expect(message.length).toBeLessThan(600);
    const long = new FailureError("unknown", `${"x ".repeat(450)} sk-${"a1".repeat(2000)}`);
    expect(long.message).not.toContain("a1a1");
    expect(long.message).toBe(long.failure.message);
  });

  it("are found in any JSON without a throw", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        for (const said of [serverWords(body), serverWords(JSON.stringify(body)), serverWords({ error: body })]) {
          for (const word of [said.message, said.code, said.type]) expect(word ?? "").toBeTypeOf("string");
        }
      }),
    );
  });
});
