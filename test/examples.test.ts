import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Experiment, estimate, memoryStore, rescore, run } from "crucible-harness";
import { describe, expect, it } from "vitest";
import { redefine } from "#src/experiment/define";
import rules from "../examples/scorers/gsm8k-rules.ts";
import { missing } from "../examples/small-model.ts";
import { estimates, expectPublished } from "./published-accuracies.ts";

const runQuietly = (experiment: Experiment) => run(experiment, { store: () => memoryStore(), formats: [] });

/** Statistics that tell the same differences with fewer draws. */
const quick = { statisticalAnalysis: { resamples: 100, multipleTestingCorrection: "holm" } } as const;

const shared = resolve(process.env.CRUCIBLE_SHARED ?? "../shared");
const hasShared = existsSync(shared) || process.env.CRUCIBLE_REQUIRE_SHARED === "1";
if (!hasShared) console.log(`skipped: tests of recorded data need ${shared}`);

describe("examples/language-identification.ts", () => {
  it("finds the accuracies of five identifiers at three lengths in a fifth of its paragraphs, and compares 30 pairs", async () => {
    const { default: experiment } = await import("../examples/language-identification.ts");
    const fifth = redefine(experiment, {
      datasetConfig: { id: "id", shuffle: true, limit: 282, stratifyBy: "language" },
    });
    const report = await runQuietly(fifth);
    expect(report).toMatchObject({ status: "completed", accounting: { planned: 4230, succeeded: 4230 } });
    expectPublished(estimates(report, "accuracy"), 0.08); // three standard errors or more; all paragraphs are asked in a long test
    for (const { comparisons } of report.analysis.metrics) expect(comparisons).toHaveLength(30);
  });
});

