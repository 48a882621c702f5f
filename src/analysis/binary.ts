import { err, ok } from "#src/kernel/result";
import { tostPaired } from "#src/stats/equivalence";
import { fisherExact } from "#src/stats/fisher";
import { mcnemarTest, pairedCounts, pairedRiskDifference } from "#src/stats/mcnemar";
import { smallestPairedDifference } from "#src/stats/power-proportion";
import { type Count, clopperPearsonInterval, criticalZ } from "#src/stats/proportion";
import { cohensH, riskDifference, twoProportionTest } from "#src/stats/two-proportions";
import { independentMeans } from "./means.ts";
import type { PairData } from "./pair-data.ts";
import { problemWords } from "./problem.ts";
import { interval, noEstimate, type Quantity } from "./quantity.ts";
import { fromStats, type TestOutcome, type TestSetting, tost } from "./test-outcome.ts";

/** Yes or no on the same items: McNemar over the items on which the conditions differ. */
export function pairedBinary(data: PairData, setting: TestSetting): TestOutcome {
  const level = setting.confidenceInterval;
  const counts = pairedCounts(data.x, data.y);
  const difference = pairedRiskDifference(counts, { level });
  const found = mcnemarTest(counts, { method: setting.mcnemar });
  const discordant = counts.onlyFirst + counts.onlySecond;
  return {
    test: setting.mcnemar === "exact" ? "exact McNemar test" : "mid-p McNemar test",
    why: `${data.why} once, with yes or no as the result`,
    difference: difference.ok
      ? {
          value: ok(difference.value.estimate),
          interval: fromStats(ok(difference.value.interval), "Newcombe's method 10 for paired shares"),
        }
      : noEstimate(problemWords(difference.error)),
    p:
      data.n === 0 ? err("no item has a value in both") : found.ok ? ok(found.value.p) : err(problemWords(found.error)),
    effect: cohensG(counts.onlyFirst, discordant, level),
    ...tost(setting, (margins) => tostPaired(data.x, data.y, margins)),
    detectable: (alpha) => {
      const smallest = smallestPairedDifference(data.n, data.n === 0 ? 0 : discordant / data.n, { alpha });
      if (smallest.ok) return smallest;
      return err(
        discordant === 0 ? "no item tells the conditions apart" : "not even one-sided differences would be found",
      );
    },
  };
}

/** Yes or no on different items: Fisher's exact test, by the score test where items are many; Newcombe's interval of the difference. */
export function independentBinary(data: PairData, setting: TestSetting): TestOutcome {
  const level = setting.confidenceInterval;
  const [a, b] = [countOf(data.x), countOf(data.y)];
  const difference = riskDifference(a, b, { level });
  const means = independentMeans(data, setting);
  if (!difference.ok) return means;
  const exact = data.n <= MOST_EXACT;
  const h = cohensH(a.successes / a.n, b.successes / b.n);
  return {
    ...means,
    test: exact ? "Fisher's exact test" : "score test of two shares",
    why: `${data.why} and the result is yes or no`,
    difference: {
      value: ok(difference.value.estimate),
      interval: fromStats(ok(difference.value.interval), "Newcombe's method 10 for shares"),
    },
    p: exact ? ok(fisherP(a, b)) : scoreP(a, b),
    effect: { name: "Cohen's h", value: ok(h), interval: arcsineInterval(h, a.n, b.n, level) },
  };
}

/** Items of both conditions up to which the exact test is made. */
const MOST_EXACT = 2000;

const countOf = (values: readonly number[]): Count => ({
  successes: values.reduce((sum, value) => sum + value, 0),
  n: values.length,
});

const fisherP = (a: Count, b: Count): number =>
  fisherExact([
    [a.successes, a.n - a.successes],
    [b.successes, b.n - b.successes],
  ]).p;

function scoreP(a: Count, b: Count): Quantity {
  const found = twoProportionTest(a, b);
  return found.ok ? ok(found.value.p) : err(problemWords(found.error));
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
