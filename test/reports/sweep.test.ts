import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Analysis, analyse } from "#src/analysis/index";
import { stream } from "#src/kernel/random";
import { paretoFront } from "#src/reports/figures";
import type { Figure } from "#src/reports/report";
import { drawSvg } from "#src/reports/svg";
import { spread } from "#src/reports/svg-lines";
import { repeatsFigure, sweepFigures } from "#src/reports/sweep-figures";
import { meanOverItems, passAtK, passHatK } from "#src/stats/index";
import { draws } from "../runs.ts";
import { outcome } from "./manifest.ts";

type Factors = Readonly<Record<string, string | number | boolean>>;

/** An analysis of conditions with the given factors, over 12 items. */
function analysed(all: readonly Factors[], repeats = 1): Analysis {
  const draw = stream(7, "sweep");
  const conditions = all.map((factors, i) => ({ name: `c${i}`, factors }));
  const rows = conditions.flatMap(({ name }) =>
    Array.from({ length: 12 * repeats }, (_, i) =>
      outcome(
        {
          condition: name,
          itemId: `q${i % 12}`,
          repeat: Math.floor(i / 12),
          metrics: { accuracy: draw() < 0.6 ? 1 : 0 },
        },
        i,
      ),
    ),
  );
  return analyse(rows, { conditions, metrics: ["accuracy"], resamples: 100, baseline: "c0" });
}

const figuresIn = (blocks: readonly { kind: string }[]): Figure[] =>
  blocks.flatMap((block) => (block.kind === "figure" ? [(block as unknown as { figure: Figure }).figure] : []));
function linesOf(analysis: Analysis) {
  const [figure] = figuresIn(sweepFigures(analysis));
  return figure?.chart.type === "lines" ? { figure, ...figure.chart } : undefined;
}

describe("a sweep", () => {
  const grid = ["eld", "franc"].flatMap((model) => [20, 60, 400].map((length) => ({ model, length })));

  it("is a line for each combination of the other factors, over the numeric one, with the levels and intervals of the table", () => {
    const analysis = analysed(grid);
    const { figure, x, y, lines } = linesOf(analysis)!;
    expect(figure.title).toBe("accuracy by length");
    expect(x).toMatchObject({ label: "length", log: false });
    expect(y.label).toBe("accuracy (%)");
    expect(lines.map(({ label, points }) => [label, points.map(({ x }) => x)])).toEqual([
      ["eld", [20, 60, 400]],
      ["franc", [20, 60, 400]],
    ]);
    const drawn = lines.flatMap(({ points }) => points);
    for (const [i, { estimate }] of analysis.metrics[0]!.summaries.entries()) {
      if (!estimate.value.ok || !estimate.interval.ok) throw new Error("no level");
      expect(drawn[i]!.y).toBeCloseTo(100 * estimate.value.value, 10);
      expect(drawn[i]!.low).toBeCloseTo(100 * estimate.interval.value.low, 10);
      expect(drawn[i]!.high).toBeCloseTo(100 * estimate.interval.value.high, 10);
    }
  });

  it.each<[string, Factors[]]>([
    ["conditions without factors", [{}, {}, {}]],
    ["words alone", [{ model: "a" }, { model: "b" }, { model: "c" }]],
    ["numbers and words under one name", [{ n: 1 }, { n: 2 }, { n: "many" }]],
    ["two conditions at one place", [{ n: 1 }, { n: 1 }, { n: 2 }]],
    ["two conditions", [{ n: 1 }, { n: 2 }]],
    [
      "no series with two values",
      [
        { n: 1, m: "a" },
        { n: 2, m: "b" },
        { n: 3, m: "c" },
      ],
    ],
    ["more conditions outside than three", [{ n: 1 }, { n: 2 }, { n: 3 }, {}, {}, {}, {}]],
  ])("is not there with %s", (_, factors) => {
    expect(sweepFigures(analysed(factors))).toEqual([]);
  });

  it("runs over the number with the most values, on a logarithmic axis where they span more than twenty times", () => {
    const { x, lines } = linesOf(analysed([1, 10, 100].flatMap((n) => [1, 2].map((k) => ({ n, k })))))!;
    expect(x).toMatchObject({ label: "n", log: true });
    expect(lines.map(({ label }) => label)).toEqual(["k = 1", "k = 2"]);
  });

  it("draws a condition without the factor as a dashed level", () => {
    const { lines, figure } = linesOf(analysed([{ n: 1 }, { n: 2 }, { n: 3 }, {}]))!;
    expect(lines.at(-1)).toMatchObject({ label: "c3", isDashed: true, isFlat: true });
    expect(figure.description).toContain("Dashed: conditions without n.");
  });

  it("says which series it leaves out where there are more than can be told apart", () => {
    const many = Array.from({ length: 9 }, (_, m) => [1, 2].map((n) => ({ n, model: `m${m}` }))).flat();
    const { lines, figure } = linesOf(analysed(many))!;
    expect(lines.length).toBe(8);
    expect(figure.description).toContain("The 8 best at the largest n, of 9.");
  });
});

