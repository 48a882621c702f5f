import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { defineExperiment, memoryStore, run } from "crucible-harness";
import { testExperiment } from "crucible-harness/vitest";
import { afterAll, describe, expect, it } from "vitest";
import type { Gate } from "#src/experiment/gates";

const folder = resolve("test/.scratch/vitest");
const [printed] = /(?<=```ts\n)[\s\S]*?(?=```)/.exec(readFileSync("docs/how-to/vitest.md", "utf8"))!;
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "printed.ts"), printed);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
describe("docs/how-to/vitest.md", async () => {
  await import(pathToFileURL(join(folder, "printed.ts")).href); // which defines two tests
});

const experiment = (gates: readonly Gate[], share = 0.9) =>
  defineExperiment({
    name: "held to its gates",
    dataset: Array.from({ length: 20 }, (_, n) => ({ id: `${n}`, n })),
    conditions: [
      { name: "new", run: ({ n }) => ({ accuracy: n < 20 * share, cost: 0.01 }), estimatedCost: 0.01 },
      { name: "old", run: ({ n }) => ({ accuracy: n < 10, cost: 0.01 }), estimatedCost: 0.01 },
    ],
    metrics: ["accuracy"],
    gates,
  });
const level: Gate = { metric: "accuracy", condition: "new", atLeast: 0.8 };
const difference: Gate = { metric: "accuracy", difference: ["new", "old"], notWorseThan: 0.02 };
const reportOf = (gates: readonly Gate[], share?: number, overrides = {}) =>
  run(experiment(gates, share), { store: () => memoryStore(), formats: [], overrides });
const complaint = (report: unknown): string => {
  try {
    expect(report).toPassGates();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
};

describe("expect(report).toPassGates()", () => {
  it("passes where all gates do, and its opposite where one is missed", async () => {
    expect(await reportOf([level, difference])).toPassGates();
    expect(await reportOf([level], 0.5)).not.toPassGates();
  });

  it("names each gate that is missed, with what was measured and asked", async () => {
    expect(complaint(await reportOf([level, difference], 0.75))).toBe(
      "expected all gates to pass: 1 of 2 missed\n  accuracy of new: measured 0.75, asked at least 0.8",
    );
    expect(complaint(await reportOf([level, difference], 0.4))).toMatch(
      /2 of 2 missed\n.*\n {2}accuracy of new against old: measured -0\.1 \[-[\d.]+, [\d.]+\], asked not worse than by 0\.02$/,
    );
  });

  it("is missed by a run that did not complete, by one without gates, and by what is not a report", async () => {
    expect(complaint(await reportOf([level], 0.9, { maxTotal: 0.05 }))).toMatch(
      /^expected the run to complete: it is budget exhausted \(.*\); \d+ of 40 tasks ended$/,
    );
    expect(complaint(await reportOf([]))).toBe(
      "expected gates, and the experiment has none that counts: add `gates` to it",
    );
    for (const other of [undefined, 1, {}, Promise.resolve()])
      expect(complaint(other)).toBe("expected the report of a run: await run(experiment)");
  });
});

describe("an experiment as a test", () => {
  let cost = 0;
  testExperiment(
    experiment([level]),
    { overrides: { sample: 5, condition: ["new"], maxTotal: 1 }, testTimeoutMs: 60_000 },
    (report) => {
      cost = report.cost;
    },
  );
  it("has run within its own limits, and was given its report", () => expect(cost).toBeCloseTo(0.05, 10));
});