describe.skipIf(!hasShared)("examples/gsm8k-recorded.ts", () => {
  it("reproduces four published accuracies and the exact McNemar p of 6B verification against 175B fine-tuning", async () => {
    const { default: define } = await import("../examples/gsm8k-recorded.ts");
    const store = { ...memoryStore(), close: () => {} };
    const experiment = define({ data: join(shared, "data/gsm8k/example_model_solutions.jsonl") });
    const report = await run(experiment, { store: () => store, formats: [] });
    const percentOf = (metric: string, of = report): string[] =>
      Object.values(estimates(of, metric)).map((value) => (value * 100).toFixed(2));
    const published = ["21.68", "39.04", "34.72", "56.25"];
    expect(percentOf("accuracy")).toEqual(published);
    const pair = report.analysis.metrics[0]!.comparisons.find(
      ({ condition, against }) => condition === "175B, fine-tuned" && against === "6B, verified",
    )!;
    expect(pair).toMatchObject({ design: "paired", n: 1319, p: { ok: true, value: expect.closeTo(0.00315, 5) } });

    const quick = redefine(experiment, { statisticalAnalysis: { resamples: 100 } }); // of three metrics
    const options = { store: () => store, formats: [], experiment: quick, name: "rules", ...rules };
    const again = await rescore(report.experimentId, options);
    expect(percentOf("marked", again)).toEqual(published);
    expect(percentOf("last_equation", again)).toEqual(["21.53", "39.04", "34.34", "56.25"]); // by the same rules in Python
    expect(percentOf("last_number", again)).toEqual(published);
    const told = again.results.filter(({ metrics }) => metrics.marked !== metrics.last_equation);
    expect(told.length).toBeGreaterThan(5);
    expect(again.accounting).toMatchObject({ planned: 5276, succeeded: 5276 });
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

describe("examples/hooks.ts", () => {
  it("asks again what was busy, skips what cannot be answered, and survives a hook that throws", async () => {
    const { default: experiment, seen } = await import("../examples/hooks.ts");
    const report = await runQuietly(experiment);
    expect(report.accounting).toMatchObject({ planned: 12, succeeded: 11, skipped: 1 });
    expect(seen).toMatchObject({ started: "Experiment with hooks", before: 12, after: 12, results: 12 });
    expect(seen.verdicts.sort()).toEqual([
      "question-10: rate_limited, so retry",
      "question-11: invalid_query, so skip",
      "question-2: rate_limited, so retry",
      "question-6: rate_limited, so retry",
    ]);
  });
});

describe("examples/retries.ts", () => {
  it("retries what may pass, and writes what failed permanently to the dead letters", async () => {
    const { default: experiment, deadLetters } = await import("../examples/retries.ts");
    const report = await runQuietly(experiment);
    const byId = new Map(report.results.map((result) => [result.itemId, result]));
    expect(report.accounting).toMatchObject({ planned: 40, succeeded: 38, failed: 2 });
    expect(byId.get("request-38")).toMatchObject({ attempts: 2, finalStatus: "success" });
    expect(byId.get("request-39")).toMatchObject({ attempts: 4, finalStatus: "failed_retries_exhausted" });
    expect(byId.get("request-40")).toMatchObject({ attempts: 1, finalStatus: "failed_permanent" });
    const lines = readFileSync(deadLetters, "utf8").trim().split("\n");
    rmSync(deadLetters);
    expect(lines).toHaveLength(2);
  });
});

describe("examples/metric-schemas.ts", () => {
  it("takes text for the number it is, and leaves out what no schema allows", async () => {
    const { default: experiment } = await import("../examples/metric-schemas.ts");
    const report = await runQuietly(experiment);
    expect(estimates(report, "accuracy").test).toBeCloseTo((0.85 + 0.9) / 2, 10);
    expect(estimates(report, "cost").test).toBe(0);
    expect(estimates(report, "custom.value").test).toBe(41);
    const invalid = report.results.flatMap(({ invalidMetrics = [] }) => invalidMetrics);
    expect(invalid).toHaveLength(3);
  });
});

describe("examples/agent-trajectory.ts", () => {
  it("tells a careful agent from a hasty one by its calls, and pays nobody", async () => {
    const { default: experiment, paid } = await import("../examples/agent-trajectory.ts");
    const report = await runQuietly(experiment);
    expect(report.accounting).toMatchObject({ planned: 48, succeeded: 48 });
    expect(estimates(report, "accuracy")).toEqual({ careful: 1, hasty: 0 });
    expect(estimates(report, "fewSteps")).toEqual({ careful: 5 / 6, hasty: 1 });
    expect(estimates(report, "recovers").careful).toBe(1);
    expect(paid).toEqual([]);
  });
});

describe("examples/solver-chain.ts", () => {
  it("answers every sum with the adder, and the large ones wrongly without", async () => {
    const { default: experiment } = await import("../examples/solver-chain.ts");
    const report = await runQuietly(experiment);
    expect(estimates(report, "accuracy")).toEqual({ alone: 9 / 20, "with adder": 1 });
    const tooled = report.results.find(({ condition }) => condition === "with adder")!;
    expect((tooled.output!.messages as { role: string }[]).map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "assistant",
    ]);
  });
});

describe("examples/tool-faults.ts", () => {
  it("shows that the agent that trusts its register loses what the register lies about, and the one that looks twice nothing", async () => {
    const { default: experiment } = await import("../examples/tool-faults.ts");
    const { status, analysis } = await runQuietly(redefine(experiment, quick));
    expect(status).toBe("completed");
    const lost = Object.fromEntries(
      analysis.metrics[0]!.comparisons.map(({ condition, verdict }) => [condition, verdict === "worse"]),
    );
    expect(lost).toEqual({
      "trusting @ brokenTools": true,
      "trusting @ lyingTools": true,
      "trusting @ overrun": false,
      "careful @ brokenTools": false,
      "careful @ lyingTools": false,
      "careful @ overrun": false,
    });
  });
});

describe("examples/small-model-tools.ts", () => {
  const losses = async (experiment: Experiment) => {
    const { analysis } = await runQuietly(redefine(experiment, { ...quick, config: { maxParallel: 20 } }));
    const lost = analysis.metrics[0]!.comparisons.map(({ difference }) =>
      difference.value.ok ? difference.value.value : Number.NaN,
    );
    return { lost, losses: analysis.faulted!.losses!.comparisons };
  };

  it("shows of a model that repeats what it was told first that asking again helps against errors, and nothing against lies", async () => {
    const { withModel } = await import("../examples/small-model-tools.ts");
    const { lost, losses: more } = await losses(
      withModel({
        logLikelihood: async (text) => {
          const [told] = /(?<=is )\w+(?=\.)/.exec(text) ?? [];
          return { total: told !== undefined && text.endsWith(told) ? 0 : -1, tokens: 1 };
        },
      }),
    );
    const [onceBroken, onceLying, againBroken, againLying, , bothLying] = lost;
    expect(onceBroken!).toBeLessThan(againBroken! - 0.2);
    expect(againLying).toBe(onceLying);
    expect(bothLying).toBe(onceLying);
    expect(
      more
        .filter(({ verdict }) => verdict === "better")
        .map(({ condition, against, level }) => `${condition} < ${against}: ${level}`),
    ).toEqual(["asks again < asks once: brokenTools", "asks both < asks once: brokenTools"]);
  });
});

describe("examples/cost-budget.ts", () => {
  it("prices every call, and says what a right answer costs", async () => {
    const { default: experiment } = await import("../examples/cost-budget.ts");
    const report = await runQuietly(experiment);
    const [accuracy, spent] = [estimates(report, "accuracy"), estimates(report, "cost_sum")];
    expect(report.status).toBe("completed");
    expect(accuracy).toEqual({ large: 39 / 40, small: 29 / 40 });
    expect(report.cost).toBeCloseTo(spent.large! + spent.small!, 10);
    expect(estimates(report, "cost_per_right_answer").large).toBeCloseTo(spent.large! / 39, 10);
    expect(report.analysis.options.multipleTestingCorrection).toBe("bonferroni");
  });

  it("estimates what it costs, and stops where the budget does", async () => {
    const { default: experiment } = await import("../examples/cost-budget.ts");
    const { cost } = await estimate(experiment);
    expect(cost).toMatchObject({ totalQueries: 80, totalCost: expect.any(Number), exceedsBudget: false });
    const report = await run(experiment, {
      store: () => memoryStore(),
      formats: [],
      overrides: { maxTotal: 0.1 },
    });
    expect(report.status).toBe("budget_exhausted");
    expect(report.accounting.pending).toBeGreaterThan(0);
  });
});

describe("examples/plan-pipeline.ts", () => {
  it("does the steps in the order of their dependencies, and carries the lineage to every result", async () => {
    const { default: experiment } = await import("../examples/plan-pipeline.ts");
    const report = await runQuietly(experiment);
    expect(estimates(report, "accuracy")).toEqual({ "generate only": 0, plan: 1 });
    const planned = report.results.find(({ condition }) => condition === "plan")!;
    expect(planned.lineage).toEqual({ traceId: "trace-1", workId: "work-7", planId: "explain" });
    expect(planned.output?.completion).toBe("A function that calls itself until a base case.");
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

describe("examples/replay-runs.ts", () => {
  it("compares two runs of lm-evaluation-harness by sample", async () => {
    const { default: define } = await import("../examples/replay-runs.ts");
    const report = await runQuietly(define());
    expect(report.accounting).toMatchObject({ planned: 40, succeeded: 40 });
    expect(estimates(report, "acc")).toEqual({
      "samples_pairs_bare_2026-11-25T18-30-00.000000": 0.9,
      "samples_pairs_in_a_story_2026-11-25T18-30-00.000000": 0.9,
    });
    expect(report.analysis.metrics[0]!.comparisons[0]).toMatchObject({ design: "paired", n: 20 });
    expect(report.results.find(({ itemId }) => itemId === "0")?.output?.completion).toBe("The girl likes her doll.");
  });

  it("finds the accuracies that two logs of inspect_ai state, their epochs as repeats", async () => {
    const { default: define } = await import("../examples/replay-runs.ts");
    const logs = ["greedy", "warm"].map((name) => `examples/foreign/2026-11-25T18-30-00+00-00_beginnings_${name}.json`);
    const report = await runQuietly(define({ runs: logs.join(","), metric: "includes" }));
    const stated = logs.map((path) => JSON.parse(readFileSync(path, "utf8")).results.scores[0].metrics.accuracy.value);
    expect(report.accounting).toMatchObject({ planned: 16, succeeded: 16 });
    expect(Object.values(estimates(report, "includes"))).toEqual(stated);
    expect(report.results[0]?.metrics).toMatchObject({ tokens: expect.any(Number), latency: expect.any(Number) });
  });
});

const weights = join(shared, "data/stories260K/stories260K.gguf");
const why = missing(weights);
if (why !== undefined) console.log(`skipped: tests with a real language model. ${why}`);

describe.skipIf(why !== undefined)("examples/blimp-grammar.ts", () => {
  it("finds the accuracies that stories260K has on a thousand pairs each, within the chance of drawing 25", async () => {
    const { default: define } = await import("../examples/blimp-grammar.ts");
    const experiment = define({ weights, pairs: join(shared, "data/blimp") });
    const report = await run(experiment, { store: () => memoryStore(), formats: [], overrides: { limit: 100 } });
    expect(report).toMatchObject({ status: "completed", accounting: { planned: 200, succeeded: 200 } });
    const published = {
      anaphor_gender_agreement: 0.786,
      determiner_noun_agreement_1: 0.68,
      irregular_past_participle_adjectives: 0.51,
      principle_A_case_1: 0.99,
    };
    for (const [paradigm, accuracy] of Object.entries(published)) {
      const found = estimates(report, paradigm)["whole sentence"]!;
      const bound = 4 * Math.sqrt((accuracy * (1 - accuracy)) / 25);
      expect(Math.abs(found - accuracy), `${paradigm}: ${found}`).toBeLessThan(bound);
    }
  });
});

describe.skipIf(why !== undefined)("examples/temperature-sweep.ts", () => {
  it("repeats itself less at a higher temperature, and says the same words when it is run again", async () => {
    const { default: define } = await import("../examples/temperature-sweep.ts");
    const tell = async (repeat: number) =>
      run(await define({ weights }), { store: () => memoryStore(), formats: [], overrides: { repeat } });
    const [report, again] = [await tell(2), await tell(1)];
    const found = estimates(report, "variety");
    expect(found["temperature 1"]!).toBeGreaterThan(found["temperature 0"]!);
    expect(report.results[0]?.usage).toMatchObject({ calls: 1, completionTokens: 60 });
    const story = ({ condition, itemId, output }: (typeof report.results)[number]) =>
      `${condition}/${itemId}: ${String(output?.completion)}`;
    const first = report.results.filter(({ repeat }) => repeat === 0).map(story);
    expect(again.results.map(story).sort()).toEqual(first.sort());
  });
});

describe("a machine without a language model", () => {
  it("is told how to get one", () => {
    expect(missing("nowhere.gguf")).toMatch(/npm install --prefix .llama .*node-llama-cpp@|Pass -T weights=/);
  });
});
