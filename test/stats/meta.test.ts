import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type MetaAnalysis, type MetaOptions, metaAnalysis, type StudyEffect } from "#src/stats/index";

const study = fc.record({
  estimate: fc.integer({ min: -5000, max: 5000 }).map((n) => n / 1000),
  standardError: fc.integer({ min: 10, max: 3000 }).map((n) => n / 1000),
});
const studies = fc.array(study, { minLength: 2, maxLength: 9 });
const options: fc.Arbitrary<MetaOptions> = fc.record({
  model: fc.constantFrom("random" as const, "common" as const),
  between: fc.constantFrom("REML" as const, "DL" as const),
  test: fc.constantFrom("hartung-knapp" as const, "hartung-knapp-modified" as const, "normal" as const),
});

const value = (given: readonly StudyEffect[], how: MetaOptions): MetaAnalysis => {
  const result = metaAnalysis(given, how);
  if (!result.ok) throw new Error(result.error);
  return result.value;
};

describe("a meta-analysis", () => {
  it("lies between its studies, and its interval excludes 0 exactly where p is below its level", () => {
    fc.assert(
      fc.property(studies, options, (given, how) => {
        const { estimate, interval, p, weights, i2, tau2 } = value(given, how);
        const all = given.map((each) => each.estimate);
        expect(estimate).toBeGreaterThanOrEqual(Math.min(...all) - 1e-9);
        expect(estimate).toBeLessThanOrEqual(Math.max(...all) + 1e-9);
        if (Math.abs(p - 0.05) > 1e-9) expect(interval.lower > 0 || interval.upper < 0).toBe(p < 0.05);
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
        expect(tau2).toBeGreaterThanOrEqual(0);
        expect(i2).toBeGreaterThanOrEqual(0);
        expect(i2).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("does not depend on the unit of the effects, nor on their order", () => {
    fc.assert(
      fc.property(studies, options, fc.constantFrom(1e-200, 1e-6, 1e6, 1e200), (given, how, unit) => {
        const one = value(given, how);
        const other = value(
          given.map(({ estimate, standardError }) => ({
            estimate: estimate * unit,
            standardError: standardError * unit,
          })),
          how,
        );
        expect(other.estimate / unit).toBeCloseTo(one.estimate, 7);
        expect(other.p).toBeCloseTo(one.p, 7);
        expect(other.i2).toBeCloseTo(one.i2, 6);
        expect(value([...given].reverse(), how).estimate).toBeCloseTo(one.estimate, 7);
      }),
    );
  });

  it("is refused where it says nothing", () => {
    const good = { estimate: 1, standardError: 0.5 };
    expect(metaAnalysis([])).toEqual({ ok: false, error: "too-few" });
    expect(metaAnalysis([good])).toEqual({ ok: false, error: "too-few" });
    expect(metaAnalysis([good, { estimate: 1, standardError: 0 }])).toEqual({ ok: false, error: "no-variance" });
    expect(metaAnalysis([good, { estimate: Number.NaN, standardError: 1 }])).toEqual({
      ok: false,
      error: "not-finite",
    });
  });
});
