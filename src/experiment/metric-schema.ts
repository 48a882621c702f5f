import { z } from "zod";
import { show } from "#src/kernel/errors";
import { isPlainObject, ownMember, putMember } from "#src/kernel/record";
import type { MetricValue } from "./metrics.ts";

const types = [
  "float",
  "number",
  "integer",
  "boolean",
  "string",
  "map",
  "percentage",
  "probability",
  "positive_number",
  "duration_ms",
] as const;
export type MetricType = (typeof types)[number];

/** What a metric must look like. Made by `Schema`, or written as a plain object. */
export interface MetricSchema {
  readonly type: MetricType;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** Default true: a task without it is unscored for this metric. */
  readonly required?: boolean | undefined;
  /** Taken when the value is absent. */
  readonly default?: MetricValue | string | undefined;
  readonly unit?: string | undefined;
  /** Members of a map. */
  readonly schema?: Readonly<Record<string, MetricSchema>> | undefined;
}

export const metricSchema: z.ZodType<MetricSchema> = z.lazy(() =>
  z.strictObject({
    type: z.enum(types).describe("kind of value"),
    min: z.number().optional().describe("least value allowed"),
    max: z.number().optional().describe("greatest value allowed"),
    required: z.boolean().optional().describe("whether a result without it is invalid (default true)"),
    default: z.custom<MetricValue | string>().optional().describe("value taken when it is absent"),
    unit: z.string().optional().describe("unit printed beside the numbers"),
    schema: z.record(z.string(), metricSchema).optional().describe("schemas of a map's members"),
  }),
);

type More = Omit<MetricSchema, "type">;
const make =
  (type: MetricType, bounds: More = {}) =>
  (more: More = {}): MetricSchema => ({ type, ...bounds, ...more });

/** Makers of metric schemas. `percentage` is 0 to 100, `probability` 0 to 1; `positiveNumber` and `durationMs` admit 0.
 * @example Schema.probability().max // => 1 */
export const Schema = {
  float: make("float"),
  number: make("number"),
  integer: make("integer"),
  boolean: make("boolean"),
  string: make("string"),
  map: make("map"),
  percentage: make("percentage", { min: 0, max: 100 }),
  probability: make("probability", { min: 0, max: 1 }),
  positiveNumber: make("positive_number", { min: 0 }),
  durationMs: make("duration_ms", { min: 0, unit: "ms" }),
};

/** What is wrong with a metric: `custom.value below_min -1`. */
export interface MetricIssue {
  readonly path: string;
  readonly law: "missing" | "wrong_type" | "below_min" | "above_max" | "not_integer";
  readonly value?: unknown;
}

/** @example describeIssue({ path: "custom.value", law: "below_min", value: -1 }) // => "custom.value below_min -1" */
export const describeIssue = ({ path, law, value }: MetricIssue): string =>
  value === undefined ? `${path} ${law}` : `${path} ${law} ${show(value)}`;

/** Result of holding what a condition returned against the schemas. */
export interface Checked {
  /** What was returned, with defaults filled in, coerced values replaced, and invalid metrics removed. */
  readonly value: Record<string, unknown>;
  readonly issues: readonly MetricIssue[];
}

/**
 * Holds what a condition returned against the metric schemas.
 *
 * @param coerceTypes whether `"0.85"` counts as 0.85 and `"true"` as true; `"0.85abc"` never does
 */
export function checkMetrics(
  returned: Readonly<Record<string, unknown>>,
  schemas: Readonly<Record<string, MetricSchema>>,
  coerceTypes: boolean,
  prefix = "",
): Checked {
  const value: Record<string, unknown> = { ...returned };
  const issues: MetricIssue[] = [];
  for (const [name, schema] of Object.entries(schemas)) {
    const path = prefix + name;
    const found = ownMember(returned, name) ?? schema.default;
    if (found === undefined || found === null) {
      if (schema.required ?? true) issues.push({ path, law: "missing" });
      delete value[name];
      continue;
    }
    const checked = checkOne(found, schema, coerceTypes, path);
    issues.push(...checked.issues);
    if (checked.value === undefined) delete value[name];
    else putMember(value, name, checked.value); // a map without the members that were refused
  }
  return { value, issues };
}

function checkOne(
  found: unknown,
  schema: MetricSchema,
  coerce: boolean,
  path: string,
): { value: unknown; issues: MetricIssue[] } {
  const wrong = (law: MetricIssue["law"]): { value: unknown; issues: MetricIssue[] } => ({
    value: undefined,
    issues: [{ path, law, value: found }],
  });
  if (schema.type === "string") return typeof found === "string" ? { value: found, issues: [] } : wrong("wrong_type");
  if (schema.type === "map") {
    if (!isPlainObject(found)) return wrong("wrong_type");
    const inner = checkMetrics(found, schema.schema ?? {}, coerce, `${path}.`);
    return { value: inner.value, issues: [...inner.issues] };
  }
  const read = coerce ? coerced(found, schema.type) : found;
  if (schema.type === "boolean") return typeof read === "boolean" ? { value: read, issues: [] } : wrong("wrong_type");
  const value = typeof read === "boolean" ? Number(read) : read; // a yes is 1, as everywhere
  if (typeof value !== "number" || !Number.isFinite(value)) return wrong("wrong_type");
  if (schema.type === "integer" && !Number.isInteger(value)) return wrong("not_integer");
  if (schema.min !== undefined && value < schema.min) return wrong("below_min");
  if (schema.max !== undefined && value > schema.max) return wrong("above_max");
  return { value, issues: [] };
}

function coerced(found: unknown, type: MetricType): unknown {
  if (typeof found !== "string" || found.trim() === "") return found;
  if (type === "boolean") return found === "true" ? true : found === "false" ? false : found;
  const number = Number(found);
  return Number.isNaN(number) ? found : number;
}
