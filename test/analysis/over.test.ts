import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyse, auc, f1Macro, pearson, spearman } from "#src/analysis/index";
import type { MetricOverRows, OverRow } from "#src/experiment/metrics";
import { stream } from "#src/kernel/random";

const folder = resolve(process.env.CRUCIBLE_SHARED ?? "../shared", "stats/public");
const isThere = existsSync(folder) || process.env.CRUCIBLE_REQUIRE_SHARED === "1";

interface Golden {
  readonly id: string;
  readonly input: { readonly x: number[]; readonly y: number[] };
  readonly params: { readonly mu?: number };
  readonly expected: Readonly<Record<string, unknown>>;
}
const goldenOf = (file: string): Golden[] =>
  (JSON.parse(readFileSync(resolve(folder, file), "utf8")) as { cases: Golden[] }).cases;
const zip = (x: readonly number[], y: readonly number[]): OverRow[] => x.map((value, i) => ({ x: value, y: y[i]! }));
const make = ({ fn }: MetricOverRows, rows: readonly OverRow[]): number | undefined => fn(rows);

/** Two conditions over items whose score follows the rating, closely in `good`, loosely in `poor`. */
const ratings = (items: number, seed = 1): { condition: string; itemId: number; score: number; rating: number }[] => {
  const random = stream(seed, "ratings");
  return Array.from({ length: items }, (_, itemId) => {
    const rating = random() * 4;
    return [
      { condition: "good", itemId, score: rating + random(), rating },
      { condition: "poor", itemId, score: rating + 12 * random(), rating },
    ];
  }).flat();
};

describe.skipIf(!isThere)("against golden values", () => {
  it("gives R's correlations", () => {
    for (const { input, expected, id } of goldenOf("correlation.json")) {
      const rows = zip(input.x, input.y);
      const [r, rho] = [make(pearson("x", "y"), rows), make(spearman("x", "y"), rows)];
      if (expected.undefined) {
        expect([r, rho], id).toEqual([undefined, undefined]);
        continue;
      }
      expect(r, id).toBeCloseTo((expected.pearson as { r: number }).r, 8);
      expect(rho, id).toBeCloseTo((expected.spearman as { rho: number }).rho, 10);
    }
  });

  it("gives the area under the curve that R's U statistic is: U / (n1 n0)", () => {
    const cases = goldenOf("mann_whitney.json").filter(
      ({ input, params, expected }) => input.y && params.mu === 0 && typeof expected.U1 === "number",
    );
    expect(cases.length).toBeGreaterThan(3);
    for (const { input, expected, id } of cases) {
      const rows = [...input.x.map((x) => ({ x, y: 1 })), ...input.y.map((x) => ({ x, y: 0 }))];
      const area = make(auc("x", "y"), rows);
      expect(area, id).toBeCloseTo((expected.U1 as number) / (input.x.length * input.y.length), 10);
    }
  });
});

describe("against scikit-learn's documentation", () => {
  it("roc_auc_score: y = [0, 0, 1, 1], scores = [0.1, 0.4, 0.35, 0.8] is 0.75", () => {
    expect(make(auc("x", "y"), zip([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]))).toBe(0.75);
  });

  it("f1_score, macro: y_true = [0, 1, 2, 0, 1, 2], y_pred = [0, 2, 1, 0, 0, 1] is 0.2666", () => {
    expect(make(f1Macro("x", "y"), zip([0, 2, 1, 0, 0, 1], [0, 1, 2, 0, 1, 2]))).toBeCloseTo(0.26666666, 7);
  });
});

