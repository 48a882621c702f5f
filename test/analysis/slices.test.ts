import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyse } from "#src/analysis/analyse";
import { heterogeneity } from "#src/analysis/interaction";
import { stream } from "#src/kernel/random";
import { welchAnova } from "#src/stats/anova";
import { draws, runs } from "../runs.ts";

/** Two conditions on `n` items of each subject; `tuned` gains on `gains` of them. */
const rows = (subjects: Readonly<Record<string, { n: number; right: (condition: string, i: number) => boolean }>>) =>
  Object.entries(subjects).flatMap(([subject, { n, right }]) =>
    Array.from({ length: n }, (_, i) => i).flatMap((i) =>
      ["plain", "tuned"].map((condition) => ({
        condition,
        itemId: `${subject}-${i}`,
        accuracy: right(condition, i),
        ...(subject === "none" ? {} : { subject }),
      })),
    ),
  );

const opposite = rows({
  law: { n: 30, right: (condition, i) => (condition === "tuned" ? i < 25 : i < 8) },
  art: { n: 30, right: (condition, i) => (condition === "tuned" ? i < 8 : i < 25) },
});

describe("slices by a field of the items", () => {
  it("give each group the levels and pairs that its items alone would give", () => {
    const options = { metrics: ["accuracy"], multipleTestingCorrection: "none" } as const;
    const [slice] = analyse(opposite, { ...options, by: ["subject"] }).slices!;
    expect(slice).toMatchObject({
      by: "subject",
      groups: [
        { name: "art", items: 30 },
        { name: "law", items: 30 },
      ],
    });
    for (const group of ["art", "law"]) {
      const alone = analyse(
        opposite.filter((row) => row.subject === group),
        options,
      ).metrics[0]!;
      const { levels, comparisons } = slice!.metrics[0]!;
      expect(levels.filter((level) => level.group === group).map(({ estimate }) => estimate)).toEqual(
        alone.summaries.map(({ estimate }) => estimate),
      );
      const within = comparisons.find((comparison) => comparison.group === group)!;
      expect(within).toMatchObject({ p: alone.comparisons[0]!.p, difference: alone.comparisons[0]!.difference });
    }
  });

  it("find what the whole hides: opposite differences in two groups", () => {
    const { metrics, slices } = analyse(opposite, { metrics: ["accuracy"], by: ["subject"] });
    expect(metrics[0]!.comparisons[0]!.verdict).toBe("not distinguishable");
    const [{ comparisons, interactions, family }] = slices![0]!.metrics as [(typeof slices & object)[0]["metrics"][0]];
    expect(comparisons.map(({ group, verdict }) => [group, verdict])).toEqual([
      ["art", "worse"],
      ["law", "better"],
    ]);
    expect(family.size).toBe(2);
    const [{ p, groups, n }] = interactions as [(typeof interactions)[0]];
    expect({ p: p.ok && p.value < 1e-6, groups, n }).toEqual({ p: true, groups: 2, n: 60 });
  });

  it("adjust over pairs and groups together, apart from the family of the whole", () => {
    const whole = analyse(opposite, { metrics: ["accuracy"] }).metrics[0]!.comparisons[0]!;
    const { metrics, slices } = analyse(opposite, { metrics: ["accuracy"], by: ["subject"] });
    expect(metrics[0]!.comparisons[0]).toEqual(whole);
    const ps = slices![0]!.metrics[0]!.comparisons.map(({ p, pAdjusted }) =>
      [p, pAdjusted].map((q) => (q.ok ? q.value : Number.NaN)),
    );
    for (const [p, adjusted] of ps) expect(adjusted).toBeCloseTo(Math.min(1, 2 * p!), 12);
  });

  it("are exploratory unless they were decided before the results were known", () => {
    const exploratory = (more: object) =>
      analyse(opposite, { metrics: ["accuracy"], by: ["subject"], ...more }).slices![0]!.exploratory;
    expect([
      exploratory({}),
      exploratory({ decidedSlices: ["subject"] }),
      exploratory({ decidedSlices: ["level"] }),
    ]).toEqual([true, false, true]);
  });

  it("keep items without the field as a group of their own, and the smallest of many groups together", () => {
    const right = () => true;
    const few = analyse(rows({ law: { n: 3, right }, none: { n: 2, right } }), {
      metrics: ["accuracy"],
      by: ["subject"],
    });
    expect(few.slices![0]!.groups).toEqual([
      { name: "law", items: 3 },
      { name: "without subject", items: 2 },
    ]);
    const sizes = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`s${i}`, { n: i + 1, right }]));
    const { groups } = analyse(rows(sizes), { metrics: ["accuracy"], by: ["subject"] }).slices![0]!;
    expect(groups.length).toBe(20);
    expect(groups.at(-1)).toEqual({ name: "21 smaller groups", items: (21 * 22) / 2 });
    expect(groups.reduce((sum, { items }) => sum + items, 0)).toBe((40 * 41) / 2);
  });

  it("say in a sentence that a field tells items apart and does not group them", () => {
    const many = opposite.map((row) => ({
      ...row,
      price: Number(row.itemId.split("-")[1]) * (row.subject === "law" ? 1 : 100),
    }));
    const { slices, notes } = analyse(many, { metrics: ["accuracy"], by: ["price"] });
    expect(slices).toBeUndefined();
    expect(notes.join()).toMatch(
      /not sliced by price: it has 59 values on 60 items, and the 19 most frequent ones make up 20 of them only; make a field/,
    );
  });

  it("name groups by what the field holds: numbers, yes or no, lists, objects, and nothing for null", () => {
    const values = [1, true, ["a", "b"], { b: 1, a: [2] }, null, undefined, "", "x".repeat(500)];
    const held = opposite.map((row, i) => ({ ...row, held: values[Math.floor(i / 2) % values.length] }));
    const { groups } = analyse(held, { metrics: ["accuracy"], by: ["held"] }).slices![0]!;
    expect(groups.map(({ name }) => name.slice(0, 20))).toEqual([
      "",
      "1",
      '["a","b"]',
      "true",
      "x".repeat(20),
      '{"a":[2],"b":1}',
      "without held",
    ]);
    expect(groups.reduce((sum, { items }) => sum + items, 0)).toBe(60);
  });

  it("say that a field is in no row, and read nested fields by dots and numbers in their order", () => {
    const analysis = analyse(opposite, { metrics: ["accuracy"], by: ["sujbect"] });
    expect(analysis.slices).toBeUndefined();
    expect(analysis.notes.join()).toContain("not sliced by sujbect: no row has it");
    const nested = opposite.map((row, i) => ({ ...row, meta: { level: [10, 9, 2][Math.floor(i / 2) % 3] } }));
    const { groups } = analyse(nested, { metrics: ["accuracy"], by: ["meta.level"] }).slices![0]!;
    expect(groups.map(({ name }) => name)).toEqual(["2", "9", "10"]);
  });
});

