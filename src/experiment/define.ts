import { z } from "zod";
import type { DatasetInput } from "#src/dataset/dataset";
import { type DatasetOptions, datasetOptions, sampleFields } from "#src/dataset/options";
import { faultLevels, ownFaults } from "#src/faults/level";
import { ConfigError, checkAll, didYouMean } from "#src/kernel/errors";
import { parseWhatIsRight } from "#src/kernel/parse";
import { isWellFormed, wellFormedLaw } from "#src/kernel/record";
import { checkNames, scorerNames } from "#src/scoring/names";
import { reducerNamed } from "#src/scoring/reducers";
import type { Condition, Factors } from "./condition.ts";
import { checkFaultLevels, crossed, refuseLostLevel } from "./fault-levels.ts";
import { checkGates, type Gate, gateOptions } from "./gates.ts";
import { type Hooks, hookSentences } from "./hooks.ts";
import { type Lineage, lineageSchema } from "./lineage.ts";
import { type MetricSchema, metricSchema } from "./metric-schema.ts";
import { type CustomMetric, directionOf, type MetricInput, metricSpec, settleDirection } from "./metrics.ts";
import { unlessMisled } from "./misled.ts";
import {
  type AnalysisOptions,
  analysisOptions,
  type BudgetOptions,
  budgetOptions,
  type Config,
  configOptions,
  truncatedChoices,
} from "./options.ts";
import { checkSequential } from "./sequential.ts";
import { type ConditionMakers, conditionMakers } from "./sweep.ts";

const functionOf = <F>(law: string) => z.custom<F>((value) => typeof value === "function", law);
const present = (value: unknown): boolean => value !== undefined && value !== null;

/** What may stand for a data set, as the end of a sentence. */
export const datasetLaw =
  "rows, an iterable, a function, jsonl(), csv(), parquet(), huggingFace(), streamed(), or a registered name";

/** A condition as written. */
export const conditionSchema = z.strictObject({
  name: z
    .string()
    .min(1)
    .refine(isWellFormed, `must be text ${wellFormedLaw}`)
    .describe("name, unique in the experiment"),
  description: z.string().optional().describe("one sentence for reports"),
  model: z.string().optional().describe("model that its calls are priced by"),
  run: functionOf<Condition["run"]>("must be a function (item, context) => metrics")
    .optional()
    .describe("does the task"),
  solver: functionOf<Condition["solver"]>("must be a solver (state, generate) => state")
    .optional()
    .describe("does the task by steps"),
  scorers: z
    .array(functionOf<NonNullable<Condition["scorers"]>[number]>("must be a scorer"))
    .optional()
    .describe("grade what the solver left"),
  backend: z.custom<Condition["backend"]>(present).optional().describe("model calls of the solver go here"),
  fields: sampleFields.optional().describe("which field of a row is the question, the answer, the choices"),
  messageLimit: z.int().positive().optional().describe("messages that one conversation may have"),
  tokenLimit: z.int().positive().optional().describe("tokens that the calls of one task may use together"),
  costLimit: z.number().positive().optional().describe("amount that the calls of one task may cost together"),
  truncated: z
    .enum(truncatedChoices)
    .optional()
    .describe("whether a reply that was cut off at its limit is scored; as `config.truncated` says when absent"),
  factors: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe("values that distinguish it in a sweep"),
  estimatedCost: z.number().nonnegative().optional().describe("expected amount per task"),
  faults: ownFaults.optional().describe("its level of a factor of faults; made from `faults` of the experiment"),
});

const hooksSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(hookSentences).map(([name, sentence]) => [
      name,
      functionOf<never>("must be a function").optional().describe(sentence),
    ]),
  ),
);

