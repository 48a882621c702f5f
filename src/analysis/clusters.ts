import { err, ok } from "#src/kernel/result";
import { type ClusteredMean, clusteredMean, clusteredDifference as pairedInClusters } from "#src/stats/cluster";
import { preciseMean } from "#src/stats/sample";
import { tTestOf } from "#src/stats/t-test";
import type { PairData } from "./pair-data.ts";
import { problemWords } from "./problem.ts";
import { type Estimate, interval, noEstimate, type Quantity, quantity } from "./quantity.ts";
import { detectableT, signFlips, type TestOutcome, type TestSetting } from "./test-outcome.ts";

/** Below so many clusters, errors from clusters are not to be trusted. */
const FEW_CLUSTERS = 10;

/** Interval and standard error of a mean whose items come in clusters. */
export function robustMean(
  values: readonly number[],
  clusters: readonly number[],
  level: number,
): { interval: Estimate["interval"]; standardError: Quantity } {
  const found = clusteredMean(values, clusters, { level });
  if (!found.ok) return { interval: err(problemWords(found.error)), standardError: err(problemWords(found.error)) };
  const { lower, upper } = found.value.interval;
  return { interval: interval(lower, upper, level, "cluster-robust t"), standardError: ok(found.value.seCR1) };
}

/** Means of clustered items: errors that respect the clusters, on t with one degree of freedom less than there are clusters. */
export function clusteredMeans(data: PairData, setting: TestSetting): TestOutcome {
  return data.design === "paired" ? paired(data, setting) : independent(data, setting);
}

function paired(data: PairData, setting: TestSetting): TestOutcome {
  const level = setting.confidenceInterval;
  const labels = data.xClusters ?? [];
  const found = pairedInClusters(data.x, data.y, labels, { level });
  if (!found.ok) return failed(data, problemWords(found.error));
  const { mean, clusters, seCR1, p } = found.value;
  const differences = data.x.map((value, i) => value - data.y[i]!);
  const { lower, upper } = found.value.interval;
  return {
    test: "cluster-robust paired t test",
    why: `${data.why} and items come in clusters${caution(clusters)}`,
    difference: { value: ok(mean), interval: interval(lower, upper, level, "cluster-robust t") },
    p: p.ok ? ok(p.value) : err(problemWords(p.error)),
    ...signFlips(differences, setting, labels),
    effect: standardised(found.value),
    ...(setting.margin === undefined ? {} : { equivalence: equivalence(mean, seCR1, clusters - 1, setting.margin) }),
    clusters,
    detectable: seCR1 > 0 ? detectableT(seCR1, clusters - 1) : () => err("the differences do not vary"),
  };
}

const caution = (clusters: number): string =>
  clusters < FEW_CLUSTERS
    ? `; with ${clusters} clusters only, rely on the check, which flips the signs of whole clusters`
    : "";

/** The mean over the standard deviation of items; its error is not that of independent items, so it has no interval here. */
function standardised({ mean, seNaive, n }: ClusteredMean): TestOutcome["effect"] {
  return {
    name: "Cohen's dz",
    value: quantity(mean / (seNaive * Math.sqrt(n)), "the differences do not vary"),
    interval: err("items are clustered"),
  };
}

function independent(data: PairData, setting: TestSetting): TestOutcome {
  const level = setting.confidenceInterval;
  const a = clusteredMean(data.x, data.xClusters ?? [], { level });
  const b = clusteredMean(data.y, data.yClusters ?? [], { level });
  if (!a.ok) return failed(data, problemWords(a.error));
  if (!b.ok) return failed(data, problemWords(b.error));
  const standardError = Math.hypot(a.value.seCR1, b.value.seCR1);
  const clusters = a.value.clusters + b.value.clusters;
  const df = Math.min(a.value.clusters, b.value.clusters) - 1; // the cautious choice
  const difference = a.value.mean - b.value.mean;
  if (!(standardError > 0)) return failed(data, "the values do not vary");
  const test = tTestOf(difference, standardError, df, { level });
  return {
    test: "cluster-robust t test",
    why: `${data.why} and items come in clusters${caution(clusters)}`,
    difference: {
      value: ok(difference),
      interval: interval(test.interval.lower, test.interval.upper, level, "cluster-robust t"),
    },
    p: ok(test.p),
    effect: { name: "Hedges' g", ...noEstimate("items are clustered") },
    ...(setting.margin === undefined
      ? {}
      : { equivalence: equivalence(difference, standardError, df, setting.margin) }),
    clusters,
    detectable: detectableT(standardError, df),
  };
}

/** Two one-sided tests on the same standard error. */
function equivalence(
  difference: number,
  standardError: number,
  df: number,
  margin: number,
): NonNullable<TestOutcome["equivalence"]> {
  if (!(standardError > 0)) return { margin, p: err("the differences do not vary") };
  const above = tTestOf(difference, standardError, df, { mu: -margin, alternative: "greater" });
  const below = tTestOf(difference, standardError, df, { mu: margin, alternative: "less" });
  return { margin, p: ok(Math.max(above.p, below.p)) };
}

function failed(data: PairData, reason: string): TestOutcome {
  const both = data.x.length > 0 && data.y.length > 0;
  const value = both ? ok(preciseMean(data.x).mean - preciseMean(data.y).mean) : err("a condition has no value");
  return {
    test: "cluster-robust t test",
    why: `${data.why} and items come in clusters`,
    difference: { value, interval: err(reason) },
    p: err(reason),
    effect: { name: "Cohen's dz", ...noEstimate(reason) },
    detectable: () => err(reason),
  };
}
