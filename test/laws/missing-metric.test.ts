import { defineExperiment, type ExperimentInput, type Outcome, type RunStore } from "crucible-harness";
import { describe, expect, it } from "vitest";
import "#src/app/results/judge"; // loaded late by a run, which takes real time
import { metricWatch } from "#src/app/metric-watch";
import { begin, finish, goOn, lastingStore, world } from "./harness.ts";

/** A paid run of two conditions over items that return `fields`. */
const experiment = (metrics: ExperimentInput["metrics"], fields: (n: number) => object, items = 60) =>
  defineExperiment({
    name: "paid",
    dataset: Array.from({ length: items }, (_, n) => ({ id: `i${n}`, n })),
    metrics,
    conditions: ["a", "b"].map((name) => ({
      name,
      run: (row, context) => {
        context.charge(0.5);
        return { ...fields((row as { n: number }).n) };
      },
    })),
  });

async function runOf(definition: ReturnType<typeof experiment>, store: RunStore = lastingStore()) {
  const here = world();
  const report = await finish(here, begin(here, definition, store));
  return { report, store, here };
}

describe("a metric that no task has a value of", () => {
  it.each([
    ["is never a number", { precision: 0 / 0 }],
    ["is nothing", { precision: null }],
    ["is text", { precision: "n/a" }],
    ["was never returned", {}],
  ])("loses nothing of what was paid, and is said, where it %s", async (_, more) => {
    const { report } = await runOf(experiment(["accuracy", "precision"], (n) => ({ accuracy: n % 2, ...more })));
    expect(report).toMatchObject({ status: "completed", cost: 60, accounting: { succeeded: 120, unscored: 0 } });
    expect(report.results).toHaveLength(120);
    expect(report.analysis.notes).toContain('Without a value: "precision" in 120 of 120 tasks that returned.');
    expect(report.analysis.metrics[0]?.summaries[0]?.estimate).toMatchObject({ value: { ok: true, value: 0.5 } });
  });

  it("is counted where some tasks have it, however late they come", async () => {
    const { report } = await runOf(
      experiment(["accuracy", "quality"], (n) => ({ accuracy: 1, ...(n === 59 ? { quality: 1 } : {}) })),
    );
    expect(report.status).toBe("completed");
    expect(report.analysis.notes).toContain('Without a value: "quality" in 118 of 120 tasks that returned.');
  });

  it("and is misspelt ends the run early, with what was paid reported, and with how to continue", async () => {
    const { report, store, here } = await runOf(experiment(["acuracy"], () => ({ accuracy: 1 }), 400));
    expect(report.status).toBe("aborted");
    expect(report.reason).toMatch(
      /^metrics\[0\] names "acuracy", which none of the first \d+ results has\. Did you mean "accuracy"\? Nothing is lost: correct the name and resume with --accept-changed metrics/,
    );
    expect(report.results.length).toBeGreaterThanOrEqual(40); // 5 % of each condition
    expect(report.results.length).toBeLessThan(800);
    const again = await finish(
      here,
      goOn(
        here,
        experiment(["accuracy"], () => ({ accuracy: 1 }), 400),
        store,
        { acceptChanged: ["metrics"] } as never,
      ),
    );
    expect(again).toMatchObject({ status: "completed", cost: 400, accounting: { pending: 0 } });
    expect(again.analysis.metrics[0]?.summaries.map(({ n }) => n)).toEqual([400, 400]); // those of before, too
  });
});

describe("the watch over metrics", () => {
  const row = (condition: string, metrics: object, output?: object): Outcome =>
    ({ condition, finalStatus: "success", metrics, ...(output ? { output } : {}) }) as Outcome;
  const rows = (n: number, condition: string, metrics: object, output?: object): Outcome[] =>
    Array.from({ length: n }, () => row(condition, metrics, output));

  it("takes no rare name for a slip, nor one that was returned as something else", () => {
    expect(metricWatch(["refusals"], ["a"], 10).see(rows(10, "a", { latency: 1 }))).toBeUndefined();
    expect(metricWatch(["recal"], ["a"], 10).see(rows(10, "a", { recall: 1 }, { recal: "n/a" }))).toBeUndefined();
    expect(metricWatch(["s.recal"], ["a"], 10).see(rows(9, "a", { s: { recall: 1 } }))).toContain("s.recal");
  });

  it("waits until every condition has enough results", () => {
    const watch = metricWatch(["acuracy"], ["a", "b"], 100);
    expect(watch.see(rows(50, "a", { accuracy: 1 }))).toBeUndefined();
    expect(watch.see(rows(4, "b", { accuracy: 1 }))).toBeUndefined();
    expect(watch.see(rows(1, "b", { accuracy: 1 }))).toContain('Did you mean "accuracy"?');
  });
});
