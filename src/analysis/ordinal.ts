import { err, ok } from "#src/kernel/result";
import type { Steps } from "#src/kernel/steps";
import { mannWhitney } from "#src/stats/mann-whitney";
import { wilcoxonSignedRank } from "#src/stats/signed-rank";
import { independentMeans, pairedMeans } from "./means.ts";
import type { PairData } from "./pair-data.ts";
import { problemWords } from "./problem.ts";
import { noEstimate } from "./quantity.ts";
import { noInference, type TestOutcome, type TestSetting, testBased } from "./test-outcome.ts";

/**
 * Grades on the same items, whose steps need not be equally wide: ranks of the differences decide, ties of no difference take part
 * (Pratt). What is tested is the probability of superiority: the share of the ranks that speak for the first condition, of the items on
 * which they differ. The difference of means stands beside it, for gates and for the eye.
 *
 * @see Kerby, "The simple difference formula", Comprehensive Psychology 3 (2014)
 */
export function* pairedGrades(data: PairData, setting: TestSetting): Steps<TestOutcome> {
  const means = yield* pairedMeans(data, setting);
  const why = `${data.why} and the metric is ordinal`;
  const test = "Wilcoxon signed-rank test";
  const found = wilcoxonSignedRank(data.x, data.y, { zeros: "pratt" });
  if (found.ok) return ranked(means, test, why, found.value.p, (found.value.rankBiserial + 1) / 2, setting);
  if (found.error !== "all-zero") return refused(means, test, why, problemWords(found.error));
  return { ...ranked(means, test, why, 1, 0.5, setting), ...(means.same ? { same: means.same } : {}) };
}

/** Grades on different items: which of two randomly taken ones is the higher. */
export function* independentGrades(data: PairData, setting: TestSetting): Steps<TestOutcome> {
  const means = yield* independentMeans(data, setting);
  const why = `${data.why} and the metric is ordinal`;
  const test = "Mann-Whitney test";
  const found = mannWhitney(data.x, data.y);
  if (found.ok) return ranked(means, test, why, found.value.p, found.value.superiority, setting);
  if (found.error !== "all-equal") return refused(means, test, why, problemWords(found.error));
  return ranked(means, test, why, 1, 0.5, setting);
}

const NAME = "Probability of superiority";

/** Why the difference of means has no interval here. */
const OF_RANKS = "grades are compared by ranks: see the probability of superiority";

function ranked(
  means: TestOutcome,
  test: string,
  why: string,
  rankP: number,
  superiority: number,
  { confidenceInterval }: TestSetting,
): TestOutcome {
  const { difference } = means;
  const { p, pIsBound, check, ...rest } = means;
  const opposed = difference.value.ok && difference.value.value * (superiority - 0.5) < 0;
  const found = superiority === 0.5 ? 1 : rankP;
  const intervalAt = opposed
    ? () => err("ranks and means point in opposite directions") // a conclusion about either would mislead
    : superiority === 0.5
      ? () => err("as many ranks speak for one as for the other")
      : testBased(superiority, 0.5, found, [0, 1]);
  return {
    ...rest,
    test,
    why,
    p: opposed ? err("ranks and means point in opposite directions") : ok(found),
    tested: "effect",
    intervalAt,
    difference: { value: difference.value, interval: err(OF_RANKS) },
    means: difference,
    detectable: () => err("grades are compared by ranks, not by their means"),
    effect: { name: NAME, value: ok(superiority), interval: intervalAt(confidenceInterval) },
  };
}

const refused = (means: TestOutcome, test: string, why: string, reason: string): TestOutcome => ({
  ...means,
  ...noInference(reason),
  test,
  why,
  tested: "effect",
  means: means.difference,
  effect: { name: NAME, ...noEstimate(reason) },
});