export const experimentSchema = z.strictObject({
  name: z.string().min(1).describe("name of the experiment"),
  description: z.string().default("").describe("what is being found out"),
  author: z.string().default("").describe("who runs it"),
  version: z.string().default("").describe("version of the experiment"),
  tags: z.array(z.string()).default([]).describe("words to find it by"),
  dataset: z.custom<DatasetInput>(present, `must be ${datasetLaw}`).describe("where items come from"),
  datasetConfig: datasetOptions.prefault({}).describe("how items are named and drawn"),
  conditions: z.array(conditionSchema).min(1).describe("the ways of doing the task that are compared"),
  faults: faultLevels
    .optional()
    .describe("levels of faults that every condition meets, by name: one without rules, the others lists of them"),
  metrics: z
    .array(z.union([z.string().min(1), metricSpec]))
    .min(1)
    .describe("what is compared"),
  repeat: z.int().min(1).default(1).describe("times that each condition does each item"),
  config: configOptions.prefault({}).describe("how tasks run"),
  costBudget: budgetOptions.prefault({}).describe("what the run may cost"),
  statisticalAnalysis: analysisOptions.prefault({}).describe("how conditions are compared"),
  customMetrics: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe("name under which the number is reported"),
        description: z.string().optional().describe("one sentence for reports"),
        direction: metricSpec.shape.direction,
        over: z
          .array(z.string().min(1))
          .min(1)
          .readonly()
          .optional()
          .describe("fields of each task that the function gets, one row a task"),
        fn: functionOf<CustomMetric["fn"]>(
          "must be a function of a condition's metrics, or of the rows of `over`",
        ).describe("makes the number from a condition's metrics, or from the rows of `over`"),
      }),
    )
    .default([])
    .describe("numbers made from a condition's metrics, or from the rows of its tasks"),
  metricSchemas: z.record(z.string(), metricSchema).default({}).describe("what each metric must look like"),
  gates: z.array(gateOptions).default([]).describe("what results must be; exit code 100 when they are not"),
  hooks: hooksSchema.default({}).describe("functions called at fixed points of the run"),
  lineage: z
    .union([
      lineageSchema,
      functionOf<(task: { itemId: string; condition: string; repeat: number }) => Lineage>("must be a function"),
    ])
    .optional()
    .describe("ids of a surrounding system"),
});

/** What `defineExperiment` takes. `Row` is inferred from `dataset` and reaches `run` and the hooks. */
export interface ExperimentInput<Row = unknown>
  extends Omit<
    z.input<typeof experimentSchema>,
    "dataset" | "conditions" | "hooks" | "metrics" | "customMetrics" | "metricSchemas" | "gates"
  > {
  readonly dataset: DatasetInput<Row>;
  readonly conditions: readonly Condition<NoInfer<Row>>[];
  readonly metrics: readonly MetricInput[];
  readonly customMetrics?: readonly CustomMetric[] | undefined;
  readonly metricSchemas?: Readonly<Record<string, MetricSchema>> | undefined;
  readonly gates?: readonly Gate[] | undefined;
  readonly hooks?: Hooks<NoInfer<Row>> | undefined;
}

/** The metric of a gate: one that is named, where the compiler knows its name. */
type GatedOn<Gated extends string, Name extends string> = string extends Gated ? string : Gated & NoInfer<Name>;

/**
 * Conditions, and lists of them, which are laid flat. The compiler tells an element of a list what is expected of it, and tells what is
 * spread into one nothing: so `[rows.map(...), sweep(...)]` knows the rows where `[...rows.map(...)]` does not.
 */
export type NestedConditions<Row = unknown> = readonly (Condition<Row> | NestedConditions<Row>)[];

/** The same with conditions that a function may make: what is in it knows the rows, as do `sweep` and `each`, with which it is called. */
export interface ExperimentDefinition<Row = unknown, Name extends string = string, Gated extends string = string>
  extends Omit<ExperimentInput<Row>, "dataset" | "conditions" | "hooks" | "metrics" | "customMetrics" | "gates"> {
  readonly metrics: readonly (Name | (Exclude<MetricInput, string> & { readonly name: Name }))[];
  readonly customMetrics?: readonly (CustomMetric & { readonly name: Name })[] | undefined;
  /** What results must be; a metric that is written here and named nowhere above is an error of the compiler. */
  readonly gates?: readonly (Gate & { readonly metric: GatedOn<Gated, Name> })[] | undefined;
  readonly dataset: DatasetInput<Row>;
  readonly conditions:
    | NestedConditions<NoInfer<Row>>
    | ((make: ConditionMakers<NoInfer<Row>>) => NestedConditions<NoInfer<Row>>);
  readonly hooks?: Hooks<NoInfer<Row>> | undefined;
}

