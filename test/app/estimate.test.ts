import { type Condition, defineExperiment, estimate, memoryStore, type RunOptions, run } from "crucible-harness";
import { cached, openaiCompatible, priced, priceTable, scripted } from "crucible-harness/backends";
import { exact, modelGraded, named } from "crucible-harness/scoring";
import {
  chain,
  generate,
  type Solver,
  selfCritique,
  systemMessage,
  tool,
  useTools,
  vote,
} from "crucible-harness/solver";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { estimateLines } from "#src/cli/estimate-lines";
import { toSample } from "#src/dataset/sample";
import { expectedCalls } from "#src/experiment/estimate";
import { planSampleSize } from "#src/stats/plan";
import { mcnemarPower } from "#src/stats/power-exact";

/** A token is a word: numbers that can be checked by eye. */
const words = (text: string): number => text.split(" ").filter(Boolean).length;
const sample = toSample({ input: "one two three", target: "4" });
const callsOf = (solver: Solver, scorers: Condition["scorers"] = []) =>
  expectedCalls({ solver, scorers }, sample, words).calls.map((call) => [call.promptTokens, call.completionTokens]);

describe("the calls of a task before any is made", () => {
  it("read the conversation so far, and write as much as maxTokens allows", () => {
    expect(callsOf(chain(systemMessage("be brief"), generate({ maxTokens: 10 }), generate({ maxTokens: 5 })))).toEqual([
      [5, 10],
      [15, 5],
    ]);
  });

  it("are one for each vote, all from the same beginning", () => {
    expect(callsOf(vote(generate({ maxTokens: 10 }), { n: 3 }))).toEqual([
      [3, 10],
      [3, 10],
      [3, 10],
    ]);
  });

  it("are two where there are tools: one that calls and one that answers", () => {
    const adder = tool({ name: "adder", parameters: z.object({ a: z.number() }), execute: () => 1 });
    expect(callsOf(chain(useTools([adder]), generate({ maxTokens: 10 })))).toHaveLength(2);
    expect(callsOf(chain(useTools([adder]), generate({ maxTokens: 10, toolCalls: "none" })))).toHaveLength(1);
  });

  it("are a critique and a better answer for selfCritique, and one for each model that grades", () => {
    const solver = chain(generate(), selfCritique({ critiqueTemplate: "c", completionTemplate: "d" }));
    expect(callsOf(solver, [modelGraded({ model: ["a", "b"] })])).toHaveLength(5);
  });

  it("are taken to be one for a solver of one's own, and that is said", () => {
    const { calls, guesses } = expectedCalls({ solver: (state) => state }, sample, words);
    expect(calls).toHaveLength(1);
    expect(guesses[0]).toBe("a solver of one's own is taken to make one call");
  });
});

it("a backend that knows its prices needs no others, whatever is wrapped around it", async () => {
  const prices = priceTable({ m: { input: 1e6, output: 0 } });
  const inner = scripted(() => "4");
  const costs = [priced(inner, prices, { model: "m" }), cached(priced(inner, prices, { model: "m" }))].map(
    async (backend) => (await asking({ solver: generate(), backend })).cost.totalCost,
  );
  expect(await costs[0]).toBeGreaterThan(0);
  expect(new Set(await Promise.all(costs))).toEqual(
    new Set([(await asking({ solver: generate(), backend: inner, model: "m" }, { prices })).cost.totalCost]),
  );
});

const asking = (condition: Partial<Condition>, options: RunOptions = {}) =>
  estimate(
    defineExperiment({
      name: "x",
      dataset: Array.from({ length: 200 }, (_, i) => ({ id: `q${i}`, input: "What is 2 + 2?", target: "4" })),
      conditions: [{ name: "a", solver: generate({ maxTokens: 100 }), scorers: [exact()], ...condition } as Condition],
      metrics: ["accuracy"],
      repeat: 2,
      costBudget: { maxTotal: 0.01 },
    }),
    options,
  );
const prices = priceTable({ parrot: { input: 1, output: 10 } }, { version: "of the test" });

