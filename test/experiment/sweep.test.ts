import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { range, sweep } from "#src/experiment/sweep";

fc.configureGlobal({ seed: 42 });

const run = () => 1;

describe("a range", () => {
  it("has both its ends", () => {
    expect(range(1, 3)).toEqual([1, 2, 3]);
    expect(range(0, 10, 5)).toEqual([0, 5, 10]);
    expect(range(0, 9, 5)).toEqual([0, 5]);
    expect(range(2, 2)).toEqual([2]);
    expect(range(3, 1)).toEqual([]);
  });

  it("counts in tenths as people do", () => {
    expect(range(0, 0.3, 0.1)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(range(0, 1, 0.1)).toHaveLength(11);
  });

  it.each([0, -1, Number.NaN])("needs a step above 0, not %d", (step) => {
    expect(() => range(1, 3, step)).toThrow(`range step must be more than 0, got ${step}`);
  });
});

describe("a sweep", () => {
  it("has one condition for every combination, the last factor changing fastest", () => {
    const conditions = sweep({ model: ["a", "b"], n: [1, 2] }, ({ model, n }) => ({ name: `${model}${n}`, run }));
    expect(conditions.map(({ name }) => name)).toEqual(["a1", "a2", "b1", "b2"]);
    expect(conditions[2]?.factors).toEqual({ model: "b", n: 1 });
  });

  it("makes as many conditions as the numbers of values multiply to, all different", () => {
    const values = fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), values, { maxKeys: 4 }), (grid) => {
        const all = sweep(grid, (factors) => ({ name: JSON.stringify(Object.entries(factors).sort()), run }));
        expect(all).toHaveLength(Object.values(grid).reduce((product, list) => product * list.length, 1));
        expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
      }),
    );
  });

  it("keeps factors that the condition adds, and lets it have the last word", () => {
    const [only] = sweep({ n: [1] }, ({ n }) => ({ name: "x", run, factors: { n: n * 10, kind: "big" } }));
    expect(only?.factors).toEqual({ n: 10, kind: "big" });
  });

  it("needs a value for every factor", () => {
    expect(() => sweep({ n: [1], m: [] }, () => ({ name: "x", run }))).toThrow("sweep.m must have at least one value");
  });
});
