import { remembered } from "#src/kernel/remember";
import { err, ok } from "#src/kernel/result";
import type { Steps } from "#src/kernel/steps";
import { fisherP } from "#src/stats/fisher";
import { mcnemarTest, pairedCounts } from "#src/stats/mcnemar";
import { smallestMcNemarDifference } from "#src/stats/power-exact";
import { smallestShift } from "#src/stats/power-proportion";
import { type Count, clopperPearsonInterval, criticalZ } from "#src/stats/proportion";
import { tangoScore } from "#src/stats/tango";
import { cohensH, scoreOfShares, twoProportionTest } from "#src/stats/two-proportions";
import { independentMeans, meanDifference, withInterval } from "./means.ts";
import type { PairData } from "./pair-data.ts";
import { interval, noEstimate } from "./quantity.ts";
import { sameEverywhere } from "./same.ts";
import { bentInterval, noInference, scoreTost, type TestOutcome, type TestSetting } from "./test-outcome.ts";

/** A search over many powers, and the same for every metric and pair with as many disagreements. */
const smallestKnown = remembered((of) =>
  smallestMcNemarDifference(...(JSON.parse(of) as Parameters<typeof smallestMcNemarDifference>)),
);

/**
 * Yes or no on the same items: McNemar over the items on which the conditions differ. The interval is Tango's score interval, bent so
 * that it excludes 0 exactly where McNemar's p says so; equivalence is the score test at both margins.
 */
export function pairedBinary(data: PairData, setting: TestSetting): TestOutcome {
  const counts = pairedCounts(data.x, data.y);
  const { onlyFirst: b, onlySecond: c } = counts;
  const test = setting.mcnemar === "exact" ? "exact McNemar test" : "mid-p McNemar test";
  const why = `${data.why} once, with yes or no as the result`;
  const effect = cohensG(b, b + c, setting.confidenceInterval);
  if (data.n === 0) {
    const reason = "no item has a value in both";
    return withInterval(err(reason), { test, why, effect, ...noInference(reason) }, setting);
  }
  const found = mcnemarTest(counts, { method: setting.mcnemar });
  const p = b !== c && found.ok ? found.value.p : 1;
  if (b + c === 0) {
    const same = sameEverywhere(0, data.n, 1, setting);
    return withInterval(ok(0), { test, why, effect, discordant: 0, ...same }, setting);
  }
  const estimate = (b - c) / data.n;
  const score = tangoScore(b, c, data.n);
  return withInterval(
    ok(estimate),
    {
      test,
      why,
      effect,
      p: ok(p),
      discordant: b + c,
      intervalAt: bentInterval(
        { score, estimate, p, range: [-1, 1] },
        "Tango's score for paired shares, agreeing with McNemar's p",
      ),
      ...scoreTost(score, setting),
      detectable: (alpha) => {
        const smallest = smallestKnown(JSON.stringify([data.n, (b + c) / data.n, { alpha, method: setting.mcnemar }]));
        return smallest.ok ? smallest : err("not even one-sided differences would be found");
      },
    },
    setting,
  );
}

/**
 * Yes or no on different items: Fisher's exact test, by the score test where items are many. The interval is Mee's score interval, bent
 * so that it excludes 0 exactly where the test's p says so.
 */
export function* independentBinary(data: PairData, setting: TestSetting): Steps<TestOutcome> {
  const level = setting.confidenceInterval;
  const [a, b] = [countOf(data.x), countOf(data.y)];
  const value = meanDifference(data.x, data.y);
  if (!value.ok) return yield* independentMeans(data, setting);
  const exact = data.n <= MOST_EXACT;
  const h = cohensH(a.successes / a.n, b.successes / b.n);
  const p = Math.abs(value.value) < 1e-12 ? 1 : exact ? exactP(a, b) : scoreP(a, b);
  const scored = { score: scoreOfShares(a, b), estimate: value.value, p, range: [-1, 1] as const };
  const alike = [a, b].every(({ successes, n }) => successes === 0 || successes === n);
  return withInterval(
    value,
    {
      test: exact ? "Fisher's exact test" : "score test of two shares",
      why: `${data.why} and the result is yes or no`,
      effect: { name: "Cohen's h", value: ok(h), interval: arcsineInterval(h, a.n, b.n, level) },
      p: ok(p),
      intervalAt: bentInterval(scored, "Mee's score for shares, agreeing with the test's p"),
      ...(alike && value.value === 0 ? { same: sameEverywhere(0, Math.min(a.n, b.n), 1, setting).same } : {}),
      ...scoreTost(scored.score, setting),
      detectable: (alpha) => {
        const smallest = smallestShift(a.n, b.n, (a.successes + b.successes) / (a.n + b.n), { alpha, exact });
        return smallest.ok ? smallest : err("not even the greatest difference would be found");
      },
    },
    setting,
  );
}

/** Items of both conditions up to which the exact test is made. */
const MOST_EXACT = 2000;

const countOf = (values: readonly number[]): Count => ({
  successes: values.reduce((sum, value) => sum + value, 0),
  n: values.length,
});

const exactP = (a: Count, b: Count): number =>
  fisherP([
    [a.successes, a.n - a.successes],
    [b.successes, b.n - b.successes],
  ]);

function scoreP(a: Count, b: Count): number {
  const found = twoProportionTest(a, b);
  return found.ok ? found.value.p : 1;
}

/** The arcsine of a share has variance 1/n on this scale. */
function arcsineInterval(h: number, n1: number, n2: number, level: number): ReturnType<typeof interval> {
  const reach = criticalZ(level) * Math.sqrt(1 / n1 + 1 / n2);
  return interval(h - reach, h + reach, level, "arcsine");
}

/** How far the share of differing items that the first condition won lies from one half. */
function cohensG(won: number, discordant: number, level: number): TestOutcome["effect"] {
  const name = "Cohen's g";
  const share = clopperPearsonInterval({ successes: won, n: discordant }, { level });
  if (!share.ok) return { name, ...noEstimate("no item tells the conditions apart") };
  const { lower, upper } = share.value;
  return {
    name,
    value: ok(won / discordant - 0.5),
    interval: interval(lower - 0.5, upper - 0.5, level, "Clopper-Pearson"),
  };
}
