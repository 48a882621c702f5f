import {
  confusionOf,
  correctedHalfWidth,
  labelsFor,
  predictionPoweredDifference,
  predictionPoweredMean,
  roganGladen,
} from "crucible-harness/stats";
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

  it("is as wide as was said before anything was labelled, and so many labels are needed as that says", () => {
    const judge = { sensitivity: 0.9, specificity: 0.9 };
    const { width } = coverage((random) => {
      const all = items(400, judge, random);
      const given = {
        labels: all.truth.slice(0, 100),
        judged: all.judged.slice(0, 100),
        others: all.judged.slice(100),
      };
      return value(predictionPoweredMean(given)).interval;
    });
    const deviation = Math.sqrt(TRUE_SHARE * (1 - TRUE_SHARE));
    const judged = TRUE_SHARE * 0.9 + (1 - TRUE_SHARE) * 0.1;
    const correlation = (0.8 * deviation) / Math.sqrt(judged * (1 - judged));
    const plan = { labels: 100, answers: 400, correlation };
    expect(width / 2 / correctedHalfWidth(plan, { deviation })).toBeCloseTo(1, 1);
    expect(labelsFor({ halfWidth: correctedHalfWidth(plan), answers: 400, correlation })).toBe(100);
    expect(labelsFor({ halfWidth: 0.001, answers: 400, correlation })).toBeUndefined();
    expect(correctedHalfWidth({ ...plan, correlation: -1 })).toBe(correctedHalfWidth({ ...plan, correlation: 0 }));
    expect(() => correctedHalfWidth({ ...plan, labels: 399 })).toThrow(
      /answers must be a whole number of at least 2 more/,
    );
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

const PAIRS = 200;

describe("the difference of two prediction-powered means", () => {
  /** Answers of two conditions to the same items, the first better by a tenth, judged by judges of their own. */
  const pairsOf = (n: number, labelled: (i: number, side: number) => boolean, of: readonly Judge[], random: Random) =>
    Array.from({ length: n }, (_, i) => {
      const ease = random();
      const truth = [0.55, 0.45].map((share) => Number(0.6 * ease + 0.4 * random() < share));
      const judged = truth.map((right, side) => {
        const { sensitivity, specificity } = of[side]!;
        return Number(random() < (right === 1 ? sensitivity : 1 - specificity));
      });
      const [first, second] = truth.map((right, side) => (labelled(i, side) ? right : undefined));
      return { judged: judged as [number, number], labels: [first, second] as const };
    });
  /** Of the two means in the world of `pairsOf`, by a sample so large that its error does not count. */
  const trueDifference = (() => {
    const all = pairsOf(50_000, () => true, [judges.good!, judges.good!], stream(1, "truth"));
    return all.reduce((sum, { labels: [first, second] }) => sum + first! - second!, 0) / all.length;
  })();
  const held = (of: readonly Judge[], labelled: (i: number, side: number) => boolean) => {
    let [inside, raw] = [0, 0];
    for (let run = 0; run < PAIRS; run++) {
      const items = pairsOf(200, labelled, of, stream(9, "pairs", String(run)));
      const { interval, raw: asScored } = value(predictionPoweredDifference(items));
      if (interval.lower <= trueDifference && trueDifference <= interval.upper) inside += 1 / PAIRS;
      raw += asScored / PAIRS;
    }
    return { inside, raw };
  };

  it.each([
    ["the same answers are labelled", (i: number) => i % 4 === 0],
    ["answers are drawn blindly", (i: number, side: number) => (i * 7 + side * 3) % 5 === 0],
  ])("holds its level where a judge favours a condition, and %s", (_, labelled) => {
    const { inside, raw } = held([judges.good!, judges.lenient!], labelled);
    expect(raw).toBeLessThan(0); // the judge takes the worse for the better
    expect(trueDifference).toBeGreaterThan(0.1);
    expect(inside).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / PAIRS));
  });

  it("is as wide as that of paired labels where the judge knows nothing, and says what is too few", () => {
    const items = pairsOf(400, (i) => i < 200, [judges.useless!, judges.useless!], stream(3, "useless"));
    const differences = items.flatMap(({ labels: [a, b] }) => (a === undefined ? [] : [a - b!]));
    const centre = differences.reduce((sum, one) => sum + one, 0) / 200;
    const spread = Math.sqrt(differences.reduce((sum, one) => sum + (one - centre) ** 2, 0) / 199 / 200);
    expect(value(predictionPoweredDifference(items)).standardError / spread).toBeCloseTo(1, 1);
    expect(predictionPoweredDifference(items.slice(0, 1))).toEqual({ ok: false, error: "too-few" });
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
