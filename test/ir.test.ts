import { run } from "crucible-harness";
import { scripted } from "crucible-harness/backends";
import { experimentIR, fromIR, outputsOf, parseIR, type RegistryIR, toIR } from "crucible-harness/ir";
import { match } from "crucible-harness/scoring";
import { generate, systemMessage } from "crucible-harness/solver";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { asWritten, defineExperiment, redefine } from "#src/experiment/define";
import { describe as described } from "#src/experiment/describe";
import type { Gate } from "#src/experiment/gates";
import { elected } from "#src/ir/backends";
import { ConfigError } from "#src/kernel/errors";
import { memoryStore } from "#src/store/memory";
import { draws } from "./runs.ts";

const registry: RegistryIR = {
  backends: {
    four: scripted(() => "4"),
    five: scripted(() => "5"),
    other: scripted(() => "4"),
    tuned: ({ profile, options }) => scripted(() => String(options?.says ?? profile)),
  },
  stages: {
    "MyApp.Ask": { solver: () => generate() },
    brief: { solver: ({ text = "Be brief." }) => systemMessage(String(text)) },
    ask: { solver: () => generate() },
    grade: { scorer: () => match() },
    constant: { condition: { run: () => ({ value: 1 }) } },
  },
  datasets: {
    sums: [
      { id: "a", input: "2 + 2", target: "4" },
      { id: "b", input: "1 + 3", target: "4" },
    ],
    cut: ({ split, options }) => [{ id: `${split}-${options?.limit}`, input: "2 + 2", target: "4" }],
  },
};

