import { describe, expect, it } from "vitest";
import type { Random } from "#src/kernel/random";
import type { Result } from "#src/kernel/result";
import * as s from "#src/stats/index";
import { ALPHA, BOUND, clustered, grades, normals, passes, shareOf, sumOf, waits } from "./simulate.ts";

/** An interval from random data, and the truth it should hold. */
type Draw = (random: Random) => readonly [interval: Result<s.Interval, unknown>, truth: number];

const intervalIn = (result: Result<{ readonly interval: s.Interval }, unknown>): Result<s.Interval, unknown> =>
  result.ok ? { ok: true, value: result.value.interval } : result;

const inner = <E>(
  result: Result<{ readonly interval: Result<s.Interval, unknown> }, E>,
): Result<s.Interval, unknown> => (result.ok ? result.value.interval : result);

const count = (random: Random, n: number, p: number): s.Count => ({ successes: sumOf(passes(random, n, p)), n });

/** Two conditions on the same items that agree more often than chance: the first passes with 0.7, the second with 0.6. */
function pairs(random: Random, n: number): s.PairedCounts {
  const items = Array.from({ length: n }, () => random());
  return s.pairedCounts(
    items.map((u) => u < 0.7),
    items.map((u) => u > 0.15 && u < 0.75),
  );
}

const close: Record<string, Draw> = {
  "mean, 10 normal": (r) => [s.meanInterval(normals(r, 10, 3)), 3],
  "mean, 300 skewed": (r) => [s.meanInterval(waits(r, 300)), 1],
  "Welch difference, unbalanced, unequal variances": (r) => [
    intervalIn(s.welchTTest(normals(r, 12, 1, 3), normals(r, 40))),
    1,
  ],
  "Wilson, 100": (r) => [s.wilsonInterval(count(r, 100, 0.37)), 0.37],
  "Jeffreys, 150": (r) => [s.jeffreysInterval(count(r, 150, 0.42)), 0.42],
  "Newcombe, unbalanced": (r) => [intervalIn(s.riskDifference(count(r, 80, 0.7), count(r, 150, 0.5))), 0.2],
  "Agresti-Caffo, unbalanced": (r) => [
    intervalIn(s.riskDifference(count(r, 80, 0.7), count(r, 150, 0.5), { method: "agresti-caffo" })),
    0.2,
  ],
  "paired Newcombe, 200": (r) => [intervalIn(s.pairedRiskDifference(pairs(r, 200))), 0.1],
  "odds ratio, Woolf": (r) => [inner(s.oddsRatio(count(r, 150, 0.6), count(r, 200, 0.5))), 1.5],
  "relative risk, Katz": (r) => [inner(s.relativeRisk(count(r, 150, 0.6), count(r, 200, 0.5))), 1.2],
  "Pearson, Fisher's z": (r) => {
    const x = normals(r, 40);
    const noise = normals(r, 40);
    return [
      inner(
        s.pearsonTest(
          x,
          x.map((value, i) => 0.6 * value + 0.8 * noise[i]!),
        ),
      ),
      0.6,
    ];
  },
  "dz, 20": (r) => [intervalIn(s.pairedEffectSize(normals(r, 20, 0.5), new Array<number>(20).fill(0))), 0.5],
  "Cohen's d, unbalanced": (r) => [intervalIn(s.effectSize(normals(r, 15, 0.8), normals(r, 30))), 0.8],
  "shift, Mann-Whitney, 15 and 20": (r) => [s.shiftInterval(normals(r, 15, 1), normals(r, 20)), 1],
  "shift, signed rank, 20": (r) => [s.pairedShiftInterval(normals(r, 20, 1), new Array<number>(20).fill(0)), 1],
  "shift, Mann-Whitney, 80 and 90": (r) => [s.shiftInterval(normals(r, 80, 1), normals(r, 90)), 1],
  "shift, signed rank, 150": (r) => [s.pairedShiftInterval(normals(r, 150, 1), new Array<number>(150).fill(0)), 1],
  "paired Tango, 80": (r) => [intervalIn(s.pairedRiskDifference(pairs(r, 80), { method: "tango" })), 0.1],
  "clusters, 40": (r) => {
    const { values, clusters } = clustered(r, 40);
    return [intervalIn(s.clusteredMean(values, clusters)), 0];
  },
};

const atLeast: Record<string, Draw> = {
  "Clopper-Pearson, 25": (r) => [s.clopperPearsonInterval(count(r, 25, 0.2)), 0.2],
  "Wilson with correction, 25": (r) => [s.wilsonInterval(count(r, 25, 0.2), { correction: 0.5 }), 0.2],
  "discordant odds, exact": (r) => [intervalIn(s.pairedOddsRatio(pairs(r, 60))), 3],
  "Fisher's conditional odds": (r) => {
    const [a, b] = [count(r, 20, 0.6), count(r, 30, 0.5)];
    return [
      intervalIn(
        s.fisherExact([
          [a.successes, a.n - a.successes],
          [b.successes, b.n - b.successes],
        ]).odds,
      ),
      1.5,
    ];
  },
  "shift of tied grades": (r) => [
    s.shiftInterval(
      grades(r, 12).map((g) => g + 1),
      grades(r, 15),
    ),
    1,
  ],
};

/** Approximations that are known to cover a little less for small or skewed samples: within three points. */
const nearly: Record<string, Draw> = {
  "Cliff's delta, 30 and 40": (r) => [
    inner(s.cliffsDelta(normals(r, 30, 0.5), normals(r, 40))),
    2 * s.normal.tails(0.5 / Math.SQRT2).lower - 1,
  ],
  "BCa of a skewed mean, 60": (r) => [bootstrapped(waits(r, 60), "bca", r()), 1],
  "percentile of a mean, 60": (r) => [bootstrapped(normals(r, 60), "percentile", r()), 0],
  "BCa of clusters, 30": (r) => {
    const { values, clusters } = clustered(r, 30);
    const result = s.bootstrap(s.meanOf(values), s.drawResamples(values.length, { draws: 300, seed: r(), clusters }));
    return [result.ok ? result.value.bca : result, 0];
  },
};

function bootstrapped(values: number[], which: "bca" | "percentile", seed: number): Result<s.Interval, unknown> {
  const result = s.bootstrap(s.meanOf(values), s.drawResamples(values.length, { draws: 400, seed }));
  if (!result.ok) return result;
  return which === "bca" ? result.value.bca : { ok: true, value: result.value.percentile };
}

const misses =
  (draw: Draw) =>
  (random: Random): boolean => {
    const [interval, truth] = draw(random);
    return !interval.ok || truth < interval.value.lower - 1e-12 || truth > interval.value.upper + 1e-12;
  };

describe("coverage of 95 % intervals over 2,000 data sets", () => {
  for (const [name, draw] of Object.entries(close)) {
    it(`${name}: misses 5 %`, () => {
      const share = shareOf(name, misses(draw));
      expect(share).toBeGreaterThan(ALPHA - BOUND);
      expect(share).toBeLessThan(ALPHA + BOUND);
    });
  }
  for (const [name, draw] of Object.entries(atLeast)) {
    it(`${name}: misses at most 5 %`, () => expect(shareOf(name, misses(draw))).toBeLessThan(ALPHA + BOUND));
  }
  for (const [name, draw] of Object.entries(nearly)) {
    it(`${name}: misses 5 to 8 %`, () => {
      const share = shareOf(name, misses(draw), 1000);
      expect(share).toBeGreaterThan(ALPHA - BOUND);
      expect(share).toBeLessThan(0.08 + BOUND);
    });
  }
});
