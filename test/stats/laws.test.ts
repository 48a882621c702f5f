import fc from "fast-check";
import jstat from "jstat";
import { describe, expect, it } from "vitest";
import { stream } from "#src/kernel/random";
import type { Result } from "#src/kernel/result";
import * as s from "#src/stats/index";
import { draws } from "../runs.ts";
import { normals } from "./simulate.ts";

/** Numbers on a grid of 1/64, so that shifting and scaling by powers of two lose nothing. */
const score = fc.integer({ min: -640, max: 640 }).map((n) => n / 64);
const sample = (least = 2, most = 30) => fc.array(score, { minLength: least, maxLength: most });
const pairs = (least = 2, most = 30) => fc.array(fc.tuple(score, score), { minLength: least, maxLength: most });
const counts = fc.tuple(fc.nat(40), fc.nat(40), fc.nat(40), fc.nat(40));
const share = fc.double({ min: 0, max: 1, noNaN: true });

const same = (a: number, b: number): void =>
  expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(a)));

/** Both are undefined for one reason, or both have values that agree. */
function agree<T>(a: Result<T, unknown>, b: Result<T, unknown>, compare: (a: T, b: T) => void): void {
  expect(a.ok).toBe(b.ok);
  if (a.ok && b.ok) compare(a.value, b.value);
  else expect(a).toEqual(b);
}

const check = <T>(arbitrary: fc.Arbitrary<T>, law: (value: T) => void): void =>
  fc.assert(fc.property(arbitrary, law), draws(60, 120, 7));

type TwoSample = (x: readonly number[], y: readonly number[]) => Result<{ readonly p: number }, unknown>;

const twoSample: Record<string, TwoSample> = {
  "Welch t": s.welchTTest,
  "pooled t": s.pooledTTest,
  "Mann-Whitney": s.mannWhitney,
  "Mann-Whitney, normal": (x, y) => s.mannWhitney(x, y, { method: "normal" }),
  permutation: (x, y) => s.permutationTest(x.slice(0, 6), y.slice(0, 6)),
};

const paired: Record<string, TwoSample> = {
  "paired t": s.pairedTTest,
  "signed rank": s.wilcoxonSignedRank,
  "signed rank, Pratt": (x, y) => s.wilcoxonSignedRank(x, y, { zeros: "pratt", method: "normal" }),
  "sign flips": (x, y) => s.signFlipTest(s.differences(x, y).slice(0, 10)),
};

describe("tests of two samples", () => {
  for (const [name, test] of Object.entries(twoSample)) {
    it(`${name}: p does not change when samples swap, shift together, or double`, () => {
      check(fc.tuple(sample(), sample(), score), ([x, y, shift]) => {
        const here = test(x, y);
        agree(here, test(y, x), (a, b) => same(a.p, b.p));
        agree(
          here,
          test(
            x.map((v) => v + shift),
            y.map((v) => v + shift),
          ),
          (a, b) => same(a.p, b.p),
        );
        agree(
          here,
          test(
            x.map((v) => 2 * v),
            y.map((v) => 2 * v),
          ),
          (a, b) => same(a.p, b.p),
        );
        if (here.ok) expect(here.value.p).toSatisfy((p: number) => p > 0 && p <= 1);
      });
    });
  }

  for (const [name, test] of Object.entries(paired)) {
    it(`${name}: p does not change when conditions swap, or items come in another order`, () => {
      check(pairs(), (items) => {
        const [x, y] = [items.map(([a]) => a), items.map(([, b]) => b)];
        const here = test(x, y);
        agree(here, test(y, x), (a, b) => same(a.p, b.p));
        if (items.length <= 10) agree(here, test([...x].reverse(), [...y].reverse()), (a, b) => same(a.p, b.p));
      });
    });
  }

  it("one-sided p-values of a t test add up to 1, and the two-sided one doubles the smaller", () => {
    check(fc.tuple(sample(), sample()), ([x, y]) => {
      const [less, greater, both] = (["less", "greater", "two-sided"] as const).map((alternative) =>
        s.welchTTest(x, y, { alternative }),
      );
      if (!less?.ok || !greater?.ok || !both?.ok) return;
      same(less.value.p + greater.value.p, 1);
      same(both.value.p, 2 * Math.min(less.value.p, greater.value.p));
      same(Math.exp(both.value.logP), both.value.p);
    });
  });

  it("an interval leaves the null out exactly when p is below alpha", () => {
    check(fc.tuple(sample(), sample()), ([x, y]) => {
      const test = s.welchTTest(x, y);
      if (!test.ok || Math.abs(test.value.p - 0.05) < 1e-9) return;
      const { p, interval } = test.value;
      expect(interval.lower > 0 || interval.upper < 0).toBe(p < 0.05);
    });
  });

  it("McNemar: swapping conditions changes nothing, and mid-p is the smaller", () => {
    check(counts, ([both, onlyFirst, onlySecond, neither]) => {
      const here = { both, onlyFirst, onlySecond, neither };
      const swapped = { both, onlyFirst: onlySecond, onlySecond: onlyFirst, neither };
      for (const method of ["exact", "mid-p", "chi-squared", "chi-squared-corrected"] as const)
        agree(s.mcnemarTest(here, { method }), s.mcnemarTest(swapped, { method }), (a, b) => same(a.p, b.p));
      const [exact, mid] = [s.mcnemarTest(here), s.mcnemarTest(here, { method: "mid-p" })];
      if (exact.ok && mid.ok) expect(mid.value.p).toBeLessThan(exact.value.p);
      agree(s.pairedRiskDifference(here), s.pairedRiskDifference(swapped), (a, b) =>
        same(a.interval.lower, -b.interval.upper),
      );
    });
  });
});

