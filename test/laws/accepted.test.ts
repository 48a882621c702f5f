import {
  defineExperiment,
  describe as describe_,
  type Experiment,
  type ExperimentInput,
  type RunStore,
  resume,
  run,
} from "crucible-harness";
import { describe, expect, it } from "vitest";
import { exitCodeOf } from "#src/cli/exit-code";
import { formats } from "#src/experiment/options";
import { buildReport, renderers } from "#src/reports/index";
import { lastingStore } from "./harness.ts";

type Definition = ExperimentInput<{ id: string; subject: string; i: number }>;

const rows = Array.from({ length: 12 }, (_, i) => ({ id: `q${i}`, subject: i % 2 ? "x" : "y", i }));
const first: Definition["conditions"][number] = {
  name: "a",
  factors: { size: 1 },
  run: ({ i }) => ({ accuracy: i % 2, score: i }),
};
const second: Definition["conditions"][number] = {
  name: "b",
  factors: { size: 1 },
  run: ({ i }) => ({ accuracy: 1, score: i / 2 }),
};
const ratio: NonNullable<Definition["customMetrics"]>[number] = {
  name: "ratio",
  direction: "higher",
  fn: ({ score, accuracy }) => score! / accuracy!,
};
const otherFirst: typeof first = { ...first, run: ({ i }) => ({ accuracy: 1 - (i % 2), score: i }) };
const product: typeof ratio = { ...ratio, fn: ({ score, accuracy }) => score! * accuracy! };
const codeOfMetric = (experiment: Experiment): string => describe_(experiment).customMetrics[0]!.code!;
const codeOf = (experiment: Experiment): string => describe_(experiment).conditions[0]!.code!;

/** A run of which every option that decides about its conclusions is set; its gate is missed. */
const definition: Definition = {
  name: "locked",
  dataset: rows,
  conditions: [first, second],
  metrics: ["accuracy", { name: "score", direction: "higher" }],
  metricSchemas: { score: { type: "number", min: 0 } },
  customMetrics: [ratio],
  config: { randomSeed: 7 },
  statisticalAnalysis: { significanceLevel: 0.05, by: ["subject"] },
  gates: [{ metric: "accuracy", condition: "a", atLeast: 0.9 }],
};
const statistics = { significanceLevel: 0.05, by: ["subject"] };

const changed: Record<string, { change: Partial<Definition>; path: RegExp; was: string; now: string }> = {
  "a metric less": {
    change: { metrics: ["accuracy"] },
    path: /^metrics$/,
    was: '["accuracy","score"]',
    now: '["accuracy"]',
  },
  "a direction": {
    change: { metrics: ["accuracy", { name: "score", direction: "lower" }] },
    path: /^metrics\.score\.direction$/,
    was: '"higher"',
    now: '"lower"',
  },
  "a schema of a metric": {
    change: { metricSchemas: { score: { type: "number", min: -5 } } },
    path: /^metricSchemas\.score/,
    was: "0",
    now: "-5",
  },
  "the level": {
    change: { statisticalAnalysis: { ...statistics, significanceLevel: 0.2 } },
    path: /significanceLevel$/,
    was: "0.05",
    now: "0.2",
  },
  "the correction": {
    change: { statisticalAnalysis: { ...statistics, multipleTestingCorrection: "none" } },
    path: /multipleTestingCorrection$/,
    was: '"min-p"',
    now: '"none"',
  },
  "the family": {
    change: { statisticalAnalysis: { ...statistics, family: "all" } },
    path: /family$/,
    was: '"metric"',
    now: '"all"',
  },
  "a baseline": {
    change: { statisticalAnalysis: { ...statistics, baseline: "b" } },
    path: /baseline$/,
    was: "not set",
    now: '"b"',
  },
  "the intervals": {
    change: { statisticalAnalysis: { ...statistics, confidenceInterval: 0.9 } },
    path: /confidenceInterval$/,
    was: "not set", // 1 - significanceLevel
    now: "0.9",
  },
  "how failed tasks count": {
    change: { statisticalAnalysis: { ...statistics, failedAs: 0 } },
    path: /failedAs$/,
    was: '"missing"',
    now: "0",
  },
  "a margin": {
    change: { statisticalAnalysis: { ...statistics, equivalenceMargin: { accuracy: 0.3 } } },
    path: /equivalenceMargin/,
    was: "not set",
    now: "0.3",
  },
  "the slices": {
    change: { statisticalAnalysis: { significanceLevel: 0.05 } },
    path: /\.by/,
    was: "subject",
    now: "not set",
  },
  "a gate": {
    change: { gates: [{ metric: "accuracy", condition: "a", atLeast: 0.1 }] },
    path: /^gates\[0\]\.atLeast$/,
    was: "0.9",
    now: "0.1",
  },
  "the code of a condition": {
    change: { conditions: [otherFirst, second] },
    path: /^conditions\[0\]\.code$/,
    was: codeOf(defineExperiment(definition)),
    now: codeOf(defineExperiment({ ...definition, conditions: [otherFirst, second] })),
  },
  "the seed": { change: { config: { randomSeed: 8 } }, path: /randomSeed$/, was: "7", now: "8" },
  "an item of the data": {
    change: { dataset: rows.map((row) => (row.id === "q3" ? { ...row, i: 100 } : row)) },
    path: /^dataset \(its content\)$/,
    was: "ba2433eb27436e9f98ba1f82fe411948",
    now: "1c96f94b5efd0ab4c96581cbe377d063",
  },
  "the direction of a custom metric": {
    change: { customMetrics: [{ ...ratio, direction: "lower" }] },
    path: /^customMetrics\[0\]\.direction$/,
    was: '"higher"',
    now: '"lower"',
  },
  "the function of a custom metric": {
    change: { customMetrics: [product] },
    path: /^customMetrics\[0\]\.code$/,
    was: codeOfMetric(defineExperiment(definition)),
    now: codeOfMetric(defineExperiment({ ...definition, customMetrics: [product] })),
  },
  "no custom metric": { change: { customMetrics: [] }, path: /^customMetrics\[0\]$/, was: '"ratio"', now: "not set" },
  "a stopping rule": {
    change: { statisticalAnalysis: { ...statistics, sequential: { method: "e_value", alpha: 0.05 } } },
    path: /sequential$/,
    was: "not set",
    now: '"e_value"',
  },
  "no gate": { change: { gates: [] }, path: /^gates/, was: "0.9", now: "not set" },
};

