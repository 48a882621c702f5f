import { isDatasetFile } from "#src/dataset/file";
import { hubSource, isHubDataset } from "#src/dataset/hugging-face";
import type { SampleFields } from "#src/dataset/options";
import { isStream } from "#src/dataset/stream";
import type { OwnFaults } from "#src/faults/level";
import { canonicalJson, digest } from "#src/kernel/digest";
import { schemaKind } from "#src/schema/schema";
import { scorerNames } from "#src/scoring/names";
import type { Scorer } from "#src/scoring/scorer";
import { describePart } from "#src/solver/describe";
import type { Condition, Factors } from "./condition.ts";
import { type Experiment, isExperiment } from "./define.ts";
import type { Gate } from "./gates.ts";
import { hookNames } from "./hooks.ts";
import type { CustomMetric, MetricInput } from "./metrics.ts";
import { type OptionChange, optionChanges } from "./option-changes.ts";
import type { ScorerDigests } from "./scoring-record.ts";

/** An experiment as plain JSON: names, options and digests, no functions. */
export interface ExperimentDescription {
  readonly format: "crucible-experiment/1";
  readonly name: string;
  readonly description: string;
  readonly author: string;
  readonly version: string;
  readonly tags: readonly string[];
  /** A path, a registered name, or the kind of thing the rows come from. */
  readonly dataset: string;
  readonly datasetConfig: Readonly<Record<string, unknown>>;
  readonly conditions: readonly {
    readonly name: string;
    readonly description?: string | undefined;
    readonly model?: string | undefined;
    readonly factors: Factors;
    readonly kind: "run" | "solver";
    /** Names of the scorers beside a solver: each is a metric, and the first is `accuracy` too. */
    readonly scorers?: readonly string[] | undefined;
    readonly fields?: SampleFields | undefined;
    readonly messageLimit?: number | undefined;
    readonly tokenLimit?: number | undefined;
    readonly costLimit?: number | undefined;
    readonly truncated?: "score" | "unscored" | undefined;
    /** Its level of a factor of faults. */
    readonly faults?: OwnFaults | undefined;
    /** Digest of the source text of the condition's function: a changed body is a changed condition. */
    readonly code: string;
  }[];
  readonly metrics: readonly MetricInput[];
  readonly repeat: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly costBudget: Readonly<Record<string, unknown>>;
  readonly statisticalAnalysis: Readonly<Record<string, unknown>>;
  readonly customMetrics: readonly (Omit<CustomMetric, "fn"> & {
    /** Digest of the source text of its function; absent in runs that are older than this entry. */
    readonly code?: string | undefined;
  })[];
  readonly metricSchemas: Readonly<Record<string, unknown>>;
  /** Absent in runs that are older than this entry. */
  readonly gates?: readonly Gate[];
  readonly hooks: readonly string[];
}

/** Of definitions, which are frozen: a run describes its own five times. */
const written = new WeakMap<Experiment, string>();

/** The experiment as plain JSON, for manifests, comparison and other programs. */
export function describe(experiment: Experiment): ExperimentDescription {
  const text = written.get(experiment) ?? canonicalJson(partsOf(experiment));
  if (isExperiment(experiment)) written.set(experiment, text);
  return JSON.parse(text) as ExperimentDescription; // the caller's own
}