const document = {
  id: "sums",
  backend: { id: "four" },
  pipeline: [{ name: "ask" }, { name: "grade" }],
  dataset: { name: "sums" },
};
const withReliability = (reliability: object) => ({ ...document, reliability });
const accuracies = async (json: unknown, own = registry) => {
  const report = await run(fromIR(json, own), { store: () => memoryStore(), formats: [], observe: false });
  return Object.fromEntries(
    report.results.map(({ condition, itemId, metrics }) => [`${condition}/${itemId}`, metrics?.accuracy]),
  );
};
const refusal = (json: unknown, own = registry): string => {
  try {
    fromIR(json, own);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  return "accepted";
};

describe("a document of crucible_ir", () => {
  it("is an experiment, with the code of a registry behind its names", async () => {
    expect(await accuracies(document)).toEqual({ "four/a": 1, "four/b": 1 });
  });

  it("takes null for absent, as Elixir writes it, and fills in what its structures do", () => {
    const nulls = Object.fromEntries(Object.keys(experimentIR.shape).map((key) => [key, null]));
    const { tags, backend, pipeline, dataset } = parseIR({ ...nulls, ...document });
    expect(tags).toBeUndefined();
    expect(backend).toEqual({ id: "four", profile: "default" });
    expect(pipeline[0]).toEqual({ name: "ask", enabled: true });
    expect(dataset).toEqual({ name: "sums", provider: "crucible_datasets", split: "train" });
  });

  it("gives references with options to functions of the registry", async () => {
    const backend = { id: "tuned", profile: "fast", options: { says: "4" } };
    const dataset = { name: "cut", split: "test", options: { limit: 3 } };
    expect(await accuracies({ ...document, backend, dataset })).toEqual({ "tuned/test-3": 1 });
  });

  it("compares its backend with a baseline", async () => {
    const experiment = fromIR({ ...document, baseline: { id: "five" } }, registry);
    expect(experiment.statisticalAnalysis.baseline).toBe("five");
    expect(await accuracies({ ...document, baseline: { id: "five" } })).toMatchObject({ "five/a": 0, "four/a": 1 });
  });

  it("runs the modules of its stages and leaves out those that are disabled, known or not", async () => {
    const pipeline = [{ name: "x", module: "Elixir.MyApp.Ask" }, { name: "y", enabled: false }, { name: "grade" }];
    expect(await accuracies({ ...document, pipeline })).toMatchObject({ "four/a": 1 });
  });

  it.each([
    ["majority", { models: ["four", "five", "other"] }, 1],
    ["weighted", { models: ["four", "five"], weights: { four: 1, five: 2 } }, 0],
    ["weighted", { models: ["four", "five"], weights: { four: 2, five: 1 }, timeout_ms: 5000 }, 1],
    ["unanimous", { models: ["four", "other"] }, 1],
    ["unanimous", { models: ["four", "five"] }, 0],
  ])("votes by %s over %o", async (strategy, ensemble, accuracy) => {
    expect(await accuracies(withReliability({ ensemble: { strategy, ...ensemble } }))).toMatchObject({
      "four/a": accuracy,
    });
  });

  it("has no answer where an ensemble agrees less than it must", () => {
    const reply = (content: string) => ({ content, finishReason: "stop" as const, toolCalls: [] });
    const vote = { strategy: "majority", execution_mode: "parallel", min_agreement: 0.6 } as const;
    expect(elected(vote, ["a", "b"], [reply("4"), reply("5")]).content).toBe("");
    expect(elected(vote, ["a", "b", "c"], [reply("4"), reply("5"), reply("4")]).content).toBe("4");
  });

  it("hedges by a fixed delay, and tests as its statistics say", () => {
    const stats = { alpha: 0.01, confidence_level: 0.9, multiple_testing_correction: "fdr", bootstrap_iterations: 500 };
    const experiment = fromIR(withReliability({ hedging: { strategy: "fixed", delay_ms: 50 }, stats }), registry);
    expect(experiment.conditions[0]!.backend!.name).toMatch(/^hedged /);
    expect(experiment.statisticalAnalysis).toMatchObject({
      significanceLevel: 0.01,
      confidenceInterval: 0.9,
      multipleTestingCorrection: "bh",
      resamples: 500,
    });
  });

  it("runs guardrails as the stage that is given, before the others", async () => {
    const seen: unknown[] = [];
    const guardrails = {
      solver: (options: object) => (state: never) => {
        seen.push(options);
        return state;
      },
    };
    const own = { ...registry, stages: { ...registry.stages, guardrails } } as unknown as RegistryIR;
    await accuracies(withReliability({ guardrails: { pii_detection: true } }), own);
    expect(seen[0]).toEqual({ profiles: ["default"], pii_detection: true });
  });

  it("is another experiment where anything that acts is another", () => {
    const code = (json: object) => described(fromIR(json, registry)).conditions[0]!.code;
    const brief = (text: string) => ({
      ...document,
      pipeline: [{ name: "brief", options: { text } }, ...document.pipeline],
    });
    expect(code(brief("a"))).not.toBe(code(brief("b")));
    expect(code(withReliability({ hedging: { strategy: "fixed", delay_ms: 5 } }))).not.toBe(code(document));
    expect(code({ ...document })).toBe(code(document));
  });

  it("asks for formats and for a folder by its outputs", () => {
    const outputs = [{ name: "o", formats: ["json", "html"], options: { path: "/tmp/out" } }, { name: "p" }];
    const asked = { formats: ["json", "html", "markdown"], outputDir: "/tmp/out" };
    expect(outputsOf(parseIR({ ...document, outputs }))).toEqual(asked);
    expect(outputsOf(parseIR(document))).toEqual({});
  });
});

describe("a document that cannot be run as it says is refused by name", () => {
  const deep = JSON.parse(`${'{"a":'.repeat(500)}1${"}".repeat(500)}`);
  it.each<[string, object | string, string]>([
    [
      "an unknown module",
      { pipeline: [{ name: "ask", module: "Elixir.MyApp.Asks" }, { name: "grade" }] },
      'pipeline[0].module must be one of the registry\'s stages, got "Elixir.MyApp.Asks"',
    ],
    ["an unknown stage", { pipeline: [{ name: "aks" }, { name: "grade" }] }, 'Did you mean "ask"?'],
    [
      "an inherited name",
      { pipeline: [{ name: "constructor" }, { name: "grade" }] },
      "pipeline[0].name must be one of",
    ],
    [
      "an unknown backend",
      { backend: { id: "fuor" } },
      'backend.id must be one of the registry\'s backends, got "fuor". Did you mean "four"?',
    ],
    ["an unknown data set", { dataset: { name: "sum" } }, 'Did you mean "sums"?'],
    ["no data set", { dataset: undefined }, "dataset is missing"],
    ["an unknown member", { reliabilty: {} }, 'reliabilty is not an option. Did you mean "reliability"?'],
    ["no scorer", { pipeline: [{ name: "ask" }] }, "pipeline must have an enabled stage that is a scorer"],
    ["no stage", { pipeline: [] }, "pipeline must have at least 1"],
    [
      "options that nobody reads",
      { backend: { id: "four", options: { temperature: 0 } } },
      "backend.options acts only where the registry's entry is a function",
    ],
    ["a split of plain rows", { dataset: { name: "sums", split: "test" } }, "dataset.split acts only where"],
    ["a training", { experiment_type: "training" }, "experiment_type must not be of a training"],
    [
      "guardrails without a stage",
      { reliability: { guardrails: {} } },
      "reliability.guardrails acts only where the registry has a stage guardrails",
    ],
    [
      "fairness without a stage",
      { reliability: { fairness: { enabled: true } } },
      "reliability.fairness acts only where",
    ],
    [
      "adaptive hedging",
      { reliability: { hedging: { strategy: "adaptive" } } },
      "reliability.hedging.strategy must be off or fixed",
    ],
    [
      "hedging without a delay",
      { reliability: { hedging: { strategy: "fixed" } } },
      "reliability.hedging.delay_ms is missing",
    ],
    [
      "confidence that is not said",
      { reliability: { ensemble: { strategy: "best_confidence", models: ["four"] } } },
      "must not be best_confidence",
    ],
    ["an ensemble of none", { reliability: { ensemble: { strategy: "majority" } } }, "models must have at least one"],
    [
      "a model without a weight",
      { reliability: { ensemble: { strategy: "weighted", models: ["four"] } } },
      "must have a weight for each model",
    ],
    ["an unknown test", { reliability: { stats: { tests: ["t-test"] } } }, "tests[0] must be one of ttest"],
    ["an unknown sink", { outputs: [{ name: "o", sink: "s3" }] }, 'outputs[0].sink must be file, got "s3"'],
    ["an unknown format", { outputs: [{ name: "o", formats: ["htm"] }] }, 'Did you mean "html"?'],
    [
      "settings of ours that are none",
      { metadata: { crucible_harness: { repaet: 2 } } },
      'metadata.crucible_harness.repaet is not an option. Did you mean "repeat"?',
    ],
    [
      "a hook without a function",
      { metadata: { crucible_harness: { hooks: ["onError"] } } },
      "hooks[0] must be one of the registry's hooks",
    ],
    ["a bottomless document", { metadata: deep }, "must not be nested deeper"],
    ["text that is not JSON", "{", "the document must be JSON"],
  ])("%s", (_, change, sentence) => {
    expect(refusal(typeof change === "string" ? change : { ...document, ...change })).toContain(sentence);
  });

  it("and so is a registry whose entries are none", () => {
    expect(refusal(document, { ...registry, backends: { four: 5 as never } })).toContain("backend must be a backend");
    expect(refusal(document, { ...registry, backends: { four: () => undefined as never } })).toContain(
      "must be a backend",
    );
    expect(refusal(document, { ...registry, stages: { ask: null as never } })).toContain(
      "pipeline[0].name must be one of",
    );
    expect(refusal(`\uFEFF${JSON.stringify(document)}`)).toBe("accepted");
  });

  it("all at once", () => {
    const message = refusal({
      ...document,
      backend: { id: "x" },
      dataset: { name: "y" },
      outputs: [{ name: "o", sink: "z" }],
    });
    expect(message.split("\n")).toHaveLength(3);
  });
});

describe("the way back", () => {
  const text = fc.string({ minLength: 1, maxLength: 8 });
  const opaque = fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
  const optional = { requiredKeys: ["id" as const, "backend" as const, "pipeline" as const] };
  const documents = fc.record(
    {
      id: text,
      backend: fc.record({ id: text, profile: text, options: opaque }, { requiredKeys: ["id"] }),
      pipeline: fc.array(
        fc.record({ name: text, module: text, options: opaque, enabled: fc.boolean() }, { requiredKeys: ["name"] }),
        { minLength: 1 },
      ),
      description: fc.option(text),
      owner: text,
      tags: fc.array(text),
      metadata: opaque,
      dataset: fc.record({ name: text, split: text, options: opaque, version: text }, { requiredKeys: ["name"] }),
      reliability: fc.record(
        {
          ensemble: fc.record({ strategy: fc.constantFrom("none", "majority"), models: fc.array(text) }),
          hedging: fc.record({ strategy: fc.constantFrom("off", "fixed"), delay_ms: fc.integer({ min: 1, max: 1e6 }) }),
          stats: fc.record({ alpha: fc.double({ min: 0.01, max: 0.5, noNaN: true }) }),
          monitoring: opaque,
        },
        { requiredKeys: [] },
      ),
      outputs: fc.array(fc.record({ name: text, formats: fc.array(text) })),
      experiment_type: text,
      baseline: fc.record({ id: text }),
    },
    optional,
  );

  it("from text to a document and back loses nothing, whatever it holds", () => {
    fc.assert(
      fc.property(documents, (any) => {
        const once = parseIR(JSON.stringify(any));
        const text = JSON.stringify(once);
        expect(parseIR(text)).toEqual(once);
        expect(JSON.stringify(parseIR(text))).toBe(text);
        expect(Object.keys(once)).toEqual(Object.keys(experimentIR.shape).filter((key) => key in once));
      }),
      draws(100, 300),
    );
  });

  const runnable = fc.record({
    ...Object.fromEntries(Object.entries(document).map(([key, value]) => [key, fc.constant(value)])),
    description: text,
    tags: fc.array(text),
    created_at: fc.constant("2026-01-01T00:00:00Z"),
    reliability: fc.record({
      ensemble: fc.constantFrom(undefined, { strategy: "majority", models: ["four", "five", "other"] }),
      hedging: fc.constantFrom(undefined, { strategy: "fixed", delay_ms: 100 }),
      stats: fc.record({
        alpha: fc.double({ min: 0.001, max: 0.2, noNaN: true }),
        bootstrap_iterations: fc.integer({ min: 100, max: 5000 }),
      }),
    }),
    metadata: fc.record({ crucible_harness: fc.record({ repeat: fc.integer({ min: 1, max: 5 }) }), team: text }),
  });

  it("from a document to an experiment and back is the document", () => {
    fc.assert(
      fc.property(runnable, (any) => {
        const read = parseIR(any);
        const experiment = fromIR(any, registry);
        expect(experiment.repeat).toBe(any.metadata.crucible_harness.repeat);
        expect(toIR(experiment)).toEqual(read);
      }),
      draws(50, 150),
    );
  });

  const conditions = [
    { name: "a", description: "one", run: () => ({ value: 1 }), factors: { n: 1 } },
    { name: "b", run: () => ({ value: 2 }) },
  ];
  const rows = () => [{ id: "x" }];
  const experiments = fc.record({
    repeat: fc.integer({ min: 1, max: 4 }),
    tags: fc.array(text),
    config: fc.record({ maxParallel: fc.integer({ min: 1, max: 50 }), timeoutMs: fc.integer({ min: 1, max: 1e6 }) }),
    costBudget: fc.record({ maxTotal: fc.integer({ min: 1, max: 100 }) }),
    statisticalAnalysis: fc.record({
      significanceLevel: fc.double({ min: 0.001, max: 0.2, noNaN: true }),
      multipleTestingCorrection: fc.constantFrom("holm" as const, "bh" as const, "by" as const, "min-p" as const),
      baseline: fc.constantFrom("a", undefined),
    }),
    gates: fc.constantFrom<Gate[]>([], [{ metric: "value", condition: "a", atLeast: 0.5 }]),
  });

  it("from an experiment to a document and back is the experiment, with the code of its parts", () => {
    const customMetrics = [{ name: "twice", fn: (m: Record<string, number>) => 2 * m.value! }];
    const hooks = { onError: () => "skip" as const };
    const rowSchema = z.object({ id: z.string() });
    fc.assert(
      fc.property(experiments, (any) => {
        const input = { name: "own", dataset: rows, conditions, metrics: ["value"], ...any };
        const experiment = defineExperiment({ ...input, customMetrics, hooks, datasetConfig: { schema: rowSchema } });
        const text = JSON.stringify(toIR(experiment));
        const { a, b } = Object.fromEntries(conditions.map((one) => [one.name, { condition: one }]));
        const own = { stages: { a: a!, b: b! }, datasets: { "function rows": rows }, customMetrics, hooks, rowSchema };
        expect(described(fromIR(text, own as RegistryIR))).toEqual(described(experiment));
        expect(described(fromIR(JSON.stringify(toIR(described(experiment))), own as RegistryIR))).toEqual(
          described(experiment),
        );
      }),
      draws(50, 150),
    );
  });

  it("says what was changed since", () => {
    const changed = redefine(fromIR(document, registry), {
      repeat: 3,
      statisticalAnalysis: { significanceLevel: 0.02 },
    });
    expect(asWritten(changed).repeat).toBe(3);
    const again = fromIR(JSON.stringify(toIR(changed)), registry);
    expect(described(again)).toEqual(described(changed));
    expect(again.statisticalAnalysis.significanceLevel).toBe(0.02);
  });
});
