import { describe, expect, it } from "vitest";
import {
  type AnalyseOptions,
  type Analysis,
  analyse,
  type Comparison,
  type PlainRow,
  type Quantity,
} from "#src/analysis/index";
import { stream } from "#src/kernel/random";
import { wilcoxonSignedRank } from "#src/stats/signed-rank";

const numberOf = (quantity: Quantity | undefined): number => (quantity?.ok ? quantity.value : Number.NaN);
const reasonOf = (quantity: Quantity | undefined): string => (quantity && !quantity.ok ? quantity.error : "");
const only = (analysis: Analysis, metric = 0): Comparison => analysis.metrics[metric]!.comparisons[0]!;

/** Rows of conditions over items, the value by condition and item. */
const rowsOf = (
  conditions: readonly string[],
  items: number,
  value: (c: number, item: number) => number | undefined,
  field = "score",
): PlainRow[] =>
  Array.from({ length: items }, (_, item) =>
    conditions.flatMap((condition, c): PlainRow[] => {
      const number = value(c, item);
      return number === undefined ? [] : [{ condition, itemId: item, [field]: number }];
    }),
  ).flat();

const noise = (seed: number): ((c: number, item: number) => number) => {
  const random = stream(seed, "noise");
  return () => random() + random() + random();
};

describe("the unit of analysis", () => {
  it("is the item: repeats are averaged first and make no n", () => {
    const once = rowsOf(["a", "b"], 20, (c, item) => Math.sin(item * 3) + 0.1 * c * Math.cos(item));
    const thrice = once.flatMap((row) => [0, 1, 2].map((repeat) => ({ ...row, repeat })));
    const [first, second] = [
      only(analyse(once, { metrics: ["score"] })),
      only(analyse(thrice, { metrics: ["score"] })),
    ];
    expect(second.n).toBe(20);
    expect(numberOf(second.p)).toBeCloseTo(numberOf(first.p), 12);
    expect(numberOf(second.difference.value)).toBeCloseTo(numberOf(first.difference.value), 12);
  });

  it("says how much repeats of one item differ, which more repeats would average out", () => {
    const rows = rowsOf(["a"], 8, (_, item) => item).flatMap((row) =>
      [-1, 0, 1].map((step, repeat) => ({ ...row, score: Number(row.score) + step, repeat })),
    );
    const [summary] = analyse(rows, { metrics: ["score"] }).metrics[0]!.summaries;
    expect(numberOf(summary!.sdWithin)).toBeCloseTo(1, 12);
    const once = analyse(rowsOf(["a"], 8, noise(1)), { metrics: ["score"] }).metrics[0]!.summaries[0]!;
    expect(reasonOf(once.sdWithin)).toBe("one repeat an item");
  });

  it("says what pairing by item is worth", () => {
    const random = noise(3);
    const { pairing } = only(
      analyse(
        rowsOf(["a", "b"], 200, (_, item) => 5 * Math.sin(item) + random(0, 0)),
        { metrics: ["score"] },
      ),
    );
    expect(numberOf(pairing!.correlation)).toBeGreaterThan(0.9);
    expect(pairing!.standardError * 3).toBeLessThan(pairing!.standardErrorUnpaired);
  });

  it("says that ten items are not enough data", () => {
    const notes = (items: number) => analyse(rowsOf(["a", "b"], items, noise(4)), { metrics: ["score"] }).notes;
    expect(notes(10)).toEqual([
      "Not enough data: 10 items a condition say little beyond themselves, whatever the p-values.",
    ]);
    expect(notes(11)).toEqual([]);
  });

  it("is refused when a row stands there twice", () => {
    const row = { condition: "a", itemId: 1, repeat: 0, score: 1 };
    expect(() => analyse([row, row], { metrics: ["score"] })).toThrow(
      "a row counted twice is not a second measurement",
    );
  });

  it("widens errors where items come in clusters that are alike", () => {
    const random = stream(5, "clusters");
    const shift = Array.from({ length: 12 }, () => random() - 0.3);
    const rows = rowsOf(["a", "b"], 120, (c, item) => c * shift[item % 12]! + 0.01 * Math.sin(item * c));
    const plain = only(analyse(rows, { metrics: ["score"] }));
    const clustered = only(
      analyse(
        rows.map((row) => ({ ...row, cluster: `k${Number(row.itemId) % 12}` })),
        { metrics: ["score"] },
      ),
    );
    expect(clustered.test).toBe("cluster-robust paired t test");
    expect(clustered.clusters).toBe(12);
    expect(numberOf(clustered.p)).toBeGreaterThan(numberOf(plain.p) * 100);
  });
});