describe("an estimate", () => {
  it("prices the calls of every item and repeat, and says what it assumed", async () => {
    const { cost, guesses } = await asking({ model: "parrot" }, { prices });
    const perCall = (8 * 1 + 100 * 10) / 1e6; // 8 tokens of o200k_base
    expect(cost).toMatchObject({ totalQueries: 400, totalCost: expect.closeTo(400 * perCall, 4), exceedsBudget: true });
    expect(guesses[0]).toContain("The cost of a is a guess: tokens by gpt-tokenizer o200k_base over 100 of 200 items");
  });

  it("finds the model at the backend where the condition names none", async () => {
    const backend = openaiCompatible({ baseURL: "http://127.0.0.1:1/v1", model: "parrot" });
    expect((await asking({ backend }, { prices })).cost.totalCost).toBeGreaterThan(0);
    expect((await asking({}, { prices, backend })).cost.totalCost).toBeGreaterThan(0);
  });

  it("is unknown for a model without a price, never 0", async () => {
    const { cost, guesses } = await asking({ model: "macaw" }, { prices });
    expect(cost).toMatchObject({ totalCost: "unknown", conditionCosts: { a: "unknown" }, exceedsBudget: "unknown" });
    expect(guesses[0]).toBe("The cost of a is unknown: there is no price for macaw, and no estimatedCost");
  });

  it("says what the design can tell apart, at the strictest level of its family", async () => {
    const two = { dataset: Array.from({ length: 469 }, (_, id) => ({ id })), metrics: ["accuracy"] };
    const called = (...names: string[]) => names.map((name) => ({ name, run: () => ({ accuracy: 1 }) }));
    const { power } = await estimate(defineExperiment({ name: "x", ...two, conditions: called("a", "b"), repeat: 5 }));
    expect(power).toMatchObject({ items: 469, tests: 1, alpha: 0.05, power: 0.8 });
    const of = (disagreement: number) =>
      power!.shares.find((share) => share.disagreement === disagreement)!.difference!;
    expect(mcnemarPower(469, { p10: 0.1 + of(0.2) / 2, p01: 0.1 - of(0.2) / 2 })).toBeCloseTo(0.8, 2);
    expect(planSampleSize({ kind: "paired", delta: power!.standardised!, sd: 1 }).items).toBeCloseTo(469, 0);
    const midP = await estimate(
      defineExperiment({ name: "x", ...two, conditions: called("a", "b"), statisticalAnalysis: { mcnemar: "mid-p" } }),
    );
    expect(midP.power!.shares[1]!.difference!).toBeLessThan(of(0.2));
    const few = { ...two, dataset: two.dataset.slice(0, 5) };
    const { power: none } = await estimate(defineExperiment({ name: "x", ...few, conditions: called("a", "b") }));
    expect(none).not.toHaveProperty("standardised"); // 2 / 2^5 = .0625
    expect(none!.shares.every(({ difference }) => difference === undefined)).toBe(true);
    const three = await estimate(defineExperiment({ name: "x", ...two, conditions: called("a", "b", "c") }));
    expect(three.power).toMatchObject({ tests: 3, alpha: 0.05 / 3 });
    const one = await estimate(defineExperiment({ name: "x", ...two, conditions: called("a") }));
    expect(one).not.toHaveProperty("power");
  });

  it("says how many labels by people buy what width where a model judges, and nothing where none does", async () => {
    const asked = (scorers: Condition["scorers"], more = {}) => {
      const dataset = Array.from({ length: 300 }, (_, id) => ({ id, input: "?", target: "4" }));
      const conditions = [{ name: "a", solver: generate(), scorers, backend: scripted(["4"]) }];
      return estimate(defineExperiment({ name: "x", dataset, conditions, metrics: ["accuracy"], ...more }));
    };
    const judged = await asked([named("judge", modelGraded())]);
    expect(judged.labels!.sizes.map(({ labels }) => labels)).toEqual([20, 50, 100]); // half of the answers at most
    const [, fifty] = judged.labels!.sizes;
    expect(fifty!.halfWidths[0]!.halfWidth).toBeCloseTo((1.96 * 0.5) / Math.sqrt(50), 4); // chance: the labels alone
    const [line] = estimateLines(judged).filter((each) => each.startsWith("labels "));
    expect(line).toMatch(
      /of 300 answers of a condition .* agree in 50, 80 and 90 of 100: 20 labels: 21\.9, .*; 50 labels: 13\.9, \d+\.\d, 9\.\d; 100 labels: /,
    );
    expect((await asked([exact()])).labels).toBeUndefined();
    expect((await asked([modelGraded()], { repeat: 2 })).labels).toBeUndefined();
  });

  it("believes a condition that says what it costs", async () => {
    expect((await asking({ model: "macaw", estimatedCost: 0.5 })).cost.totalCost).toBe(200);
  });

  it("says that it takes calls for free where nobody names a model", async () => {
    const { cost, guesses } = await asking({ backend: scripted(["4"]) });
    expect(cost.totalCost).toBe(0);
    expect(guesses[0]).toBe("The cost of a is taken to be 0: neither it nor its backend names a model");
  });
});

describe("a run with prices", () => {
  const experiment = defineExperiment({
    name: "x",
    dataset: [{ id: "q1", input: "2 + 2?", target: "4" }],
    conditions: [{ name: "a", model: "parrot", solver: generate(), scorers: [exact()] }],
    metrics: ["accuracy", "cost_per_query"],
  });
  const reply = { content: "4", usage: { promptTokens: 1000, completionTokens: 100 } };

  it("prices every call, and keeps the version of the table", async () => {
    const store = memoryStore();
    const report = await run(experiment, { store: () => store, formats: [], backend: scripted(() => reply), prices });
    expect(report.cost).toBeCloseTo(0.002, 10);
    expect((await store.manifest())?.prices).toEqual({
      version: "of the test",
      currency: "usd",
      digest: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  it("refuses a table in another currency than the budget's", async () => {
    const euros = priceTable({}, { currency: "eur" });
    await expect(run(experiment, { prices: euros })).rejects.toThrow(
      `prices must be in the budget's currency, "usd", got "eur"`,
    );
  });
});
