import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { independentBinary, pairedBinary } from "#src/analysis/binary";
import { clusteredMeans } from "#src/analysis/clusters";
import { independentMeans, pairedMeans } from "#src/analysis/means";
import { independentGrades, pairedGrades } from "#src/analysis/ordinal";
import type { PairData } from "#src/analysis/pair-data";
import type { TestOutcome, TestSetting } from "#src/analysis/test-outcome";
import { finish } from "#src/kernel/steps";
import { draws } from "../runs.ts";

const setting: TestSetting = {
  confidenceInterval: 0.95,
  significanceLevel: 0.05,
  mcnemar: "exact",
  seed: 1,
  checkDraws: 100,
  smallestP: 0.05,
  swaps: { draws: 400, steps: 1e7 },
  margin: 0.1,
};

const paired = (x: readonly number[], y: readonly number[], clusters?: readonly number[]): PairData => ({
  design: "paired",
  x,
  y,
  n: x.length,
  dropped: {},
  why: "both conditions did the same items",
  ...(clusters ? { xClusters: clusters, yClusters: clusters } : {}),
});
const apart = (x: readonly number[], y: readonly number[], clusters?: readonly number[]): PairData => ({
  ...paired(x, y),
  design: "independent",
  n: x.length + y.length,
  ...(clusters ? { xClusters: x.map((_, i) => clusters[i]!), yClusters: y.map((_, i) => clusters[i]! + 100) } : {}),
});

const values = {
  binary: fc.constantFrom(0, 1),
  rare: fc.constantFrom(0, 0, 0, 0, 0, 0, 1),
  repeated: fc.constantFrom(0, 0, 0, 1 / 3, 2 / 3, 1, 1, 1),
  grades: fc.integer({ min: 1, max: 5 }),
  scores: fc.double({ min: 0, max: 1, noNaN: true }),
  tied: fc.constantFrom(0, 0.1, 0.2, 0.3),
  skewed: fc.double({ min: -3, max: 5, noNaN: true }).map(Math.exp),
  large: fc.integer({ min: -3, max: 3 }).map((step) => 1e9 + step),
};
const tests: Record<
  string,
  { kinds: (keyof typeof values)[]; run: (data: PairData) => TestOutcome; data: typeof paired }
> = {
  "McNemar, exact": { kinds: ["binary", "rare"], run: (data) => pairedBinary(data, setting), data: paired },
  "McNemar, mid-p": {
    kinds: ["binary", "rare"],
    run: (data) => pairedBinary(data, { ...setting, mcnemar: "mid-p" }),
    data: paired,
  },
  Fisher: { kinds: ["binary", "rare"], run: (data) => finish(independentBinary(data, setting)), data: apart },
  "paired means": {
    kinds: ["binary", "rare", "scores", "tied", "skewed", "large"],
    run: (data) => finish(pairedMeans(data, setting)),
    data: paired,
  },
  "paired shares over repeats": {
    kinds: ["repeated"],
    run: (data) => finish(pairedMeans({ ...data, shares: true }, setting)),
    data: paired,
  },
  "independent shares over repeats": {
    kinds: ["repeated"],
    run: (data) => finish(independentMeans({ ...data, shares: true }, setting)),
    data: apart,
  },
  "paired clusters of shares": {
    kinds: ["binary", "rare", "repeated"],
    run: (data) => clusteredMeans({ ...data, shares: true }, setting),
    data: paired,
  },
  "independent means": {
    kinds: ["binary", "rare", "scores", "tied", "skewed", "large"],
    run: (data) => finish(independentMeans(data, setting)),
    data: apart,
  },
  "paired grades": { kinds: ["grades"], run: (data) => finish(pairedGrades(data, setting)), data: paired },
  "independent grades": { kinds: ["grades"], run: (data) => finish(independentGrades(data, setting)), data: apart },
  "paired clusters": {
    kinds: ["binary", "rare", "scores", "tied", "large"],
    run: (data) => clusteredMeans(data, setting),
    data: paired,
  },
  "independent clusters": {
    kinds: ["binary", "rare", "scores", "tied", "large"],
    run: (data) => clusteredMeans(data, setting),
    data: apart,
  },
};

/** Levels from those of one test to those of a family of thousands. */
const alphas = fc.oneof(fc.double({ min: 0.0001, max: 0.6, noNaN: true }), fc.constantFrom(0.05, 0.01, 0.05 / 1225));

