import { join } from "node:path";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { defineExperiment, memoryStore, run } from "crucible-harness";
import {
  aiSdk,
  type Backend,
  estimateTokens,
  openaiCompatible,
  priced,
  priceTable,
  recorded,
} from "crucible-harness/backends";
import { match } from "crucible-harness/scoring";
import { chain, generate, generateWith, TaskState, tool, useTools } from "crucible-harness/solver";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type ChatRequest, type FaultServer, type FaultServerOptions, faultServer } from "#src/testing/fault-server";
import { temporaryFolder } from "../support.ts";

const folder = temporaryFolder();
let server: FaultServer | undefined;
afterEach(() => server?.close());

/** A model that cannot add: it calls the tool, then repeats what the tool said. */
function cannotAdd({ messages }: ChatRequest): string | Readonly<Record<string, unknown>> {
  const last = messages.at(-1)!;
  if (last.role === "tool") return `It is ${String(last.content)}.`;
  const [, a, b] = /(\d+) \+ (\d+)/.exec(String(last.content))!;
  return {
    content: null,
    tool_calls: [
      { id: `call_${Math.random()}`, type: "function", function: { name: "adder", arguments: `{"a":${a},"b":${b}}` } },
    ],
  };
}

const adder = tool({
  name: "adder",
  parameters: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
});
const solver = chain(useTools([adder]), generate({ temperature: 0 }));
const rows = Array.from({ length: 12 }, (_, i) => ({
  id: `q${i}`,
  question: `What is ${i} + ${i}?`,
  answer: String(i === 3 ? 99 : 2 * i),
}));
const serve = async (options: FaultServerOptions = {}): Promise<string> => {
  server = await faultServer({ reply: cannotAdd, ...options });
  return server.baseURL;
};

const ask = (question: string, backend: Backend) =>
  solver(TaskState.from({ id: "q", input: question }), generateWith(backend));

describe("a solver with a tool against a real server", () => {
  it.each([
    ["openaiCompatible", (baseURL: string): Backend => openaiCompatible({ baseURL, model: "m" })],
    ["aiSdk", (baseURL: string): Backend => aiSdk(createOpenAICompatible({ name: "local", baseURL })("m"))],
  ])("adds by %s", async (_, client) => {
    const state = await ask("What is 5 + 5?", client(await serve()));
    expect(state.messages.map(({ role, content }) => `${role}: ${content}`)).toEqual([
      "user: What is 5 + 5?",
      "assistant: ",
      "tool: 10",
      "assistant: It is 10.",
    ]);
    expect(await match({ numeric: true })(state, ["10"])).toMatchObject({ value: "C", answer: "10" });
  });

  it("is recorded once and replayed without the server, to the same end", async () => {
    const path = join(folder, "adder.jsonl");
    const first = await ask(
      "What is 5 + 5?",
      recorded(path, { backend: openaiCompatible({ baseURL: await serve(), model: "m" }) }),
    );
    await server?.close();
    const replayed = await ask("What is 5 + 5?", recorded(path));
    expect(replayed.messages).toEqual(first.messages);
    expect(replayed.output).toEqual({ ...first.output, cached: true });
  });

  it("runs as an experiment through faults: retried, every answer paid once, nothing lost", async () => {
    const baseURL = await serve({ seed: 3, rates: { status: 0.1, reset: 0.05, half_body: 0.05 } });
    const perTokenRead = priceTable({ m: { input: 1_000_000, output: 0 } });
    const backend = priced(openaiCompatible({ baseURL, model: "m" }), perTokenRead);
    const experiment = defineExperiment({
      name: "adding by tool",
      dataset: rows,
      conditions: [{ name: "tool", solver, scorers: [match({ numeric: true })], backend }],
      metrics: ["accuracy"],
      config: { randomSeed: 1, maxParallel: 4, errorHandling: { maxRetries: 9, initialDelayMs: 1, jitter: false } },
    });
    const report = await run(experiment, { store: () => memoryStore(), formats: [] });
    expect(report).toMatchObject({ status: "completed", accounting: { planned: 12, succeeded: 12, failed: 0 } });
    expect(report.analysis.metrics[0]!.summaries[0]!.estimate.value).toEqual({
      ok: true,
      value: expect.closeTo(11 / 12, 12),
    });
    const answered = server!.requests.filter(({ fault }) => fault === "ok");
    expect(answered.length).toBeLessThan(server!.requests.length);
    const tokensRead = answered.map(({ body }) =>
      estimateTokens(body.messages.map(({ content }) => String(content)).join("")),
    );
    expect(report.cost).toBe(tokensRead.reduce((sum, tokens) => sum + tokens, 0));
  });
});