describe("tests of several conditions", () => {
  const groups = fc.array(sample(3, 12), { minLength: 2, maxLength: 5 });

  it("F, H and Welch's F do not depend on the order of groups", () => {
    check(groups, (list) => {
      const reversed = [...list].reverse();
      agree(s.oneWayAnova(list), s.oneWayAnova(reversed), (a, b) => same(a.logP, b.logP));
      agree(s.kruskalWallis(list), s.kruskalWallis(reversed), (a, b) => same(a.p, b.p));
      agree(s.welchAnova(list), s.welchAnova(reversed), (a, b) => same(a.logP, b.logP));
    });
  });

  it("with two conditions they are the tests of two", () => {
    check(fc.tuple(sample(3), sample(3)), ([x, y]) => {
      const [wf, wt] = [s.welchAnova([x, y]), s.welchTTest(x, y)];
      if (wf.ok && wt.ok) same(wf.value.p, wt.value.p);
      const [f, t] = [s.oneWayAnova([x, y]), s.pooledTTest(x, y)];
      if (f.ok && t.ok) same(f.value.p, t.value.p);
      const [h, u] = [s.kruskalWallis([x, y]), s.mannWhitney(x, y, { method: "normal", corrected: false })];
      if (h.ok && u.ok) same(h.value.p, u.value.p);
      const [tukey, gh] = [s.tukeyHsd([x, y]), s.gamesHowell([x, y])];
      if (tukey.ok && t.ok) same(tukey.value.pairs[0]!.p, t.value.p);
      const welch = s.welchTTest(x, y);
      if (gh.ok && welch.ok) same(gh.value[0]!.p, welch.value.p);
    });
    check(pairs(3), (items) => {
      const [x, y] = [items.map(([a]) => a), items.map(([, b]) => b)];
      const [f, t] = [s.repeatedAnova(items), s.pairedTTest(x, y)];
      if (f.ok && t.ok) same(f.value.pGG, t.value.p);
    });
  });

  it("Dunnett with one other group is the pooled t, and with more lies between the raw p and Bonferroni's", () => {
    fc.assert(
      fc.property(sample(3, 10), sample(3, 10), sample(3, 10), (x, y, z) => {
        const [two, t] = [s.dunnett([x, y]), s.pooledTTest(x, y)];
        if (two.ok && t.ok) same(two.value[0]!.p, t.value.p);
        const three = s.dunnett([x, y, z]);
        if (!three.ok) return;
        for (const { p, t, df } of three.value) {
          const raw = 2 * s.studentT(df).tails(Math.abs(t)).upper;
          expect(p).toBeGreaterThanOrEqual(raw * (1 - 1e-9));
          expect(p).toBeLessThanOrEqual(Math.min(1, 2 * raw) * (1 + 1e-9));
        }
      }),
      draws(20, 40, 2),
    );
  });

  it("Cochran's Q of two conditions is McNemar's chi-squared", () => {
    check(fc.array(fc.tuple(fc.nat(1), fc.nat(1)), { minLength: 1, maxLength: 40 }), (blocks) => {
      const table = s.pairedCounts(
        blocks.map(([a]) => a),
        blocks.map(([, b]) => b),
      );
      agree(
        s.cochranQ(blocks),
        s.mcnemarTest(table, { method: "chi-squared" }) as Result<{ p: number }, unknown>,
        (a, b) => same(a.p, b.p),
      );
    });
  });
});

