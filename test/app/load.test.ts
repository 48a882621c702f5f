import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { estimate } from "#src/app/estimate/estimate";
import { run, start } from "#src/app/run";
import { scripted } from "#src/backends/scripted";
import { defineExperiment, type ExperimentInput } from "#src/experiment/define";
import { includes, match, numeric } from "#src/scoring/index";
import { generate } from "#src/solver/index";
import { memoryStore } from "#src/store/memory";

const folder = mkdtempSync(join(tmpdir(), "crucible-load-"));
afterAll(() => rmSync(folder, { recursive: true }));

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
