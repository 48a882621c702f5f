import { describe, expect, it } from "vitest";
import { type AnalyseOptions, analyse, type LossComparison, type PlainRow } from "#src/analysis/index";
import { stream } from "#src/kernel/random";
import { scaleOf } from "#src/reports/cell";
import { lossSentence, lossSentences, lossTable } from "#src/reports/losses";
import { pairedTTest } from "#src/stats/t-test";

const rule = { target: "tool", fault: "error" } as const;
const conditionsOf = (names: readonly string[], levels: readonly string[] = ["slow"], factors = {}) =>
  names.flatMap((of) =>
    ["clean", ...levels].map((level) => ({
      name: `${of} @ ${level}`,
      factors: { ...factors, faults: level, size: of.length },
      faults: { level, of, rules: level === "clean" ? [] : [rule] },
    })),
  );
type Four = readonly [xClean: number, xSlow: number, yClean: number, ySlow: number];
const names = ["x @ clean", "x @ slow", "y @ clean", "y @ slow"];
const struck = { faults: [{ rule: 0, on: "tool:look", calls: 1, struck: 1 }] };
const rowsOf = (items: readonly Four[], more: (item: number) => object = () => ({})): PlainRow[] =>
  items.flatMap((values, itemId) =>
    values.map((accuracy, i) => ({
      ...{ condition: names[i]!, itemId, accuracy, ...more(itemId) },
      ...(i % 2 === 1 ? struck : {}),
    })),
  );
const analysed = (rows: PlainRow[], more: Partial<AnalyseOptions> = {}) =>
  analyse(rows, {
    metrics: ["accuracy"],
    conditions: conditionsOf(["x", "y"]),
    resamples: 100,
    multipleTestingCorrection: "holm",
    ...more,
  });
const lossesOf = (...given: Parameters<typeof analysed>): readonly LossComparison[] =>
  analysed(...given).faulted!.losses!.comparisons;
const drawn = (n: number, shares: Four, of: (hit: boolean, random: () => number) => number = Number): Four[] => {
  const random = stream(11, "losses", n);
  return Array.from({ length: n }, () => shares.map((share) => of(random() < share, random)) as unknown as Four);
};
const sentence = (one: LossComparison, rows: PlainRow[]) =>
  lossSentence(one, "higher", scaleOf(analysed(rows).metrics[0]!));

