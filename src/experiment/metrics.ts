import { z } from "zod";
import { ConfigError, didYouMean } from "#src/kernel/errors";
import { ownMember } from "#src/kernel/record";
import { reducerNamed } from "#src/scoring/reducers";
import { type Direction, directionOfName } from "./direction.ts";
import { isLoadDependent } from "./load-dependent.ts";

export { type FlatMetrics, flatten, flattenReturned, type MetricValue, split } from "./metric-values.ts";

export const aggregates = ["mean", "median", "std", "min", "max", "sum", "p50", "p90", "p95", "p99"] as const;
/** How the values of a field become one number per condition. */
export type Aggregate = (typeof aggregates)[number];

export const directionOption = z
  .enum(["higher", "lower", "none"])
  .optional()
  .describe(
    "which way is better; known for names such as accuracy and latency, else none, and neither is called better",
  );

export const metricSpec = z.strictObject({
  name: z.string().min(1).describe("name under which the metric is reported"),
  from: z.string().min(1).optional().describe("field of the result, dotted for nested ones; the name when absent"),
  aggregate: z.enum(aggregates).default("mean").describe("how the values of a condition become one number"),
  reducer: z
    .string()
    .refine(
      (name) => reducerNamed(name) !== undefined,
      "must be mean, median, mode, max, at_least_<k>, pass_at_<k> or pass_k_<k>",
    )
    .optional()
    .describe("how the repeats of an item become its one number; their mean when absent"),
  direction: z
    .enum(["higher", "lower", "none"])
    .optional()
    .describe(
      "which way is better; known for names such as accuracy and latency, else none, and neither is called better",
    ),
  loadDependent: z
    .boolean()
    .optional()
    .describe(
      "whether it depends on how busy the machine was, and so is not tested across runs; known for durations and rates",
    ),
  unit: z.string().optional().describe("unit printed beside the numbers"),
  scale: z
    .enum(["interval", "ordinal"])
    .default("interval")
    .describe("ordinal for grades whose steps need not be equally wide: they are tested by ranks"),
});

/** A metric with everything settled: what is read, how it is summed up, which way is better. */
export interface Metric {
  readonly name: string;
  readonly from: string;
  readonly aggregate: Aggregate;
  /** How the repeats of an item become its one number, by name; their mean when absent. */
  readonly reducer?: string;
  readonly direction: Direction;
  /** Present where it is not known which way is better and the name does not tell. */
  readonly directionUnknown?: true;
  /** Depends on how busy the machine was: not tested across runs. */
  readonly loadDependent?: true;
  readonly unit?: string;
  /** Grades whose steps need not be equally wide. */
  readonly ordinal?: boolean;
}

/** A metric as written: a name, or said in full. */
export type MetricInput = string | z.input<typeof metricSpec>;

const knownUnits: Readonly<Record<string, string>> = { latency: "ms", duration: "ms", latency_ms: "ms" };

/**
 * Reads a metric's name: a plain name is the mean of that field, `latency_p99` the 99th percentile of `latency`,
 * `cost_per_query` the mean of `cost` over tasks. A field that really bears the whole name wins. `latency` is the run's own: where all replies
 * came from a cache it has no values, and that is not a mistake.
 *
 * @param returned fields that some result had
 * @returns the metric, or nothing when no result had its field
 * @example readMetric("latency_p99", ["latency"])?.aggregate // => "p99"
 */
export function readMetric(input: MetricInput, returned: Iterable<string>): Metric | undefined {
  const fields = returned instanceof Set ? returned : new Set(returned);
  const possible = readings(input);
  return possible.find(({ from }) => fields.has(from)) ?? possible.find(({ from }) => from === "latency");
}

/** Fields that a metric may be read from, the preferred first. */
export const possibleFields = (input: MetricInput): string[] => readings(input).map(({ from }) => from);

/** The metric as far as it says itself what it is, or its name does: before any result. */
export const declaredMetric = (input: MetricInput): Metric => readings(input).at(-1)!;

