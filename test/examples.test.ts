import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Experiment, memoryStore, run } from "crucible-harness";
import { describe, expect, it } from "vitest";

const runQuietly = (experiment: Experiment) => run(experiment, { store: () => memoryStore(), formats: [] });

/** The value of a metric by condition, as the report has it. */
function estimates(report: Awaited<ReturnType<typeof run>>, metric: string): Record<string, number> {
  const analysis = report.analysis.metrics.find((each) => each.metric.name === metric)!;
  return Object.fromEntries(
    analysis.summaries.map(({ condition, estimate }) => [
      condition,
      estimate.value.ok ? estimate.value.value : Number.NaN,
    ]),
  );
}

const shared = resolve(process.env.CRUCIBLE_SHARED ?? "../shared");
const hasShared = existsSync(shared) || process.env.CRUCIBLE_REQUIRE_SHARED === "1";
if (!hasShared) console.log(`skipped: tests of recorded data need ${shared}`);

describe("examples/language-identification.ts", () => {
  it("finds the accuracies of five identifiers at three lengths, and compares 30 pairs", async () => {
    const { default: experiment } = await import("../examples/language-identification.ts");
    const report = await runQuietly(experiment);
    expect(report).toMatchObject({ status: "completed", accounting: { planned: 21_150, succeeded: 21_150 } });
    const published = {
      tinyld: [0.907, 0.972, 0.981],
      "cld3-asm": [0.806, 0.975, 0.976],
      eld: [0.897, 0.95, 0.953],
      franc: [0.84, 0.971, 0.99],
      "franc-min": [0.734, 0.782, 0.789],
    };
    const found = estimates(report, "accuracy");
    for (const [model, values] of Object.entries(published)) {
      for (const [i, length] of [20, 60, 400].entries())
        expect(Math.abs(found[`${model} @ ${length}`]! - values[i]!), `${model} @ ${length}`).toBeLessThan(0.0011);
    }
    for (const { comparisons } of report.analysis.metrics) expect(comparisons).toHaveLength(30);
  });
});

describe.skipIf(!hasShared)("examples/gsm8k-recorded.ts", () => {
  it("reproduces four published accuracies and the exact McNemar p of 6B verification against 175B fine-tuning", async () => {
    const { default: define } = await import("../examples/gsm8k-recorded.ts");
    const report = await runQuietly(define({ data: join(shared, "data/gsm8k/example_model_solutions.jsonl") }));
    const percent = Object.values(estimates(report, "accuracy")).map((value) => (value * 100).toFixed(2));
    expect(percent).toEqual(["21.68", "39.04", "34.72", "56.25"]);
    const pair = report.analysis.metrics[0]!.comparisons.find(
      ({ condition, against }) => condition === "175B, fine-tuned" && against === "6B, verified",
    )!;
    expect(pair).toMatchObject({ design: "paired", n: 1319, p: { ok: true, value: expect.closeTo(0.00315, 5) } });
  });
});

describe("examples/simple-comparison.ts", () => {
  it("compares the treatment with the baseline", async () => {
    const { default: experiment } = await import("../examples/simple-comparison.ts");
    const report = await runQuietly(experiment);
    expect(report.status).toBe("completed");
    expect(report.analysis.metrics[0]!.comparisons).toHaveLength(1);
  });
});

describe("examples/ensemble-sweep.ts", () => {
  it("votes with one to five models, and compares each ensemble with a single model", async () => {
    const { default: experiment } = await import("../examples/ensemble-sweep.ts");
    const report = await runQuietly(experiment);
    expect(report.accounting).toMatchObject({ planned: 1500, succeeded: 1500 });
    const found = estimates(report, "accuracy");
    expect(found.ensemble_3!).toBeGreaterThan(found.ensemble_1!);
    expect(report.analysis.metrics[0]!.comparisons).toHaveLength(4);
  });
});
