import { describe, expect, it } from "vitest";
import { analyse, judgeGates } from "#src/analysis/index";
import type { Gate } from "#src/experiment/gates";

/** `right` of 100 items per condition; the same items, the first ones right; latency falls as accuracy rises. */
const rows = (right: Readonly<Record<string, number>>, items = 100) =>
  Object.entries(right).flatMap(([condition, n]) =>
    Array.from({ length: items }, (_, itemId) => ({
      condition,
      itemId,
      accuracy: itemId < n ? 1 : 0,
      latency: itemId < n ? 10 + (itemId % 3) : 20 + (itemId % 3),
    })),
  );
const passed = (gate: Gate, right: Readonly<Record<string, number>>, items?: number) =>
  judgeGates([gate], analyse(rows(right, items), { metrics: ["accuracy", "latency"] }))[0]!.passed;

describe("a gate on a level", () => {
  it.each([
    [79, false],
    [80, true],
    [81, true],
  ])("at least 0.8 with %i of 100 right: %s", (right, expected) => {
    expect(passed({ metric: "accuracy", condition: "a", atLeast: 0.8 }, { a: right })).toBe(expected);
  });

  it("may be a ceiling", () => {
    expect(passed({ metric: "latency", condition: "a", atMost: 12 }, { a: 100 })).toBe(true);
    expect(passed({ metric: "latency", condition: "a", atMost: 12 }, { a: 50 })).toBe(false);
  });

  it("is not missed by the last digit of a sum", () => {
    const tenths = Array.from({ length: 10 }, (_, itemId) => ({ condition: "a", itemId, score: 0.1 }));
    const [gate] = judgeGates(
      [{ metric: "score", condition: "a", atLeast: 0.1 }],
      analyse(tenths, { metrics: ["score"] }),
    );
    expect(gate!.passed).toBe(true);
  });
});

describe("a gate on a difference", () => {
  const gate: Gate = { metric: "accuracy", difference: ["b", "a"], notWorseThan: 0.1 };

  it("passes when the whole interval is better than the loss that is allowed", () => {
    expect(passed(gate, { a: 80, b: 80 })).toBe(true);
    expect(passed(gate, { a: 80, b: 90 })).toBe(true);
  });

  it("is missed when so great a loss cannot be excluded, however small the one that was measured", () => {
    expect(passed(gate, { a: 80, b: 72 })).toBe(false);
    expect(passed(gate, { a: 8, b: 8 }, 10)).toBe(false);
  });

  it("looks from the side that it names", () => {
    const down: Gate = { metric: "accuracy", difference: ["a", "b"], notWorseThan: 0.1 };
    expect(passed(down, { a: 60, b: 90 })).toBe(false);
    expect(passed(gate, { a: 60, b: 90 })).toBe(true);
    expect(passed(gate, { a: 90, b: 60 })).toBe(false);
  });

  it("knows that lower latency is better", () => {
    const faster: Gate = { metric: "latency", difference: ["b", "a"], notWorseThan: 1 };
    expect(passed(faster, { a: 60, b: 90 })).toBe(true);
    expect(passed(faster, { a: 90, b: 60 })).toBe(false);
  });
});

describe("a gate without a number", () => {
  it("is missed, and says why", () => {
    const failed = [{ condition: "a", itemId: 1, finalStatus: "failed_permanent" as const }];
    const analysis = analyse(failed, { metrics: ["accuracy"] });
    const gates = judgeGates(
      [
        { metric: "accuracy", condition: "a", atLeast: 0 },
        { metric: "other", condition: "a", atLeast: 0 },
        { metric: "accuracy", difference: ["a", "b"], notWorseThan: 1 },
      ],
      analysis,
    );
    expect(gates.map(({ passed: did, measured }) => [did, measured.value.ok])).toEqual([
      [false, false],
      [false, false],
      [false, false],
    ]);
  });
});
