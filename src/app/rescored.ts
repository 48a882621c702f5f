import { backendOf } from "#src/backends/backend";
import type { SampleFields } from "#src/dataset/options";
import { NOT_STORED } from "#src/experiment/answer";
import type { Condition } from "#src/experiment/condition";
import { asWritten, type Experiment, type ExperimentInput, redefine } from "#src/experiment/define";
import type { Manifest } from "#src/experiment/manifest";
import { declaredMetric, type MetricInput } from "#src/experiment/metrics";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { FailureError } from "#src/kernel/failure";
import { scorerNames } from "#src/scoring/names";
import type { Scorer } from "#src/scoring/scorer";
import type { Solver } from "#src/solver/solver";

/** Which scorers score the answers of a run. */
export interface Wanted {
  /** Of all conditions; those of the experiment when absent. */
  readonly scorers?: readonly Scorer[] | undefined;
  /** Names of those that do; all when absent. */
  readonly only?: readonly string[] | undefined;
  /** Which field of a row is what; as each condition says when absent. */
  readonly fields?: SampleFields | undefined;
}

/**
 * An experiment that scores the answers of a run: its conditions are those of the run, and have the scorers that are wanted. It has
 * no stopping rule, no gates and no hooks, which decide about the run.
 *
 * @param definition with conditions of the same names
 * @throws ConfigError for a condition that it has not, or that has no scorer, and for the name of a scorer that none has
 */
export function rescored(definition: Experiment, { experiment, seed }: Manifest, wanted: Wanted): Experiment {
  const own = new Map(definition.conditions.map((condition) => [condition.name, condition]));
  const conditions = experiment.conditions.map(({ name }) => {
    const condition = own.get(name);
    if (condition) return rescoredCondition(condition, wanted);
    const near = didYouMean(name, [...own.keys()]);
    throw new ConfigError("conditions", `must have ${name}, whose answers are scored`, [...own.keys()], near);
  });
  if (wanted.only) refuseUnknown(wanted.only, conditions, definition, wanted);
  const written = asWritten(definition);
  const known = new Set(["accuracy", "latency", "cost", "tokens"]);
  for (const { scorers = [] } of conditions) for (const name of scorerNames(scorers)) known.add(name);
  const isKnown = (field: string): boolean => known.has(field) || known.has(field.split(".", 1)[0]!);
  const { sequential: _, ...statisticalAnalysis } = (written.statisticalAnalysis ?? {}) as { sequential?: unknown };
  return redefine(definition, {
    conditions,
    repeat: experiment.repeat,
    gates: [],
    hooks: { onError: (_condition, _item, { message }) => (message.includes(NOT_STORED) ? "abort" : undefined) },
    statisticalAnalysis,
    config: {
      ...written.config,
      randomSeed: seed,
      executor: undefined,
      errorHandling: { ...written.config?.errorHandling, dlqEnabled: false },
    },
    ...(wanted.scorers || wanted.only ? measuredBy(definition, isKnown, conditions) : {}),
  } as Partial<ExperimentInput>);
}

function rescoredCondition(condition: Condition, { scorers: given, only, fields }: Wanted): Condition {
  const all = given ?? condition.scorers ?? [];
  const names = scorerNames(all);
  const scorers = only ? all.filter((_, i) => only.includes(names[i]!)) : all;
  const { run: _, estimatedCost: __, ...rest } = condition;
  if (all.length === 0)
    throw new ConfigError(
      `conditions.${condition.name}`,
      "has no scorers: it is a function",
      undefined,
      "Name a file that exports a list of them by default: export default [match()]",
    );
  return { ...rest, ...(fields ? { fields } : {}), solver: recall, scorers, backend: condition.backend ?? noBackend };
}

function refuseUnknown(
  only: readonly string[],
  conditions: readonly Condition[],
  definition: Experiment,
  { scorers }: Wanted,
): void {
  const names = [
    ...new Set(scorers ? scorerNames(scorers) : definition.conditions.flatMap((one) => scorerNames(one.scorers ?? []))),
  ];
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ConfigError("scorer", `must be one of ${names.join(", ")}`, unknown, didYouMean(unknown, names));
  const without = conditions.find((one) => one.scorers!.length === 0);
  if (without) throw new ConfigError(`conditions.${without.name}`, `has none of the scorers ${only.join(", ")}`);
}

/** What of a definition can be measured by other scorers than its own: their scores, and what was measured of the answers. */
function measuredBy(
  { metrics, metricSchemas, customMetrics }: Experiment,
  isKnown: (field: string) => boolean,
  conditions: readonly Condition[],
): Partial<ExperimentInput> {
  const names = [...new Set(conditions.flatMap(({ scorers = [] }) => scorerNames(scorers)))];
  const kept = metrics.filter((metric) => isKnown(declaredMetric(metric).from));
  const listed = new Set(kept.map((metric) => declaredMetric(metric).name));
  const scores: MetricInput[] = names.length === 1 ? ["accuracy"] : names;
  return {
    metrics: [...scores.filter((name) => !listed.has(name as string)), ...kept],
    metricSchemas: Object.fromEntries(Object.entries(metricSchemas).filter(([name]) => isKnown(name))),
    customMetrics: customMetrics.filter(({ over = [] }) => over.every(isKnown)),
  } as Partial<ExperimentInput>;
}

/** Stands for the solver, which is not asked again. */
const recall: Solver = () => {
  throw new FailureError("invalid_query", `${NOT_STORED}: the answer itself`);
};

/** For scorers that ask no model. */
const noBackend = backendOf("none", () => {
  throw new FailureError("invalid_query", "a scorer asks a model, and neither the condition nor the run has a backend");
});
