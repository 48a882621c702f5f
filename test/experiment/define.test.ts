import { describe, expect, it } from "vitest";
import { asWritten, defineExperiment, type ExperimentInput, isExperiment, redefine } from "#src/experiment/define";
import { sweep } from "#src/experiment/sweep";
import { ConfigError } from "#src/kernel/errors";

const run = () => ({ accuracy: 1 });
const valid: ExperimentInput = {
  name: "which is better",
  dataset: [{ id: 1 }],
  conditions: [
    { name: "baseline", run },
    { name: "treatment", run },
  ],
  metrics: ["accuracy"],
};

/** A definition with one thing changed, as somebody without a compiler might write it. */
const define = (change: Record<string, unknown>) =>
  defineExperiment({ ...valid, ...change } as unknown as ExperimentInput);
const without = (key: keyof ExperimentInput) => {
  const { [key]: _, ...rest } = valid;
  return () => defineExperiment(rest as unknown as ExperimentInput);
};

/** What somebody reads who gets it wrong. */
function sentenceOf(act: () => unknown): string {
  try {
    act();
  } catch (fault) {
    if (fault instanceof ConfigError) return fault.message;
    throw fault;
  }
  return expect.unreachable("it was accepted");
}

describe("a definition", () => {
  it("gets all its defaults", () => {
    expect(defineExperiment(valid)).toMatchObject({
      description: "",
      tags: [],
      repeat: 1,
      datasetConfig: { shuffle: false },
      config: {
        timeoutMs: 30_000,
        maxParallel: 10,
        randomSeed: 42,
        onConditionFailure: "isolate",
        errorHandling: { retryStrategy: "exponential_backoff", maxRetries: 3, maxFailureRate: 0.1, onOpen: "abort" },
        metricValidation: { enabled: true, onInvalid: "log_and_continue", coerceTypes: true },
      },
      costBudget: { currency: "usd" },
      statisticalAnalysis: { significanceLevel: 0.05, multipleTestingCorrection: "min-p", family: "metric" },
      conditions: [{ name: "baseline", factors: {} }, { name: "treatment" }],
    });
  });

  it("is frozen, down to the last option", () => {
    const experiment = define({ tags: ["a"], config: { errorHandling: { maxRetries: 1 } } });
    const parts = [experiment, experiment.tags, experiment.conditions, experiment.conditions[0]];
    const nested = [experiment.config, experiment.config.errorHandling, experiment.hooks];
    expect([...parts, ...nested].map(Object.isFrozen)).not.toContain(false);
  });

  it("leaves alone what belongs to the user: the input, the rows, the plugs", () => {
    const backend = { name: "counting", calls: 0, generate: () => Promise.reject(new Error("not called")) };
    const executor = { name: "elsewhere", state: { busy: 0 } };
    const input = {
      ...valid,
      tags: ["a"],
      dataset: [{ id: 1 }],
      conditions: [{ name: "a", solver: async (state: unknown) => state, scorers: [() => 1], backend }],
      config: { executor },
    };
    const experiment = defineExperiment(input as unknown as ExperimentInput);
    expect(experiment.conditions[0]?.backend).toBe(backend);
    expect(experiment.config.executor).toBe(executor);
    const theirs = [input, input.tags, input.dataset, input.dataset[0], input.conditions, backend, executor];
    expect([...theirs, executor.state].map(Object.isFrozen)).not.toContain(true);
  });

  it("is known as one, remembers what was written, and can be changed", () => {
    const experiment = define({ repeat: 3 });
    expect(isExperiment(experiment)).toBe(true);
    expect([valid, null, "x", { ...experiment }].map(isExperiment)).toEqual([false, false, false, false]);
    expect(asWritten(experiment).config).toBeUndefined();
    const changed = redefine(experiment, { name: "another" });
    expect([changed.name, changed.repeat, experiment.name]).toEqual(["another", 3, "which is better"]);
    expect(() => redefine(experiment, { repeat: 0 })).toThrow(ConfigError);
  });

  it("keeps the factors of a sweep", () => {
    const conditions = sweep({ length: [20, 60] }, ({ length }) => ({ name: `n${length}`, run }));
    const experiment = define({ conditions, statisticalAnalysis: { pairs: { within: "length" } } });
    expect(experiment.conditions.map(({ factors }) => factors)).toEqual([{ length: 20 }, { length: 60 }]);
  });
});

