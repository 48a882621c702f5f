import { err, ok } from "#src/kernel/result";
import { cliffsDelta } from "#src/stats/effect-size";
import { mannWhitney } from "#src/stats/mann-whitney";
import { criticalZ } from "#src/stats/proportion";
import { wilcoxonSignedRank } from "#src/stats/signed-rank";
import { independentMeans, pairedMeans } from "./means.ts";
import type { PairData } from "./pair-data.ts";
import { problemWords } from "./problem.ts";
import { interval, noEstimate, type Quantity } from "./quantity.ts";
import { fromStats, type TestOutcome, type TestSetting } from "./test-outcome.ts";

/**
 * Grades on the same items, whose steps need not be equally wide: ranks of the differences decide, ties of no difference take part
 * (Pratt). The difference of means stands beside them.
 */
export function pairedGrades(data: PairData, setting: TestSetting): TestOutcome {
  const means = pairedMeans(data, setting);
  const found = wilcoxonSignedRank(data.x, data.y, { zeros: "pratt" });
  const words = `${data.why} and the metric is ordinal`;
  const test = "Wilcoxon signed-rank test";
  const name = "Rank-biserial correlation";
  if (!found.ok) {
    const reason = found.error === "all-zero" ? "the conditions do not differ on any item" : problemWords(found.error);
    return { ...means, test, why: words, p: err(reason), effect: { name, ...noEstimate(reason) } };
  }
  const { p, rankBiserial, nonZero } = found.value;
  return {
    ...means,
    test,
    why: words,
    p: unlessOpposed(p, rankBiserial, means),
    effect: { name, value: ok(rankBiserial), interval: biserialInterval(rankBiserial, nonZero, setting) },
  };
}

/** Grades on different items: which of two randomly taken ones is the higher. */
export function independentGrades(data: PairData, setting: TestSetting): TestOutcome {
  const means = independentMeans(data, setting);
  const found = mannWhitney(data.x, data.y);
  const words = `${data.why} and the metric is ordinal`;
  const test = "Mann-Whitney test";
  const name = "Cliff's delta";
  const delta = cliffsDelta(data.x, data.y, { level: setting.confidenceInterval });
  const effect = delta.ok
    ? { name, value: ok(delta.value.delta), interval: fromStats(delta.value.interval, "Cliff's unbiased variance") }
    : { name, ...noEstimate(problemWords(delta.error)) };
  if (!found.ok) return { ...means, test, why: words, p: err(problemWords(found.error)), effect };
  return {
    ...means,
    test,
    why: words,
    p: delta.ok ? unlessOpposed(found.value.p, delta.value.delta, means) : ok(found.value.p),
    effect,
  };
}

/** No p where ranks and means disagree about which condition is ahead: a conclusion about either would mislead. */
const unlessOpposed = (p: number, ranks: number, { difference }: Pick<TestOutcome, "difference">): Quantity =>
  difference.value.ok && difference.value.value * ranks < 0
    ? err("ranks and means point in opposite directions")
    : ok(p);

/** Fisher's z with the error of the rank sum under the null, as R's effectsize::rank_biserial. */
function biserialInterval(
  r: number,
  n: number,
  { confidenceInterval: level }: TestSetting,
): TestOutcome["effect"]["interval"] {
  if (Math.abs(r) === 1) return err("every difference points one way");
  const reach = (criticalZ(level) * Math.sqrt((2 * n ** 3 + 3 * n ** 2 + n) / 6)) / ((n ** 2 + n) / 2);
  return interval(Math.tanh(Math.atanh(r) - reach), Math.tanh(Math.atanh(r) + reach), level, "Fisher's z");
}
