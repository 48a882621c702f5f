import { describe, expect, it } from "vitest";
import { type AnalyseOptions, analyse, judgeGates, type PlainRow } from "#src/analysis/index";
import type { OverRow } from "#src/experiment/metrics";
import { verdictWord } from "#src/reports/words";

interface Drawn {
  readonly items: number;
  readonly repeats?: number;
  /** What a condition gives for an item and a repeat. */
  readonly of: (item: number, repeat: number) => Readonly<Record<string, unknown>>;
}
const rowsOf = (condition: string, { items, repeats = 1, of }: Drawn): PlainRow[] =>
  Array.from({ length: items * repeats }, (_, i) => {
    const [item, repeat] = [Math.floor(i / repeats), i % repeats];
    return { condition, itemId: item, repeat, ...of(item, repeat) };
  });
const compared = (a: Drawn, b: Drawn, options: Partial<AnalyseOptions> = {}) => {
  const analysis = analyse([...rowsOf("a", a), ...rowsOf("b", b)], { metrics: ["accuracy"], ...options });
  const gate = (notWorseThan: number, metric = "accuracy") =>
    judgeGates([{ metric, difference: ["b", "a"], notWorseThan }], analysis)[0]!;
  return { analysis, pair: analysis.metrics[0]!.comparisons[0]!, gate };
};
const passing = (item: number) => ({ accuracy: Number(item % 3 > 0) });

describe("the same replies", () => {
  const said = (item: number, repeat: number) => ({ ...passing(item), completion: `answer ${item}, ${repeat}` });

  it.each([
    [1, 1],
    [2, 1],
    [30, 3],
  ])("pass every gate and read identical: %i items, %i repeats", (items, repeats) => {
    const { pair, gate } = compared({ items, repeats, of: said }, { items, repeats, of: said });
    expect(pair.same).toEqual({ by: 0, items, missed: 0, replies: true });
    expect(verdictWord(pair)).toBe("identical");
    expect(gate(0).passed).toBe(true);
  });

  it.each(["accuracy_p95", "accuracy_std", "accuracy_sum", "grade", "twice", "share"])("do so for %s", (metric) => {
    const of = (item: number) => ({ ...said(item, 0), grade: 1 + (item % 5) });
    const { gate } = compared(
      { items: 20, of },
      { items: 20, of },
      {
        metrics: [
          "accuracy",
          { name: "accuracy_p95", from: "accuracy", aggregate: "p95", direction: "higher" },
          { name: "accuracy_std", from: "accuracy", aggregate: "std", direction: "lower" },
          { name: "accuracy_sum", from: "accuracy", aggregate: "sum", direction: "higher" },
          { name: "grade", scale: "ordinal", direction: "higher" },
        ],
        customMetrics: [
          { name: "twice", direction: "higher", fn: ({ accuracy }) => 2 * accuracy! },
          {
            name: "share",
            direction: "higher",
            over: ["accuracy"],
            fn: (rows: readonly OverRow[]) => rows.filter(({ accuracy }) => accuracy === 1).length / rows.length,
          },
        ],
      },
    );
    expect(gate(0, metric)).toMatchObject({ passed: true });
  });

  it("in clusters and in another order of repeats are the same too", () => {
    const of = (turn: number) => (item: number, repeat: number) => ({
      score: [0.1, 0.2, 0.3][(repeat + turn) % 3],
      cluster: item % 4,
      reply: `${item}/${(repeat + turn) % 3}`,
    });
    const { pair, gate } = compared(
      { items: 8, repeats: 3, of: of(0) },
      { items: 8, repeats: 3, of: of(1) },
      { metrics: [{ name: "score", direction: "higher" }] },
    );
    expect(pair.same?.replies).toBe(true);
    expect(gate(0, "score").passed).toBe(true);
  });

  it.each<[string, Drawn]>([
    [
      "another reply to one item",
      { items: 20, of: (item, r) => ({ ...said(item, r), ...(item === 7 && { completion: "" }) }) },
    ],
    ["no reply to one item", { items: 19, of: said }],
    ["a reply that failed", { items: 20, of: (i, r) => (i === 3 ? { finalStatus: "failed_permanent" } : said(i, r)) }],
    ["another score of the same reply", { items: 20, of: (i, r) => ({ ...said(i, r), accuracy: 1 }) }],
    ["no field that is known to hold a reply", { items: 20, of: (i) => ({ ...passing(i), subject: "maths" }) }],
  ])("are not claimed for %s", (_, b) => {
    const { pair } = compared({ items: 20, of: said }, b);
    expect(pair.same?.replies).toBeUndefined();
  });

  it("say nothing of what replies do not decide", () => {
    const timed = (add: number) => (item: number) => ({
      ...said(item, 0),
      latency: 10 + (item % 7) + add * (item % 2),
    });
    const { analysis } = compared(
      { items: 40, of: timed(0) },
      { items: 40, of: timed(3) },
      { metrics: ["accuracy", "latency"] },
    );
    expect(analysis.metrics.map(({ comparisons: [pair] }) => pair!.same?.replies)).toEqual([true, undefined]);
  });
});