/** All readings of a metric's name, the preferred first. */
function readings(input: MetricInput): Metric[] {
  if (typeof input !== "string") return [settle(metricSpec.parse(input))];
  const plain = settle({ name: input, from: input, aggregate: "mean" });
  const perQuery = /^(.+)_per_query$/.exec(input);
  if (perQuery) return [plain, settle({ name: input, from: perQuery[1]!, aggregate: "mean" })];
  const suffix = /^(.+)_([a-z0-9]+)$/.exec(input);
  if (suffix && (aggregates as readonly string[]).includes(suffix[2]!)) {
    return [plain, settle({ name: input, from: suffix[1]!, aggregate: suffix[2] as Aggregate })];
  }
  return [plain];
}

function settle(spec: Omit<z.output<typeof metricSpec>, "scale"> & { scale?: "interval" | "ordinal" }): Metric {
  const from = spec.from ?? spec.name;
  const unit = spec.unit ?? ownMember(knownUnits, from);
  return {
    name: spec.name,
    from,
    aggregate: spec.aggregate,
    ...(spec.reducer === undefined ? {} : { reducer: spec.reducer }),
    ...settleDirection({ ...spec, from }),
    ...((spec.loadDependent ?? (isLoadDependent(spec.name) || isLoadDependent(from))) ? { loadDependent: true } : {}),
    ...(unit === undefined ? {} : { unit }),
    ...(spec.scale === "ordinal" ? { ordinal: true } : {}),
  };
}

/**
 * Which way is better: as said, else as the names tell; how far values spread is never better either way.
 *
 * @example settleDirection({ name: "slow", from: "latency", aggregate: "p95" }) // => { direction: "lower" }
 * @example settleDirection({ name: "sentiment" }) // => { direction: "none", directionUnknown: true }
 */
export function settleDirection({
  name,
  from = name,
  aggregate,
  direction,
}: Pick<z.input<typeof metricSpec>, "name" | "from" | "aggregate" | "direction">): Pick<
  Metric,
  "direction" | "directionUnknown"
> {
  if (direction) return { direction };
  const known = aggregate === "std" ? "none" : directionOfName(from);
  const own = directionOfName(name);
  const settled = from === name || own === "none" || own === known ? known : known === "none" ? own : "none";
  return settled === "none" ? { direction: "none", directionUnknown: true } : { direction: settled };
}

/** That of a metric as it is written, before any result is there. @example directionOf("latency_p99") // => "lower" */
export const directionOf = (input: MetricInput): Direction => readings(input).at(-1)!.direction;

/**
 * Reads all metrics of an experiment. Where nothing was returned at all, because every task failed, names are read by their form.
 *
 * @throws ConfigError for a metric that no condition ever returned, with the fields that were
 */
export function readMetrics(inputs: readonly MetricInput[], returned: Iterable<string>): Metric[] {
  const fields = new Set(returned);
  return inputs.map((input, i) => {
    const metric = fields.size === 0 ? readings(input).at(-1) : readMetric(input, fields);
    if (metric) return metric;
    const name = typeof input === "string" ? input : (input.from ?? input.name);
    throw new ConfigError(
      `metrics[${i}]`,
      `names ${JSON.stringify(name)}, which no condition returned`,
      undefined,
      didYouMean(name, fields),
    );
  });
}

/** The fields of one task that `over` names: a number (a yes is 1) or a text, such as a label. */
export type OverRow = Readonly<Record<string, number | string>>;

interface NamedMetric {
  readonly name: string;
  readonly description?: string | undefined;
  /** Which way is better; told by the name when absent. */
  readonly direction?: Direction | undefined;
}

/** A number made from the aggregates of a condition: a ratio of means. */
export interface MetricOfMetrics extends NamedMetric {
  readonly over?: undefined;
  /** Gets the aggregates of one condition by metric name. */
  readonly fn: (metrics: Readonly<Record<string, number>>) => number;
}

/** A number made from all tasks of a condition: a correlation, an area under a curve, an F1. */
export interface MetricOverRows extends NamedMetric {
  /** Metrics or fields of the output, nested ones dotted: `scores.choice.answer`. A task without one of them is left out. */
  readonly over: readonly string[];
  /** Gets one row per task, in any order; nothing where the number does not exist. */
  readonly fn: (rows: readonly OverRow[]) => number | undefined;
}

/** A number of a condition that no aggregate of one field gives: `customMetrics`. */
export type CustomMetric = MetricOfMetrics | MetricOverRows;