describe("adjusted p-values", () => {
  const family = fc.array(share, { minLength: 1, maxLength: 12 });
  const methods = ["none", "bonferroni", "sidak", "holm", "hochberg", "hommel", "bh", "by"] as const;

  it("are never smaller than the raw ones, at most 1, and keep their order", () => {
    check(family, (ps) => {
      for (const method of methods) {
        const adjusted = s.adjustP(ps, method);
        ps.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p * (1 - 1e-12));
          expect(adjusted[i]).toBeLessThanOrEqual(1);
          ps.forEach((q, j) => {
            if (p < q) expect(adjusted[i]!).toBeLessThanOrEqual(adjusted[j]! + 1e-15);
          });
        });
      }
    });
  });

  it("are ordered from strict to lenient", () => {
    check(family, (ps) => {
      const [bonferroni, holm, hochberg, hommel, bh] = (
        ["bonferroni", "holm", "hochberg", "hommel", "bh"] as const
      ).map((method) => s.adjustP(ps, method));
      ps.forEach((_, i) => {
        expect(holm![i]!).toBeLessThanOrEqual(bonferroni![i]! + 1e-15);
        expect(hochberg![i]!).toBeLessThanOrEqual(holm![i]! + 1e-15);
        expect(hommel![i]!).toBeLessThanOrEqual(hochberg![i]! + 1e-15);
        expect(bh![i]!).toBeLessThanOrEqual(hommel![i]! + 1e-12);
      });
    });
  });

  it("of undefined tests stay undefined, and do not count", () => {
    expect(s.adjustP([0.01, null, 0.02], "bonferroni")).toEqual([0.02, null, 0.04]);
    expect(s.adjustP([], "holm")).toEqual([]);
    expect(() => s.adjustP([Number.NaN])).toThrow("a p-value must be in [0, 1], got NaN");
  });
});

describe("intervals of shares", () => {
  const count = fc.integer({ min: 1, max: 200 }).chain((n) => fc.record({ n: fc.constant(n), successes: fc.nat(n) }));

  it("hold the share, lie in [0, 1], and mirror when success and failure swap", () => {
    check(count, ({ successes, n }) => {
      for (const of of [s.wilsonInterval, s.clopperPearsonInterval, s.jeffreysInterval]) {
        const [here, there] = [of({ successes, n }), of({ successes: n - successes, n })];
        if (!here.ok || !there.ok) return expect.fail("defined for every n above 0");
        const { lower, upper } = here.value;
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(lower).toBeLessThanOrEqual(successes / n);
        expect(upper).toBeGreaterThanOrEqual(successes / n);
        expect(upper).toBeLessThanOrEqual(1);
        same(lower, 1 - there.value.upper);
      }
    });
  });
});

describe("moments", () => {
  it("merge to the moments of the whole, wherever it is cut, and agree with the two-pass descriptives", () => {
    check(fc.tuple(sample(1, 40), fc.nat(40)), ([values, cut]) => {
      const whole = s.momentsOf(values);
      const merged = s.mergeMoments(s.momentsOf(values.slice(0, cut)), s.momentsOf(values.slice(cut)));
      for (const key of ["n", "mean", "m2", "m3", "m4", "min", "max"] as const) {
        expect(Math.abs(whole[key] - merged[key])).toBeLessThanOrEqual(
          1e-9 * Math.max(1, Math.abs(whole[key]), whole.m4),
        );
      }
      const { mean, sd } = s.spreadOf(values);
      same(whole.mean, mean);
      if (values.length > 1) same(Math.sqrt(whole.m2 / (values.length - 1)), sd);
      const shape = s.skewness(values, "population");
      if (shape.ok) same(whole.m3 / whole.n / (whole.m2 / whole.n) ** 1.5, shape.value);
    });
  });

  it("of a million values keep twelve digits at an offset of a billion", () => {
    const random = stream(1, "offset");
    let moments = s.noMoments;
    for (let i = 0; i < 1_000_000; i++) moments = s.addValue(moments, 1e9 + random());
    expect(moments.mean - 1e9).toBeCloseTo(0.5, 2);
    expect(moments.m2 / (moments.n - 1)).toBeCloseTo(1 / 12, 3);
  });
});

