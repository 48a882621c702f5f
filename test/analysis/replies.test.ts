import { analyse } from "crucible-harness/analysis";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stream } from "#src/kernel/random";

fc.configureGlobal({ seed: 42 });

interface Told {
  readonly condition: string;
  readonly itemId: number;
  readonly repeat?: number;
  readonly cluster?: string;
  readonly finishReason?: string;
}
const analysed = (rows: readonly Told[]) =>
  analyse(
    rows.map((row) => ({ ...row, accuracy: 1 })),
    { metrics: ["accuracy"] },
  );
const rowsOf = (condition: string, reasons: readonly string[]): Told[] =>
  reasons.map((finishReason, itemId) => ({ condition, itemId, finishReason }));

describe("incomplete replies", () => {
  it("are counted by condition under every name, and nothing is said where there are none", () => {
    const a = rowsOf("a", ["length", "MAX_TOKENS", "SAFETY", "stop"]);
    const b = rowsOf("b", ["stop", "end_turn", "error", "length"]);
    expect(
      analysed([...a, ...b]).replies?.map(({ ending, counts }) => [ending, ...counts.map(({ tasks }) => tasks)]),
    ).toEqual([
      ["cut off", 2, 1],
      ["filtered", 1, 0],
      ["broken off", 0, 1],
    ]);
    expect(analysed(rowsOf("a", ["stop"]))).not.toHaveProperty("replies");
    expect(analysed([{ condition: "a", itemId: 1 }])).not.toHaveProperty("replies");
  });

  it("are compared by McNemar's exact test, adjusted together", () => {
    const cut = (n: number, at: number) =>
      Array.from({ length: 20 }, (_, i) => (i >= at && i < at + n ? "length" : "stop"));
    const { replies } = analysed([...rowsOf("a", cut(9, 0)), ...rowsOf("b", cut(1, 15))]);
    // 2 (C(10, 0) + C(10, 1)) / 2^10
    expect(replies![0]!.comparisons).toEqual([
      {
        condition: "b",
        against: "a",
        more: 1,
        fewer: 9,
        p: { ok: true, value: expect.closeTo(0.021484375, 12) },
        pAdjusted: { ok: true, value: expect.closeTo(0.021484375, 12) },
        isDifferent: true,
      },
    ]);
  });

  it("of one item and of one cluster are one piece of evidence", () => {
    const repeats = [0, 1, 2].flatMap((repeat): Told[] => [
      { condition: "a", itemId: 1, repeat, finishReason: "length" },
      { condition: "b", itemId: 1, repeat, finishReason: repeat === 0 ? "length" : "stop" },
    ]);
    expect(analysed(repeats).replies![0]!.comparisons).toMatchObject([
      { more: 0, fewer: 1, p: { value: expect.closeTo(1, 12) } },
    ]);
    const clustered = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((itemId): Told[] => [
      { condition: "a", itemId, cluster: `c${itemId % 2}`, finishReason: "length" },
      { condition: "b", itemId, cluster: `c${itemId % 2}`, finishReason: "stop" },
    ]);
    expect(analysed(clustered).replies![0]!.comparisons).toMatchObject([
      { more: 0, fewer: 2, p: { value: expect.closeTo(0.5, 12) } },
    ]);
  });

  it("have no p-value where no item has a reply of both", () => {
    const rows: Told[] = [
      { condition: "a", itemId: 1, finishReason: "length" },
      { condition: "b", itemId: 2, finishReason: "stop" },
    ];
    expect(analysed(rows).replies![0]!.comparisons[0]!.p).toEqual({ ok: false, error: "no item has a reply of both" });
  });

  it("differ by chance no more often than the level says", () => {
    const draw = stream(7, "null");
    const reasons = () => Array.from({ length: 40 }, () => (draw() < 0.3 ? "length" : "stop"));
    let different = 0;
    for (let run = 0; run < 400; run++)
      if (analysed([...rowsOf("a", reasons()), ...rowsOf("b", reasons())]).replies?.[0]?.comparisons[0]?.isDifferent)
        different += 1;
    expect(different).toBeLessThanOrEqual(32); // 99.9 % bound of a binomial of 400 and 0.05; the exact test is below it
  });
});
