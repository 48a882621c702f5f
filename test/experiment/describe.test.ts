import { describe, expect, it } from "vitest";
import { z } from "zod";
import { metricOver } from "#src/analysis/index";
import { csv, jsonl } from "#src/dataset/file";
import { defineExperiment, type ExperimentInput } from "#src/experiment/define";
import { changedOptions, describe as describeExperiment } from "#src/experiment/describe";
import { Schema } from "#src/experiment/metric-schema";

const input: ExperimentInput = {
  name: "x",
  dataset: [1],
  conditions: [
    { name: "a", run: () => 1 },
    { name: "b", run: () => 2, factors: { n: 1 } },
  ],
  metrics: ["value"],
};
const described = (change: Partial<ExperimentInput> = {}) =>
  describeExperiment(defineExperiment({ ...input, ...change }));

describe("a description", () => {
  it("belongs to its caller: what is changed in it is not in the next one", () => {
    const experiment = defineExperiment(input);
    const first = describeExperiment(experiment) as unknown as { name: string; conditions: { name: string }[] };
    first.name = first.conditions[0]!.name = "changed";
    expect(describeExperiment(experiment)).toEqual(described());
  });

  it("is plain JSON: names, options and digests, no functions and no plugs", () => {
    const description = described({
      datasetConfig: { schema: z.number() },
      metricSchemas: { value: Schema.probability() },
      customMetrics: [
        { name: "half", description: "of it", fn: (m) => (m.value ?? 0) / 2 },
        metricOver({ name: "share", over: ["value", "label"], direction: "lower", fn: (rows) => rows.length }),
      ],
      hooks: { onError: () => "skip", beforeExperiment: () => undefined },
      config: { executor: () => "elsewhere", timeoutMs: 5 },
    });
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
    expect(description).toMatchObject({
      format: "crucible-experiment/1",
      datasetConfig: { schema: "zod", shuffle: false },
      conditions: [
        { name: "a", kind: "run", factors: {} },
        { name: "b", kind: "run", factors: { n: 1 } },
      ],
      metricSchemas: { value: { type: "probability", min: 0, max: 1 } },
      customMetrics: [
        { name: "half", description: "of it" },
        { name: "share", over: ["value", "label"], direction: "lower" },
      ],
      hooks: ["beforeExperiment", "onError"],
    });
    expect(description.config).toMatchObject({ timeoutMs: 5, randomSeed: 42 });
    expect(description.config).not.toHaveProperty("executor");
  });

  it("says where the rows come from", () => {
    const rows = function rows() {
      return [1];
    };
    const sources = [[1], jsonl("a.jsonl"), csv("b.csv"), "mmlu_200", rows, () => [1], new Set([1])];
    expect(sources.map((dataset) => described({ dataset }).dataset)).toEqual([
      "rows in the experiment file",
      "a.jsonl",
      "b.csv",
      "mmlu_200",
      "function rows",
      "function (anonymous)",
      "iterable",
    ]);
  });

  it("has a digest of each condition's code", () => {
    const [a, b] = described().conditions;
    expect(a?.code).toMatch(/^[0-9a-f]{16}$/);
    expect(a?.code).not.toBe(b?.code);
    expect(described().conditions[0]?.code).toBe(a?.code);
  });
});

describe("changed options", () => {
  const changed = (change: Partial<ExperimentInput>): string[] => changedOptions(described(), described(change));

  it("are none between equal definitions", () => {
    expect(changed({})).toEqual([]);
  });

  it.each([
    [
      "the code of a condition",
      { conditions: [{ name: "a", run: () => 3 }, input.conditions[1]!] },
      ["conditions[0].code"],
    ],
    ["its name", { conditions: [{ ...input.conditions[0], name: "c" }, input.conditions[1]!] }, ["conditions[0].name"]],
    [
      "a factor",
      { conditions: [input.conditions[0]!, { ...input.conditions[1]!, factors: { n: 2 } }] },
      ["conditions[1].factors.n"],
    ],
    ["one condition less", { conditions: [input.conditions[0]!] }, ["conditions[1]"]],
    ["the repeats", { repeat: 2 }, ["repeat"]],
    [
      "the seed and the timeout",
      { config: { randomSeed: 7, timeoutMs: 9 } },
      ["config.randomSeed", "config.timeoutMs"],
    ],
    ["the data", { dataset: "other", datasetConfig: { limit: 3 } }, ["dataset", "datasetConfig.limit"]],
    ["a metric schema", { metricSchemas: { value: Schema.float({ min: 0 }) } }, ["metricSchemas.value"]],
  ] as [string, Partial<ExperimentInput>, string[]][])("name %s", (_, change, paths) => {
    expect(changed(change)).toEqual(paths);
  });

  it.each([
    ["parallelism and rate", { config: { maxParallel: 3, rateLimit: 2, onConditionFailure: "abort" } }],
    ["retries and the breaker", { config: { errorHandling: { maxRetries: 9, failureWindow: 5 } } }],
    ["the budget", { costBudget: { maxTotal: 5 } }],
    ["how results are read", { metrics: ["other"], statisticalAnalysis: { baseline: "a" } }],
    ["words", { description: "longer", author: "me", tags: ["t"] }],
    ["hooks", { hooks: { onError: () => "skip" } }],
  ] as [string, Partial<ExperimentInput>][])("leave out %s: how to run and how to read may change", (_, change) => {
    expect(changed(change)).toEqual([]);
  });
});