describe("a ready-made metric", () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 0, max: 1 })), { minLength: 2 });

  it("does not care for the order of rows", () => {
    fc.assert(
      fc.property(pairs, (drawn) => {
        const rows = drawn.map(([x, y]) => ({ x, y }));
        for (const metric of [pearson("x", "y"), spearman("x", "y"), auc("x", "y"), f1Macro("x", "y")]) {
          const [there, back] = [make(metric, rows), make(metric, rows.toReversed())];
          if (there === undefined) expect(back).toBeUndefined();
          else expect(back).toBeCloseTo(there, 10);
        }
      }),
    );
  });

  it("turns with the score: auc of -x is 1 - auc of x, correlations change their sign", () => {
    fc.assert(
      fc.property(pairs, (drawn) => {
        const [rows, turned] = [1, -1].map((sign) => drawn.map(([x, y]) => ({ x: sign * x, y })));
        const area = make(auc("x", "y"), rows!);
        if (area !== undefined) expect(make(auc("x", "y"), turned!)).toBeCloseTo(1 - area, 10);
        const rho = make(spearman("x", "y"), rows!);
        if (rho !== undefined) expect(make(spearman("x", "y"), turned!)).toBeCloseTo(-rho, 10);
      }),
    );
  });

  it("has no value where it does not exist, instead of 0", () => {
    for (const metric of [pearson("x", "y"), spearman("x", "y"), auc("x", "y")])
      expect(make(metric, zip([1, 2, 3], [1, 1, 1]))).toBeUndefined();
    expect(make(f1Macro("x", "y"), [])).toBeUndefined();
  });

  it("takes texts where labels are texts, and says which is the positive one", () => {
    const rows = [
      { p: 0.9, label: "spam" },
      { p: 0.2, label: "ham" },
    ];
    expect(make(auc("p", "label", { positive: "spam" }), rows)).toBe(1);
    expect(() => make(auc("p", "label"), rows)).toThrow(
      'label must be 0 or 1, got "spam": say which value is the positive one',
    );
    expect(() => make(pearson("p", "label"), rows)).toThrow('label must be a number in every row, got "spam"');
  });
});

