import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { estimate } from "#src/app/estimate/estimate";
import { loadDataset } from "#src/app/load";
import { run, start } from "#src/app/run";
import { scripted } from "#src/backends/scripted";
import { defineExperiment, type ExperimentInput } from "#src/experiment/define";
import { includes, match, numeric } from "#src/scoring/index";
import { generate } from "#src/solver/index";
import { memoryStore } from "#src/store/memory";
import { temporaryFolder } from "../support.ts";

const folder = temporaryFolder();

/** A file in the folder, and where it is. */
const fileOf = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const unreached = (): never => {
  throw new Error("something was run");
};
const solving = (more: object = {}) => ({
  name: "model",
  solver: generate(),
  scorers: [match()],
  backend: scripted(unreached),
  ...more,
});
const experimentOn = (dataset: ExperimentInput["dataset"], more: Partial<ExperimentInput> = {}) =>
  defineExperiment({ name: "x", dataset, conditions: [solving()], metrics: ["accuracy"], ...more });
const options = { store: () => memoryStore(), formats: [], executor: unreached };

describe("a row that cannot be a sample", () => {
  const ways = {
    run: (experiment: ReturnType<typeof experimentOn>) => run(experiment, options),
    start: (experiment: ReturnType<typeof experimentOn>) => start(experiment, options).done,
    "a dry run": (experiment: ReturnType<typeof experimentOn>) => run(experiment, { ...options, dryRun: true }),
    estimate: (experiment: ReturnType<typeof experimentOn>) => estimate(experiment, options),
  };

  it.each(Object.entries(ways))("is refused with its place before anything is run: by %s", async (_, way) => {
    const path = fileOf("semicolons.jsonl", '{"question":"2 + 2?"}\n\n{"qestion":"3 + 3?","answer":6}\n');
    await expect(way(experimentOn(path))).rejects.toThrow(
      `${path}:3: sample must have "input". There is: qestion, answer`,
    );
  });

  it("is refused by the fields of the condition that cannot read it, which is named where there are several", async () => {
    const rows = [{ question: "2 + 2?", frage: "2 + 2?" }, { question: "3 + 3?" }];
    const conditions = [solving(), solving({ name: "german", fields: { input: "frage" } })];
    await expect(run(experimentOn(rows, { conditions }), options)).rejects.toThrow(
      'dataset[1] (condition "german"): sample must have "frage"',
    );
  });

  it("is refused although it would not be drawn: the run without the limit would fail at it", async () => {
    const rows = [{ question: "2 + 2?" }, { id: 2 }];
    await expect(run(experimentOn(rows, { datasetConfig: { limit: 1 } }), options)).rejects.toThrow(
      'dataset[1]: sample must have "input"',
    );
  });

  it("is refused where a scorer could find no answer to its target right", async () => {
    const rows = [
      { input: "2 + 2?", target: "4" },
      { input: "Capital?", target: ["Paris", "75"] },
    ];
    const graded = (scorers: Parameters<typeof solving>[0]) => experimentOn(rows, { conditions: [solving(scorers)] });
    await expect(run(graded({ scorers: [includes(), numeric()] }), options)).rejects.toThrow(
      'dataset[1]: sample.target must be a number that numeric() can read, not "Paris", got ["Paris","75"]',
    );
    await expect(run(experimentOn([{ input: "?", target: { value: 1 } }]), options)).rejects.toThrow(
      "dataset[0]: sample.target must be text or a number",
    );
  });

  it("is no matter for a function, which reads rows as they are", async () => {
    const conditions = [{ name: "f", run: () => ({ accuracy: 1 }) }];
    const report = await run(experimentOn([{ a: 1 }], { conditions }), { store: () => memoryStore(), formats: [] });
    expect(report.accounting).toMatchObject({ succeeded: 1 });
  });
});

describe("a row whose question or answer stands for nothing", () => {
  it.each([
    ["target", { input: "?", target: Number.NaN }],
    ["input", { input: Number.NaN, target: "4" }],
    ["choices", { input: "?", choices: ["a", "", "b"], target: "A" }],
  ])("is refused with its place: %s", async (field, row) => {
    await expect(run(experimentOn([{ input: "?" }, row]), options)).rejects.toThrow(`dataset[1]: sample.${field}`);
  });
});

describe("an iterable", () => {
  let read = 0;
  let closed = 0;
  function* endless() {
    try {
      for (;;) yield { id: read++ };
    } finally {
      closed += 1;
    }
  }
  async function* endlessly() {
    yield* endless();
  }
  const load = (dataset: ExperimentInput["dataset"], datasetConfig: ExperimentInput["datasetConfig"]) => {
    [read, closed] = [0, 0];
    const conditions = [{ name: "f", run: () => 1 }];
    return loadDataset(defineExperiment({ name: "x", dataset, datasetConfig, conditions, metrics: ["value"] }), folder);
  };

  it("without an end is read to the limit, and closed", async () => {
    for (const dataset of [endless(), endlessly(), () => endless(), () => endlessly()]) {
      expect((await load(dataset, { limit: 3 })).items.map(({ id }) => id)).toEqual(["0", "1", "2"]);
      expect([read, closed]).toEqual([3, 1]);
    }
    expect((await load(new Set([1, 2]), { limit: 3 })).items).toHaveLength(2);
  });

  it("without an end is refused where all rows are needed", async () => {
    await expect(load(endless(), { limit: 3, shuffle: true })).rejects.toThrow(
      "dataset must end within 2000000 rows where shuffle, stratifyBy, weightBy and fold need all rows. Give a list where it is so long, or a limit of its first rows where it has no end",
    );
    expect(closed).toBe(1);
  });

  it("with an end is drawn from as a whole", async () => {
    const some = function* () {
      for (let id = 0; id < 100; id++) yield { id };
    };
    expect((await load(some(), { limit: 3, shuffle: true })).items.map(({ id }) => id)).not.toEqual(["0", "1", "2"]);
  });
});

describe("what is not a data set", () => {
  const sample = { input: "2 + 2?", target: "4" };
  const refused: [what: string, dataset: unknown, sentence: RegExp][] = [
    ["a promise", Promise.resolve([1]), /^dataset must be rows, .*an object of the class Promise\. Await it, or pass/],
    ["a URL", new URL("file:///a.jsonl"), /^dataset must be rows, .*Pass its path, as fileURLToPath/],
    ["an address", "https://example.org/a.jsonl", /^dataset must be a file that exists, .*Addresses are not read/],
    ["a weak map", new WeakMap(), /^dataset must be rows, .*got an object of the class WeakMap$/],
    ["a list with a hole", Object.assign([sample], { 2: sample }), /^dataset\[1\] must be a row, and is undefined/],
  ];

  it.each(refused)("is refused with what was meant: %s", async (_, dataset, sentence) => {
    await expect(loadDataset(experimentOn(dataset as never), folder)).rejects.toThrow(sentence);
  });
});