describe("the choice of the test", () => {
  const testOf = (rows: PlainRow[], metric: AnalyseOptions["metrics"][number] = "score"): string =>
    only(analyse(rows, { metrics: [metric], resamples: 200 })).test;
  const binary = (c: number, item: number): number => Number(Math.sin(item * 7 + c) > 0);

  it("is McNemar for yes or no once on the same items, mid-p where asked", () => {
    const rows = rowsOf(["a", "b"], 30, binary);
    expect(testOf(rows)).toBe("exact McNemar test");
    expect(only(analyse(rows, { metrics: ["score"], mcnemar: "mid-p" })).test).toBe("mid-p McNemar test");
  });

  it("is a paired t for yes or no several times an item", () => {
    const rows = rowsOf(["a", "b"], 30, binary).flatMap((row, i) => [row, { ...row, score: (i % 3) % 2 }]);
    expect(testOf(rows)).toBe("paired t test");
  });

  it("is a paired t with a sign-flip check for means on the same items", () => {
    const found = only(analyse(rowsOf(["a", "b"], 30, noise(1)), { metrics: ["score"] }));
    expect(found.test).toBe("paired t test");
    expect(found.check?.test).toContain("sign-flip");
    expect(numberOf(found.check?.p)).toBeCloseTo(numberOf(found.p), 1);
  });

  it("is Welch for different items, Fisher for yes or no on them", () => {
    const apart = (value: (c: number, item: number) => number): PlainRow[] =>
      rowsOf(["a", "b"], 40, (c, item) => (item % 2 === c ? value(c, item) : undefined));
    expect(testOf(apart(noise(2)))).toBe("Welch's t test");
    expect(testOf(apart(binary))).toBe("Fisher's exact test");
  });

  it("is of ranks for grades that are said to be ordinal", () => {
    const grades = (c: number, item: number): number => 1 + ((item * 7 + c * item) % 5);
    const metric = { name: "score", scale: "ordinal" } as const;
    expect(testOf(rowsOf(["a", "b"], 30, grades), metric)).toBe("Wilcoxon signed-rank test");
    const apart = rowsOf(["a", "b"], 40, (c, item) => (item % 2 === c ? grades(c, item) : undefined));
    expect(testOf(apart, metric)).toBe("Mann-Whitney test");
  });

  it("gives grades a rank effect with its interval, as the test of ranks gives it alone", () => {
    const x = [5, 4, 4, 3, 5, 2, 4, 5, 3, 4, 5, 5];
    const y = [3, 4, 2, 3, 4, 2, 1, 4, 3, 5, 2, 4];
    const found = analyse(
      rowsOf(["y", "x"], 12, (c, item) => [y, x][c]![item]),
      {
        metrics: [{ name: "score", scale: "ordinal" }],
      },
    ).metrics[0]!;
    const alone = wilcoxonSignedRank(x, y, { zeros: "pratt" });
    expect(found.kind).toBe("ordinal");
    expect(found.comparisons[0]).toMatchObject({
      p: { ok: true, value: alone.ok && alone.value.p },
      tested: "effect",
      effect: {
        name: "Probability of superiority",
        value: { ok: true, value: alone.ok && (alone.value.rankBiserial + 1) / 2 },
      },
      difference: { interval: { ok: false } },
      verdict: "higher",
    });
    const { interval } = found.comparisons[0]!.effect;
    expect(interval.ok && interval.value.low > 0.5 && interval.value.high <= 1).toBe(true);
  });

  it("says nothing of grades whose ranks and means point in opposite directions", () => {
    const differences = [1, 1, 1, 1, 1, 1, 1, -9, -9, 0];
    const found = only(
      analyse(
        rowsOf(["a", "b"], 10, (c, item) => 10 + c * differences[item]!),
        {
          metrics: [{ name: "score", scale: "ordinal" }],
        },
      ),
    );
    expect(reasonOf(found.p)).toBe("ranks and means point in opposite directions");
  });

  it("is one test over more than two conditions, by the same kinds", () => {
    const grades = (c: number, item: number): number => 1 + ((item * 7 + c * item) % 5);
    const apart = (value: (c: number, item: number) => number) => (c: number, item: number) =>
      item % 3 === c ? value(c, item) : undefined;
    const omnibusOf = (value: (c: number, item: number) => number | undefined, scale: "interval" | "ordinal") =>
      analyse(rowsOf(["a", "b", "c"], 60, value), { metrics: [{ name: "score", scale }] }).metrics[0]!.omnibus[0]!.test;
    expect(omnibusOf(binary, "interval")).toBe("Cochran's Q");
    expect(omnibusOf(grades, "interval")).toBe("repeated-measures ANOVA, Greenhouse-Geisser");
    expect(omnibusOf(grades, "ordinal")).toBe("Friedman test");
    expect(omnibusOf(apart(binary), "interval")).toBe("chi-squared test of shares");
    expect(omnibusOf(apart(grades), "interval")).toBe("Welch's ANOVA");
    expect(omnibusOf(apart(grades), "ordinal")).toBe("Kruskal-Wallis test");
  });

  it("is by swapped labels for percentiles, with the same swaps for all pairs", () => {
    const found = analyse(rowsOf(["a", "b", "c"], 50, noise(3), "latency"), {
      metrics: ["latency_p99"],
      resamples: 300,
    });
    expect(found.metrics[0]!.comparisons.map(({ test }) => test)).toEqual(Array(3).fill("label-swap permutation test"));
    expect(found.notes[0]).toContain("item by item, with seed 42, the same swaps");
    expect(
      analyse(rowsOf(["a", "b", "c"], 50, noise(3), "latency"), { metrics: ["latency_p99"], resamples: 300 }),
    ).toEqual(found);
  });

  it("is said with its reason", () => {
    expect(only(analyse(rowsOf(["a", "b"], 30, binary), { metrics: ["score"] })).why).toBe(
      "both conditions did the same items once, with yes or no as the result",
    );
  });
});

