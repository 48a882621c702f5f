import type { AnalysisOptions } from "#src/experiment/options";
import { err, ok, type Result } from "#src/kernel/result";
import { studentT } from "#src/stats/distributions";
import { type Equivalence, type Margins, tostPaired, tostWelch } from "#src/stats/equivalence";
import { mcnemarTest, pairedCounts, pairedRiskDifference } from "#src/stats/mcnemar";
import { noncentralTInterval } from "#src/stats/noncentral";
import { clopperPearsonInterval } from "#src/stats/proportion";
import { preciseMean, type Interval as StatsInterval } from "#src/stats/sample";
import { pairedTTest, type TTest, welchTTest } from "#src/stats/t-test";
import type { Comparison } from "./analysis.ts";
import { bootstrapDifference } from "./bootstrap.ts";
import { clusteredDifference } from "./clusters.ts";
import type { PairData } from "./pair-data.ts";
import type { Pair } from "./pairs.ts";
import { problemWords } from "./problem.ts";
import { type Interval, interval, noEstimate, type Quantity, quantity } from "./quantity.ts";
import type { Reading } from "./reading.ts";
import type { Resamples } from "./resample.ts";
import type { Table } from "./table.ts";

/** What a test of two conditions gives, before p-values are adjusted. */
export interface TestOutcome extends Pick<Comparison, "difference" | "test" | "why" | "p" | "effect"> {
  readonly check?: NonNullable<Comparison["check"]>;
  readonly equivalence?: NonNullable<Comparison["equivalence"]>;
  readonly clusters?: number;
  /** Smallest true difference found with 80 % power by a two-sided test at this level. */
  readonly detectable: (alpha: number) => Quantity;
}

/** What the tests need of the options. */
export interface TestSetting
  extends Pick<AnalysisOptions, "confidenceInterval" | "mcnemar" | "resamples" | "significanceLevel"> {
  readonly seed: number;
  /** Difference that still counts as equal. */
  readonly margin: number | undefined;
}

/** The interval of statistics in the words of an analysis. */
export const fromStats = (found: Result<StatsInterval, string>, method: string): Result<Interval> =>
  found.ok ? interval(found.value.lower, found.value.upper, found.value.level, method) : err(problemWords(found.error));

/**
 * Chooses the test by the kind of the metric and the design, never by the data's shape: aggregates other than the mean by the
 * bootstrap, clustered items by cluster-robust errors, yes or no on the same items by McNemar, means by t.
 */
export function chooseTest(
  data: PairData,
  pair: Pair,
  reading: Reading,
  table: Table,
  setting: TestSetting,
  resamples: Resamples,
): TestOutcome {
  if (reading.metric.aggregate !== "mean") return bootstrapDifference(data, pair, reading, setting, resamples);
  if (data.xClusters) return clusteredDifference(data, setting);
  const once = table.repeats <= 1 && reading.binary;
  if (data.design === "paired") return once ? pairedBinary(data, setting) : pairedMeans(data, setting);
  return independentMeans(data, setting);
}

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
    detectable:
      difference.ok && difference.value.standardError > 0
        ? detectableT(difference.value.standardError, Number.POSITIVE_INFINITY)
        : () => err("no item tells the conditions apart"),
  };
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

/** Item means of the same items: Student's t on the differences. */
export function pairedMeans(data: PairData, setting: TestSetting): TestOutcome {
  const { x, y } = data;
  const level = setting.confidenceInterval;
  const found = pairedTTest(x, y, { level });
  const differences = x.map((value, i) => value - y[i]!);
  const mean = x.length > 0 ? ok(preciseMean(differences).mean) : err("no item has a value in both");
  return {
    test: "paired t test",
    why: `${data.why} and their means per item are compared`,
    difference: {
      value: mean,
      interval: fromStats(found.ok ? ok(found.value.interval) : found, "Student's t on the differences"),
    },
    p: found.ok ? ok(found.value.p) : err(constant(found.error, differences)),
    effect: standardised(found, x.length, level),
    ...tost(setting, (margins) => tostPaired(x, y, margins)),
    detectable: found.ok
      ? detectableT(found.value.standardError, found.value.df)
      : () => err(problemWords(found.error)),
  };
}

/** Why differences that do not vary give no p. */
const constant = (problem: string, differences: readonly number[]): string =>
  problem !== "all-equal"
    ? problemWords(problem)
    : differences[0] === 0
      ? "the conditions do not differ on any item"
      : "every item differs by the same amount";

/** Cohen's d of the differences with the interval from the noncentral t. */
function standardised(found: Result<TTest, string>, n: number, level: number): TestOutcome["effect"] {
  const name = "Cohen's dz";
  if (!found.ok) return { name, ...noEstimate(problemWords(found.error)) };
  const { t, df } = found.value;
  const bounds = noncentralTInterval(t, df, level);
  const root = Math.sqrt(n);
  return {
    name,
    value: quantity(t / root, "has no effect size"),
    interval: interval(bounds.lower / root, bounds.upper / root, level, "noncentral t"),
  };
}

/** Different items: Welch's t, which assumes neither one variance nor one size. */
export function independentMeans(data: PairData, setting: TestSetting): TestOutcome {
  const { x, y } = data;
  const level = setting.confidenceInterval;
  const found = welchTTest(x, y, { level });
  const value: Quantity =
    x.length > 0 && y.length > 0 ? ok(preciseMean(x).mean - preciseMean(y).mean) : err("one condition has no value");
  return {
    test: "Welch's t test",
    why: data.why,
    difference: { value, interval: fromStats(found.ok ? ok(found.value.interval) : found, "Welch's t") },
    p: found.ok ? ok(found.value.p) : err(problemWords(found.error)),
    effect: { name: "Hedges' g", ...noEstimate("not yet") },
    ...tost(setting, (margins) => tostWelch(x, y, margins)),
    detectable: found.ok
      ? detectableT(found.value.standardError, found.value.df)
      : () => err(problemWords(found.error)),
  };
}

/** (t of the level + t of the power) standard errors. */
export const detectableT =
  (standardError: number, df: number) =>
  (alpha: number): Quantity => {
    const t = studentT(df);
    return quantity((t.upperQuantile(alpha / 2) + t.upperQuantile(1 - POWER)) * standardError, "has no standard error");
  };

/** Four times out of five. */
const POWER = 0.8;

function tost(
  { margin, significanceLevel }: TestSetting,
  test: (margins: Margins) => Result<Equivalence, string>,
): Pick<TestOutcome, "equivalence"> {
  if (margin === undefined) return {};
  const found = test({ low: -margin, high: margin, alpha: significanceLevel });
  return { equivalence: { margin, p: found.ok ? ok(found.value.p) : err(problemWords(found.error)) } };
}
