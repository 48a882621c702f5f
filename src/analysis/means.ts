import { err, ok } from "#src/kernel/result";
import type { Steps } from "#src/kernel/steps";
import { effectSize, standardisedMean } from "#src/stats/effect-size";
import { tostPaired, tostWelch } from "#src/stats/equivalence";
import { preciseMean } from "#src/stats/sample";
import { signFlips as allSignFlips } from "#src/stats/sign-flip-interval";
import { isSkewed, skewedMean, skewnessOfDifference } from "#src/stats/skewed-mean";
import { lnGamma } from "#src/stats/special";
import { pairedTTest, type TTest, welchTTest } from "#src/stats/t-test";
import type { PairData } from "./pair-data.ts";
import { problemWords } from "./problem.ts";
import { type Estimate, interval, noEstimate, type Quantity, quantity } from "./quantity.ts";
import { allAlike, reachOf, sameEverywhere } from "./same.ts";
import { independentShareScore, pairedShareScore } from "./share-score.ts";
import {
  bentInterval,
  detectablePaired,
  detectableShare,
  detectableT,
  FEW,
  fromStats,
  noInference,
  scoreTost,
  signFlips,
  type TestOutcome,
  type TestSetting,
  testBased,
  tInference,
  tost,
} from "./test-outcome.ts";

/** Everything but the difference's own interval, which follows from the rest. */
type Part = Omit<TestOutcome, "difference">;

/** The outcome with the interval at the level that was asked for. */
export const withInterval = (value: Quantity, part: Part, { confidenceInterval }: TestSetting): TestOutcome => ({
  ...part,
  difference: { value, interval: part.intervalAt(confidenceInterval) },
});

/**
 * Item means of the same items: Student's t on the differences. Below 15 items the exact sign-flip test leads, with the interval that it
 * does not reject; differences that are all alike are judged by a sign test.
 */
export function* pairedMeans(data: PairData, setting: TestSetting): Steps<TestOutcome> {
  const { x, y } = data;
  const differences = x.map((value, i) => value - y[i]!);
  const value = x.length > 0 ? ok(preciseMean(differences).mean) : err("no item has a value in both");
  yield;
  const effect = pairedSize(differences, setting.confidenceInterval);
  yield;
  const why = `${data.why} and their means per item are compared`;
  if (!value.ok || x.length < 2) {
    const reason = value.ok ? "too few items" : value.error;
    return withInterval(value, { test: "paired t test", why, effect, ...noInference(reason) }, setting);
  }
  const alike = allAlike(differences, largestOf(x, y));
  if (alike !== undefined) {
    const same = sameEverywhere(alike, x.length, reachOf(x, y), setting);
    const words = alike === 0 ? "the conditions do not differ on any item" : "every item differs by the same amount";
    return withInterval(ok(alike), { test: "exact sign test", why: `${why}, and ${words}`, effect, ...same }, setting);
  }
  yield;
  const found = pairedTTest(x, y);
  yield;
  if (!found.ok)
    return withInterval(
      value,
      { test: "paired t test", why, effect, ...noInference(problemWords(found.error)) },
      setting,
    );
  const caution = skewCaution(differences);
  yield;
  const score = data.shares ? pairedShareScore(differences) : undefined;
  const shared = {
    effect,
    ...caution,
    ...(score ? scoreTost(score, setting) : tost(setting, (margins) => tostPaired(x, y, margins))),
    detectable: within(data, detectablePaired(found.value.standardError, x.length)),
  };
  return withInterval(
    value,
    x.length < FEW
      ? {
          ...shared,
          ...exactMeans(differences, found.value),
          why: `${why}; items are few, so that all signs can be flipped`,
        }
      : {
          ...shared,
          ...tInference(found.value, "Student's t on the differences"),
          ...(score
            ? {
                intervalAt: bentInterval(
                  { score, estimate: found.value.estimate, p: found.value.p, range: [-1, 1] },
                  SHARES,
                ),
              }
            : {}),
          test: "paired t test",
          why,
          ...signFlips(differences, setting),
        },
    setting,
  );
}

/** Where the values of a test of means are more skewed than it bears at so few items. */
function skewCaution(x: readonly number[], y?: readonly number[]): Pick<TestOutcome, "caution"> {
  const [one, other] = [skewedMean(x), y && skewedMean(y)];
  const skewness =
    one.ok && other?.ok ? skewnessOfDifference(one.value, other.value) : one.ok && !y ? one.value.skewness : 0;
  const n = y ? Math.min(x.length, y.length) : x.length;
  const what = y ? "values are skewed and of unequal spread or number" : "differences are skewed";
  return isSkewed(skewness, n)
    ? { caution: `${what}, ${n} items are few for that: p and interval are less sure than they look` }
    : {};
}

