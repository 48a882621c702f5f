import { expect, it } from "vitest";
import { printMillis } from "#src/kernel/units";

it.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1000, "1 s"],
  [1540, "1.5 s"],
  [59_000, "59 s"],
  [60_000, "1 min"],
  [5_400_000, "1.5 h"],
  [86_400_000, "1 d"],
  [20 * 86_400_000, "20 d"],
])("prints %i ms as %s", (ms, text) => {
  expect(printMillis(ms)).toBe(text);
});

it("never prints a full larger unit in the smaller one", () => {
  expect([999.7, 59_999, 3_599_999, 86_399_999].map(printMillis)).toEqual(["1 s", "1 min", "1 h", "1 d"]);
});
