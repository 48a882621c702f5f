import * as s from "crucible-harness/stats";
import { describe, expect, it } from "vitest";
import { analyse, type PlainRow } from "#src/analysis/index";
import { type Random, stream } from "#src/kernel/random";
import { normal } from "#src/stats/distributions";
import { runs } from "../runs.ts";

const counts = (b: number, c: number, n: number) => ({ both: n - b - c, onlyFirst: b, onlySecond: c, neither: 0 });

/** Power of McNemar's test by every table that may come. */
function enumerated(n: number, p10: number, p01: number, method: s.ExactMcNemar): number {
  let power = 0;
  for (let b = 0; b <= n; b++)
    for (let c = 0; b + c <= n && c < b; c++) {
      const found = s.mcnemarTest(counts(b, c, n), { method });
      if (found.ok && found.value.p < 0.05)
        power += s.binomialProbability(b, n, p10) * s.binomialProbability(c, n - b, p01 / (1 - p10));
    }
  return power;
}

describe("the power of exact tests", () => {
  it.each([
    [30, 0.3, 0.05, "exact"],
    [30, 0.3, 0.05, "mid-p"],
    [60, 0.2, 0.02, "exact"],
    [60, 0.15, 0, "mid-p"],
  ] as const)("of McNemar is that of all tables: %i items, %f against %f, %s", (n, p10, p01, method) => {
    expect(s.mcnemarPower(n, { p10, p01 }, { method })).toBeCloseTo(enumerated(n, p10, p01, method), 9);
  });

  it.each([
    [{ p10: 0.1, p01: 0.05 }, 498],
    [{ p10: 0.2, p01: 0.05 }, 92],
    [{ p10: 0.3, p01: 0.1 }, 84],
    [{ p10: 0.1, p01: 0.01 }, 108],
  ])("asks for as many items as the exact test needs: %j", (shares, items) => {
    expect(s.planSampleSize({ kind: "paired-binary", ...shares }).items).toBe(items);
    expect(s.mcnemarPower(items, shares)).toBeGreaterThanOrEqual(0.8);
    expect(s.mcnemarPower(items - 1, shares)).toBeLessThan(0.8);
  });

  it.each([
    [0.5, 0.7],
    [0.8, 0.9],
    [0.5, 0.9],
  ])("of Fisher reaches what was planned: %f against %f", (p1, p2) => {
    const { items } = s.planSampleSize({ kind: "independent-binary", p1, p2 });
    let power = 0;
    for (let x = 0; x <= items; x++)
      for (let y = x + 1; y <= items; y++) {
        const weight = s.binomialProbability(x, items, p1) * s.binomialProbability(y, items, p2);
        if (weight < 1e-7) continue;
        if (
          s.fisherExact([
            [x, items - x],
            [y, items - y],
          ]).p < 0.05
        )
          power += weight;
      }
    expect(power).toBeGreaterThan(0.8);
    expect(power).toBeLessThan(0.83);
  });

  it("continues smoothly where the exact sum ends", () => {
    for (const method of ["exact", "mid-p"] as const)
      for (const [n, p10, p01] of [
        [2660, 0.09, 0.06],
        [790, 0.3, 0.2],
      ] as const) {
        const [below, above] = [0, 30].map((more) => s.mcnemarPower(n + more, { p10, p01 }, { method }));
        expect(Math.abs(above! - below!), `${method} ${n}`).toBeLessThan(0.025);
      }
  });

  it("finds the smallest difference that has it", () => {
    for (const [n, discordant] of [
      [30, 0.3],
      [100, 0.1],
      [469, 0.15],
      [5000, 0.2],
    ] as const) {
      const found = s.smallestMcNemarDifference(n, discordant);
      if (!found.ok) throw new Error(found.error);
      const power = (by: number) =>
        s.mcnemarPower(n, { p10: (discordant + by * found.value) / 2, p01: (discordant - by * found.value) / 2 });
      expect(power(1)).toBeGreaterThanOrEqual(0.8);
      expect(power(0.995)).toBeLessThan(0.802);
    }
    expect(s.smallestMcNemarDifference(5, 1)).toEqual({ ok: false, error: "too-few" });
  });
});