/** How the interval of pass rates over repeats or clusters was found. */
export const SHARES = "Tango's score over items, agreeing with the test's p";

/** All sign flips of few differences, with t as the check. */
function exactMeans(differences: readonly number[], t: TTest): Pick<Part, "test" | "p" | "intervalAt" | "check"> {
  return {
    test: "exact sign-flip test",
    p: ok(allSignFlips(differences).p),
    intervalAt: (confidence) => {
      const { lower, upper } = allSignFlips(differences).interval(confidence);
      return Number.isFinite(lower)
        ? interval(lower, upper, confidence, "inverted sign-flip test")
        : err("too few items for an interval at this level");
    },
    check: { test: "paired t test", p: ok(t.p) },
  };
}

const largestOf = (x: readonly number[], y: readonly number[]): number => {
  let largest = 0;
  for (const values of [x, y]) for (const value of values) if (Math.abs(value) > largest) largest = Math.abs(value);
  return largest;
};

/** Cohen's d of the differences. */
function pairedSize(differences: readonly number[], level: number): TestOutcome["effect"] {
  const name = "Cohen's dz";
  const found = standardisedMean(differences, level);
  if (!found.ok) return { name, ...noEstimate(problemWords(found.error)) };
  return {
    name,
    value: quantity(found.value.dz, "not finite"),
    interval: fromStats(ok(found.value.interval), "noncentral t"),
  };
}

/** Hedges' g of independent samples. */
function independentSize(x: readonly number[], y: readonly number[], level: number): TestOutcome["effect"] {
  const name = "Hedges' g";
  const found = effectSize(x, y, { level });
  if (!found.ok) return { name, ...noEstimate(problemWords(found.error)) };
  const { hedgesG, hedgesFactor, interval: ofD } = found.value;
  return {
    name,
    value: quantity(hedgesG, "not finite"),
    interval: interval(ofD.lower * hedgesFactor, ofD.upper * hedgesFactor, level, "noncentral t"),
  };
}

/** Different items: Welch's t, which assumes neither one variance nor one size; where neither side varies, all ways to deal the items. */
export function* independentMeans(data: PairData, setting: TestSetting): Steps<TestOutcome> {
  const { x, y, why } = data;
  const value = meanDifference(x, y);
  yield;
  const effect = independentSize(x, y, setting.confidenceInterval);
  const test = "Welch's t test";
  if (!value.ok || x.length < 2 || y.length < 2) {
    const reason = value.ok ? "too few items" : value.error;
    return withInterval(value, { test, why, effect, ...noInference(reason) }, setting);
  }
  yield;
  const alike = [x, y].every((values) => allAlike(values, largestOf(x, y)) !== undefined);
  const found = welchTTest(x, y);
  if (alike) return withInterval(value, { effect, why, ...dealt(data, value.value, setting) }, setting);
  if (!found.ok) return withInterval(value, { test, why, effect, ...noInference(problemWords(found.error)) }, setting);
  return withInterval(
    value,
    {
      test,
      why,
      effect,
      ...tInference(found.value, "Welch's t"),
      ...skewCaution(x, y),
      ...(data.shares
        ? scoreTost(independentShareScore(x, y), setting)
        : tost(setting, (margins) => tostWelch(x, y, margins))),
      detectable: within(data, detectableT(found.value.standardError, found.value.df)),
    },
    setting,
  );
}

const within = ({ shares }: PairData, detectable: TestOutcome["detectable"]): TestOutcome["detectable"] =>
  shares ? detectableShare(detectable) : detectable;

/** @returns mean of the first minus mean of the second */
export const meanDifference = (x: readonly number[], y: readonly number[]): Estimate["value"] =>
  x.length > 0 && y.length > 0 ? ok(preciseMean(x).mean - preciseMean(y).mean) : err("one condition has no value");

/** Two conditions of which each gave one value only. */
function dealt({ x, y }: PairData, difference: number, setting: TestSetting): Omit<Part, "effect" | "why"> {
  const test = "exact permutation test";
  const noise = 1e-12 * largestOf(x, y);
  if (Math.abs(difference) <= noise)
    return { test, ...sameEverywhere(0, Math.min(x.length, y.length), reachOf(x, y), setting) };
  const { length: a } = x;
  const { length: b } = y;
  const arrangements = Math.exp(lnGamma(a + b + 1) - lnGamma(a + 1) - lnGamma(b + 1));
  const p = Math.min(1, (a === b ? 2 : 1) / arrangements); // of equal groups the exchanged ones are as far apart
  return {
    test,
    p: ok(p),
    intervalAt: testBased(difference, 0, p, [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]),
    detectable: () => err("the values do not vary"),
  };
}