describe("the family", () => {
  it("is the pairs of one metric, and all of them where asked; its size multiplies the smallest p", () => {
    const rows = rowsOf(["a", "b", "c"], 40, (c, item) => c * 0.5 + Math.sin(item)).map((row, i) => ({
      ...row,
      score: Number(row.score) + 0.1 * Math.cos(i * i),
      other: Math.cos(i),
    }));
    const options = { metrics: ["score", "other"], multipleTestingCorrection: "bonferroni" } as const;
    const expectFactor = (analysis: Analysis, factor: number) => {
      for (const { p, pAdjusted } of analysis.metrics.flatMap(({ comparisons }) => comparisons))
        expect(numberOf(pAdjusted)).toBeCloseTo(Math.min(1, factor * numberOf(p)), 12);
    };
    const apart = analyse(rows, options);
    expect(apart.families).toEqual([
      expect.objectContaining({ role: "primary", metrics: ["score"], pairs: 3, size: 3, correction: "bonferroni" }),
      expect.objectContaining({ role: "secondary", metrics: ["other"], pairs: 3, size: 3 }),
    ]);
    expectFactor(apart, 3);
    const joined = analyse(rows, { ...options, family: "all" });
    expect(joined.families).toEqual([
      expect.objectContaining({ role: "all", metrics: ["score", "other"], pairs: 3, size: 6 }),
    ]);
    expect(joined.families[0]!.intervals).toBe("95 % simultaneous over 6 tests");
    expectFactor(joined, 6);
  });

  it("is smaller against a baseline, and within a factor", () => {
    const conditions = ["a", "b", "c", "d"].map((name, i) => ({ name, factors: { size: i % 2 } }));
    const rows = rowsOf(["a", "b", "c", "d"], 10, noise(4));
    const pairs = (more: Partial<AnalyseOptions>): string[] =>
      analyse(rows, { conditions, metrics: ["score"], ...more }).metrics[0]!.comparisons.map(
        ({ condition, against }) => `${condition}-${against}`,
      );
    expect(pairs({})).toEqual(["b-a", "c-a", "d-a", "c-b", "d-b", "d-c"]);
    expect(pairs({ baseline: "b" })).toEqual(["a-b", "c-b", "d-b"]);
    expect(pairs({ pairs: { within: "size" } })).toEqual(["c-a", "d-b"]);
  });
});

