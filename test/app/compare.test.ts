import { compare, defineExperiment, type ExperimentInput, memoryStore, type RunStore, run } from "crucible-harness";
import { describe, expect, it } from "vitest";

/** A stored run over items `from` to `to`, passed by the second condition where `passes` says so. */
async function stored(
  passes: (item: number) => boolean,
  { from = 0, to = 60, ...more }: { from?: number; to?: number } & Partial<Omit<ExperimentInput, "dataset">> = {},
): Promise<RunStore> {
  const store = { ...memoryStore(), close: () => {} };
  const experiment = defineExperiment({
    name: "compared",
    dataset: Array.from({ length: to - from }, (_, i) => ({ id: `i${from + i}`, number: from + i })),
    conditions: [
      { name: "steady", run: (item) => ({ accuracy: (item as { number: number }).number % 2 === 0 }) },
      { name: "tuned", run: (item) => ({ accuracy: passes((item as { number: number }).number) }) },
    ],
    metrics: ["accuracy"],
    ...more,
  });
  await run(experiment, { store: () => store, formats: [] });
  return store;
}

describe("comparing runs", () => {
  it("pairs each condition with its namesake by item id", async () => {
    const before = await stored((item) => item % 4 === 0);
    const after = await stored((item) => item % 4 < 3, { from: 10, to: 70 });
    const { analysis, runs } = await compare([before, after]);
    const [steady, tuned] = analysis.metrics[0]!.comparisons;
    expect(tuned).toMatchObject({
      condition: `tuned (${runs[1]!.experimentId})`,
      against: `tuned (${runs[0]!.experimentId})`,
      design: "paired",
      test: "exact McNemar test",
      n: 50,
      dropped: { "not run": 20 },
      verdict: "better",
    });
    expect(steady).toMatchObject({ verdict: "not distinguishable", n: 50 });
  });

  it("says what differed between their manifests, and nothing else", async () => {
    const [a, b] = [
      await stored(() => true, { config: { randomSeed: 1 } }),
      await stored(() => true, { config: { randomSeed: 2 }, repeat: 2 }),
    ];
    const { differences } = await compare([a, b]);
    expect(differences).toEqual([
      { path: "experiment.config.randomSeed", values: [1, 2] },
      { path: "experiment.repeat", values: [1, 2] },
      { path: "seed", values: [1, 2] },
    ]);
  });

  it("warns when items of one id may not be the same items", async () => {
    const { notes } = await compare([await stored(() => true), await stored(() => true, { to: 40 })]);
    expect(notes.join()).toContain("The data sets differ");
  });

  it("refuses runs that have nothing in common, and one run twice", async () => {
    const one = await stored(() => true);
    const pass = () => ({ speed: 1 });
    const other = await stored(() => true, {
      conditions: [
        { name: "x", run: pass },
        { name: "y", run: pass },
      ],
      metrics: ["speed"],
    });
    const slow = await stored(() => true, { conditions: [{ name: "tuned", run: pass }], metrics: ["speed"] });
    await expect(compare([one, one])).rejects.toThrow("must not name a run twice");
    await expect(compare([one, other])).rejects.toThrow("must have a condition in common");
    await expect(compare([one, slow])).rejects.toThrow("must have a metric in common");
    await expect(compare([one])).rejects.toThrow("at least two");
  });
});