/** One data set of a planned experiment: what a condition gives by item. */
type Draw = (items: number, random: Random) => PlainRow[];
const gauss = (random: Random): number => normal.quantile(Math.min(1 - 1e-12, Math.max(1e-12, random())));
const both = (
  items: number,
  of: (item: number) => readonly [a: number, b: number],
  more: (item: number) => object = () => ({}),
): PlainRow[] =>
  Array.from({ length: items }, (_, itemId) =>
    of(itemId).map((score, c) => ({ condition: "ab"[c]!, itemId, score, ...more(itemId) })),
  ).flat();

const plans: Record<string, { items: number; draw: Draw; options?: object; power?: number }> = {
  "yes or no, exact": {
    items: s.planSampleSize({ kind: "paired-binary", p10: 0.2, p01: 0.05 }).items,
    draw: (n, random) => both(n, () => (random() < 0.2 ? [0, 1] : random() < 0.05 / 0.8 ? [1, 0] : [1, 1])),
  },
  "yes or no, mid-p": {
    items: s.planSampleSize({ kind: "paired-binary", p10: 0.2, p01: 0.05, mcnemar: "mid-p" }).items,
    draw: (n, random) => both(n, () => (random() < 0.2 ? [0, 1] : random() < 0.05 / 0.8 ? [1, 0] : [1, 1])),
    options: { mcnemar: "mid-p" },
  },
  "yes or no on different items": {
    items: s.planSampleSize({ kind: "independent-binary", p1: 0.5, p2: 0.8 }).items,
    draw: (n, random) =>
      ["a", "b"].flatMap((condition, c) =>
        Array.from({ length: n }, (_, i) => ({
          condition,
          itemId: `${condition}${i}`,
          score: Number(random() < [0.5, 0.8][c]!),
        })),
      ),
  },
  scores: {
    items: s.planSampleSize({ kind: "paired", delta: 0.5, sd: 1 }).items,
    draw: (n, random) => both(n, () => [0, 0.5 + gauss(random)]),
  },
  "few scores, by all sign flips": {
    items: s.planSampleSize({ kind: "paired", delta: 1.2, sd: 1 }).items,
    draw: (n, random) => both(n, () => [0, 1.2 + gauss(random)]),
  },
  "fewest scores, by all sign flips": {
    items: s.planSampleSize({ kind: "paired", delta: 2.4, sd: 1 }).items,
    draw: (n, random) => both(n, () => [0, 2.4 + gauss(random)]),
  },
  "few clusters of scores": {
    items: s.planSampleSize({ kind: "paired", delta: 0.9, sd: 1 }, { clusters: { size: 5, icc: 0.5 } }).items,
    draw: (n, random) => {
      const shared = Array.from({ length: n }, () => gauss(random) * Math.SQRT1_2);
      return both(
        n,
        (item) => [0, 0.9 + shared[Math.floor(item / 5)]! + gauss(random) * Math.SQRT1_2],
        (item) => ({ cluster: Math.floor(item / 5) }),
      );
    },
  },
  "scores with repeats": {
    items: Math.ceil(
      s.repeatedSampleSize({ delta: 0.5, omega2: 0.5, sigma2A: 1, sigma2B: 1, repeatsA: 3, repeatsB: 3 }),
    ),
    draw: (n, random) =>
      Array.from({ length: n }, (_, itemId) => {
        const item = gauss(random) * Math.sqrt(0.5);
        return [0, 1, 2].flatMap((repeat) => [
          { condition: "a", itemId, repeat, score: gauss(random) },
          { condition: "b", itemId, repeat, score: 0.5 + item + gauss(random) },
        ]);
      }).flat(),
  },
};

describe("a planned experiment", () => {
  const sets = runs(40, 400);
  const least = 0.8 - 3.09 * Math.sqrt((0.8 * 0.2) / sets); // one-sided 99.9 % binomial bound

  it.each(Object.entries(plans))("finds what it was planned for by the verdict of its report: %s", (name, plan) => {
    const random = stream(7, name);
    let found = 0;
    for (let run = 0; run < sets; run++) {
      const [pair] = analyse(plan.draw(plan.items, random), {
        metrics: [{ name: "score", direction: "higher" }],
        resamples: 100,
        ...plan.options,
      }).metrics[0]!.comparisons;
      found += Number(pair!.verdict === "better");
    }
    expect(found / sets).toBeGreaterThan(least);
  });
});