describe.each(Object.entries(tests))("%s: test and interval", (name, { kinds, run, data }) => {
  const clustered = name.includes("clusters");
  const samples = fc.constantFrom(...kinds).chain((kind) => {
    const shift = fc.constantFrom(0, 0, 1);
    const pairs = fc.array(fc.tuple(values[kind], values[kind], fc.integer({ min: 0, max: 6 })), {
      minLength: 1,
      maxLength: 40,
    });
    return fc.tuple(pairs, shift).map(([rows, shifted]) => {
      const binary = kind === "binary" || kind === "rare" || kind === "repeated";
      const x = rows.map(([value]) => (shifted ? (binary ? 1 : value + 1) : value));
      const y = rows.map(([value, other]) => (shifted && !binary ? value : other));
      return data(x, y, clustered ? rows.map(([, , cluster]) => cluster) : undefined);
    });
  });
  const nothing = ({ tested }: TestOutcome): number => (tested === "effect" ? 0.5 : 0);

  it("exclude the null value at the same levels", () => {
    fc.assert(
      fc.property(samples, alphas, (sample, alpha) => {
        const outcome = run(sample);
        const found = outcome.intervalAt(1 - alpha);
        if (!found.ok || !outcome.p.ok || Math.abs(outcome.p.value - alpha) < 1e-9 * alpha) return;
        const { low, high } = found.value;
        const excluded = low > nothing(outcome) || high < nothing(outcome);
        expect(excluded, `p ${outcome.p.value}, alpha ${alpha}, [${low}, ${high}]`).toBe(outcome.p.value < alpha);
      }),
      draws(60, 150, 5),
    );
  });

  it("are not proof where there is no interval", () => {
    fc.assert(
      fc.property(samples, alphas, (sample, alpha) => {
        const outcome = run(sample);
        if (outcome.intervalAt(1 - alpha).ok || !outcome.p.ok) return;
        expect(outcome.p.value).toBeGreaterThanOrEqual(alpha * (1 - 1e-9));
      }),
      draws(30, 75, 6),
    );
  });

  it("give intervals that grow with the level and hold the estimate", () => {
    fc.assert(
      fc.property(samples, alphas, alphas, (sample, one, other) => {
        const outcome = run(sample);
        const [wide, narrow] = [
          outcome.intervalAt(1 - Math.min(one, other)),
          outcome.intervalAt(1 - Math.max(one, other)),
        ];
        if (!wide.ok || !narrow.ok) return;
        const slack = 1e-9 * Math.max(1, Math.abs(narrow.value.low), Math.abs(narrow.value.high));
        expect(wide.value.low).toBeLessThanOrEqual(narrow.value.low + slack);
        expect(wide.value.high).toBeGreaterThanOrEqual(narrow.value.high - slack);
        const estimate = outcome.tested === "effect" ? outcome.effect.value : outcome.difference.value;
        if (!estimate.ok) return;
        expect(narrow.value.low).toBeLessThanOrEqual(estimate.value + slack);
        expect(narrow.value.high).toBeGreaterThanOrEqual(estimate.value - slack);
      }),
      draws(30, 75, 7),
    );
  });

  it("turn around when the conditions do", () => {
    fc.assert(
      fc.property(samples, (sample) => {
        const [one, other] = [
          run(sample),
          run({
            ...sample,
            x: sample.y,
            y: sample.x,
            ...(sample.xClusters ? { xClusters: sample.yClusters!, yClusters: sample.xClusters } : {}),
          }),
        ];
        expect(other.p.ok).toBe(one.p.ok);
        if (one.p.ok && other.p.ok) expect(other.p.value).toBeCloseTo(one.p.value, 9);
        const [a, b] = [one.intervalAt(0.9), other.intervalAt(0.9)];
        if (!a.ok || !b.ok) return;
        const scale = Math.max(1, Math.abs(a.value.low), Math.abs(a.value.high));
        expect(Math.abs(2 * nothing(one) - b.value.high - a.value.low) / scale).toBeLessThan(1e-6);
        expect(Math.abs(2 * nothing(one) - b.value.low - a.value.high) / scale).toBeLessThan(1e-6);
      }),
      draws(30, 75, 8),
    );
  });
});