describe("resampling", () => {
  const values = normals(stream(3, "values"), 40, 1);

  it("is the same for the same seed, and another for another", () => {
    const run = (seed: number) => s.bootstrap(s.meanOf(values), s.drawResamples(40, { draws: 200, seed }));
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    const flips = (seed: number) => s.signFlipTest(values, { seed, draws: 99 });
    expect(flips(1)).toEqual(flips(1));
    expect(flips(1)).not.toEqual(flips(2));
  });

  it("draws clusters whole", () => {
    const clusters = values.map((_, i) => `passage ${i % 7}`);
    for (const draw of s.drawResamples(40, { draws: 50, seed: 5, clusters }).draws) {
      const times = new Map<number, number>();
      for (const item of draw) times.set(item, (times.get(item) ?? 0) + 1);
      for (const [item, count] of times) expect(times.get((item + 7) % 35 < 7 ? item : item % 7)).toBe(count);
    }
  });

  it("never gives a p of 0, and an exact p of one item is 1", () => {
    const far = s.permutationTest(
      values.map((v) => v + 100),
      values,
      { draws: 99 },
    );
    expect(far).toMatchObject({ ok: true, value: { p: 0.01, exact: false, seed: 0 } });
    expect(s.signFlipTest([5])).toMatchObject({ ok: true, value: { p: 1, exact: true } });
  });

  it("reads any statistic, such as a ratio of two sums", () => {
    const cost = values.map((v) => Math.abs(v) + 1);
    const total = (items: Uint32Array, of: readonly number[]) => items.reduce((sum, i) => sum + of[i]!, 0);
    const ratio = s.bootstrap((items) => total(items, values) / total(items, cost), s.drawResamples(40, { seed: 9 }));
    expect(
      ratio.ok &&
        ratio.value.bca.ok &&
        ratio.value.bca.value.lower < ratio.value.estimate &&
        ratio.value.estimate < ratio.value.bca.value.upper,
    ).toBe(true);
  });
});

describe("power", () => {
  it("of the sample size asked for is the power asked for", () => {
    const wanted = fc.record({
      delta: fc.double({ min: 0.1, max: 1.5, noNaN: true }),
      power: fc.double({ min: 0.3, max: 0.97, noNaN: true }),
      design: fc.constantFrom("paired" as const, "independent" as const),
    });
    fc.assert(
      fc.property(wanted, ({ delta, power, design }) => {
        const n = s.meanSampleSize(delta, { design, sd: 1, power });
        if (n > 2) same(s.meanPower(n, delta, { design, sd: 1 }), power);
        if (n > 2) expect(s.smallestMeanDifference(n, { design, sd: 1, power })).toBeCloseTo(delta, 6);
      }),
      { numRuns: 20, seed: 3 },
    );
  });

  it("of paired shares agrees between size, power and smallest difference", () => {
    check(
      fc.tuple(fc.double({ min: 0.02, max: 0.3, noNaN: true }), fc.double({ min: 0.31, max: 0.6, noNaN: true })),
      ([p01, p10]) => {
        const n = s.pairedProportionSampleSize({ p10, p01 });
        same(s.pairedProportionPower(n, { p10, p01 }), 0.8);
        const smallest = s.smallestPairedDifference(n, p10 + p01);
        if (smallest.ok) expect(smallest.value).toBeCloseTo(p10 - p01, 9);
      },
    );
  });
});

describe("distributions", () => {
  it("give back a probability from its quantile, in both tails", () => {
    const p = fc.double({ min: -280, max: -0.31, noNaN: true }).map((exponent) => 10 ** exponent);
    const df = fc.double({ min: 1, max: 500, noNaN: true });
    check(fc.tuple(p, df, df), ([tail, a, b]) => {
      for (const distribution of [
        s.normal,
        s.studentT(a),
        s.chiSquared(a),
        s.fisherF(a, b),
        s.betaDistribution(a, b),
      ]) {
        const [low, high] = [distribution.quantile(tail), distribution.upperQuantile(tail)];
        if (Number.isFinite(low) && Math.abs(low) > 1e-290)
          expect(Math.abs(distribution.tails(low).logLower - Math.log(tail))).toBeLessThan(1e-9);
        if (Number.isFinite(high) && high > 1)
          expect(Math.abs(distribution.tails(high).logUpper - Math.log(tail))).toBeLessThan(1e-9);
      }
    });
  });
});

describe("a second opinion", () => {
  it("jstat agrees with the incomplete beta and the complementary error function to the six digits it has", () => {
    check(
      fc.tuple(
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.double({ min: 0.5, max: 50, noNaN: true }),
        fc.double({ min: 0.5, max: 50, noNaN: true }),
      ),
      ([x, a, b]) => {
        expect(Math.abs(s.incompleteBeta(a, b, x).lower - jstat.ibeta(x, a, b))).toBeLessThan(1e-6);
        expect(Math.abs(s.erfc(a / 10) - jstat.erfc(a / 10))).toBeLessThan(1e-6);
      },
    );
  });
});