describe("names at the ends of lines", () => {
  it("never touch, and stay where there is room for all", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 30, max: 320, noNaN: true }), { minLength: 1, maxLength: 16 }),
        (wanted) => {
          const placed = spread(wanted, 30, 320);
          const sorted = [...placed].sort((a, b) => a - b);
          for (const [i, y] of sorted.slice(1).entries()) expect(y - sorted[i]!).toBeGreaterThanOrEqual(16 - 1e-9);
          expect(sorted[0]).toBeGreaterThanOrEqual(30 - 1e-9);
          expect(sorted.at(-1)).toBeLessThanOrEqual(320 + 1e-9);
          if (wanted.length === 1) expect(placed).toEqual(wanted);
        },
      ),
      draws(200, 2000),
    );
  });

  it("of points never touch each other either, and a beaten point loses its name before one of the front does", () => {
    const points = Array.from({ length: 60 }, (_, i) => ({
      label: `condition ${i}`,
      x: 1 + (i % 8) / 10,
      y: 50 + (i % 7),
      isFront: i === 6,
    }));
    const chart = {
      type: "scatter" as const,
      x: { label: "cost", log: false },
      y: { label: "accuracy (%)", log: false },
      points,
    };
    const svg = drawSvg({ id: "f", title: "t", description: "d", chart });
    const labels = [
      ...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" class="label beside" font-size="11">([^<]*)/g),
    ].map(([, x, y, name]) => ({ x: Number(x), y: Number(y), name: name! }));
    expect(labels[0]!.name).toBe("condition 6");
    for (const [i, one] of labels.entries())
      for (const other of labels.slice(i + 1))
        expect(Math.abs(one.y - other.y) > 11 || Math.abs(one.x - other.x) > 55).toBe(true);
    expect(svg.match(/<title>condition/g)!.length).toBe(60); // every point says its name to a pointer
  });
});

describe("the Pareto front", () => {
  it("is every point that no other beats", () => {
    const point = fc.record({ x: fc.integer({ min: 0, max: 6 }), y: fc.integer({ min: 0, max: 6 }) });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 20 }), (points) => {
        const front = paretoFront(points);
        for (const one of points) {
          const isBeaten = points.some(
            (other) => other.x <= one.x && other.y >= one.y && (other.x < one.x || other.y > one.y),
          );
          expect(front.has(one)).toBe(!isBeaten);
        }
      }),
      draws(300, 3000),
    );
  });
});

describe("reliability over repeats", () => {
  it("is the mean of pass@k and pass^k over the items with an answer of every repeat", () => {
    const analysis = analysed([{}, {}], 4);
    const curves = analysis.metrics[0]!.repeats!;
    expect(curves.map(({ condition, items, without }) => [condition, items, without])).toEqual([
      ["c0", 12, 0],
      ["c1", 12, 0],
    ]);
    const draw = stream(7, "sweep");
    const passed = Array.from({ length: 12 }, () => 0);
    for (let i = 0; i < 48; i++) if (draw() < 0.6) passed[i % 12]! += 1;
    const answers = passed.map((right) => ({ n: 4, passed: right }));
    for (const [i, { any, all }] of curves[0]!.points.entries()) {
      const [wantedAny, wantedAll] = [passAtK, passHatK].map((one) => meanOverItems(answers, i + 1, one));
      expect(any).toBeCloseTo((wantedAny as { value: number }).value, 12);
      expect(all).toBeCloseTo((wantedAll as { value: number }).value, 12);
    }
    const [figure] = figuresIn(repeatsFigure(analysis));
    expect(figure!.title).toBe("accuracy over repeats");
    expect(drawSvg(figure!)).toContain("c0, all of k");
  });

  it("is not there without repeats, and leaves out, and counts, items with fewer answers", () => {
    expect(repeatsFigure(analysed([{}, {}]))).toEqual([]);
    const rows = [0, 1, 2, 3, 4].map((i) =>
      outcome({ condition: "a", itemId: `q${i >> 1}`, repeat: i % 2, metrics: { accuracy: i % 2 } }, i),
    );
    const [curve] = analyse(rows, { metrics: ["accuracy"], resamples: 100 }).metrics[0]!.repeats!;
    expect(curve).toEqual({
      condition: "a",
      items: 2,
      without: 1,
      points: [
        { any: 0.5, all: 0.5 },
        { any: 1, all: 0 },
      ],
    });
  });
});
