import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BestGroup, bestGroups } from "#src/analysis/best-group";
import { type AnalyseOptions, analyse, type MetricAnalysis } from "#src/analysis/index";
import { stream } from "#src/kernel/random";
import { draws, runs } from "../runs.ts";

fc.configureGlobal({ seed: 42 });

/** Passes and fails of conditions that pass with these chances, on the same items. */
function rowsOf(chances: readonly number[], items: number, seed: number, names = chances.map((_, c) => `c${c}`)) {
  const random = stream(seed, "best");
  return Array.from({ length: items }, (_, item) => {
    const hard = random();
    return chances.map((chance, c) => ({
      condition: names[c]!,
      itemId: item,
      accuracy: random() < 0.8 * chance + 0.2 * hard ? 1 : 0,
    }));
  }).flat();
}

const analysed = (rows: ReturnType<typeof rowsOf>, more: Partial<AnalyseOptions> = {}): MetricAnalysis =>
  analyse(rows, { metrics: ["accuracy"], resamples: 100, ...more }).metrics[0]!;
const groupOf = (metric: MetricAnalysis): BestGroup => bestGroups(metric)[0]!;
const levels = ({ summaries }: MetricAnalysis): Map<string, number> =>
  new Map(
    summaries.map(({ condition, estimate }) => [condition, estimate.value.ok ? estimate.value.value : Number.NaN]),
  );

const designs = fc.record({
  chances: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 6 }),
  items: fc.integer({ min: 2, max: 40 }),
  seed: fc.nat(1000),
});

describe("the best group", () => {
  it("holds the best observed, and those in it and those behind are all that were compared", () => {
    fc.assert(
      fc.property(designs, ({ chances, items, seed }) => {
        const metric = analysed(rowsOf(chances, items, seed));
        const { best, behind, ranked, top } = groupOf(metric);
        const highest = Math.max(...levels(metric).values());
        for (const name of top) expect(levels(metric).get(name)).toBeCloseTo(highest, 12);
        expect(best).toEqual(expect.arrayContaining([...top]));
        expect([...best, ...behind].sort()).toEqual([...ranked].sort());
        expect(ranked).toHaveLength(chances.length);
      }),
      draws(6, 10, 42),
    );
  });

  it("is told by the verdicts: each that is behind differs from the best observed, none in the group does from all of them", () => {
    fc.assert(
      fc.property(designs, ({ chances, items, seed }) => {
        const metric = analysed(rowsOf(chances, items, seed));
        const { best, behind, top } = groupOf(metric);
        const differs = (one: string, other: string): boolean =>
          metric.comparisons.some(
            ({ condition, against, verdict }) =>
              [one, other].every((name) => name === condition || name === against) && /better|worse/.test(verdict),
          );
        for (const name of behind) expect(top.every((leader) => differs(leader, name))).toBe(true);
        for (const name of best.filter((each) => !top.includes(each)))
          expect(top.every((leader) => differs(leader, name))).toBe(false);
      }),
      draws(6, 10, 42),
    );
  });

  it("does not depend on the order in which conditions stand", () => {
    fc.assert(
      fc.property(designs, ({ chances, items, seed }) => {
        const rows = rowsOf(chances, items, seed);
        const names = chances.map((_, c) => `c${c}`);
        const [there, back] = [names, names.toReversed()].map((conditions) => groupOf(analysed(rows, { conditions })));
        expect([...back!.best].sort()).toEqual([...there!.best].sort());
        expect([...back!.top].sort()).toEqual([...there!.top].sort());
      }),
      draws(5, 8, 42),
    );
  });

  it("is mirrored where less is better", () => {
    const rows = rowsOf([0.1, 0.5, 0.9], 200, 3);
    const [up, down] = (["higher", "lower"] as const).map((direction) =>
      groupOf(analysed(rows, { metrics: [{ name: "accuracy", direction }] })),
    );
    expect([up!.best, up!.behind]).toEqual([["c2"], ["c1", "c0"]]);
    expect([down!.best, down!.behind]).toEqual([["c0"], ["c1", "c2"]]);
  });

  it("is one for each group of pairs, and none where all are compared with a baseline", () => {
    const conditions = ["c0", "c1", "c2", "c3"].map((name, i) => ({ name, factors: { half: i < 2 ? "a" : "b" } }));
    const rows = rowsOf([0.1, 0.9, 0.9, 0.1], 100, 5);
    expect(bestGroups(analysed(rows, { conditions, pairs: { within: "half" } }))).toMatchObject([
      { group: "half = a", best: ["c1"], behind: ["c0"] },
      { group: "half = b", best: ["c2"], behind: ["c3"] },
    ]);
    expect(bestGroups(analysed(rows, { conditions, baseline: "c0" }))).toEqual([]);
  });

  it("leaves out the truly best condition no more often than the level of the family", () => {
    const sets = runs(20, 150);
    let missed = 0;
    for (let seed = 0; seed < sets; seed++) {
      const metric = analysed(rowsOf([0.5, 0.5, 0.5, 0.52], 30, seed));
      if (!groupOf(metric).best.includes("c3")) missed += 1;
    }
    expect(missed).toBeLessThanOrEqual(0.05 * sets + 3 * Math.sqrt(0.05 * 0.95 * sets));
  });
});