describe("is refused", () => {
  it.each([
    ["name", "name is missing. It must be a string"],
    [
      "dataset",
      "dataset must be rows, an iterable, a function, jsonl(), csv(), parquet(), huggingFace(), streamed(), or a registered name",
    ],
    ["conditions", "conditions is missing. It must be an array"],
    ["metrics", "metrics is missing. It must be an array"],
  ] as const)("without its %s", (key, sentence) => {
    expect(sentenceOf(without(key))).toBe(sentence);
  });

  const a = { name: "a", run };
  it.each([
    ["an empty name", { name: "" }, 'name must not be empty, got ""'],
    ["no condition", { conditions: [] }, "conditions must have at least 1, got []"],
    ["no metric", { metrics: [] }, "metrics must have at least 1, got []"],
    ["repeat below 1", { repeat: 0 }, "repeat must be at least 1, got 0"],
    ["a repeat that is not a whole number", { repeat: 2.5 }, "repeat must be a whole number, got 2.5"],
    ["a timeout below 1 ms", { config: { timeoutMs: 0 } }, "config.timeoutMs must be at least 1, got 0"],
    ["a rate limit of 0", { config: { rateLimit: 0 } }, "config.rateLimit must be more than 0, got 0"],
    ["nothing in parallel", { config: { maxParallel: 0 } }, "config.maxParallel must be at least 1, got 0"],
    ["a budget of 0", { costBudget: { maxTotal: 0 } }, "costBudget.maxTotal must be more than 0, got 0"],
    [
      "a negative budget",
      { costBudget: { maxPerCondition: -1 } },
      "costBudget.maxPerCondition must be more than 0, got -1",
    ],
    [
      "an impossible level",
      { statisticalAnalysis: { significanceLevel: 1 } },
      "statisticalAnalysis.significanceLevel must be less than 1, got 1",
    ],
    [
      "an unknown correction",
      { statisticalAnalysis: { multipleTestingCorrection: "bonferonni" } },
      'statisticalAnalysis.multipleTestingCorrection must be one of "min-p", "none", "bonferroni", "holm", "hochberg", "hommel", "bh", "by", got "bonferonni"',
    ],
    ["an unknown option", { metric: ["a"] }, 'metric is not an option. Did you mean "metrics"?'],
    [
      "an unknown option of the config",
      { config: { timeout: 5 } },
      'config.timeout is not an option. Did you mean "timeoutMs"?',
    ],
    [
      "an unknown option of the error handling",
      { config: { errorHandling: { maxRetrys: 5 } } },
      'config.errorHandling.maxRetrys is not an option. Did you mean "maxRetries"?',
    ],
    [
      "an unknown option of a condition",
      { conditions: [a, { ...a, name: "b", modle: "m" }] },
      'conditions[1].modle is not an option. Did you mean "model"?',
    ],
    ["an unknown hook", { hooks: { onEror: run } }, 'hooks.onEror is not an option. Did you mean "onError"?'],
    ["a hook that is not a function", { hooks: { onError: "retry" } }, 'hooks.onError must be a function, got "retry"'],
    [
      "an unknown option of a metric schema",
      { metricSchemas: { accuracy: { type: "float", mn: 0 } } },
      'metricSchemas.accuracy.mn is not an option. Did you mean "min"?',
    ],
    [
      "a metric schema of no type",
      { metricSchemas: { accuracy: { type: "flaot" } } },
      'metricSchemas.accuracy.type must be one of "float", "number", "integer", "boolean", "string", "map", "percentage", "probability", "positive_number", "duration_ms", got "flaot"',
    ],
    ["a metric that is not a name", { metrics: [5] }, "metrics[0] must be a string, or an object, got 5"],
    [
      "an unknown option of a metric",
      { metrics: [{ name: "a", agregate: "mean" }] },
      'metrics[0].agregate is not an option. Did you mean "aggregate"?',
    ],
    [
      "a metric listed twice",
      { metrics: ["accuracy", { name: "accuracy" }] },
      'metrics[1] is listed twice, got "accuracy"',
    ],
    [
      "two conditions of one name",
      { conditions: [a, { name: "b", run }, a] },
      'conditions[2].name must be unique; conditions[0] has it too, got "a"',
    ],
    ...["a\0b", "cut \ud83d"].map((name): [string, object, string] => [
      `a condition whose name no store can keep: ${JSON.stringify(name)}`,
      { conditions: [{ name, run }] },
      `conditions[0].name must be text without NUL characters and halves of surrogate pairs, which stores cannot keep, got ${JSON.stringify(name)}`,
    ]),
    [
      "a condition that does nothing",
      { conditions: [{ name: "a" }] },
      'conditions[0] must have a run function, or a solver with scorers. Condition "a" has neither',
    ],
    [
      "a condition of two minds",
      { conditions: [{ ...a, solver: run }] },
      "conditions[0] must have either run or solver, not both",
    ],
    [
      "a solver that nobody grades",
      { conditions: [{ name: "a", solver: run }] },
      "conditions[0].scorers must have at least one scorer beside a solver",
    ],
    [
      "a run that is not a function",
      { conditions: [{ name: "a", run: "baseline" }] },
      'conditions[0].run must be a function (item, context) => metrics, got "baseline"',
    ],
    [
      "a baseline that is not a condition",
      { statisticalAnalysis: { baseline: "basline" } },
      'statisticalAnalysis.baseline must be the name of a condition, got "basline". Did you mean "baseline"?',
    ],
    [
      "pairs within what was not swept",
      { statisticalAnalysis: { pairs: { within: "length" } } },
      'statisticalAnalysis.pairs.within must be a factor of the sweep, got "length". There are none to choose from',
    ],
    ["an empty dataset option", { datasetConfig: { limit: 0 } }, "datasetConfig.limit must be more than 0, got 0"],
    [
      "a schema that is none",
      { datasetConfig: { schema: "zod" as never } },
      'datasetConfig.schema must be a JSON Schema, a zod schema or another Standard Schema, got "zod"',
    ],
    [
      "a JSON Schema that is misspelled",
      { datasetConfig: { schema: { requird: ["a"] } } },
      'datasetConfig.schema must be a valid JSON Schema: strict mode: unknown keyword: "requird", got {"requird":["a"]}',
    ],
    [
      "lineage of other names",
      { lineage: { traceID: "x" } },
      'lineage.traceID is not an option. Did you mean "traceId"?',
    ],
  ] as [string, Record<string, unknown>, string][])("%s", (_, change, sentence) => {
    expect(sentenceOf(() => define(change))).toBe(sentence);
  });
});