describe("failed tasks", () => {
  const rows = [
    ...rowsOf(["a", "b"], 60, (c, item) => Number((item * 7 + c * 3) % 10 < 8)),
    ...Array.from(
      { length: 30 },
      (_, i): PlainRow => ({ condition: "b", itemId: 100 + i, finalStatus: "failed_permanent" }),
    ),
    ...Array.from({ length: 30 }, (_, i): PlainRow => ({ condition: "a", itemId: 100 + i, score: 1 })),
  ];

  it("are left out and counted by reason, and the other reading says what changes", () => {
    const [metric] = analyse(rows, { metrics: [{ name: "score", direction: "higher" }] }).metrics;
    expect(metric!.comparisons[0]).toMatchObject({ n: 60, dropped: { failed: 30 }, verdict: "not distinguishable" });
    expect(metric!.otherReading?.failedAs).toBe(0);
    expect(metric!.otherReading?.comparisons[0]?.n).toBe(90);
    expect(metric!.otherReading?.changed).toEqual([
      { condition: "b", against: "a", from: "not distinguishable", to: "worse" },
    ]);
  });

  it("count as 0 where asked and higher is better, and are left out of other metrics", () => {
    const failedAs = 0;
    const [score] = analyse(rows, { metrics: [{ name: "score", direction: "higher" }], failedAs }).metrics;
    expect(score).toMatchObject({ failedAs: 0, otherReading: { failedAs: "missing" } });
    expect(analyse(rows, { metrics: ["score"], failedAs }).metrics[0]!.failedAs).toBe("missing");
    const slow = rows.map(({ score: latency, ...row }) => (latency === undefined ? row : { ...row, latency }));
    expect(analyse(slow, { metrics: ["latency"], failedAs }).metrics[0]!.failedAs).toBe("missing");
  });

  it("stand in the accounting with what was never run", () => {
    expect(analyse(rows, { metrics: ["score"], planned: 200 }).accounting).toEqual({
      planned: 200,
      succeeded: 150,
      failed: 30,
      skipped: 0,
      unscored: 0,
      pending: 20,
    });
  });
});

