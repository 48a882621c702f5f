import { describe, expect, it } from "vitest";
import { analyse } from "#src/analysis/index";
import { distributionFigure } from "#src/reports/figures";
import { drawSvg } from "#src/reports/svg";

const ofItems = (n: number, speedOf: (item: number) => number) => {
  const rows = Array.from({ length: n }, (_, itemId) => ({ condition: "a", itemId, speed: speedOf(itemId) }));
  return analyse(rows, { metrics: [{ name: "speed", direction: "higher", unit: "words/s" }] }).metrics[0]!;
};
const drawnOf = (metric: ReturnType<typeof ofItems>): string => {
  const [block] = distributionFigure(metric, "distribution");
  if (block?.kind !== "figure") throw new Error("no figure");
  return drawSvg(block.figure);
};

/** Places of the dots. */
const dotsOf = (svg: string): [x: number, y: number][] => {
  const [, path] = /class="quantile" d="([^"]*)"/.exec(svg)!;
  return [...path!.matchAll(/M([\d.]+) ([\d.]+)a/g)].map(([, x, y]) => [Number(x), Number(y)]);
};

describe("a quantile plot", () => {
  it("has a dot for each item of up to 20, and for each twentieth of more, at its middle value", () => {
    const few = ofItems(7, (item) => (item * 3) % 7);
    expect(few.summaries[0]!.spread).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(dotsOf(drawnOf(few))).toHaveLength(7);
    const many = ofItems(2001, (item) => (item * 1000) % 2001);
    expect(many.summaries[0]!.spread).toEqual(Array.from({ length: 20 }, (_, i) => 50 + 100 * i));
    expect(dotsOf(drawnOf(many))).toHaveLength(20);
  });

  it("names its axis with the unit, and keeps stacks of equal values within their row", () => {
    const tied = drawnOf(ofItems(100, (item) => (item < 99 ? 5 : 6)));
    expect(tied).toContain(">speed (words/s)<");
    const heights = dotsOf(tied).map(([, y]) => y);
    expect(new Set(heights).size).toBeGreaterThan(10);
    expect(Math.max(...heights) - Math.min(...heights)).toBeLessThanOrEqual(16);
  });
});