const optionsOf = (store: RunStore) => ({ store: () => store, formats: [] as [], observe: false });

/** The report in every format, without what formats do to punctuation. */
async function texts(store: RunStore, report: Awaited<ReturnType<typeof run>>): Promise<[string, string][]> {
  const { analysis, gates, decided } = report;
  const built = await buildReport({
    manifest: (await store.manifest())!,
    analysis,
    gates,
    decided,
    results: store.outcomes(),
  });
  return Object.entries(renderers).map(([format, render]) => [
    format,
    render(built)
      .replaceAll("\\\\", "\\")
      .replaceAll(/\\allowbreak\{\}|\\(?=[_[\]{}"*])|\{\}/g, "")
      .replaceAll(/&quot;|\\textquotedbl|""/g, '"'),
  ]);
}

describe("an option that was decided before the first task", () => {
  it.each(Object.entries(changed))(
    "is refused in a sentence, or named with both values in every format: %s",
    async (_, { change, path, was, now }) => {
      const store = lastingStore();
      const before = await run(defineExperiment(definition), optionsOf(store));
      expect(exitCodeOf(before)).toBe(100);
      const experiment: Experiment = defineExperiment({ ...definition, ...change });
      const again = (accept?: true) =>
        resume(before.experimentId, { ...optionsOf(store), experiment, ...(accept ? { acceptChanged: true } : {}) });
      const refusal = await again().then(
        () => "",
        (error: Error) => error.message,
      );
      expect(refusal).toMatch(
        / differs from the stored run.*: it was .* and is .*\. Undo the change, .*--accept-changed/,
      );
      expect(
        [was === "not set" ? "not there" : was, was.replaceAll('"', "")].some((old) => refusal.includes(old)),
      ).toBe(true);
      expect(refusal.split("\n")).toHaveLength(1);

      const after = await again(true);
      expect(after.decided.changes.map((one) => one.path).join("\n")).toMatch(new RegExp(path.source, "m"));
      expect(after.gates.filter(({ afterwards }) => !afterwards)).toMatchObject([
        { gate: { atLeast: 0.9 }, passed: false },
      ]);
      expect(exitCodeOf(after)).toBe(100); // by the gate as it was
      for (const [format, text] of await texts(store, after)) {
        const named = after.decided.changes.find((one) => path.test(one.path))!.path;
        const at = [...text.matchAll(new RegExp(named.replaceAll(/[.[\]()]/g, "\\$&"), "g"))].map(({ index }) => index);
        const said = at.map((place) => text.slice(place, place + 260)).join("\n");
        expect({ format, said }).toMatchObject({ said: expect.stringContaining(was) });
        expect({ format, said }).toMatchObject({ said: expect.stringContaining(now) });
      }
      expect(formats.length).toBeGreaterThan(5);
    },
  );

  it("names another number of repeats with both values in every format, though a run may grow", async () => {
    const store = lastingStore();
    const before = await run(defineExperiment(definition), optionsOf(store));
    const experiment = defineExperiment({ ...definition, repeat: 2 });
    const after = await resume(before.experimentId, { ...optionsOf(store), experiment });
    expect(exitCodeOf(after)).toBe(100);
    for (const [format, text] of await texts(store, after))
      expect({ format, text }).toMatchObject({ text: expect.stringMatching(/repeat[\s\S]{0,40}1[\s\S]{0,260}2/) });
  });
});

describe("a name that is accepted", () => {
  const kept = async (acceptChanged: readonly string[]) => {
    const store = lastingStore();
    const experiment = defineExperiment({ ...definition, gates: [] });
    const { experimentId } = await run(experiment, optionsOf(store));
    return resume(experimentId, { ...optionsOf(store), experiment, acceptChanged });
  };

  it("is an option of the experiment, or what else is compared: it may be named although it is as it was", async () => {
    const { format: _, ...options } = describe_(defineExperiment(definition));
    const names = [
      ...Object.keys(options),
      "gates[0].atLeast",
      "dataset (its content)",
      "parameters.x",
      "code",
      "environment.HOME",
      "conditions[0].code",
    ];
    expect(await kept(names)).toMatchObject({ status: "completed" });
  });

  it.each([
    ["nonsense", /^acceptChanged must name options of the experiment, got "nonsense"\. There is: name, /],
    ["metrcs", /Did you mean "metrics"\?$/],
    ["gate[0].atLeast", /Did you mean "gates"\?$/],
    ["constructor", /^acceptChanged must name options/],
    ["", /^acceptChanged must name options/],
  ])("is refused where it is neither, with the nearest option: %j", async (name, sentence) => {
    await expect(kept(["metrics", name])).rejects.toThrow(sentence);
  });
});
