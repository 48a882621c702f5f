import { describe, expect, it } from "vitest";
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

  it("keep answer and explanation only where all agree, and the first's metadata", () => {
    const first = scored("C", { answer: "4", explanation: "so", metadata: { by: 1 } });
    const second = scored("C", { answer: "4", explanation: "thus", metadata: { by: 2 } });
    expect(mean([first, second])).toEqual({ value: 1, answer: "4", metadata: { by: 1 } });
  });
});
