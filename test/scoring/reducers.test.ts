import { describe, expect, it } from "vitest";
import { ConfigError } from "#src/kernel/errors";
import {
  atLeast,
  collect,
  max,
  mean,
  median,
  mode,
  passAt,
  passK,
  type ScoreValue,
  scored,
  unscored,
} from "#src/scoring/index";

const scores = (...values: (ScoreValue | null)[]) =>
  values.map((value) => (value === null ? unscored("no") : scored(value)));

describe("reducers", () => {
  it.each([
    ["mean", mean, ["C", "I", "P"], 0.5],
    ["mean", mean, [1, null, 0], 0.5],
    ["median", median, [3, 1, 2], 2],
    ["median", median, ["C", "I"], 0.5],
    ["mode", mode, ["I", "C", "C"], "C"],
    ["mode", mode, ["P", "I"], "P"],
    ["max", max, ["I", "C", "P"], "C"],
    ["max", max, [0.1, 0.7], 0.7],
    ["atLeast(2)", atLeast(2), ["C", "I", "C"], 1],
    ["atLeast(2)", atLeast(2), ["C", "I", "P"], 0],
    ["atLeast(2, 0.5)", atLeast(2, 0.5), ["C", "I", "P"], 1],
    ["passAt(1)", passAt(1), ["C", "I", "I", "I"], 0.25],
    ["passAt(2)", passAt(2), ["C", "I", "I", "I"], 0.5],
    ["passAt(2)", passAt(2), ["C", "C", "C", "I"], 1],
    ["passK(2)", passK(2), ["C", "C", "C", "I"], 0.5],
    ["passK(3)", passK(3), ["C", "C", "I", "I"], 0],
  ] as const)("%s of %j is %j", (_, reducer, values, expected) => {
    const { value } = reducer(scores(...values));
    if (typeof expected === "number") expect(value).toBeCloseTo(expected, 12);
    else expect(value).toBe(expected);
  });

  it("leave out what is unscored, and are unscored themselves when nothing is left", () => {
    for (const reducer of [mean, median, mode, max, atLeast(1), passAt(1), passK(1), collect]) {
      expect(reducer(scores(null, null))).toEqual(unscored("no"));
      expect(reducer([]).value).toBeNull();
      expect(reducer(scores(null, "C")).value).not.toBeNull();
    }
    expect(mean(scores("perhaps")).value).toBeNull();
  });

  it("are unscored with fewer epochs than k", () => {
    expect(passAt(3)(scores("C", null, "C")).value).toBeNull();
    expect(passK(3)(scores("C", "C")).value).toBeNull();
  });

  it("agree with counting by hand for every n, c and k", () => {
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
    for (let n = 1; n <= 7; n++) {
      for (let c = 0; c <= n; c++) {
        const values = scores(...Array.from({ length: n }, (_, i) => (i < c ? "C" : "I")));
        for (let k = 1; k <= n; k++) {
          const none = n - c >= k ? choose(n - c, k) : 0;
          const all = c >= k ? choose(c, k) : 0;
          expect(passAt(k)(values).value).toBeCloseTo(1 - none / choose(n, k), 12);
          expect(passK(k)(values).value).toBeCloseTo(all / choose(n, k), 12);
        }
      }
    }
  });

  it("reduce records by name and lists by place", () => {
    expect(mean(scores({ a: 1, b: "C" }, { a: 0, b: "C" })).value).toEqual({ a: 0.5, b: 1 });
    expect(max(scores([1, 5], [2, 3])).value).toEqual([2, 5]);
    expect(mode(scores({ a: "C" }, null, { a: "C" })).value).toEqual({ a: "C" });
  });

  it.each([
    [
      "lists of unequal length",
      [
        [1, 2, 3],
        [1, 2],
      ],
      "the first is a list of 3, another a list of 2",
    ],
    ["records of unequal names", [{ a: 5, b: 1 }, { a: 4 }], "the first is a record of a, b, another a record of a"],
    ["a value beside a list", ["C", [1]], "the first is one value, another a list of 1"],
    ["a record beside a list", [{ 0: 1 }, null, [1]], "the first is a record of 0, another a list of 1"],
  ] as const)("refuse %s, whichever comes first", (_, values, sentence) => {
    for (const reducer of [mean, median, mode, max, atLeast(1), passAt(1), passK(1)]) {
      expect(() => reducer(scores(...values))).toThrow(`scores must have one shape to be reduced to one; ${sentence}`);
      expect(() => reducer(scores(...values.toReversed()))).toThrow(ConfigError);
    }
  });

  it("take records of the same names in any order", () => {
    expect(mean(scores({ a: 1, b: 0 }, { b: 1, a: 1 })).value).toEqual({ a: 1, b: 0.5 });
  });

  it("collect one value of each, and refuse lists and records", () => {
    expect(collect(scores("C", null, Number.NaN, 0)).value).toEqual(["C", 0]);
    expect(() => collect(scores(1, { a: 1 }))).toThrow(
      'collect must have scores of one value each, got "a record of a"',
    );
  });

  it("leave NaN out of its place, and its place where it is", () => {
    for (const reducer of [mean, median, mode, max]) {
      expect(reducer(scores(Number.NaN, 1)).value).toBe(1);
      expect(reducer(scores(Number.NaN)).value).toBeNull();
      expect(reducer(scores([Number.NaN, 1], [Number.NaN, 1])).value).toEqual([Number.NaN, 1]);
      expect(reducer(scores({ x: Number.NaN }, { x: 1 })).value).toEqual({ x: 1 });
    }
  });

  it("count yes and 1 as one answer, told as it was first given", () => {
    expect(mode(scores(0, true, 1)).value).toBe(true);
  });

  it("keep answer and explanation only where all agree, and the first's metadata", () => {
    const first = scored("C", { answer: "4", explanation: "so", metadata: { by: 1 } });
    const second = scored("C", { answer: "4", explanation: "thus", metadata: { by: 2 } });
    expect(mean([first, second])).toEqual({ value: 1, answer: "4", metadata: { by: 1 } });
  });
});
