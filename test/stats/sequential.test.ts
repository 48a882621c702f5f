import { describe, expect, it } from "vitest";
import type { Random } from "#src/kernel/random";
import {
  betaBinomialE,
  normalMixture,
  observe,
  type Sequence,
  type SequenceOptions,
  startSequence,
} from "#src/stats/index";
import { runs } from "../runs.ts";
import { ALPHA, BOUND, normals, shareOf } from "./simulate.ts";

const ITEMS = 300;

/** Paired differences of pass and fail without an effect: the conditions disagree on 30 % of items. */
const binary = (random: Random): number => {
  const u = random();
  return u < 0.15 ? 1 : u < 0.3 ? -1 : 0;
};

/** Skewed differences of scores with mean 0: rarely a large loss, often a small gain. */
const skewed = (random: Random): number => (random() < 0.1 ? -0.9 : 0.1);

const watch = (
  options: Partial<SequenceOptions>,
  draw: (random: Random) => number,
  random: Random,
  items = ITEMS,
): Sequence => {
  let sequence = startSequence({ alpha: ALPHA, method: "e_value", range: [-1, 1], ...options });
  for (let i = 0; i < items && !sequence.decided; i++) sequence = observe(sequence, draw(random));
  return sequence;
};

describe("looking after every item", () => {
  for (const method of ["confidence_sequence", "e_value"] as const) {
    for (const [name, draw] of Object.entries({ binary, skewed })) {
      it(`${method} decides wrongly in at most 5 % of runs without an effect (${name})`, () => {
        expect(
          shareOf(`${method} ${name}`, (random) => watch({ method }, draw, random).decided, runs(200, 1000)),
        ).toBeLessThan(ALPHA + BOUND);
      });
    }

    it(`${method} finds a difference of 0.2 within 2,000 items`, () => {
      const better = (random: Random): number => binary(random) * 0.5 + (random() < 0.4 ? 0.5 : 0);
      const found = shareOf(`${method} power`, (random) => watch({ method }, better, random, 2000).decided, 100);
      expect(found).toBeGreaterThan(0.95);
    });
  }

  it("a fixed-n test looked at as often would be wrong far more often", () => {
    const wrong = shareOf(
      "naive",
      (random) => {
        let sum = 0;
        return Array.from({ length: ITEMS }, (_, i) => {
          sum += binary(random);
          return i > 30 && Math.abs(sum) / Math.sqrt(0.3 * (i + 1)) > 1.96;
        }).some(Boolean);
      },
      500,
    );
    expect(wrong).toBeGreaterThan(0.15);
  });

  it("the beta-binomial e-value of discordant pairs keeps alpha", () => {
    const wrong = shareOf(
      "beta-binomial",
      (random) => {
        let successes = 0;
        for (let n = 1; n <= 200; n++) {
          if (random() < 0.5) successes++;
          if (betaBinomialE({ successes, n }).p <= ALPHA) return true;
        }
        return false;
      },
      runs(400, 2000),
    );
    expect(wrong).toBeLessThan(ALPHA + BOUND);
  });

  it("the normal mixture's intervals hold the mean at all n at once", () => {
    const missed = shareOf(
      "mixture",
      (random) => {
        let sum = 0;
        return normals(random, 200).some((value, i) => {
          sum += value;
          const { interval } = normalMixture(sum, i + 1, { sigma2: 1, tau2: 0.1 });
          return interval.lower > 0 || interval.upper < 0;
        });
      },
      runs(400, 2000),
    );
    expect(missed).toBeLessThan(ALPHA + BOUND);
  });
});

describe("a sequence", () => {
  it("narrows its interval and never unsays a decision", () => {
    let sequence = startSequence({ alpha: ALPHA, method: "confidence_sequence", range: [-1, 1] });
    for (let i = 0; i < 400; i++) {
      const next = observe(sequence, i < 200 ? 0.5 : -0.2);
      expect(next.interval.upper - next.interval.lower).toBeLessThanOrEqual(
        sequence.interval.upper - sequence.interval.lower,
      );
      expect(next.runningP).toBeLessThanOrEqual(sequence.runningP);
      expect(Number(next.decided)).toBeGreaterThanOrEqual(Number(sequence.decided));
      sequence = next;
    }
    expect(sequence.decided).toBe(true);
  });

  it("answers in the unit of its values", () => {
    const seconds = [3, 5, 4, 6, 2].reduce(
      observe,
      startSequence({ alpha: ALPHA, method: "e_value", range: [-10, 10] }),
    );
    expect(seconds.mean).toBeCloseTo(4, 12);
    expect(seconds.n).toBe(5);
  });

  it("refuses a value outside its range, and a range without 0", () => {
    const start = startSequence({ alpha: ALPHA, method: "e_value", range: [-1, 1] });
    expect(() => observe(start, 1.5)).toThrow("a value must lie from -1 to 1, got 1.5");
    expect(() => observe(start, Number.NaN)).toThrow();
    expect(() => startSequence({ alpha: ALPHA, method: "e_value", range: [1, 2] })).toThrow("must hold 0");
  });
});
