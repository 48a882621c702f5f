import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toFinishReason } from "#src/backends/finish-reason";
import { splitThoughts } from "#src/backends/thoughts";
import { FailureError, redact, serverWords, toFailure } from "#src/kernel/failure";
import { delayInWords, durationMs, timeOf } from "#src/kernel/retry-after";
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
};

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