describe("what cannot be said", () => {
  const all = (value: (c: number, item: number) => number | undefined, items = 10): Comparison =>
    only(analyse(rowsOf(["a", "b"], items, value), { metrics: ["score"] }));

  it("has a reason for one item", () => {
    expect(reasonOf(all((c) => c + 0.5, 1).p)).toBe("too few items");
  });

  it("is no more than that equal values do not differ, and that equal differences all have one sign", () => {
    expect(all(() => 0.5)).toMatchObject({
      p: { value: 1 },
      verdict: "not distinguishable",
      same: { by: 0, items: 10 },
    });
    expect(all((c) => c + 0.5)).toMatchObject({ p: { value: 2 ** -9 }, verdict: "higher", same: { by: 1, items: 10 } });
    expect(all((c) => c + 0.5, 5)).toMatchObject({ p: { value: 2 ** -4 }, verdict: "not distinguishable" });
    expect(all((c, item) => 0.1 * item + 0.3 * c)).toMatchObject({ same: { items: 10 } }); // equal but for rounding
  });

  it("is p = 1 for McNemar without an item that differs", () => {
    expect(numberOf(all((_, item) => item % 2).p)).toBe(1);
  });

  it("leaves NaN and infinite values out, and says so", () => {
    const found = all((c, item) =>
      c === 1 && item === 3 ? Number.NaN : c === 1 && item === 4 ? Number.POSITIVE_INFINITY : c + Math.sin(item),
    );
    expect(found).toMatchObject({ n: 8, dropped: { "without a value": 2 } });
  });

  it("compares nothing with one condition", () => {
    expect(analyse(rowsOf(["a"], 5, noise(1)), { metrics: ["score"] })).toMatchObject({
      families: [{ size: 0 }],
      metrics: [{ comparisons: [], omnibus: [] }],
    });
  });

  it("holds no NaN anywhere: what it prints as JSON it reads back", () => {
    for (const items of [1, 2, 3]) {
      const analysis = analyse(
        rowsOf(["a", "b", "c"], items, (c) => c),
        {
          metrics: ["score", "score_p99", "score_std", "score_max"],
          resamples: 100,
          customMetrics: [{ name: "r", fn: ({ score }) => score! / 0 }],
        },
      );
      expect(JSON.parse(JSON.stringify(analysis))).toEqual(analysis);
    }
  });

  it("refuses an invalid status, with the word that was meant", () => {
    const row = { condition: "a", itemId: 1, finalStatus: "succeeded" as never, score: 1 };
    expect(() => analyse([row], { metrics: ["score"] })).toThrow(
      /rows\[0\]\.finalStatus must be one of success, .*"succeeded".*Did you mean success\?/,
    );
  });

  it("refuses what nobody returned, with what was returned", () => {
    expect(() => analyse(rowsOf(["a"], 2, noise(1)), { metrics: ["scores"] })).toThrow(
      'metrics[0] names "scores", which no condition returned. Did you mean "score"?',
    );
    expect(() => analyse(rowsOf(["a"], 2, noise(1)), { metrics: ["score"], baseline: "b" })).toThrow(
      "baseline must be the name of a condition",
    );
    expect(() => analyse(rowsOf(["a"], 2, noise(1)), { metrics: ["score"], conditions: ["b"] })).toThrow(
      "must be one of the conditions",
    );
    expect(() => analyse([{ condition: "a", score: 1 } as never], { metrics: ["score"] })).toThrow(
      "rows[0].itemId must be an item's id",
    );
  });
});

describe("other ways in", () => {
  it("reads asynchronous rows to the same analysis", async () => {
    const rows = rowsOf(["a", "b"], 15, noise(9));
    async function* later(): AsyncGenerator<PlainRow> {
      yield* rows;
    }
    expect(await analyse(later(), { metrics: ["score"] })).toEqual(analyse(rows, { metrics: ["score"] }));
  });

  it("makes numbers from a condition's metrics, with the interval of a ratio", () => {
    const rows = rowsOf(["a", "b"], 40, (c, item) => 1 + c + 0.3 * Math.sin(item), "cost").map((row, i) => ({
      ...row,
      accuracy: i % 3 === 0 ? 0 : 1,
    }));
    const analysis = analyse(rows, {
      metrics: ["accuracy"],
      customMetrics: [{ name: "cost_accuracy_ratio", direction: "lower", fn: (m) => m.cost! / m.accuracy! }],
      resamples: 400,
    });
    const [, custom] = analysis.metrics;
    const [a] = custom!.summaries;
    expect(custom!.kind).toBe("custom");
    expect(a!.estimate.interval.ok && a!.estimate.interval.value.method).toBe("BCa bootstrap");
    expect(custom!.metric.direction).toBe("lower");
    expect(custom!.comparisons[0]!.verdict).toBe("worse");
  });

  it("shows equivalence where a margin was set, and only then", () => {
    const rows = rowsOf(["a", "b"], 200, (c, item) => Math.sin(item) + 0.02 * Math.cos(item * 5 + c));
    expect(only(analyse(rows, { metrics: ["score"], equivalenceMargin: { score: 0.1 } })).verdict).toBe("equivalent");
    expect(only(analyse(rows, { metrics: ["score"] })).verdict).toBe("not distinguishable");
  });
});
