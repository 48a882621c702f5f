import { z } from "zod";
import { breakerOptions } from "#src/policy/breaker";
import { budgetOptions } from "#src/policy/budget";
import { retryOptions } from "#src/policy/retry";

/** Every option of an experiment and of a run, each with unit, default and sentence: types, defaults, flags, help and tables come from here. */

export const errorHandlingOptions = z.strictObject({
  ...retryOptions.shape,
  ...breakerOptions.shape,
  dlqEnabled: z.boolean().default(false).describe("whether permanently failed tasks are also written as dead letters"),
  dlqPath: z.string().min(1).default("./failed_tasks.jsonl").describe("JSON Lines file of the dead letters"),
});

export const metricValidationOptions = z.strictObject({
  enabled: z.boolean().default(true).describe("whether results are held against `metricSchemas`"),
  onInvalid: z
    .enum(["log_and_continue", "log_and_retry", "abort"])
    .default("log_and_continue")
    .describe("what an invalid metric means: unscored for that metric, another attempt, or the end of the run"),
  coerceTypes: z.boolean().default(true).describe('whether "0.85" counts as 0.85; "0.85abc" never does'),
});

/** What becomes of a reply that was cut off at its limit of tokens. */
export const truncatedChoices = ["score", "unscored"] as const;

export const configOptions = z.strictObject({
  timeoutMs: z.number().min(1).default(30_000).describe("milliseconds an attempt may take"),
  rateLimit: z.number().positive().optional().describe("task starts per second, over the whole run"),
  maxParallel: z.int().min(1).default(10).describe("tasks running at the same time, over the whole run"),
  randomSeed: z.int().default(42).describe("seed of order, sampling, jitter and `ctx.random()`"),
  executor: z.unknown().optional().describe("where tasks run: a value such as `inline()`"),
  onConditionFailure: z
    .enum(["isolate", "abort"])
    .default("isolate")
    .describe("whether a condition that gives up leaves the others running"),
  errorHandling: errorHandlingOptions.prefault({}).describe("retries, circuit breaker, dead letters"),
  truncated: z
    .enum(truncatedChoices)
    .default("score")
    .describe(
      "whether a reply that was cut off at its limit of tokens is scored as it stands; it is counted either way",
    ),
  metricValidation: metricValidationOptions.prefault({}).describe("what happens to metrics that their schema refuses"),
});
export type Config = z.output<typeof configOptions>;
export type ErrorHandling = z.output<typeof errorHandlingOptions>;

export const corrections = ["min-p", "none", "bonferroni", "holm", "hochberg", "hommel", "bh", "by"] as const;

export const sequentialOptions = z.strictObject({
  alpha: z.number().gt(0).lt(1).describe("probability of a false alarm over all pairs, however often one looks"),
  method: z.enum(["confidence_sequence", "e_value"]).describe("what decides"),
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high, "must be [least, greatest]")
    .optional()
    .describe("values of the first metric lie within; as its schema says, else 0 to 1, when absent"),
});
export type SequentialOptions = z.output<typeof sequentialOptions>;

export const analysisOptions = z.strictObject({
  significanceLevel: z.number().gt(0).lt(1).default(0.05).describe("probability of a false alarm that is accepted"),
  multipleTestingCorrection: z
    .enum(corrections)
    .default("min-p")
    .describe("how p-values of a family are adjusted; intervals of differences follow"),
  family: z
    .enum(["metric", "all"])
    .default("metric")
    .describe("whether each metric is a family of tests by itself, the first being primary, or all metrics are one"),
  confidenceInterval: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("level of all intervals; 1 - significanceLevel when absent"),
  baseline: z.string().optional().describe("condition that all others are compared with, instead of every pair"),
  pairs: z
    .strictObject({ within: z.string().describe("name of the factor") })
    .optional()
    .describe("compares only conditions that agree on this factor of a sweep"),
  failedAs: z
    .union([z.literal("missing"), z.literal(0)])
    .default("missing")
    .describe("how a failed task counts; the other reading is printed too"),
  mcnemar: z.enum(["exact", "mid-p"]).default("exact").describe("which test compares paired yes-or-no metrics"),
  equivalenceMargin: z
    .record(z.string(), z.number().positive())
    .default({})
    .describe("per metric, the difference that still counts as equal (TOST)"),
  resamples: z.int().min(100).default(2000).describe("bootstrap and permutation draws, seeded by `randomSeed`"),
  by: z
    .array(z.string().min(1))
    .min(1)
    .refine((names) => new Set(names).size === names.length, "must not name a field twice")
    .optional()
    .describe(
      "fields of the items by which results are also sliced, each with a test of whether differences depend on it",
    ),
  sequential: sequentialOptions
    .optional()
    .describe("stops the run as soon as the comparison is decided, with anytime-valid error"),
});
export type AnalysisOptions = z.output<typeof analysisOptions>;
/** With the level of intervals that follows from the others where none was given. */
export type SettledStatistics = AnalysisOptions & { readonly confidenceInterval: number };

export const formats = ["markdown", "latex", "html", "jupyter", "csv", "json", "junit"] as const;
export type Format = (typeof formats)[number];

/** Options of one run. Directories and limits may also come from `crucible.config.ts` and `CRUCIBLE_*`. */
export const runOptions = z.strictObject({
  outputDir: z.string().min(1).default("./results").describe("folder of the reports"),
  formats: z.array(z.enum(formats)).default(["markdown"]).describe("report formats"),
  checkpointDir: z.string().min(1).default("./checkpoints").describe("folder of the stores, one file a run"),
  dryRun: z.boolean().default(false).describe("validates, plans and estimates, executes nothing"),
  failFast: z
    .boolean()
    .default(false)
    .describe("ends the run at the first task that fails; those that are running end, and it can be resumed"),
  confirm: z.boolean().default(false).describe("asks before spending; refuses where there is no terminal to ask"),
  durability: z
    .enum(["process", "power-loss"])
    .default("process")
    .describe("what an acknowledged result survives: a killed process, or also a lost power supply"),
  observe: z
    .boolean()
    .default(true)
    .describe("keeps facts beside the store and answers `crucible ps` and `crucible view`"),
  keepReplies: z
    .string()
    .min(1)
    .optional()
    .describe(
      "folder that keeps what `openaiCompatible` and `aiSdk` replied: an equal request of a later run is answered from it, and is not paid again",
    ),
  telemetry: z
    .boolean()
    .default(false)
    .describe("makes spans and metrics of OpenTelemetry through `@opentelemetry/api`"),
});
export type RunSettings = z.output<typeof runOptions>;
export type RunSettingsInput = z.input<typeof runOptions>;

export type { BudgetOptions } from "#src/policy/budget";
export { budgetOptions };
