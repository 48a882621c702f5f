import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { folds } from "#src/dataset/folds";

fc.configureGlobal({ seed: 42 });

const kinds = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 10, maxLength: 60 });
const folding = fc.record({ kinds, k: fc.integer({ min: 2, max: 8 }), seed: fc.integer() });
const rowsOf = (of: readonly string[]) => of.map((kind, id) => ({ id, kind, source: `${kind}${id % 4}` }));
const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);

describe("folds", () => {
  it("test every row once and train on all others, in the order of the rows", () => {
    fc.assert(
      fc.property(folding, ({ kinds, k, seed }) => {
        const rows = rowsOf(kinds);
        const made = folds(rows, { k, seed });
        expect(made.flatMap(({ test }) => test).sort((a, b) => a.id - b.id)).toEqual(rows);
        for (const { train, test } of made) expect(train).toEqual(rows.filter((row) => !test.includes(row)));
      }),
    );
  });

  it("have the same size to within one row, and so has every stratum in them", () => {
    fc.assert(
      fc.property(folding, ({ kinds, k, seed }) => {
        const made = folds(rowsOf(kinds), { k, seed, stratifyBy: "kind" });
        expect(spread(made.map(({ test }) => test.length))).toBeLessThanOrEqual(1);
        for (const kind of ["a", "b", "c"])
          expect(spread(made.map(({ test }) => test.filter((row) => row.kind === kind).length))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("never part a cluster", () => {
    fc.assert(
      fc.property(folding, fc.boolean(), ({ kinds, seed }, stratified) => {
        const rows = rowsOf([...kinds, "a", "b", "c"]);
        const made = folds(rows, { k: 2, seed, cluster: "source", ...(stratified ? { stratifyBy: "kind" } : {}) });
        const homes = made.map(({ test }) => new Set(test.map(({ source }) => source)));
        expect([...homes[0]!].filter((each) => homes[1]!.has(each))).toEqual([]);
      }),
    );
  });

  it("share a stratum out although a large cluster of another has filled one of them", () => {
    const cluster = Array.from({ length: 10 }, () => ({ kind: "law", source: "one book" }));
    const singles = Array.from({ length: 10 }, (_, i) => ({ kind: "art", source: `picture ${i}` }));
    const made = folds([...cluster, ...singles], { k: 2, stratifyBy: "kind", cluster: "source" });
    expect(made.map(({ test }) => test.filter(({ kind }) => kind === "art").length)).toEqual([5, 5]);
  });

  it("are the same for the same seed, and others for another", () => {
    const rows = rowsOf(Array.from({ length: 50 }, () => "a"));
    expect(folds(rows, { k: 5, seed: 1 })).toEqual(folds(rows, { k: 5, seed: 1 }));
    expect(folds(rows, { k: 5, seed: 1 })).not.toEqual(folds(rows, { k: 5, seed: 2 }));
  });

  it("are refused where one would be empty", () => {
    expect(() => folds([1, 2], { k: 3 })).toThrow("folds must have at least 3 rows, got 2");
    expect(() => folds([{ s: 1 }, { s: 1 }], { k: 2, cluster: "s" })).toThrow(
      "folds must have at least 2 clusters, got 1",
    );
    expect(() => folds([1, 2], { k: 1 })).toThrow("folds.k must be at least 2, got 1");
  });
});
