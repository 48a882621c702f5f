import type { Analysis, MetricAnalysis, Summary } from "#src/analysis/analysis";
import { type Estimate, interval, quantity } from "#src/analysis/quantity";
import type { SuiteSettings } from "#src/experiment/suite-options";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { err } from "#src/kernel/result";
import { normalQuantile } from "#src/stats/normal";

/** What an aggregate is made from: the analysis of an experiment, or why it has none. */
export interface Measured {
  readonly name: string;
  readonly analysis?: Analysis;
  /** Why its results do not count: it is not complete, it was not started. */
  readonly unfinished?: string;
  /** Metrics and conditions that it is to have. */
  readonly metrics: readonly string[];
  readonly conditions: readonly string[];
  /** Digest of its items. */
  readonly items?: string;
}

/** One metric of one condition over experiments. */
export interface SuiteAggregate {
  readonly metric: string;
  readonly condition: string;
  /** Weighted mean of what the experiments measured; absent where one of them has no value. */
  readonly estimate: Estimate;
  /** Experiments that have this metric and condition, and what each counts; weights sum to 1. */
  readonly experiments: readonly { readonly name: string; readonly weight: number }[];
  /** The metric as the first of them has it: for digits and units. */
  readonly as?: Pick<MetricAnalysis, "metric" | "kind" | "summaries">;
}

/**
 * Weighted means over the experiments that have a metric and a condition of the same name, at least two of them.
 *
 * The interval is that of a weighted sum of independent means, normal: `sum(w x) ± z sqrt(sum(w^2 se^2))`. It is absent for what is not a mean, and
 * where two experiments measured the same items.
 *
 * @param weights as of `suiteOptions`: what each experiment counts
 */
export function aggregatesOf(measured: readonly Measured[], weights: SuiteSettings["weights"]): SuiteAggregate[] {
  const metrics = [...new Set(measured.flatMap((each) => each.metrics))];
  const conditions = [...new Set(measured.flatMap((each) => each.conditions))];
  return metrics.flatMap((metric) =>
    conditions.flatMap((condition) => {
      const having = measured.filter((each) => each.metrics.includes(metric) && each.conditions.includes(condition));
      return having.length < 2 ? [] : [aggregate(metric, condition, having, weights)];
    }),
  );
}

function aggregate(
  metric: string,
  condition: string,
  having: readonly Measured[],
  weights: SuiteSettings["weights"],
): SuiteAggregate {
  const found = having.map((each) => ({ each, ...summaryOf(each, metric, condition) }));
  const raw = found.map(({ each, summary }) =>
    weights === "equal" ? 1 : weights === "items" ? (summary?.n ?? 0) : weights[each.name]!,
  );
  const sum = raw.reduce((total, weight) => total + weight, 0);
  const shares = raw.map((weight) => (sum > 0 ? weight / sum : 0));
  const experiments = having.map(({ name }, i) => ({ name, weight: shares[i]! }));
  const as = found.find((one) => one.of)?.of;
  const missing = found.filter(({ summary }, i) => shares[i]! > 0 && !summary?.estimate.value.ok);
  const about = { metric, condition, experiments, ...(as ? { as } : {}) };
  const without = (reason: string): SuiteAggregate => ({
    ...about,
    estimate: { value: err(reason), interval: err(reason) },
  });
  const unfinished = found.find(
    ({ each }, i) => each.unfinished !== undefined && (weights === "items" || shares[i]! > 0),
  );
  if (unfinished) return without(`${unfinished.each.name} ${unfinished.each.unfinished}`);
  if (missing.length > 0) return without(`${missing[0]!.each.name} has no value`);
  if (!(sum > 0)) return without("all weights are 0");
  const parts = found.flatMap(({ each, summary, of }, i) =>
    shares[i]! > 0 ? [{ each, summary: summary!, of: of!, weight: shares[i]! }] : [],
  );
  const value = parts.reduce((total, { summary, weight }) => total + weight * valueIn(summary), 0);
  return {
    ...about,
    estimate: { value: quantity(value, "it is not a number"), interval: intervalOf(value, parts) },
  };
}

interface Part {
  readonly each: Measured;
  readonly summary: Summary;
  readonly of: MetricAnalysis;
  readonly weight: number;
}

const valueIn = ({ estimate }: Summary): number => (estimate.value.ok ? estimate.value.value : Number.NaN);

function intervalOf(value: number, parts: readonly Part[]): Estimate["interval"] {
  const levels = new Set(parts.map(({ each }) => levelOf(each.analysis!)));
  if (levels.size > 1) return err("experiments have intervals of different levels");
  const other = parts.find(({ of }) => of.kind === "aggregate" || of.kind === "custom");
  if (other) return err("it is not a mean over items");
  const twice = parts.find(({ each }, i) =>
    parts.some((one, j) => j < i && one.each.items === each.items && each.items),
  );
  if (twice) return err("experiments measured the same items");
  let variance = 0;
  for (const { summary, weight } of parts) {
    if (!summary.sem.ok) return err(`no standard error: ${summary.sem.error}`);
    variance += (weight * summary.sem.value) ** 2;
  }
  const [level] = levels;
  const half = normalQuantile(0.5 + level! / 2) * Math.sqrt(variance);
  return interval(value - half, value + half, level!, "normal, of a weighted sum of independent means");
}

const levelOf = ({ options }: Analysis): number => options.confidenceInterval;

function summaryOf(
  { analysis }: Measured,
  metric: string,
  condition: string,
): { readonly of?: MetricAnalysis; readonly summary?: Summary } {
  const of = analysis?.metrics.find((one) => one.metric.name === metric);
  const summary = of?.summaries.find((one) => one.condition === condition);
  return { ...(of ? { of } : {}), ...(summary ? { summary } : {}) };
}

/** @throws ConfigError for a weight of no experiment, and for an experiment without a weight */
export function checkWeights(weights: SuiteSettings["weights"], names: readonly string[]): void {
  if (typeof weights === "string") return;
  const unknown = Object.keys(weights).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ConfigError("weights", "must name experiments of the suite", unknown, didYouMean(unknown, names));
  const missing = names.find((name) => !Object.hasOwn(weights, name));
  if (missing !== undefined)
    throw new ConfigError("weights", "must have a weight for every experiment of the suite", missing);
}