function partsOf(experiment: Experiment): ExperimentDescription {
  const { executor: _, ...config } = experiment.config;
  const { datasetConfig } = experiment;
  return {
    format: "crucible-experiment/1",
    name: experiment.name,
    description: experiment.description,
    author: experiment.author,
    version: experiment.version,
    tags: experiment.tags,
    dataset: datasetName(experiment.dataset),
    datasetConfig: { ...datasetConfig, ...(datasetConfig.schema ? { schema: schemaKind(datasetConfig.schema) } : {}) },
    conditions: experiment.conditions.map(({ run, solver, scorers, backend: _, estimatedCost: __, ...plainParts }) => ({
      ...plainParts,
      kind: run ? ("run" as const) : ("solver" as const),
      ...(solver && scorers ? { scorers: scorerNames(scorers) } : {}),
      code: digest(codeOf({ run, solver, scorers })).slice(0, 16),
    })),
    metrics: experiment.metrics,
    repeat: experiment.repeat,
    config,
    costBudget: experiment.costBudget,
    statisticalAnalysis: experiment.statisticalAnalysis,
    customMetrics: experiment.customMetrics.map(({ fn, ...parts }) => ({
      ...parts,
      code: digest(String(fn)).slice(0, 16),
    })),
    metricSchemas: experiment.metricSchemas,
    gates: experiment.gates,
    hooks: hookNames.filter((name) => experiment.hooks[name] !== undefined),
  };
}

/** Digest of the code of each scorer by condition. */
export const scorerDigests = ({ conditions }: Pick<Experiment, "conditions">): ScorerDigests =>
  Object.fromEntries(conditions.map(({ name, scorers = [] }) => [name, digestsOf(scorers)]));

/** Digest of the code of each scorer by its name. */
export function digestsOf(scorers: readonly Scorer[]): Readonly<Record<string, string>> {
  const names = scorerNames(scorers);
  return Object.fromEntries(scorers.map((each, i) => [names[i]!, digest(describePart(each)).slice(0, 16)]));
}

/**
 * Fields that results may have although none of them does: where nothing could be scored, a scorer's metric is empty and not misspelled.
 *
 * @example promisedFields({ conditions: [{ scorers: ["match"] }] }) // => ["tokens", "accuracy", "match"]
 */
export const promisedFields = ({
  conditions,
}: {
  conditions: readonly { scorers?: readonly string[] | undefined }[];
}): string[] =>
  conditions.flatMap(({ scorers = [] }) => (scorers.length > 0 ? ["tokens", "accuracy", ...scorers] : []));

/** What identifies the implementation of a condition: the text of its function, or of its solver's steps and its scorers. */
const codeOf = ({ run, solver, scorers = [] }: Pick<Condition, "run" | "solver" | "scorers">): unknown =>
  run ? String(run) : [describePart(solver), scorers.map(describePart)];

function datasetName(dataset: Experiment["dataset"]): string {
  if (typeof dataset === "string") return dataset;
  if (isDatasetFile(dataset)) return dataset.path;
  if (isHubDataset(dataset)) return hubSource(dataset);
  if (isStream(dataset)) return `stream ${dataset.name}`;
  if (typeof dataset === "function") return `function ${dataset.name || "(anonymous)"}`;
  return Array.isArray(dataset) ? "rows in the experiment file" : "iterable";
}

/** Options about how to run, which may differ between a run and its resume, and about how to read, which the lock of the run looks after. */
const howToRun = new Set([
  "config.maxParallel",
  "config.rateLimit",
  "config.onConditionFailure",
  "config.errorHandling",
  "costBudget",
  "description",
  "author",
  "tags",
  "statisticalAnalysis",
  "customMetrics",
  "gates",
  "hooks",
  "metrics",
]);

/**
 * The options in which two definitions differ such that their results must not be mixed.
 *
 * @returns paths in the order of the definition, such as `conditions[0].code` or `config.timeoutMs`
 */
export const changedOptions = (before: ExperimentDescription, after: ExperimentDescription): string[] =>
  changesOfResults(before, after).map(({ path }) => path);

/** As `changedOptions`, with both values. */
export const changesOfResults = (before: ExperimentDescription, after: ExperimentDescription): OptionChange[] =>
  optionChanges(before, after).filter(({ path }) => !isHowToRun(path));

const isHowToRun = (path: string): boolean => {
  const steps = path.split(/\.|(?=\[)/);
  return steps.some((_, i) => howToRun.has(steps.slice(0, i + 1).join(".")));
};