/** A checked and frozen definition: all defaults filled in. */
export interface Experiment {
  readonly name: string;
  readonly description: string;
  readonly author: string;
  readonly version: string;
  readonly tags: readonly string[];
  readonly dataset: DatasetInput;
  readonly datasetConfig: DatasetOptions;
  readonly conditions: readonly (Condition & { readonly factors: Factors })[];
  readonly metrics: readonly MetricInput[];
  readonly repeat: number;
  readonly config: Config;
  readonly costBudget: BudgetOptions;
  readonly statisticalAnalysis: AnalysisOptions;
  readonly customMetrics: readonly CustomMetric[];
  readonly metricSchemas: Readonly<Record<string, MetricSchema>>;
  readonly gates: readonly Gate[];
  readonly hooks: Hooks;
  readonly lineage?: Lineage | ((task: { itemId: string; condition: string; repeat: number }) => Lineage) | undefined;
}

/** Marks definitions, across copies of this module, and keeps what was written without the defaults. */
const written = Symbol.for("crucible-harness.experiment");

/** Whether `value` came out of `defineExperiment`. */
export const isExperiment = (value: unknown): value is Experiment =>
  typeof value === "object" && value !== null && written in value;

/** The definition as it was written: what it leaves open may come from the environment or a configuration file. */
export const asWritten = (experiment: Experiment): ExperimentInput =>
  (experiment as Experiment & { [written]: ExperimentInput })[written];

/** The same experiment with some options changed, checked again. */
export const redefine = (experiment: Experiment, change: Partial<ExperimentInput>): Experiment =>
  defineExperiment({ ...asWritten(experiment), ...change });

/**
 * Checks a definition, fills in all defaults, and freezes it.
 *
 * @throws ConfigError with all that is wrong: of each the path of the option, the law, the value, and the nearest right name
 * @example defineExperiment({ name: "x", dataset: [1], conditions: [{ name: "a", run: () => 1 }], metrics: ["value"] }).repeat // => 1
 */
export function defineExperiment<Row, const Name extends string = string, const Gated extends string = string>(
  definition: ExperimentDefinition<Row, Name, Gated>,
): Experiment {
  const input = withConditionsMade(definition) as ExperimentInput<Row>;
  const { faults, faulty, data } = parseWhatIsRight(experimentSchema, input, { name: "?", dataset: [] });
  const levels = data?.faults;
  const experiment = data as Experiment | undefined;
  checkAll([
    ...faults.map((fault) => () => {
      throw fault;
    }),
    () => refuseLostLevel((input as Partial<ExperimentInput> | undefined)?.faults),
    ...(experiment ? checksOf(experiment, levels).map((check) => () => unlessMisled(check, faulty)) : []),
  ]);
  if (levels) return defineExperiment(crossed(input, levels)); // references are checked where the conditions have their names
  for (const condition of experiment!.conditions) inherit(condition, experiment!);
  Object.defineProperty(experiment, written, { value: input });
  return deepFreeze(experiment!);
}

/** Lists in lists: more than a person writes, and an end for a list that contains itself. */
const MAX_NESTING = 5;

/** Whatever was given, with its conditions made where a function makes them, in one list. */
function withConditionsMade(given: object): unknown {
  const written: unknown = (given as Partial<ExperimentDefinition> | undefined)?.conditions;
  const made: unknown = typeof written === "function" ? written(conditionMakers) : written;
  const conditions = Array.isArray(made) && made.some(Array.isArray) ? made.flat(MAX_NESTING) : made;
  return conditions === written ? given : { ...given, conditions };
}

/** What conditions with a solver take over from the experiment. */
function inherit(condition: Condition, { datasetConfig, config }: Experiment): void {
  if (!condition.solver) return;
  if (datasetConfig.fields) Object.assign(condition, { fields: condition.fields ?? datasetConfig.fields });
  if (condition.truncated === undefined && config.truncated !== "score")
    Object.assign(condition, { truncated: config.truncated });
}

