import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AnalyseOptions, type Analysis, analyse, type PlainRow } from "#src/analysis/index";
import { pairingOf } from "#src/analysis/pairing";
import { finish } from "#src/kernel/steps";
import { money } from "#src/reports/cell";
import { findingsOf } from "#src/reports/findings";
import { resultsTable } from "#src/reports/results";
import { draws } from "../runs.ts";

/** Fields of a task, of every kind that is compared in a way of its own. */
const task = fc.record({
  passed: fc.constantFrom(0, 1, 1),
  grade: fc.integer({ min: 1, max: 5 }),
  score: fc.integer({ min: -3_000, max: 3_000 }).map((thousandths) => thousandths / 1000),
  tied: fc.constantFrom(0.1, 0.2, 0.1 + 0.2, 0.3),
  latency: fc.double({ min: 0, max: 6, noNaN: true }).map(Math.exp),
  failed: fc.constantFrom(false, false, false, false, false, true),
});
const metrics: AnalyseOptions["metrics"] = [
  { name: "passed", direction: "higher" },
  { name: "grade", direction: "higher", scale: "ordinal" },
  "score",
  { name: "tied", direction: "lower" },
  "latency",
  "latency_median",
  "latency_p95",
  "latency_std",
  "latency_sum",
];
const customMetrics: NonNullable<AnalyseOptions["customMetrics"]> = [
  { name: "per_pass", direction: "lower", fn: ({ latency, passed }) => latency! / passed! },
  {
    name: "share",
    direction: "higher",
    over: ["passed", "grade"],
    fn: (rows: readonly Readonly<Record<string, unknown>>[]) =>
      rows.filter(({ passed, grade }) => passed === 1 && Number(grade) > 2).length / rows.length,
  },
];
const shape = fc.record({
  conditions: fc.integer({ min: 2, max: 3 }),
  items: fc.integer({ min: 1, max: 18 }),
  repeats: fc.integer({ min: 1, max: 2 }),
  clusters: fc.constantFrom(undefined, 3, 8),
  apart: fc.constantFrom(false, false, true),
  fails: fc.boolean(),
  shift: fc.constantFrom(0, 0, 2),
});
const data = shape.chain((of) =>
  fc
    .array(task, { minLength: of.conditions * of.items * of.repeats, maxLength: of.conditions * of.items * of.repeats })
    .map((tasks) =>
      tasks.map(({ failed, ...fields }, i): PlainRow => {
        const [c, item] = [i % of.conditions, Math.floor(i / of.conditions / of.repeats)];
        const place = {
          condition: "abcd"[c]!,
          itemId: of.apart ? `${c}/${item}` : `${item}`,
          repeat: Math.floor(i / of.conditions) % of.repeats,
          ...(of.clusters === undefined ? {} : { cluster: item % of.clusters }),
        };
        if (failed && of.fails) return { ...place, finalStatus: "failed_permanent" };
        return {
          ...place,
          ...fields,
          ...(c === 1 ? { score: fields.score + of.shift, latency: fields.latency + of.shift } : {}),
        };
      }),
    ),
);
const options = fc.record({
  multipleTestingCorrection: fc.constantFrom("min-p", "min-p", "bonferroni", "holm", "hochberg", "none", "bh"),
  family: fc.constantFrom("metric", "all"),
  mcnemar: fc.constantFrom("exact", "mid-p"),
  baseline: fc.constantFrom(undefined, "a"),
}) as fc.Arbitrary<Partial<AnalyseOptions>>;

const analysed = (rows: PlainRow[], more: Partial<AnalyseOptions>) => {
  const returned = rows.some((row) => row.finalStatus === undefined);
  return analyse(rows, { metrics, ...(returned ? { customMetrics } : {}), resamples: 100, ...more });
};

