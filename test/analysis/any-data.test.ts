import { describe, expect, it } from "vitest";
import { analyse, type PlainRow } from "#src/analysis/index";
import { pairingOf } from "#src/analysis/pairing";

describe("an analysis of any data", () => {
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
    expect(pairingOf({ x: noisy, y: varying })!.correlation).toEqual({ ok: false, error: "a condition does not vary" });
    const shifted = { x: varying.map((value) => value + 0.1 + 0.2), y: varying.map((value) => value + 0.3) };
    expect(pairingOf(shifted)).toMatchObject({ correlation: { ok: true, value: 1 }, standardError: 0 });
  });
});