describe("the same values", () => {
  const kinds: [string, (item: number) => Readonly<Record<string, unknown>>, number][] = [
    ["yes or no", passing, 1],
    ["yes or no, three times", passing, 3],
    ["scores", (item) => ({ accuracy: (item % 7) / 7 }), 1],
    ["scores, three times", (item) => ({ accuracy: (item % 7) / 7 }), 3],
    ["sums without a last digit", (item) => ({ accuracy: item % 2 ? 0.1 + 0.2 : 0.6 }), 1],
  ];

  it.each(kinds)("of 300 items pass a margin of .02: %s", (_, of, repeats) => {
    const { pair, gate } = compared({ items: 300, repeats, of }, { items: 300, repeats, of });
    expect(pair.same).toMatchObject({ by: 0, items: 300, missed: expect.closeTo(1 - 0.05 ** (1 / 300), 12) });
    expect(gate(0.02).passed).toBe(true);
    expect(gate(0.0099).passed).toBe(false);
  });

  it.each(kinds)("of fewer are too few items, and never worse: %s", (_, of, repeats) => {
    const { pair, gate } = compared({ items: 30, repeats, of }, { items: 30, repeats, of });
    expect(gate(0.02)).toMatchObject({
      passed: false,
      why: expect.stringMatching(/^too few items: no difference on 30, /),
    });
    expect(pair.verdict).toBe("not distinguishable");
  });

  it("within a margin of equivalence are equivalent where items are enough", () => {
    const verdict = (items: number) =>
      compared({ items, of: passing }, { items, of: passing }, { equivalenceMargin: { accuracy: 0.02 } }).pair.verdict;
    expect([verdict(140), verdict(160)]).toEqual(["not distinguishable", "equivalent"]); // .98^149 = .0493
  });

  it("differ by what the last digit of a sum is", () => {
    const { pair } = compared(
      { items: 20, of: (i) => ({ accuracy: i / 100 + 0.3 }) },
      { items: 20, of: (i) => ({ accuracy: i / 100 + (0.1 + 0.2) }) },
    );
    expect(pair.same?.by).toBe(0);
  });
});

describe("differences without spread", () => {
  const right = { items: 30, repeats: 3, of: () => ({ accuracy: 1 }) };
  const wrong = { items: 30, repeats: 3, of: () => ({ accuracy: 0 }) };

  it("of 100 % against 0 % on 30 items with 3 repeats are decided", () => {
    const { pair, analysis } = compared(wrong, right);
    expect(pair).toMatchObject({
      verdict: "better",
      test: "exact McNemar test",
      pAdjusted: { value: expect.closeTo(2 ** -29, 14) },
    });
    for (const { estimate } of analysis.metrics[0]!.summaries) expect(estimate.interval.ok).toBe(true);
    expect(compared(right, wrong).pair.verdict).toBe("worse");
  });

  it.each([
    [5, "not distinguishable"], // 2 / 2^5 = .0625
    [6, "better"],
  ])("of %i items are %s by the sign test", (items, verdict) => {
    const of = (add: number) => (item: number) => ({ accuracy: item + add });
    expect(compared({ items, of: of(0) }, { items, of: of(0.25) }).pair.verdict).toBe(verdict);
    expect(compared({ items, of: () => ({ accuracy: 1 }) }, { items, of: () => ({ accuracy: 2 }) }).pair.verdict).toBe(
      verdict,
    );
  });

  it("of two items say nothing", () => {
    const { pair } = compared({ items: 2, of: () => ({ accuracy: 0 }) }, { items: 2, of: () => ({ accuracy: 1 }) });
    expect(pair.verdict).toBe("not distinguishable");
  });

  it("of constant columns of different items are judged by all ways to deal them", () => {
    const apart = [
      ...rowsOf("a", { ...wrong, repeats: 1 }),
      ...rowsOf("b", { ...right, repeats: 1 }).map((row) => ({ ...row, itemId: `b${row.itemId}` })),
    ];
    const [pair] = analyse(apart, { metrics: ["accuracy"] }).metrics[0]!.comparisons;
    expect(pair).toMatchObject({ design: "independent", verdict: "better" });
    const large = apart.map((row) => ({ ...row, accuracy: 1e9 + Number(Reflect.get(row, "accuracy")) }));
    expect(analyse(large, { metrics: ["accuracy"] }).metrics[0]!.comparisons[0]).toMatchObject({ verdict: "better" });
  });
});