describe("an analysis of any data", () => {
  it("has intervals that exclude the null value exactly where the adjusted p is below the level, in every metric and reading", () => {
    fc.assert(
      fc.property(data, options, (rows, more) => {
        const analysis = analysed(rows, more);
        for (const metric of analysis.metrics)
          for (const { comparisons } of [metric, ...(metric.otherReading ? [metric.otherReading] : [])])
            for (const { difference, effect, pAdjusted, tested, condition, against, test } of comparisons) {
              const { interval } = tested === "effect" ? effect : difference;
              if (!interval.ok || !pAdjusted.ok || Math.abs(pAdjusted.value - 0.05) < 1e-9) continue;
              const nothing = tested === "effect" ? 0.5 : 0;
              const { low, high } = interval.value;
              const words = `${metric.metric.name}, ${condition} against ${against}, ${test}: ${pAdjusted.value} [${low}, ${high}]`;
              expect(low > nothing || high < nothing, words).toBe(pAdjusted.value < 0.05);
            }
      }),
      draws(6, 12, 12),
    );
  });

  it("has no number that is none, and a finding in words for every metric", () => {
    fc.assert(
      fc.property(data, options, (rows, more) => {
        const analysis = analysed(rows, more);
        JSON.stringify(analysis, (name, value) => {
          if (typeof value === "number" && Number.isNaN(value)) throw new Error(`${name} is NaN`);
          return value;
        });
        const { lists } = findingsOf(analysis, { accounting: analysis.accounting });
        for (const { title, items } of lists)
          expect(`${title} ${items.join(" ")}`).not.toMatch(/NaN|undefined|null|Infinity/);
      }),
      draws(4, 8, 13),
    );
  });

  it("is the same in any unit, as far as numbers go", () => {
    const rows = (unit: number): PlainRow[] =>
      Array.from({ length: 30 }, (_, itemId) =>
        ["a", "b"].map((condition, c) => ({ condition, itemId, score: unit * (1 + ((itemId * 7 + c * 3) % 11) + c) })),
      ).flat();
    const of = (unit: number) => analyse(rows(unit), { metrics: ["score"] }).metrics[0]!.comparisons[0]!;
    const plain = of(1);
    for (const unit of [1e-300, 1e-9, 1e9, 1e300]) {
      const { p, pairing, verdict } = of(unit);
      expect(verdict).toBe(plain.verdict);
      expect(p.ok && plain.p.ok ? p.value / plain.p.value : Number.NaN).toBeCloseTo(1, 6);
      const ratio = pairing!.standardError / pairing!.standardErrorUnpaired;
      expect(ratio).toBeCloseTo(plain.pairing!.standardError / plain.pairing!.standardErrorUnpaired, 9);
    }
  });

  it("tests all conditions together in any unit too", () => {
    for (const unit of [1e-170, 1, 1e170]) {
      const rows = Array.from({ length: 20 }, (_, i) =>
        ["a", "b", "c"].map((condition, c) => ({
          condition,
          itemId: `${c}/${i}`,
          score: unit * (1 + ((i * 7 + c) % 11)),
        })),
      ).flat();
      const [omnibus] = analyse(rows, { metrics: ["score"] }).metrics[0]!.omnibus;
      expect(omnibus).toMatchObject({ test: "Welch's ANOVA", p: { ok: true } });
      expect(omnibus!.p.ok && omnibus!.p.value).toBeCloseTo(0.98158947317, 9);
    }
  });

  it("ends, and says why there is no value, where values are too large to be added", () => {
    const rows = Array.from({ length: 20 }, (_, itemId) => [
      { condition: "a", itemId, score: Number.MAX_VALUE },
      { condition: "b", itemId, score: -Number.MAX_VALUE },
    ]).flat();
    const [pair] = analyse(rows, { metrics: ["score"] }).metrics[0]!.comparisons;
    expect(pair).toMatchObject({ verdict: "not tested", p: { ok: false } });
  });

  it("keeps levels of pass rates within [0, 1], and claims no detectable difference beyond", () => {
    const rows = Array.from({ length: 40 }, (_, itemId) =>
      ["a", "b"].map((condition, c) => ({
        condition,
        itemId,
        cluster: itemId % 2,
        accuracy: Number((itemId * 7 + c) % 10 < (itemId % 2 ? 9 : 3)),
      })),
    ).flat();
    const { summaries, comparisons } = analyse(rows, { metrics: ["accuracy"] }).metrics[0]!;
    for (const { estimate } of summaries)
      if (estimate.interval.ok) {
        expect(estimate.interval.value.low).toBeGreaterThanOrEqual(0);
        expect(estimate.interval.value.high).toBeLessThanOrEqual(1);
      }
    const { detectable } = comparisons[0]!;
    if (detectable.ok) expect(detectable.value).toBeLessThanOrEqual(1);
  });
});

