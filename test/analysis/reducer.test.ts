import { defineExperiment, memoryStore, run } from "crucible-harness";
import { describe, expect, it } from "vitest";
import { analyse, type PlainRow, type Quantity } from "#src/analysis/index";
import { describeShared, sharedLines } from "./shared-data.ts";

const numberOf = (quantity: Quantity): number => (quantity.ok ? quantity.value : Number.NaN);
const reduced = (reducer: string) => ({ name: reducer, from: "accuracy", reducer });

/** Two conditions on three items, three repeats each, one of them failed. */
const tries: Readonly<Record<string, readonly (readonly (0 | 1)[])[]>> = {
  a: [
    [1, 0, 0],
    [1, 1, 1],
    [0, 0, 0],
  ],
  b: [
    [1, 1, 0],
    [1, 1],
    [0, 1, 0],
  ],
};
const rows: PlainRow[] = Object.entries(tries).flatMap(([condition, items]) =>
  items.flatMap((values, itemId) => values.map((accuracy, repeat) => ({ condition, itemId, repeat, accuracy }))),
);

describe("a metric with a reducer", () => {
  it.each([
    ["mean", 4 / 9, 2 / 3],
    ["mode", 1 / 3, 2 / 3],
    ["max", 2 / 3, 1],
    ["at_least_2", 1 / 3, 2 / 3],
    ["pass_at_1", 4 / 9, 2 / 3],
    ["pass_at_2", (2 / 3 + 1 + 0) / 3, (1 + 1 + 2 / 3) / 3],
    ["pass_at_3", 2 / 3, 1],
    ["pass_k_2", 1 / 3, (1 / 3 + 1 + 0) / 3],
  ])("%s makes one number of the repeats of an item", (reducer, a, b) => {
    const { summaries } = analyse(rows, { metrics: [reduced(reducer)] }).metrics[0]!;
    const found = summaries.map(({ estimate }) => numberOf(estimate.value));
    expect(found[0]).toBeCloseTo(a, 12);
    expect(found[1]).toBeCloseTo(b, 12);
  });

  it("leaves out items with too few repeats, and says how many it used", () => {
    const { summaries, comparisons } = analyse(rows, { metrics: [reduced("pass_at_3")] }).metrics[0]!;
    expect(summaries.map(({ n }) => n)).toEqual([3, 2]);
    expect(comparisons[0]).toMatchObject({ n: 2, dropped: { "without a value": 1 } });
  });

  it("is a yes or no for each item where its numbers are, and is tested as one", () => {
    const tests = ["at_least_2", "pass_at_2"].map(
      (reducer) => analyse(rows, { metrics: [reduced(reducer)] }).metrics[0]!.comparisons[0]!.test,
    );
    expect(tests).toEqual(["exact McNemar test", "exact sign-flip test"]);
  });

  it("is refused where no item can have enough repeats, and by an invalid name", () => {
    const define = (reducer: string, repeat: number) => () =>
      defineExperiment({
        name: "x",
        dataset: [1],
        conditions: [{ name: "a", run: () => ({ accuracy: 1 }) }],
        metrics: [reduced(reducer)],
        repeat,
      });
    expect(define("pass_at_5", 3)).toThrow("metrics[0].reducer needs repeat to be at least 5, got 3");
    expect(define("pass_at", 3)).toThrow(/metrics\[0\].*must be mean, median, mode, max, at_least_<k>/);
    expect(define("pass_at_3", 3)).not.toThrow();
  });

  it("stands in the report of a run beside the mean of the same field", async () => {
    const experiment = defineExperiment({
      name: "several tries",
      dataset: [0, 1, 2].map((id) => ({ id })),
      conditions: [{ name: "a", run: ({ id }, { repeat }) => ({ accuracy: tries.a![id]![repeat]! }) }],
      metrics: ["accuracy", reduced("pass_at_3")],
      repeat: 3,
    });
    const report = await run(experiment, { store: () => memoryStore(), formats: [] });
    const values = report.analysis.metrics.map(({ summaries }) => numberOf(summaries[0]!.estimate.value));
    expect(values[0]).toBeCloseTo(4 / 9, 12);
    expect(values[1]).toBeCloseTo(2 / 3, 12);
  });
});

describeShared("tau-bench airline, gpt-4o, four trials of 50 tasks", "taubench/gpt4o_airline_runs.jsonl", () => {
  it("has the pass^k of its leaderboard", () => {
    type Trial = { task_id: number; trial: number; reward: number };
    const trials = sharedLines<Trial>("taubench/gpt4o_airline_runs.jsonl").map(({ task_id, trial, reward }) => ({
      condition: "gpt-4o",
      itemId: task_id,
      repeat: trial,
      reward,
    }));
    const metrics = [1, 2, 3, 4].map((k) => ({ name: `pass^${k}`, from: "reward", reducer: `pass_k_${k}` }));
    const found = analyse(trials, { metrics }).metrics.map(({ summaries }) => numberOf(summaries[0]!.estimate.value));
    expect(found.map((value) => value.toFixed(3))).toEqual(["0.420", "0.273", "0.220", "0.200"]);
  });
});