const checksOf = (experiment: Experiment, levels: z.output<typeof faultLevels> | undefined): (() => void)[] => [
  ...experiment.conditions.map((condition, i) => () => checkCondition(condition, i)),
  ...experiment.conditions.map((_, i) => () => checkUnique(experiment.conditions, i)),
  ...(levels
    ? checkFaultLevels(levels, experiment)
    : [...checksOfReferences(experiment), () => checkSequential(experiment)]),
];

function checkUnique(conditions: readonly Condition[], i: number): void {
  const { name } = conditions[i]!;
  const first = conditions.findIndex((other) => other.name === name);
  if (first < i)
    throw new ConfigError(`conditions[${i}].name`, `must be unique; conditions[${first}] has it too`, name);
}

const ofSolvers = ["fields", "messageLimit", "tokenLimit", "costLimit", "truncated"] as const;

function checkCondition(condition: Condition, i: number): void {
  const place = `conditions[${i}]`;
  if (condition.run && condition.solver) throw new ConfigError(place, "must have either run or solver, not both");
  if (condition.run) {
    const idle = ofSolvers.find((name) => condition[name] !== undefined);
    if (idle)
      throw new ConfigError(`${place}.${idle}`, "is for conditions with a solver; a run function sees to it itself");
    return;
  }
  if (!condition.solver)
    throw new ConfigError(
      place,
      "must have a run function, or a solver with scorers",
      undefined,
      `Condition ${JSON.stringify(condition.name)} has neither`,
    );
  if (!condition.scorers?.length)
    throw new ConfigError(`${place}.scorers`, "must have at least one scorer beside a solver");
  checkNames(scorerNames(condition.scorers), `${place}.scorers`);
}

function checksOfReferences(experiment: Experiment): (() => void)[] {
  const { conditions, statisticalAnalysis, metrics, customMetrics, gates, repeat } = experiment;
  const { baseline, pairs } = statisticalAnalysis;
  const names = metrics.map((metric) => (typeof metric === "string" ? metric : metric.name));
  return [
    () => checkBaseline(conditions, baseline),
    () => checkPairs(conditions, pairs),
    ...metrics.map((metric, i) => () => checkMetric(metric, i, names, repeat)),
    () => {
      const directions = new Map(metrics.map((metric, i) => [names[i]!, directionOf(metric)]));
      for (const custom of customMetrics) directions.set(custom.name, settleDirection(custom).direction);
      checkGates(gates, { metrics: directions, conditions, baseline, pairs });
    },
  ];
}

function checkBaseline(conditions: Experiment["conditions"], baseline: string | undefined): void {
  const names = conditions.map(({ name }) => name);
  if (baseline === undefined || names.includes(baseline)) return;
  const place = "statisticalAnalysis.baseline";
  throw new ConfigError(place, "must be the name of a condition", baseline, didYouMean(baseline, names));
}

function checkPairs(conditions: Experiment["conditions"], pairs: AnalysisOptions["pairs"]): void {
  const factors = new Set(conditions.flatMap((condition) => Object.keys(condition.factors)));
  if (!pairs || factors.has(pairs.within)) return;
  const place = "statisticalAnalysis.pairs.within";
  throw new ConfigError(place, "must be a factor of the sweep", pairs.within, didYouMean(pairs.within, factors));
}

function checkMetric(metric: MetricInput, i: number, names: readonly string[], repeat: number): void {
  if (names.indexOf(names[i]!) < i) throw new ConfigError(`metrics[${i}]`, "is listed twice", names[i]);
  const needs = typeof metric === "string" ? 1 : (reducerNamed(metric.reducer ?? "mean")?.needs ?? 1);
  if (needs > repeat) throw new ConfigError(`metrics[${i}].reducer`, `needs repeat to be at least ${needs}`, repeat);
}

const plugs: ReadonlySet<string> = new Set(["dataset", "backend", "executor"]);

/** Freezes plain objects and arrays; leaves data sets, plugs, functions and instances of classes alone: they may have state. */
function deepFreeze(experiment: Experiment): Experiment {
  const freeze = (value: unknown): void => {
    if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== Array.prototype) return;
    Object.freeze(value);
    for (const [key, member] of Object.entries(value)) if (!plugs.has(key)) freeze(member);
  };
  freeze(experiment);
  return experiment;
}
