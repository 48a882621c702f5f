import { expect, it } from "vitest";
import { studentizedRange } from "#src/stats/studentized-range";

it("has twelve digits in the lower tail, also for many means, whose integrand is narrow", () => {
  expect(studentizedRange(20, 10).tails(0.5).lower / 2.66676069707e-11 - 1).toBeCloseTo(0, 11);
});
