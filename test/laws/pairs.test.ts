import { answerPairs, defineExperiment, judgePairs, memoryStore, type RunStore, rescore, run } from "crucible-harness";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readRun } from "#src/app/results/judge";
import { reportValue } from "#src/app/results/report";
import { backendOf } from "#src/backends/backend";
import { tablesOf } from "#src/reports/report";
import { called, calledInOrder, includes, modelGraded, pairwise, recovers } from "#src/scoring/index";
import { basicAgent, generate, givenAnswer, tool } from "#src/solver/index";

/** Longer answers by better models. */
const answerer = backendOf("answerer", async (_, { model } = {}) => ({
  content: "x".repeat({ tiny: 2, mid: 4, big: 6 }[model!] ?? 1),
  model,
}));
/** Prefers the longer answer, but for a part of the items, where it takes the first. */
const judge = backendOf("judge", async ([message]) => {
  const [, item, first, second] = /item (\d+)[\s\S]*A\]: (.*)\n\[Answer B\]: (.*)\n/.exec(message!.content)!;
  const turn = Number(item) % 5;
  if (turn === 0) return { content: "GRADE: A" };
  const better = first!.length > second!.length === (turn !== 1) ? "A" : "B";
  return { content: `GRADE: ${better}` };
});

const kept = (): RunStore => ({ ...memoryStore(), close: () => {} });
async function reported(store: RunStore) {
  const manifest = (await store.manifest())!;
  const sessions = await store.sessions();
  return reportValue({ manifest, ...(await readRun(manifest, { named: false }, store)), sessions, store });
}

/** Three models that answer a number of items. */
const answersOf = (items: number) =>
  defineExperiment({
    name: "answers",
    dataset: Array.from({ length: items }, (_, i) => ({ id: `i${i}`, input: `item ${i}`, target: "x" })),
    conditions: ["tiny", "mid", "big"].map((model) => ({
      name: model,
      model,
      backend: answerer,
      solver: generate(),
      scorers: [includes()],
    })),
    metrics: ["accuracy"],
  });

