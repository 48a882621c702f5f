import {
  defineExperiment,
  type ExperimentInput,
  memoryStore,
  meta,
  type RunOptions,
  type RunStore,
  run,
} from "crucible-harness";
import { metaAnalysis } from "crucible-harness/stats";
import { describe, expect, it } from "vitest";
import { forest, forestLines } from "#src/reports/forest";
import { drawSvg } from "#src/reports/svg";

/** A stored run of two conditions, whose second passes a share of the items that the seed moves. */
async function stored(
  seed: number,
  more: Partial<Omit<ExperimentInput, "dataset">> = {},
  options: RunOptions = {},
): Promise<RunStore> {
  const store = { ...memoryStore(), close: () => {} };
  const experiment = defineExperiment({
    name: "pooled",
    dataset: Array.from({ length: 40 }, (_, i) => ({ id: `r${seed}i${i}`, number: i })),
    conditions: [
      { name: "steady", run: (item) => values((item as { number: number }).number, 0) },
      { name: "tuned", run: (item) => values((item as { number: number }).number, seed) },
    ],
    metrics: ["accuracy", "score", { name: "score_p90", from: "score", aggregate: "p90" }],
    ...more,
  });
  await run(experiment, { store: () => store, formats: [], ...options });
  return store;
}

const kept = new Map<number, Promise<RunStore>>();
/** The same run as `stored(seed)`, for all tests once. */
function storedOnce(seed: number): Promise<RunStore> {
  const store = kept.get(seed) ?? stored(seed);
  kept.set(seed, store);
  return store;
}

const values = (number: number, seed: number) => ({
  accuracy: ((number * 7 + seed) % (seed === 0 ? 2 : 3) === 0) === (seed === 0),
  score: ((number * 13) % 17) + seed / 4 + ((number * seed) % 5),
});

describe("a meta-analysis over runs", () => {
  it("combines the difference of each pair by the precision that each run has", async () => {
    const { pairs, runs } = await meta(await Promise.all([1, 2, 4].map(storedOnce)));
    const score = pairs.find(({ metric }) => metric === "score")!;
    expect(score.studies.map(({ experimentId }) => experimentId)).toEqual(runs.map(({ experimentId }) => experimentId));
    const effects = score.studies.filter((study) => "estimate" in study);
    expect(effects.length).toBe(3);
    expect({ ok: true, value: score.pooled }).toEqual(metaAnalysis(effects));
    expect(score.pooled!.weights.reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 12);
  });

  it("leaves out what has no standard error, with the reason, and names no estimate for it", async () => {
    const { pairs } = await meta([await storedOnce(1), await storedOnce(2)]);
    const percentile = pairs.find(({ metric }) => metric === "score_p90")!;
    expect(percentile.studies.map((study) => "left" in study && study.left)).toEqual(
      Array(2).fill("it is not a mean over items, and has no standard error"),
    );
    expect(percentile).toMatchObject({ problem: "Fewer than two runs have a difference with a standard error." });
    expect(percentile.pooled).toBeUndefined();
  });

  it("holds for all pairs of a metric together: the interval excludes 0 exactly where the adjusted p is below .05", async () => {
    const conditions = [0, 1, 2, 4].map((seed) => ({
      name: `c${seed}`,
      run: (item: unknown) => values((item as { number: number }).number, seed),
    }));
    const { pairs } = await meta(await Promise.all([1, 2, 3, 4].map((seed) => stored(seed, { conditions }))));
    const found = pairs.filter(({ metric, pooled }) => metric === "score" && pooled);
    expect(found.length).toBeGreaterThan(3);
    for (const { pooled, simultaneous, pAdjusted } of found) {
      expect(pAdjusted).toBe(Math.min(1, pairs.filter(({ metric }) => metric === "score").length * pooled!.p));
      expect(simultaneous!.lower > 0 || simultaneous!.upper < 0).toBe(pAdjusted! < 0.05);
    }
    expect(found.length + pairs.filter(({ metric, problem }) => metric === "score" && problem).length).toBe(6);
  });

  it("gives no mean where a run without any variation would have to be left out", async () => {
    const same = await stored(2, {
      conditions: [
        { name: "steady", run: (item) => values((item as { number: number }).number, 0) },
        { name: "tuned", run: (item) => values((item as { number: number }).number, 0) },
      ],
    });
    const { pairs } = await meta([await storedOnce(1), same, await storedOnce(4)]);
    const score = pairs.find(({ metric }) => metric === "score")!;
    expect(score.pooled).toBeUndefined();
    expect(score.problem).toMatch(/no mean is given/);
  });

  it("says that runs over the same items are no independent samples of items", async () => {
    const twice = await meta([await storedOnce(1), await stored(1)]);
    expect(twice.notes.join()).toMatch(/same items are not independent samples/);
    const apart = await meta([await storedOnce(1), await storedOnce(2)]);
    expect(apart.notes.join()).not.toMatch(/independent samples/);
  });

  it("is shown run by run and all together, as lines and as a picture", async () => {
    const { pairs, runs } = await meta([await storedOnce(1), await storedOnce(4)]);
    const accuracy = pairs.filter(({ metric }) => metric === "accuracy");
    const lines = accuracy.flatMap(forestLines);
    expect(lines[0]).toBe("accuracy: tuned minus steady, in points");
    for (const { experimentId } of runs) expect(lines.join("\n")).toContain(experimentId);
    expect(lines.join("\n")).toMatch(/all runs +[+-][\d.]+ \[/);
    expect(lines.join("\n")).toMatch(/95 % prediction interval/);
    expect(drawSvg(forest(accuracy))).toMatch(/<svg[\s\S]*all runs/);
  });

  it("is refused for one run, a run given twice, a metric that no run has, and injected faults", async () => {
    const store = await storedOnce(1);
    await expect(meta([store])).rejects.toThrow("runs must be at least two");
    await expect(meta([store, store])).rejects.toThrow("runs must not name a run twice");
    await expect(meta([store, await storedOnce(2)], { metrics: ["scores"] })).rejects.toThrow(
      'metrics must name metrics that all runs have, got "scores". Did you mean "score"?',
    );
    const other = await stored(3, {
      conditions: [
        { name: "alpha", run: () => ({ accuracy: true, score: 1 }) },
        { name: "beta", run: () => ({ accuracy: false, score: 2 }) },
      ],
    });
    await expect(meta([store, other])).rejects.toThrow("runs must have a pair of conditions in common");
  });
});
