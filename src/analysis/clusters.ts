import { err, ok } from "#src/kernel/result";
import { robustMean as meanInClusters, type RobustMean, robustDifference } from "#src/stats/cluster-cr2";
import { spreadOf } from "#src/stats/sample";
import { tTestOf } from "#src/stats/t-test";
import { meanDifference, SHARES, withInterval } from "./means.ts";
import type { PairData } from "./pair-data.ts";
import { problemWords } from "./problem.ts";
import { type Estimate, noEstimate, type Quantity, quantity } from "./quantity.ts";
import { reachOf, sameEverywhere } from "./same.ts";
import { independentShareScore, pairedShareScore } from "./share-score.ts";
import {
  bentInterval,
  detectableShare,
  detectableT,
  fromStats,
  noInference,
  scoreTost,
  signFlips,
  type TestOutcome,
  type TestSetting,
  tInference,
} from "./test-outcome.ts";

/** Below this many clusters of one size, cluster errors rest on too few. */
const FEW_CLUSTERS = 10;
const METHOD = "cluster-robust t (CR2)";

/** Interval and standard error of a mean whose items come in clusters. */
export function robustMean(
  values: readonly number[],
  clusters: readonly number[],
  level: number,
): { interval: Estimate["interval"]; standardError: Quantity; effectiveClusters?: number } {
  const found = meanInClusters(values, clusters);
  if (!found.ok) return { interval: err(problemWords(found.error)), standardError: err(problemWords(found.error)) };
  const { mean, standardError, df, effectiveClusters } = found.value;
  if (standardError === 0)
    return { interval: err("the clusters do not differ"), standardError: ok(0), effectiveClusters };
  const { interval } = tTestOf(mean, standardError, df, { level });
  return { interval: fromStats(ok(interval), METHOD), standardError: ok(standardError), effectiveClusters };
}

/** Means of clustered items: errors that respect the clusters (CR2), on t with the degrees of freedom that the clusters are worth. */
export function clusteredMeans(data: PairData, setting: TestSetting): TestOutcome {
  const paired = data.design === "paired";
  const differences = paired ? data.x.map((value, i) => value - data.y[i]!) : [];
  const labels = data.xClusters ?? [];
  const found = paired
    ? meanInClusters(differences, labels)
    : robustDifference(data.x, labels, data.y, data.yClusters ?? []);
  const test = paired ? "cluster-robust paired t test" : "cluster-robust t test";
  const why = `${data.why} and items come in clusters`;
  const name = paired ? "Cohen's dz" : "Hedges' g";
  const value = meanDifference(data.x, data.y);
  if (!found.ok)
    return withInterval(
      value,
      {
        test,
        why,
        effect: { name, ...noEstimate(problemWords(found.error)) },
        ...noInference(problemWords(found.error)),
      },
      setting,
    );
  const { mean, clusters, effectiveClusters, standardError, df } = found.value;
  const shared = { why, clusters, ...caution(clusters, effectiveClusters) };
  if (standardError === 0) {
    const units = Math.floor(effectiveClusters + 1e-9);
    return withInterval(
      ok(mean),
      {
        ...shared,
        test: "exact sign test of clusters",
        effect: { name, ...noEstimate("the clusters do not differ") },
        ...sameEverywhere(
          Math.abs(mean) < 1e-12 * reachOf(data.x, data.y) ? 0 : mean,
          units,
          reachOf(data.x, data.y),
          setting,
        ),
      },
      setting,
    );
  }
  const score = !data.shares
    ? undefined
    : paired
      ? pairedShareScore(differences, labels)
      : independentShareScore(data.x, data.y, labels, data.yClusters);
  const t = { ...tTestOf(mean, standardError, df), estimate: mean };
  return withInterval(
    ok(mean),
    {
      ...shared,
      test,
      ...tInference(t, METHOD),
      ...(score && paired
        ? { intervalAt: bentInterval({ score, estimate: mean, p: t.p, range: [-1, 1] }, SHARES) }
        : {}),
      ...(paired ? signFlips(differences, setting, labels) : {}),
      effect: paired ? standardised(mean, differences) : { name, ...noEstimate("items are clustered") },
      ...(score ? scoreTost(score, setting) : equivalence(found.value, setting)),
      detectable: score ? detectableShare(detectableT(standardError, df)) : detectableT(standardError, df),
    },
    setting,
  );
}

const caution = (clusters: number, effective: number): Pick<TestOutcome, "caution"> =>
  effective < FEW_CLUSTERS
    ? {
        caution:
          clusters - effective > 1
            ? `${clusters} clusters of unequal size are worth ${effective.toFixed(1)} of one size: hardly enough to know their spread`
            : `${clusters} clusters are hardly enough to know their spread`,
      }
    : {};

/** The mean over the standard deviation of items; its error is not that of independent items, so it has no interval here. */
const standardised = (mean: number, differences: readonly number[]): TestOutcome["effect"] => ({
  name: "Cohen's dz",
  value: quantity(mean / spreadOf(differences).sd, "the differences do not vary"),
  interval: err("items are clustered"),
});

/** Two one-sided tests on the same standard error. */
function equivalence(
  { mean, standardError, df }: RobustMean,
  { margin }: TestSetting,
): Pick<TestOutcome, "equivalence"> {
  if (margin === undefined) return {};
  const above = tTestOf(mean, standardError, df, { mu: -margin, alternative: "greater" });
  const below = tTestOf(mean, standardError, df, { mu: margin, alternative: "less" });
  return { equivalence: { margin, p: ok(Math.max(above.p, below.p)) } };
}
