import { describe, expect, it } from "vitest";
import { permutation, stream } from "#src/kernel/random";
import { addValue, type Moments, mergeMoments, momentsOf, noMoments } from "#src/stats/moments";

const SHARDS = 1000;

/** Values of a run in 1,000 shards of unequal size, some of them empty: shifted far from 0, where a naive sum of squares loses its digits. */
function shards(): number[][] {
  const draw = stream(42, "shards");
  return Array.from({ length: SHARDS }, (_, shard) =>
    Array.from({ length: Math.floor(draw() * 60) }, () => 1e6 + (shard % 7) + draw() ** 3),
  );
}

const merged = (parts: readonly Moments[]): Moments => parts.reduce(mergeMoments, noMoments);

/** Merges pairs of pairs, as a tree of coordinators would. */
function mergedAsTree(parts: readonly Moments[]): Moments {
  if (parts.length <= 1) return parts[0] ?? noMoments;
  const half = parts.length >> 1;
  return mergeMoments(mergedAsTree(parts.slice(0, half)), mergedAsTree(parts.slice(half)));
}

function expectClose(actual: Moments, expected: Moments): void {
  expect([actual.n, actual.min, actual.max]).toEqual([expected.n, expected.min, expected.max]);
  for (const key of ["mean", "m2", "m3", "m4"] as const)
    expect(Math.abs(actual[key] / expected[key] - 1), key).toBeLessThan(1e-7);
}

describe("statistics of 1,000 shards", () => {
  const values = shards();
  const parts = values.map(momentsOf);
  const whole = momentsOf(values.flat());

  it("merge into those of all rows", () => {
    expect(whole.n).toBeGreaterThan(20_000);
    expectClose(merged(parts), whole);
  });

  it("merge so in any order, and as a tree", () => {
    const order = permutation(SHARDS, stream(7, "order"));
    expectClose(merged(Array.from(order, (at) => parts[at]!)), whole);
    expectClose(mergedAsTree(parts), whole);
  });

  it("need no more memory for a shard of many rows than for one of few", () => {
    const size = (moments: Moments): number => JSON.stringify(moments).length;
    const large = values.flat().reduce(addValue, noMoments);
    expect(size(large)).toBeLessThan(2 * size(momentsOf([1e6 + 0.5, 1e6 + 0.25])));
  });

  it("leave a shard without rows out", () => {
    expect(mergeMoments(noMoments, whole)).toEqual(whole);
    expect(mergeMoments(whole, noMoments)).toEqual(whole);
  });
});
