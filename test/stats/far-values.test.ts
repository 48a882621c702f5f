import { describe, expect, it } from "vitest";
import { betaDistribution, fisherF, studentT } from "#src/stats/distributions";
import { deviance } from "#src/stats/special";

describe("a distribution asked about what is not a number", () => {
  it("answers with no number, at once", () => {
    const tails = [studentT(5).tails(Number.NaN), fisherF(2, 9).tails(Number.NaN)];
    for (const { lower, upper } of tails) expect([lower, upper]).toEqual([Number.NaN, Number.NaN]);
    expect(betaDistribution(2, 3).tails(0.5).lower).toBeCloseTo(0.6875, 12);
    expect(deviance(Number.NaN, 1)).toBeNaN();
  });
});
