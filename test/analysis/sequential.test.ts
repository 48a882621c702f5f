import { describe, expect, it } from "vitest";
import { analyse, type PlainRow } from "#src/analysis/index";
import { allDecided, beginWatch, decisionOf, type Watch, watchItem } from "#src/analysis/watched";
import { type Random, stream } from "#src/kernel/random";

const pairsOfThree = [
  { condition: 1, against: 0, group: undefined },
  { condition: 2, against: 0, group: undefined },
  { condition: 2, against: 1, group: undefined },
];
const watch = (more: Partial<Watch["sequential"]> = {}, pairs = pairsOfThree): Watch => ({
  metric: "accuracy",
  conditions: ["a", "b", "c"],
  pairs,
  sequential: { alpha: 0.05, method: "e_value", range: [0, 1], ...more },
  failedAs: "missing",
});

/** Passes of three conditions on one item: how hard it is, they share. */
const item = (random: Random, ease: readonly number[]): number[] => {
  const hard = random() < 0.5 ? 0.25 : -0.25;
  return ease.map((p) => Number(random() < p + hard));
};

const rowsOf = (items: readonly number[][]): PlainRow[] =>
  items.flatMap((values, i) =>
    values.map((accuracy, c) => ({ condition: "abc"[c]!, itemId: `i${i}`, accuracy, speed: accuracy + (i % 7) * c })),
  );

const seeded = (count: number, ease: readonly number[], seed = 3): number[][] => {
  const random = stream(seed, "items");
  return Array.from({ length: count }, () => item(random, ease));
};

describe("watching all pairs of a run", () => {
  for (const method of ["e_value", "confidence_sequence"] as const) {
    it(`${method}: at most alpha of runs without an effect ever see one, in any of three pairs`, () => {
      const random = stream(11, `null ${method}`);
      let wrong = 0;
      for (let run = 0; run < 400; run++) {
        let watched = beginWatch(watch({ method }));
        for (let i = 0; i < 120; i++) watched = watchItem(watch({ method }), watched, item(random, [0.5, 0.5, 0.5]));
        if (watched.sequences.some(({ decided }) => decided)) wrong += 1;
      }
      expect(wrong / 400).toBeLessThanOrEqual(0.05);
    });
  }

  it("is over when every pair is decided, not one", () => {
    let watched = beginWatch(watch());
    for (const values of seeded(800, [0.3, 0.7, 0.7])) watched = watchItem(watch(), watched, values);
    expect(watched.sequences.map((sequence) => decisionOf(sequence, undefined))).toEqual([
      "different",
      "different",
      "open",
    ]);
    expect(allDecided(watched, undefined)).toBe(false);
    expect(allDecided(watched, 0.35)).toBe(true); // equal within a margin is a decision too
  });

  it("ends with the reason at a value outside the range", () => {
    const watched = watchItem(watch(), beginWatch(watch()), [1, 0.5, 3]);
    expect(watched.unfit).toBe("a value of 3 lies outside 0 to 1");
    expect(
      watchItem(watch({ range: [0, 10] }), beginWatch(watch({ range: [0, 10] })), [1, 0.5, 3]).unfit,
    ).toBeUndefined();
  });

  it("does not learn from an item that a condition has no value for", () => {
    const watched = watchItem(watch(), beginWatch(watch()), [1, Number.NaN, 0]);
    expect(watched.sequences.map(({ n }) => n)).toEqual([0, 1, 0]);
  });
});

describe("the analysis of a run that stopped early", () => {
  const rows = rowsOf(seeded(90, [0.25, 0.75, 0.5]).map(([a, b]) => [a!, b!]));
  const options = { metrics: ["accuracy", "speed"], sequential: { alpha: 0.05, method: "e_value" } } as const;

  it("gives no p-value for a fixed number of items", () => {
    const stopped = analyse(rows, { ...options, stoppedEarly: true });
    const speed = stopped.metrics[1]!.comparisons[0]!;
    expect(speed.p).toEqual({ ok: false, error: "invalid: the run stopped early" });
    expect(speed.pAdjusted).toEqual(speed.p);
    expect(speed.check?.p).toEqual(speed.p);
    expect(speed.verdict).toBe("not tested");
    expect(stopped.notes.join()).toContain("P-values for a fixed number of items are invalid");
  });

  it("says of the watched metric what may be looked at after every item", () => {
    const stopped = analyse(rows, { ...options, stoppedEarly: true });
    const [comparison] = stopped.metrics[0]!.comparisons;
    const [pair] = stopped.sequential!.pairs;
    expect(comparison).toMatchObject({
      test: "e-value by betting",
      verdict: "better",
      n: 90,
      p: { ok: true, value: pair!.p },
    });
    expect(pair).toMatchObject({ decision: "different", n: 90 });
    expect(comparison!.difference).toEqual(pair!.difference);
  });

  it("keeps the p-values of a run that went to its end, and says what was seen on the way", () => {
    const whole = analyse(rows, options);
    expect(whole.metrics[0]!.comparisons[0]).toMatchObject({ test: "exact McNemar test", p: { ok: true } });
    expect(whole.sequential).toMatchObject({ stoppedEarly: false, alphaOfPair: 0.05, range: [0, 1] });
  });

  it("has none even where nothing was said of watching", () => {
    const stopped = analyse(rows, { metrics: ["accuracy"], stoppedEarly: true });
    expect(stopped.metrics[0]!.comparisons[0]!.p).toEqual({ ok: false, error: "invalid: the run stopped early" });
  });
});