describe("losses of two conditions under the same faults", () => {
  it("are held against each other item by item, by the test of a mean of differences, and the interval agrees with it", () => {
    const items = drawn(40, [0.9, 0.3, 0.9, 0.8], (hit, random) => Number(hit) + random());
    const [one] = lossesOf(rowsOf(items));
    const t = pairedTTest(
      items.map(([clean, slow]) => slow - clean),
      items.map(([, , clean, slow]) => slow - clean),
    );
    if (!t.ok) throw new Error(t.error);
    expect(one).toMatchObject({ condition: "y", against: "x", level: "slow", design: "paired", n: 40 });
    expect(one!.difference.value).toMatchObject({ value: expect.closeTo(-t.value.estimate, 12) });
    expect(one!.p).toMatchObject({ value: expect.closeTo(t.value.p, 12) });
    expect(one!.difference.interval).toMatchObject({
      value: {
        low: expect.closeTo(-t.value.interval.upper, 8),
        high: expect.closeTo(-t.value.interval.lower, 8),
      },
    });
    expect(one!.verdict).toBe("better");
  });

  it("are the same turned round where the conditions change places", () => {
    const items = drawn(30, [0.9, 0.3, 0.9, 0.8]);
    const [one] = lossesOf(rowsOf(items));
    const [other] = lossesOf(rowsOf(items.map(([a, b, c, d]) => [c, d, a, b])));
    expect([one!.verdict, other!.verdict]).toEqual(["better", "worse"]);
    expect(other!.p).toEqual(one!.p);
    if (!one!.difference.interval.ok || !other!.difference.interval.ok) throw new Error("no interval");
    expect(other!.difference.interval.value.low).toBeCloseTo(-one!.difference.interval.value.high, 8);
    const rows = rowsOf(items);
    expect(sentence(one!, rows)).toMatch(
      /^x loses [\d.]+ points more than y under slow \[[\d.]+, [\d.]+\] \(adjusted p/,
    );
    expect(sentence(other!, rows)).toBe(sentence(one!, rows).replace("x loses", "y loses").replace("than y", "than x"));
  });

  it("count an item that has all four values alone: what has none is named and is no loss of zero", () => {
    const rows = rowsOf(drawn(20, [1, 0.5, 1, 1])).map((row, i) => {
      if (i === 1) return { ...row, accuracy: null, finalStatus: "unscored" };
      if (i === 7) return { ...row, accuracy: null, finalStatus: "failed_permanent" };
      return row;
    });
    const unknown = rows.filter((_, i) => i !== 8 && i !== 9);
    const [one] = lossesOf(unknown as PlainRow[]);
    expect(one).toMatchObject({ n: 17, dropped: { unscored: 1, failed: 1, "not run": 1 } });
    const [zero] = lossesOf(unknown as PlainRow[], { failedAs: 0 });
    expect(zero).toMatchObject({ n: 18, dropped: { unscored: 1, "not run": 1 } });
  });

  it("say what another count of failed tasks says of them", () => {
    const rows = rowsOf(drawn(40, [1, 1, 1, 1])).map((row, i) =>
      i % 4 === 1 && i < 80 ? { ...row, accuracy: null, finalStatus: "failed_permanent" } : row,
    ) as PlainRow[];
    const [one] = lossesOf(rows, { failedAs: 0 });
    expect(one).toMatchObject({ verdict: "better", otherwise: { verdict: "not distinguishable" } });
    expect(sentence(one!, rows)).toMatch(
      /^x loses 50.0 points more than y .*; with failed tasks left out: no difference shown$/,
    );
  });

  it("are no difference of zero where every item loses the same: what could have been missed is as large as two values are apart, twice", () => {
    const rows = rowsOf(drawn(20, [1, 0, 1, 0]));
    const [one] = lossesOf(rows);
    const missed = 2 * (1 - 0.05 ** (1 / 20));
    expect(one).toMatchObject({ verdict: "not distinguishable", same: { by: 0, items: 20 } });
    expect(one!.difference.interval).toMatchObject({
      value: { low: expect.closeTo(-missed, 8), high: expect.closeTo(missed, 8) },
    });
    expect(sentence(one!, rows)).toMatch(
      /^y and x lose the same under slow on all 20 items; up to 13.9 % of all items/,
    );
    const [always] = lossesOf(rowsOf(drawn(20, [1, 0, 1, 1])));
    expect(always).toMatchObject({ verdict: "better", same: { by: 1 } });
    expect(sentence(always!, rows)).toBe("x loses 100 points more than y under slow, always, on all 20 items");
  });

  it("of few items are never shown to differ, and say so", () => {
    const rows = rowsOf(drawn(5, [1, 0.4, 1, 1]));
    const [one] = lossesOf(rows);
    expect(one!.verdict).toBe("not distinguishable");
    expect(sentence(one!, rows)).toMatch(
      /^No difference could be shown between what x and y lose under slow: x loses [\d.]+ points more than y under slow/,
    );
    const [none] = lossesOf(rowsOf(drawn(1, [1, 0, 1, 1])));
    expect(none).toMatchObject({ verdict: "not tested", p: { error: "too few items" } });
  });

  it("of clustered items have the errors of clusters", () => {
    const items = drawn(10, [0.9, 0.3, 0.9, 0.8]).flatMap((item) => [item, item, item]);
    const [apart] = lossesOf(rowsOf(items));
    const [one] = lossesOf(rowsOf(items, (item) => ({ cluster: Math.floor(item / 3) })));
    expect(one).toMatchObject({ clusters: 10, test: "cluster-robust paired t test" });
    if (!one!.p.ok || !apart!.p.ok) throw new Error("no p");
    expect(one!.p.value).toBeGreaterThan(5 * apart!.p.value);
  });

  it.each<[string, Partial<AnalyseOptions>, string]>([
    ["a percentile", { metrics: ["accuracy_p95"] }, "the difference of two losses is tested for means and sums alone"],
    ["grades", { metrics: [{ name: "accuracy", scale: "ordinal" }] }, "grades have an order and no distances"],
  ])("of %s have a size and no test", (_, options, why) => {
    const rows = rowsOf(drawn(20, [1, 0, 1, 1]));
    const { faulted, metrics } = analysed(rows, options);
    const [one] = faulted!.losses!.comparisons;
    expect(one).toMatchObject({ verdict: "not tested", difference: { value: { value: 1 } } });
    expect(lossSentences(faulted!, metrics[0]!)).toEqual([expect.stringContaining(`not tested: ${why}`)]);
  });

  it("of a sum are those of its mean times the number of tasks, whatever test finds them", () => {
    const rows = rowsOf(drawn(30, [0.9, 0.3, 0.9, 0.8])).flatMap((row) => [0, 1].map((repeat) => ({ ...row, repeat })));
    const [mean] = lossesOf(rows);
    const [sum] = lossesOf(rows, { metrics: ["accuracy_sum"] });
    if (!mean!.difference.value.ok || !mean!.difference.interval.ok) throw new Error("no difference");
    expect(sum!.p).toEqual(mean!.p);
    expect(sum!.difference).toMatchObject({
      value: { value: expect.closeTo(60 * mean!.difference.value.value, 9) },
      interval: { value: { low: expect.closeTo(60 * mean!.difference.interval.value.low, 9) } },
    });
  });

  it("are a family of their own: each pair at each level, those with a baseline, or those within a factor", () => {
    const conditions = conditionsOf(["a", "b", "cc"], ["slow", "lying"]);
    const random = stream(3, "family");
    const rows = conditions.flatMap(({ name }) =>
      Array.from({ length: 20 }, (_, itemId) => ({ condition: name, itemId, accuracy: Number(random() < 0.5) })),
    );
    const pairsWith = (more: Partial<AnalyseOptions>) => {
      const { comparisons, family } = analysed(rows, { conditions, ...more }).faulted!.losses!;
      expect(family).toMatchObject({ size: comparisons.length, role: "secondary" });
      return comparisons.map(({ condition, against, level }) => `${condition} < ${against} @ ${level}`);
    };
    const six = ["b < a", "cc < a", "cc < b"].flatMap((pair) => [`${pair} @ slow`, `${pair} @ lying`]);
    expect(pairsWith({}).toSorted()).toEqual(six.toSorted());
    expect(pairsWith({ baseline: "b @ clean" })).toEqual([
      "a < b @ slow",
      "cc < b @ slow",
      "a < b @ lying",
      "cc < b @ lying",
    ]);
    expect(pairsWith({ pairs: { within: "size" } })).toEqual(["b < a @ slow", "b < a @ lying"]);
    expect(pairsWith({ pairs: { within: "faults" } })).toHaveLength(6);
    const all = analysed(rows, { conditions, multipleTestingCorrection: "min-p" }).faulted!.losses!;
    expect(all.family.intervals).toBe("95 % simultaneous over 6 pairs");
    for (const { p, pAdjusted } of all.comparisons) {
      if (!p.ok || !pAdjusted.ok) throw new Error("no p");
      expect(pAdjusted.value).toBeGreaterThanOrEqual(p.value);
    }
  });

  it("are not there for one condition, and stand in the table as what the first loses more, whichever way is better", () => {
    expect(
      analysed(
        rowsOf(drawn(9, [1, 0, 1, 1])).filter(({ condition }) => condition.startsWith("x")),
        { conditions: conditionsOf(["x"]) },
      ).faulted!.losses,
    ).toBe(undefined);
    const rows = rowsOf(drawn(20, [0.1, 0.9, 0.1, 0.2])).map(({ accuracy, ...row }) => ({ ...row, errors: accuracy }));
    const { faulted, metrics } = analysed(rows, { metrics: ["errors"] });
    const { columns, rows: shown } = lossTable(faulted!.losses!, metrics[0]!);
    expect(columns[2]!.label).toContain("Loses more by");
    expect(shown[0]!.cells[2]).toMatchObject({ text: expect.stringMatching(/^-/) });
    expect(shown[0]!.cells.at(-1)).toMatchObject({ text: "loses less", tone: "up" });
    expect(lossSentences(faulted!, metrics[0]!)[0]).toMatch(/^x loses [\d.]+.* more than y/);
    const [neutral] = lossSentences(
      faulted!,
      analysed(rows, { metrics: [{ name: "errors", direction: "none" }] }).metrics[0]!,
    );
    expect(neutral).toMatch(/^the change of x under slow is [\d.]+.* higher than that of y/);
  });

  it("say where a condition was spared: one that has not the tool loses nothing by its merit", () => {
    const rows = rowsOf(drawn(20, [1, 0.2, 1, 1])).map(({ faults, ...row }) =>
      faults && row.condition.startsWith("x") ? { ...row, faults } : row,
    ) as PlainRow[];
    const said = (of: PlainRow[]) => {
      const { faulted, metrics } = analysed(of);
      return lossSentences(faulted!, metrics[0]!)[0];
    };
    expect(said(rows)).toMatch(/^x loses .* more than y under slow .*; no task of y was struck$/);
    expect(said(rows.map(({ faults: _, ...row }) => row))).toBe("No task of y or x was struck under slow");
  });
});