describe("what pairing saves", () => {
  it("takes what rounding alone tells apart for constant", () => {
    const [noisy, varying] = [
      [0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2],
      [1, 2, 3, 5],
    ];
    expect(finish(pairingOf({ x: noisy, y: varying }))!.correlation).toEqual({
      ok: false,
      error: "a condition does not vary",
    });
    const shifted = { x: varying.map((value) => value + 0.1 + 0.2), y: varying.map((value) => value + 0.3) };
    expect(finish(pairingOf(shifted))).toMatchObject({ correlation: { ok: true, value: 1 }, standardError: 0 });
  });
});

describe("a reason", () => {
  const options = { metrics: ["accuracy"], resamples: 100 };
  const sentencesOf = (analysis: Analysis): string =>
    findingsOf(analysis, { accounting: analysis.accounting })
      .lists.flatMap(({ items }) => items)
      .join("\n");
  const rows = (accuracyOf: (item: number, condition: string) => number | undefined): PlainRow[] =>
    ["a", "b"].flatMap((condition) =>
      Array.from({ length: 20 }, (_, itemId) => {
        const accuracy = accuracyOf(itemId, condition);
        return accuracy === undefined
          ? { condition, itemId, finalStatus: "failed_permanent" as const }
          : { condition, itemId, accuracy };
      }),
    );

  it("of a custom metric without p is its function's own: what it threw, or that it reads no metric", () => {
    const made = (fn: () => number): string =>
      sentencesOf(
        analyse(
          rows((item) => item % 2),
          { ...options, customMetrics: [{ name: "m", direction: "higher", fn }] },
        ),
      );
    const thrown = made(() => {
      throw new Error("no prices");
    });
    expect(thrown).toContain("b and a could not be compared: the function failed: no prices.");
    expect(made(() => 3)).toContain("not tested: the function reads no metric.");
  });

  it("of the test is not that no item is shared where a condition has no value at all", () => {
    const { metrics } = analyse(
      rows((item, condition) => (condition === "a" ? item % 2 : undefined)),
      options,
    );
    expect(metrics[0]!.comparisons[0]!.why).toBe("a condition has no value");
  });

  it("stands under the results where a metric has no interval", () => {
    const analysis = analyse(
      rows((item) => item),
      { ...options, metrics: ["accuracy_p99"] },
    );
    expect(resultsTable(analysis).notes).toEqual([
      "No interval: accuracy_p99 (too few items: p99 has an interval from 1000 on, here are 20).",
    ]);
  });
});

it("prints all numbers of a metric as powers of ten where one is very large", () => {
  const values = Array.from({ length: 20 }, (_, itemId) => ({ itemId, score: 1e15 * (1 + ((itemId * 7) % 20) / 20) }));
  const analysis = analyse(
    values.flatMap((row) => [
      { condition: "a", ...row },
      { condition: "b", ...row, score: row.score * (row.itemId % 2 ? 0.9 : 0.8) },
    ]),
    { metrics: ["score"], resamples: 100 },
  );
  const texts = resultsTable(analysis).rows.flatMap(({ cells }) => cells.slice(2).map(({ text }) => text));
  const found = findingsOf(analysis, { accounting: analysis.accounting }).lists.flatMap(({ items }) => items);
  expect([...texts, ...found].join("\n")).not.toMatch(/\d{5}/);
  expect(texts[0]).toMatch(/^1\.\d\de\+15 \[/);
  expect(money(1e20, "usd")).toBe("1.00e+20 USD");
});
