import { confusionOf, predictionPoweredMean, roganGladen } from "crucible-harness/stats";
import { describe, expect, it } from "vitest";
import { type Random, stream } from "#src/kernel/random";

interface Judge {
  readonly sensitivity: number;
  readonly specificity: number;
}

/** Judges that are good, that know nothing, that find nearly all right, and that are wrong more often than not. */
const judges: Readonly<Record<string, Judge>> = {
  good: { sensitivity: 0.95, specificity: 0.9 },
  useless: { sensitivity: 0.5, specificity: 0.5 },
  lenient: { sensitivity: 0.98, specificity: 0.5 },
  contrary: { sensitivity: 0.2, specificity: 0.3 },
};

const TRUE_SHARE = 0.65;

function items(n: number, { sensitivity, specificity }: Judge, random: Random): { truth: number[]; judged: number[] } {
  const truth = Array.from({ length: n }, () => Number(random() < TRUE_SHARE));
  const judged = truth.map((right) => Number(random() < (right === 1 ? sensitivity : 1 - specificity)));
  return { truth, judged };
}

const SIMULATIONS = 500;
/** Share of simulations whose interval has the true share, and the mean width. */
function coverage(once: (random: Random) => { readonly lower: number; readonly upper: number }): {
  held: number;
  width: number;
} {
  let [held, width] = [0, 0];
  for (let i = 0; i < SIMULATIONS; i++) {
    const { lower, upper } = once(stream(7, "coverage", String(i)));
    if (lower <= TRUE_SHARE && TRUE_SHARE <= upper) held += 1 / SIMULATIONS;
    width += (upper - lower) / SIMULATIONS;
  }
  return { held, width };
}

const value = <T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T => {
  if (!result.ok) throw new Error(String(result.error));
  return result.value;
};

/** 0.95 less four standard errors of the simulation. */
const LEAST = 0.95 - 4 * Math.sqrt((0.95 * 0.05) / SIMULATIONS);

describe("prediction-powered inference", () => {
  it.each(Object.keys(judges))("holds its level with a judge that is %s, and is no wider than labels alone", (name) => {
    const found = (lambda?: number) =>
      coverage((random) => {
        const { truth, judged } = items(80, judges[name]!, random);
        const others = items(800, judges[name]!, random).judged;
        const options = lambda === undefined ? {} : { lambda };
        return value(predictionPoweredMean({ labels: truth, judged, others }, options)).interval;
      });
    const [best, labelsAlone] = [found(), found(0)];
    expect(best.held).toBeGreaterThan(LEAST);
    expect(best.width).toBeLessThan(labelsAlone.width * 1.02);
    if (name === "good") expect(best.width).toBeLessThan(labelsAlone.width * 0.75);
  });

  it("is the mean of the labels where the judge is not used, and mends its mean error where it is wholly", () => {
    const given = { labels: [1, 0, 1, 1], judged: [1, 1, 1, 1], others: [1, 1, 1, 0] };
    expect(value(predictionPoweredMean(given, { lambda: 0 })).estimate).toBe(0.75);
    expect(value(predictionPoweredMean(given, { lambda: 1 })).estimate).toBe(0.5); // 0.75, less 0.25
    expect(value(predictionPoweredMean(given)).raw).toBe(0.875);
  });

  it("says what is too few, and refuses what is not numbers or not pairs", () => {
    expect(predictionPoweredMean({ labels: [1], judged: [1], others: [1, 0] })).toEqual({
      ok: false,
      error: "too-few",
    });
    expect(() => predictionPoweredMean({ labels: [1, 0], judged: [1], others: [1, 0] })).toThrow(
      /judged must be as many as the labels/,
    );
    expect(() => predictionPoweredMean({ labels: [1, Number.NaN], judged: [1, 0], others: [1, 0] })).toThrow(
      /must be finite numbers/,
    );
  });
});

describe("Rogan and Gladen", () => {
  it.each(["good", "lenient"])("holds its level with a judge that is %s, where the raw share does not", (name) => {
    const judge = judges[name]!;
    const { held } = coverage((random) => {
      const { truth, judged } = items(120, judge, random);
      const others = items(600, judge, random).judged;
      const { sensitivity, specificity } = confusionOf(judged, truth);
      const right = others.reduce((sum, one) => sum + one, 0);
      return value(roganGladen({ successes: right, n: others.length }, { sensitivity, specificity })).interval;
    });
    expect(held).toBeGreaterThan(LEAST);
  });

  it("is the raw share where the judge makes no errors, and absent where it says nothing", () => {
    const certain = { successes: 1000, n: 1000 };
    const found = value(roganGladen({ successes: 30, n: 40 }, { sensitivity: certain, specificity: certain }));
    expect([found.estimate, found.raw]).toEqual([0.75, 0.75]);
    const chance = { successes: 5, n: 10 };
    const none = roganGladen({ successes: 30, n: 40 }, { sensitivity: chance, specificity: chance });
    expect(none).toEqual({ ok: false, error: "no-better-than-chance" });
  });
});
