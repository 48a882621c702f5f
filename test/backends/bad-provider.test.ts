import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { defineExperiment, memoryStore, run } from "crucible-harness";
import { aiSdk, type Backend, openaiCompatible } from "crucible-harness/backends";
import { match } from "crucible-harness/scoring";
import { chain, generate, tool, useTools } from "crucible-harness/solver";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type FaultServer, type FaultServerOptions, faultServer } from "#src/testing/fault-server";

let server: FaultServer | undefined;
afterEach(() => server?.close());

const adder = tool({
  name: "adder",
  parameters: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
});
const calling = (args: string) => () => ({
  content: null,
  tool_calls: [{ id: "c", type: "function", function: { name: "adder", arguments: args } }],
});
const refusal = (status: number, code: string): FaultServerOptions => ({
  script: [{ type: "status", status, body: { error: { message: code.replaceAll("_", " "), type: null, code } } }],
});
const ending = (finish_reason: string, content: string | null): FaultServerOptions => {
  const choices = [{ index: 0, finish_reason, message: { role: "assistant", content } }];
  const body = { id: "x", object: "chat.completion", created: 0, model: "m", choices };
  return { script: [{ type: "status", status: 200, body }] };
};

const clients: Readonly<Record<string, (baseURL: string) => Backend>> = {
  openaiCompatible: (baseURL) => openaiCompatible({ baseURL, model: "m" }),
  aiSdk: (baseURL) => aiSdk(createOpenAICompatible({ name: "local", baseURL })("m")),
};

describe.each(Object.entries(clients))("a provider that misbehaves, through %s and a whole run", (_, client) => {
  const resultOn = async (options: FaultServerOptions) => {
    server = await faultServer(options);
    const experiment = defineExperiment({
      name: "bad provider",
      dataset: [{ id: "q1", question: "2 + 2?", answer: "4" }],
      conditions: [
        {
          name: "model",
          solver: chain(useTools([adder]), generate({ maxTurns: 3 })),
          scorers: [match()],
          backend: client(server.baseURL),
        },
      ],
      metrics: ["accuracy"],
      config: { errorHandling: { maxRetries: 1, initialDelayMs: 1, jitter: false } },
    });
    const { results, analysis } = await run(experiment, { store: () => memoryStore(), formats: [] });
    expect(analysis.metrics[0]!.metric.name).toBe("accuracy");
    return results[0]!;
  };

  it.each([
    ["JSON that is cut off", { script: ["malformed_json"] }, "malformed_response"],
    ["no choices", { script: ["no_choices"] }, "malformed_response"],
    ["a prompt that its filter refuses", refusal(400, "content_filter"), "content_filter"],
    ["a context that is full", refusal(400, "context_length_exceeded"), "context_overflow"],
  ] as const)("fails the task for %s", async (_, options, kind) => {
    const result = await resultOn(options as FaultServerOptions);
    expect(result).toMatchObject({
      finalStatus: "failed_permanent",
      result: { ok: false, error: { kind } },
      errorHistory: [{ error: { kind } }],
    });
    expect(result.metrics).not.toHaveProperty("accuracy");
  });

  it.each([
    ["a reply that its filter blanks", ending("content_filter", null), "the reply was cut off by content_filter"],
    ["an endless tool loop", { reply: calling('{"a":2,"b":2}') }, "the turn limit was reached before any answer"],
    ["tool calls that never are JSON", { reply: calling('{"a":2,') }, "the turn limit was reached before any answer"],
  ] as const)("leaves the task unscored for %s", async (_, options, unscored) => {
    const result = await resultOn(options);
    expect(result).toMatchObject({
      finalStatus: "unscored",
      output: { scores: { match: { value: null, unscored } } },
    });
    expect(result.metrics).not.toHaveProperty("accuracy");
  });

  it("continues after a tool call that is not JSON, and scores the answer", async () => {
    const result = await resultOn({
      reply: ({ messages }) => (messages.at(-1)!.role === "tool" ? "The sum is 4" : calling("{oops")()),
    });
    expect(result).toMatchObject({ finalStatus: "success", metrics: { accuracy: 1 } });
    const messages = result.output!.messages as { role: string; error?: string }[];
    expect(messages.find(({ role }) => role === "tool")?.error).toMatch(/not JSON/);
  });

  it.each([
    ["an answer that is wrong", ending("stop", "It is 5.")],
    ["an answer that is empty", ending("stop", "")],
    ["an answer that is too long", ending("length", "Let me think about")],
  ])("scores %s as wrong, since the model gave it", async (_, options) => {
    expect(await resultOn(options)).toMatchObject({ finalStatus: "success", metrics: { accuracy: 0 } });
  });
});
