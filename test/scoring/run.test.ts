import { describe, expect, it } from "vitest";
import { scripted } from "#src/backends/scripted";
import { failure } from "#src/kernel/failure";
import { match, modelGraded, scored, solverRun, unscored } from "#src/scoring/index";
import { chain, generate, systemMessage } from "#src/solver/index";

const row = { id: 7, question: "What is 2 + 2?", answer: "4" };
const usage = { promptTokens: 3, completionTokens: 2, totalTokens: 5 };

describe("solverRun", () => {
  it("solves and scores a row: metrics, tokens, the answer", async () => {
    const charges: number[] = [];
    const solver = chain(systemMessage("Be brief."), generate());
    const backend = scripted([{ content: "It is 4", usage, cost: 0.5 }]);
    const run = solverRun({ solver, scorers: [match()], backend, model: "m" });
    expect(await run(row, { repeat: 2, charge: (amount) => charges.push(amount) })).toEqual({
      accuracy: 1,
      match: 1,
      model_calls: 1,
      prompt_tokens: 3,
      completion_tokens: 2,
      total_tokens: 5,
      answer: "It is 4",
      completion: "It is 4",
      finishReason: "stop",
    });
    expect(charges).toEqual([0.5]);
    expect(backend.requests[0]!.config).toEqual({ model: "m", repeat: 2 });
  });

  it("charges the grader's calls too", async () => {
    const charges: number[] = [];
    const backend = scripted([
      { content: "4", cost: 1 },
      { content: "GRADE: I", cost: 2 },
    ]);
    const run = solverRun({ solver: generate(), scorers: [modelGraded()], backend });
    const outcome = await run(row, { charge: (amount) => charges.push(amount) });
    expect(outcome).toMatchObject({ accuracy: 0, modelGraded: 0, model_calls: 2 });
    expect(charges).toEqual([1, 2]);
  });

  it("has no metric for what is unscored, and says why", async () => {
    const run = solverRun({
      solver: generate(),
      scorers: [match(), () => scored({ style: "P", tone: 1 })],
      backend: scripted([{ content: "", finishReason: "content_filter" }]),
    });
    const outcome = await run(row);
    expect(outcome).not.toHaveProperty("accuracy");
    expect(outcome).toMatchObject({
      score: { style: 0.5, tone: 1 },
      unscored: { match: "the reply was cut off by content_filter" },
    });
    const named = Object.assign(() => unscored("no idea"), { scorerName: "taste" });
    expect(await solverRun({ solver: (state) => state, scorers: [named] })(row)).toMatchObject({
      unscored: { taste: "no idea" },
    });
  });

  it("pays nothing for a cached reply, and gives no latency for it", async () => {
    const charges: number[] = [];
    const run = solverRun({
      solver: generate(),
      scorers: [match()],
      backend: scripted([{ content: "4", usage, cost: 1, cached: true }]),
    });
    const outcome = await run(row, { charge: (amount) => charges.push(amount) });
    expect(charges).toEqual([0]);
    expect(outcome).toMatchObject({ latency: undefined, total_tokens: 5 });
    expect("latency" in outcome).toBe(true);
  });

  it("scores what there was when a limit was reached", async () => {
    const loop = scripted(() => ({ content: "4", toolCalls: [{ id: "1", name: "x", arguments: {} }], usage }));
    const outcome = await solverRun({ solver: generate(), scorers: [match()], backend: loop, tokenLimit: 12 })(row);
    expect(outcome).toMatchObject({ accuracy: 1, limit: { type: "token", limit: 12, value: 15 } });
  });

  it("fails the attempt where the backend fails, or there is none", async () => {
    const backend = scripted([failure("context_overflow", "too long")]);
    await expect(solverRun({ solver: generate(), scorers: [match()], backend })(row)).rejects.toMatchObject({
      failure: { kind: "context_overflow" },
    });
    await expect(solverRun({ solver: generate(), scorers: [match()] })(row)).rejects.toThrow(
      "the condition has no backend",
    );
  });
});
