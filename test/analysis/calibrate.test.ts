import { describe, expect, it } from "vitest";
import { binomialProbability } from "#src/stats/distributions";
import { type Cell, mostByChance, type Rate, rateLine, ratesOf } from "../calibrate/cell.ts";
import { kinds } from "../calibrate/cells.ts";
import { clusterCell } from "../calibrate/clusters.ts";
import { normals } from "../calibrate/data.ts";
import { shortForm } from "../calibrate/grid.ts";
import { isLong } from "../runs.ts";

const outsideOf = (rates: readonly Rate[]): string[] => rates.filter(({ isOutside }) => isOutside).map(rateLine);

/** A cell that errs by itself with this probability. */
const erring = (share: number, laws: Cell["laws"]): Cell => ({
  name: "erring",
  sets: 500,
  once: (random) => ({ error: Number(random() < share) }),
  laws,
});

describe("calibration", () => {
  it("finds every kind of claim within its bound, from rows to verdicts", () => {
    const short = [...shortForm(kinds)];
    expect(short).toHaveLength(kinds.length);
    expect(short.flatMap(([cell, share]) => outsideOf(ratesOf(cell, isLong ? share : 0.3 * share)))).toEqual([]);
  });

  it("finds a test that forgets the clusters of its items outside", () => {
    const [kept, forgotten] = [{}, { forgotten: true as const }].map((more) =>
      ratesOf(clusterCell("of 5", 25, { values: normals, ...more }), 0.3),
    );
    expect(outsideOf(kept!)).toEqual([]);
    expect(forgotten!.map(({ rate, isOutside }) => [rate, isOutside])).toEqual([
      ["false difference", true],
      ["difference covered", true],
      ["level covered", true],
    ]);
  });

  it("finds a rate outside exactly where chance does not explain it", () => {
    const isOutside = (share: number, law: Cell["laws"][string]): boolean =>
      ratesOf(erring(share, { error: law }))[0]!.isOutside;
    expect(isOutside(0.05, { atMost: 0.05 })).toBe(false);
    expect(isOutside(0.15, { atMost: 0.05 })).toBe(true);
    expect(isOutside(0.8, { atLeast: 0.8 })).toBe(false);
    expect(isOutside(0.65, { atLeast: 0.8 })).toBe(true);
    expect(isOutside(1, "shown")).toBe(false);
  });

  it("finds a law outside that no data set has anything to say about", () => {
    expect(ratesOf(erring(0, { other: { atMost: 0.05 } }))[0]).toMatchObject({ sets: 0, isOutside: true });
  });

  it("bounds errors by the exact binomial tail", () => {
    for (const [n, p] of [
      [10, 0.05],
      [25, 0.2],
      [400, 0.05],
      [500, 0.025],
    ] as const) {
      const beyond = (count: number): number =>
        Array.from({ length: n - count }, (_, i) => binomialProbability(count + 1 + i, n, p)).reduce(
          (a, b) => a + b,
          0,
        );
      const most = mostByChance(n, p);
      expect(beyond(most)).toBeLessThanOrEqual(1 / 2000);
      expect(beyond(most - 1)).toBeGreaterThan(1 / 2000);
    }
  });

  it("draws the same data for the same seed, and names every cell once", () => {
    const cell = kinds[0]!.cells[0]!;
    expect(ratesOf(cell, 0.05)).toEqual(ratesOf(cell, 0.05));
    const names = kinds.flatMap(({ cells }) => cells.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });
});