describe("the test of the interaction", () => {
  it("is Welch's analysis of variance of the differences where these are paired", () => {
    const sample = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 2, maxLength: 5 }), (groups) => {
        const parts = groups.map((values) => {
          const mean = values.reduce((a, b) => a + b, 0) / values.length;
          const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
          return { value: mean, standardError: Math.sqrt(variance / values.length), df: values.length - 1 };
        });
        const [ours, welch] = [heterogeneity(parts), welchAnova(groups)];
        if (!ours.ok || !welch.ok) throw new Error("both exist");
        expect(ours.value.p).toBeCloseTo(welch.value.p, 9);
      }),
      draws(30),
    );
  });

  /** Share of `sets` null data sets with p below 0.05. */
  const rejected = (sets: number, yesOrNo: boolean): number => {
    const draw = stream(7, "interaction", String(yesOrNo));
    let hits = 0;
    for (let run = 0; run < sets; run++) {
      const data = [12, 25, 40, 18].flatMap((n, s) =>
        Array.from({ length: n }, (_, i) => {
          const [hard, shift] = [draw(), draw()];
          const value = (more: number) =>
            yesOrNo
              ? Number(draw() < 0.2 + 0.15 * s + more + 0.2 * hard)
              : hard + (s + 1) * draw() + 0.3 * shift + more;
          return [
            { condition: "a", itemId: `${s}-${i}`, score: value(0), subject: `s${s}` },
            { condition: "b", itemId: `${s}-${i}`, score: value(0.1), subject: `s${s}` },
          ];
        }).flat(),
      );
      const options = { metrics: [{ name: "score", direction: "higher" as const }], by: ["subject"], resamples: 100 };
      const { p } = analyse(data, options).slices![0]!.metrics[0]!.interactions[0]!;
      if (p.ok && p.value < 0.05) hits += 1;
    }
    return hits / sets;
  };

  it.each([
    ["scores whose spread differs from group to group", false],
    ["yes or no, with shares that differ from group to group", true],
  ])("keeps its level where no difference depends on the group: %s", (_, yesOrNo) => {
    const sets = runs(100, 400);
    const share = rejected(sets, yesOrNo);
    const bound = 3 * Math.sqrt((0.05 * 0.95) / sets);
    expect(share).toBeLessThan(0.05 + bound);
    expect(share).toBeGreaterThan(0.05 - bound - 0.01);
  });
});
