import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, intervalsOf, plannedFamilies } from "#src/analysis/family";
import { type AnalyseOptions, analyse, type PlainRow } from "#src/analysis/index";
import { corrections } from "#src/experiment/options";
import { stream } from "#src/kernel/random";
import { attainableMcNemar } from "#src/stats/attainable";
import { normal } from "#src/stats/distributions";
import { mcnemarTest } from "#src/stats/mcnemar";
import { type Joint, smallestPs } from "#src/stats/min-p";
import { studentizedRange } from "#src/stats/studentized-range";
import { draws } from "../runs.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const skewed = share.map((p) => p ** 6);

const equal = (size: number, units: number): Joint => ({
  size,
  units,
  covariance: Float64Array.from({ length: size * size }, (_, at) => Number(at % (size + 1) === 0)),
});

const pairs = (size: number) =>
  Array.from({ length: size }, (_, a) =>
    Array.from({ length: size - a - 1 }, (_, b) => ({ pair: [a, a + b + 1] as const })),
  ).flat();

const ofFive = smallestPs(equal(5, 200), pairs(5), 2000, 1);

describe("families by purpose", () => {
  it("give each metric its own, the first being primary, or join them", () => {
    expect(plannedFamilies(["a", "b"], 3, false)).toEqual([
      { role: "primary", metrics: ["a"], pairs: 3, size: 3 },
      { role: "secondary", metrics: ["b"], pairs: 3, size: 3 },
    ]);
    expect(plannedFamilies(["a", "b"], 3, true)).toEqual([{ role: "all", metrics: ["a", "b"], pairs: 3, size: 6 }]);
  });

  it("keep the primary one as it is whatever metrics are added", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 2, max: 4 }), (seed, k) => {
        const rows = noisy(seed, k, 12);
        const primary = (metrics: AnalyseOptions["metrics"], more: Partial<AnalyseOptions> = {}) => {
          const { families, metrics: analysed } = analyse(rows, { metrics, resamples: 100, ...more });
          return [families[0], analysed[0]];
        };
        const alone = primary(["passed"]);
        expect(primary(["passed", "score", "score_p90"])).toEqual(alone);
        expect(primary(["passed"], { customMetrics: [{ name: "ratio", fn: (m) => m.score! / m.passed! }] })).toEqual(
          alone,
        );
      }),
      { numRuns: 5 },
    );
  });
});

const noisy = (seed: number, k: number, items: number): PlainRow[] => {
  const random = stream(seed, "rows");
  return Array.from({ length: items }, (_, itemId) => {
    const hard = random();
    return Array.from({ length: k }, (_, c) => ({
      condition: `c${c}`,
      itemId,
      passed: Number(random() + 0.1 * c > hard),
      score: random() + hard + 0.05 * c,
    }));
  }).flat();
};

describe("what is decided", () => {
  it("is one thing said twice: adjusted p below alpha exactly where p is below the level of its interval", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(skewed, { nil: undefined }), { minLength: 1, maxLength: 30 }),
        fc.constantFrom(...corrections),
        fc.double({ min: 0.001, max: 0.3, noNaN: true }),
        fc.boolean(),
        (ps, correction, alpha, drawn) => {
          const smallest = drawn ? ofFive : undefined;
          const decided = decide({ correction, metrics: [{ ps, smallest }] });
          const levels = decided.levels(alpha)[0]!;
          ps.forEach((p = 1, i) => {
            const adjusted = decided.adjusted[0]![i]!;
            expect(adjusted < alpha).toBe(p < levels[i]!);
            if (correction !== "none") expect(adjusted).toBeGreaterThanOrEqual(p * (1 - 1e-9));
            expect(levels[i]!).toBeLessThanOrEqual(alpha * (1 + 1e-12));
          });
          expect(decided.strictest(alpha)).toBeLessThanOrEqual(alpha * (1 + 1e-12));
        },
      ),
      draws(200),
    );
  });

  it("is never stricter in one step than Bonferroni, and orders tests as their p does", () => {
    fc.assert(
      fc.property(fc.array(skewed, { minLength: 2, maxLength: 10 }), (ps) => {
        const smallest = ofFive;
        const [adjusted] = decide({ correction: "min-p", metrics: [{ ps, smallest }] }).adjusted;
        const [bounded] = decide({ correction: "bonferroni", metrics: [{ ps }] }).adjusted;
        ps.forEach((p, i) => {
          expect(adjusted![i]!).toBeLessThanOrEqual(bounded![i]! + 1e-12);
          ps.forEach((other, j) => {
            if (p <= other) expect(adjusted![i]!).toBeLessThanOrEqual(adjusted![j]!);
          });
        });
      }),
    );
  });

  it("is said of intervals in the words of each method", () => {
    expect(intervalsOf("min-p", 30, false, 0.95)).toBe("95 % simultaneous over 30 pairs");
    expect(intervalsOf("bh", 30, false, 0.9)).toBe("90 % of those selected among 30 pairs (FCR)");
    expect(intervalsOf("holm", 1, false, 0.95)).toBe("95 %");
  });
});

describe("the smallest p of all pairs", () => {
  it("has Tukey's distribution for equal and independent estimates", () => {
    for (const size of [3, 6, 15]) {
      const drawn = smallestPs(equal(size, 5000), pairs(size), 40_000, 7)!;
      const law = studentizedRange(size, Number.POSITIVE_INFINITY);
      for (const alpha of [0.01, 0.05, 0.2]) {
        const z = law.upperQuantile(alpha) / Math.SQRT2;
        const found = drawn.filter((p) => p <= 2 * normal.tails(z).upper).length / drawn.length;
        expect(Math.abs(found - alpha)).toBeLessThan(3.3 * Math.sqrt((alpha * (1 - alpha)) / drawn.length));
      }
    }
  });

  it("is that of separate tests where no two share an estimate, and that of one test where all are one", () => {
    const apart = Array.from({ length: 8 }, (_, i) => ({ pair: [2 * i, 2 * i + 1] as const }));
    const at = (drawn: Float64Array | undefined) => drawn![Math.ceil(0.05 * drawn!.length) - 1]!;
    expect(at(smallestPs(equal(16, 5000), apart, 40_000, 3))).toBeCloseTo(1 - 0.95 ** (1 / 8), 3);
    const same = Array.from({ length: 8 }, () => ({ pair: [0, 1] as const }));
    expect(at(smallestPs(equal(2, 5000), same, 40_000, 3))).toBeCloseTo(0.05, 2);
  });

  it("does not count tests that could never say so", () => {
    const five = attainableMcNemar(5, "exact");
    const tests = pairs(6).map(({ pair }, i) => ({ pair, ...(i < 14 ? { attainable: five } : {}) }));
    const drawn = smallestPs(equal(6, 5000), tests, 40_000, 3)!;
    expect(drawn[Math.ceil(0.05 * drawn.length) - 1]!).toBeCloseTo(0.05, 2);
  });
});

describe("what McNemar's test can give", () => {
  it("is each p of the test, with the probability that it is no larger", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.constantFrom("exact" as const, "mid-p" as const), (n, method) => {
        const { p, probability } = attainableMcNemar(n, method);
        for (let b = 0; b < p.length - 1; b++) {
          const found = mcnemarTest({ both: 0, onlyFirst: b, onlySecond: n - b, neither: 0 }, { method });
          expect(p[b]! / (found.ok ? found.value.p : Number.NaN)).toBeCloseTo(1, 9);
        }
        if (method === "exact") expect(Array.from(p)).toEqual(Array.from(probability));
        expect(Array.from(p)).toEqual(Array.from(p).sort((a, b) => a - b));
      }),
    );
  });
});