describe("answers of a stored run", () => {
  it("are ranked by a judge that is asked in both orders, and the report says how consistent it is and whose kin", async () => {
    const answered = kept();
    await run(answersOf(20), { store: () => answered, formats: [] });
    const { experimentId } = (await answered.manifest())!;
    const dataset = await answerPairs(experimentId, { store: answered });
    expect(dataset).toHaveLength(60);
    for (const { input, item, answer, target } of dataset)
      expect([input, answer.length < target.length]).toEqual([`item ${item.slice(1)}`, true]);
    expect(await answerPairs(experimentId, { store: answered, baseline: "mid" })).toSatisfy(
      (rows: typeof dataset) => rows.length === 40 && rows.every(({ second }) => second === "mid"),
    );
    const sample = { store: answered, sample: 7 };
    expect(await answerPairs(experimentId, sample)).toEqual(await answerPairs(experimentId, sample));

    const judged = kept();
    await run(
      defineExperiment({
        name: "judges",
        dataset: dataset.map((row) => ({ ...row, firstModel: row.first === "tiny" ? "gpt-4o-mini" : "my-model" })),
        datasetConfig: { cluster: "item" },
        conditions: [{ name: "gpt-4o", model: "gpt-4o", backend: judge, solver: givenAnswer(), scorers: [pairwise()] }],
        metrics: ["accuracy", "pairwise_consistency"],
      }),
      { store: () => judged, formats: [] },
    );
    const report = await reported(judged);
    const tables = new Map(
      tablesOf(report).map((table) => [table.id, table.rows.map(({ cells }) => cells.map(({ text }) => text))]),
    );
    // 60 pairs, of which those of 4 items are decided by position: 12 verdicts for the first
    expect(tables.get("judges-consistency")).toEqual([["gpt-4o", "60", expect.stringMatching(/^80\.0 \[/), "12", "0"]]);
    // per pair of conditions 12 items for the better, 4 against, 4 ties: 14 to 6
    expect(tables.get("judges-strengths-1")!.map(([name, , wins, pairs]) => [name, wins, pairs])).toEqual([
      ["big", "28", "40"],
      ["mid", "20", "40"],
      ["tiny", "12", "40"],
    ]);
    const warnings = report.sections
      .find(({ id }) => id === "judges")!
      .blocks.flatMap((block) => (block.kind === "warning" ? [block.text] : []));
    expect(warnings).toEqual([
      expect.stringMatching(/^gpt-4o judges the answers of gpt-4o-mini \(gpt-4o\), which is of the same family, GPT: /),
    ]);
  });

  it("are judged by one call, which keeps a budget, goes on where it stopped, and gives strengths with intervals", async () => {
    const stores = new Map<string, RunStore>();
    const storeOf = (id: string): RunStore => {
      if (!stores.has(id)) stores.set(id, kept());
      return stores.get(id)!;
    };
    const answering = answersOf(10);
    await run(answering, { id: "answers", store: storeOf, formats: [] });
    let asked = 0;
    const paid = backendOf("paid", async (messages) => {
      asked += 1;
      return { ...(await judge.generate(messages)), cost: 0.01 };
    });
    const options = {
      judges: [{ backend: paid, model: "gpt-4o", estimatedCost: 0.02 }],
      store: storeOf,
      formats: [],
      maxParallel: 1,
      compare: ["tiny", "mid"],
      baseline: "big",
    };
    const stopped = await judgePairs("answers", { ...options, maxTotal: 0.1 });
    expect([stopped.experimentId, stopped.status, stopped.accounting.planned]).toEqual([
      "answers-pairs",
      "budget_exhausted",
      20,
    ]);
    const before = asked;
    expect(stopped.cost).toBeCloseTo(before / 100, 10);
    expect(before).toBeLessThan(20);

    const { judges, status, cost } = await judgePairs("answers", { ...options, maxTotal: 1 });
    expect([status, asked]).toEqual(["completed", 40]);
    expect(cost).toBeCloseTo(0.4, 10);
    const [judging] = judges.pairwise;
    // of 20 pairs, those of 2 items are decided by position: 4 verdicts
    expect([judging!.judge, judging!.verdicts, judging!.consistent, judging!.positions]).toEqual([
      "gpt-4o",
      20,
      16,
      { first: 4, second: 0 },
    ]);
    const [first, ...others] = judging!.strengths!;
    expect([first!.name, first!.comparisons, others.map(({ comparisons }) => comparisons)]).toEqual([
      "big",
      20,
      [10, 10],
    ]);
    expect(first!.interval.lower).toBeLessThan(first!.strength);
    await judgePairs("answers", { ...options, maxTotal: 1 });
    expect(asked).toBe(40);
  });

  it("are not judged where it is not said who judges, or none can be asked", async () => {
    const stores = new Map<string, RunStore>();
    const store = (id: string): RunStore => stores.get(id) ?? stores.set(id, kept()).get(id)!;
    await run(
      defineExperiment({
        name: "plain",
        dataset: [{ id: "a" }],
        conditions: ["one", "two"].map((name) => ({ name, run: () => ({ accuracy: 1, completion: name }) })),
        metrics: ["accuracy"],
      }),
      { id: "plain", store, formats: [] },
    );
    await expect(judgePairs("plain", { store })).rejects.toThrow("judge must be said: who compares the answers");
    await expect(judgePairs("plain", { store, judges: ["gpt-4o"] })).rejects.toThrow(
      "judge must have a backend: the run was started from code, not from a file. Name a model",
    );
    await expect(judgePairs("plain", { store, judges: [{ backend: judge }], compare: ["on"] })).rejects.toThrow(
      'must be a condition of plain, got "on". Did you mean "one"?',
    );
    const one = { store, judges: [{ backend: judge }], compare: ["one"], baseline: "one" };
    await expect(judgePairs("plain", one)).rejects.toThrow(
      'conditions must be two at least, with the baseline, got ["one"]',
    );
    await expect(judgePairs("plain", { store, judges: [{ backend: judge }], id: "../x" })).rejects.toThrow(
      "experiment id must be 1 to 128 letters",
    );
  });

  it("are refused in a sentence where there are none, and for conditions that the run has not", async () => {
    const store = kept();
    await run(
      defineExperiment({
        name: "plain",
        dataset: [{ id: "a" }],
        conditions: [{ name: "one", run: () => ({ accuracy: 1 }) }],
        metrics: ["accuracy"],
      }),
      { store: () => store, formats: [] },
    );
    const { experimentId } = (await store.manifest())!;
    await expect(answerPairs(experimentId, { store })).rejects.toThrow("has no item with answers of two conditions");
    await expect(answerPairs(experimentId, { store, baseline: "on" })).rejects.toThrow(
      "baseline must be a condition of",
    );
    await expect(answerPairs(experimentId, { store, sample: 0 })).rejects.toThrow(
      "sample must be a whole number of at least 1, got 0",
    );
  });

  it("by a panel whose disagreement is a column, and a model that judges itself is pointed out", async () => {
    const store = kept();
    const self = backendOf("self", async ([message]) => ({
      content: message!.content.includes("GRADE") ? "GRADE: C" : "x",
      model: "house-model",
    }));
    const strict = backendOf("strict", async () => ({ content: "GRADE: I" }));
    await run(
      defineExperiment({
        name: "panel",
        dataset: [
          { id: "a", input: "?", target: "x" },
          { id: "b", input: "?", target: "x" },
        ],
        conditions: [
          { name: "one", backend: self, solver: generate(), scorers: [modelGraded({ model: [self, strict] })] },
        ],
        metrics: ["accuracy", "modelGraded_disagreement"],
      }),
      { store: () => store, formats: [] },
    );
    const report = await reported(store);
    const results = tablesOf(report).find(({ id }) => id === "results")!;
    expect(JSON.stringify(results)).toContain("modelGraded_disagreement");
    expect(JSON.stringify(report.sections)).toContain("house-model judges its own answers in one: ");
  });

  it("are scored by what the agent did, without a call of model or tool", async () => {
    const store = kept();
    const asked: string[] = [];
    const look = tool({
      name: "look",
      parameters: z.object({}),
      execute: () => {
        asked.push("look");
        throw new Error("dark");
      },
    });
    const agent = backendOf("agent", async ([, , ...more]) => {
      asked.push("agent");
      const call = more.length === 0 ? { name: "look", arguments: {} } : { name: "submit", arguments: { answer: "x" } };
      return { content: "", toolCalls: [{ id: "1", ...call }] };
    });
    const experiment = defineExperiment({
      name: "agent",
      dataset: [{ id: "a", input: "?", target: "x" }],
      conditions: [{ name: "one", backend: agent, solver: basicAgent({ tools: [look] }), scorers: [includes()] }],
      metrics: ["accuracy"],
    });
    await run(experiment, { store: () => store, formats: [] });
    expect(asked).toEqual(["agent", "look", "agent"]);
    const { experimentId } = (await store.manifest())!;
    const scorers = [called("look", { times: 1 }), recovers(), calledInOrder(["look"], { exactly: true })];
    const { results } = await rescore(experimentId, { experiment, scorers, store: () => store, formats: [] });
    expect(results[0]!.metrics).toMatchObject({ accuracy: 1, called: 1, recovers: 0, calledInOrder: 1 });
    expect(asked).toHaveLength(3);
  });
});