describe("a metric over rows", () => {
  const options = { metrics: ["score"], resamples: 400 };

  it("has an interval and a paired comparison, as any metric", () => {
    const analysis = analyse(ratings(120), { ...options, customMetrics: [pearson("score", "rating")] });
    const custom = analysis.metrics[1]!;
    const [good, poor] = custom.summaries;
    expect(custom).toMatchObject({
      kind: "custom",
      over: ["score", "rating"],
      metric: { name: "pearson", direction: "higher" },
    });
    expect(good).toMatchObject({ n: 120, tasks: 120, estimate: { interval: { ok: true } } });
    const interval = good!.estimate.interval;
    const value = good!.estimate.value;
    expect(value.ok && interval.ok && interval.value.low < value.value && value.value < interval.value.high).toBe(true);
    expect(poor!.estimate.value.ok && poor!.estimate.value.value).toBeLessThan(0.7);
    expect(custom.comparisons[0]).toMatchObject({
      condition: "poor",
      verdict: "worse",
      test: "label-swap permutation test",
      n: 120,
    });
  });

  it("draws whole items, with all their repeats: repeating every row changes neither number nor interval", () => {
    const once = ratings(40);
    const twice = once.flatMap((row) => [0, 1].map((repeat) => ({ ...row, repeat })));
    const [a, b] = [once, twice].map(
      (rows) => analyse(rows, { ...options, customMetrics: [spearman("score", "rating")] }).metrics[1]!.summaries[0]!,
    );
    expect(b!.tasks).toBe(80);
    expect(b!.n).toBe(40);
    const ends = (summary: typeof a): unknown[] => {
      const { value, interval } = summary!.estimate;
      return [value.ok && value.value, interval.ok && interval.value.low, interval.ok && interval.value.high].map(
        (number) => Math.round(Number(number) * 1e8),
      );
    };
    expect(ends(b)).toEqual(ends(a));
  });

  it("draws clusters where items have them, and its interval is wider then", () => {
    const random = stream(5, "clusters");
    const rows = Array.from({ length: 12 }, (_, cluster) => {
      const both = random() * 9;
      return Array.from({ length: 12 }, (_, i) => ({
        condition: "a",
        itemId: `${cluster}-${i}`,
        cluster,
        score: both + random() * (cluster % 2 ? 1 : 6),
        rating: both + random() * 6,
      }));
    }).flat();
    const width = (clustered: boolean): number => {
      const { interval } = analyse(
        rows.map(({ cluster, ...row }) => (clustered ? { ...row, cluster } : row)),
        { ...options, customMetrics: [pearson("score", "rating")] },
      ).metrics[1]!.summaries[0]!.estimate;
      return interval.ok ? interval.value.high - interval.value.low : Number.NaN;
    };
    expect(width(true)).toBeGreaterThan(1.3 * width(false));
  });

  it("reads labels from what a task returned beside its metrics, nested ones too", () => {
    const rows = ["a", "b", "a", "b"].map((label, itemId) => ({
      condition: "c",
      itemId,
      score: 1,
      target: [label],
      scores: { choice: { answer: itemId === 3 ? "a" : label } },
    }));
    const analysis = analyse(rows, { ...options, customMetrics: [f1Macro("scores.choice.answer", "target")] });
    const { value } = analysis.metrics[1]!.summaries[0]!.estimate;
    expect(value.ok && value.value).toBeCloseTo((2 * 2) / 5 / 2 + 2 / 3 / 2, 10);
  });

  it("leaves out a task without one of the fields, and says of how many items it was made", () => {
    const rows = ratings(30).map((row, i) => (i < 6 ? { ...row, rating: undefined } : row));
    const custom = analyse(rows, { ...options, customMetrics: [pearson("score", "rating")] }).metrics[1]!;
    expect(custom.summaries.map(({ n }) => n)).toEqual([27, 27]);
    expect(custom.comparisons[0]).toMatchObject({ n: 27, dropped: { "no row with every field": 3 } });
  });

  it("says in how many draws it had no value, and gives no interval beyond one in a hundred", () => {
    const rare = (ones: number, items: number) =>
      Array.from({ length: items }, (_, itemId) => ({
        condition: "a",
        itemId,
        score: Math.sin(itemId * 7),
        label: Number(itemId < ones),
      }));
    const intervalOf = (ones: number, items: number) =>
      analyse(rare(ones, items), { metrics: ["score"], customMetrics: [auc("score", "label")] }).metrics[1]!
        .summaries[0]!.estimate;
    const some = intervalOf(6, 40);
    expect(some.interval.ok && some.interval.value.method).toMatch(
      /^BCa bootstrap \(\d+ of 2000 draws had no value\)$/,
    );
    const many = intervalOf(1, 40);
    expect(many.value.ok).toBe(true);
    expect(!many.interval.ok && many.interval.error).toMatch(/^\d{3} of 2000 draws have no value$/);
  });

  it("says why there is no number: too little, or a function that failed", () => {
    const reason = (metric: MetricOverRows): string => {
      const { value } = analyse(ratings(5), { ...options, customMetrics: [metric] }).metrics[1]!.summaries[0]!.estimate;
      return value.ok ? "" : value.error;
    };
    expect(reason({ name: "none", over: ["score"], fn: () => undefined })).toBe(
      "the function gives no finite number for these rows",
    );
    expect(reason(auc("score", "rating"))).toMatch(
      /^the function failed: rating must be 0 or 1, got [\d.]+: say which value is the positive one$/,
    );
  });

  it("refuses a field that no task returned, with the nearest that there is", () => {
    expect(() => analyse(ratings(5), { ...options, customMetrics: [pearson("score", "ratng")] })).toThrow(
      'customMetrics "pearson".over names "ratng", which no task returned. Did you mean "rating"?',
    );
  });

  it("counts what an unscored task returned, and nothing of a failed one", () => {
    const rows = ratings(30).map((row, i) => ({
      ...row,
      finalStatus: i < 2 ? ("failed_permanent" as const) : i < 4 ? ("unscored" as const) : ("success" as const),
    }));
    const custom = analyse(rows, { ...options, customMetrics: [pearson("score", "rating")] }).metrics[1]!;
    expect(custom.summaries.map(({ n }) => n)).toEqual([29, 29]);
  });
});
