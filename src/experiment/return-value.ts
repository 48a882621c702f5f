import { canonicalCopyWithin, canonicalJsonWithin } from "#src/kernel/digest";
import { show } from "#src/kernel/errors";
import { type Failure, failure } from "#src/kernel/failure";
import { isPlainObject, ownMember, putMember } from "#src/kernel/record";
import { err, ok, type Result } from "#src/kernel/result";
import type { AnswerState } from "./answer.ts";
import type { Experiment } from "./define.ts";
import { checkMetrics, describeIssue } from "./metric-schema.ts";
import { type MetricInput, type MetricValue, possibleFields, split } from "./metrics.ts";

/** What a condition gave back, sorted and checked. */
export interface TaskValue {
  readonly metrics: Readonly<Record<string, MetricValue>>;
  readonly output?: Readonly<Record<string, unknown>>;
  readonly invalidMetrics?: readonly string[];
  /** Whether at least one of the experiment's metrics has a value. */
  readonly scored: boolean;
  /** What a solver left, where that is scored in a stage of its own: metrics are then only what was measured. */
  readonly answer?: AnswerState;
}

/** What the runtime measured itself; a field of the same name that the condition returned wins. */
export interface Measured {
  /** Absent where a reply came from a cache. */
  readonly latency?: number | undefined;
  readonly cost?: number | undefined;
}

/**
 * Sorts what a condition returned into metrics and output, and holds it against the metric schemas.
 *
 * @param isLastAttempt whether an invalid metric can still be mended by another attempt
 * @returns a failure of kind `invalid_metric` where nothing usable was returned, or `onInvalid` asks for a retry or an abort
 */
export function validateReturnValue(
  returned: unknown,
  experiment: Experiment,
  measured: Measured,
  isLastAttempt: boolean,
): Result<TaskValue, Failure> {
  const fields = typeof returned === "number" || typeof returned === "boolean" ? { value: returned } : returned;
  if (!hasFields(fields)) {
    const got = returned instanceof Error ? `${returned.name}: ${returned.message}` : show(returned);
    const sentence = `returned ${got}; a condition returns an object such as { accuracy: 1 }`;
    return err(failure("invalid_metric", sentence));
  }
  const { enabled, coerceTypes, onInvalid } = experiment.config.metricValidation;
  const all = withMeasured(fields, measured);
  const { value, issues } = checkMetrics(all, enabled ? experiment.metricSchemas : {}, coerceTypes);
  const cost = ownMember(value, "cost") ?? undefined;
  if (cost !== undefined && !isAmount(cost))
    return err(failure("invalid_metric", `returned a cost of ${show(cost)}; a cost is a finite number of at least 0`));
  const { wanted, isScored } = reading(experiment.metrics);
  const { metrics, output } = split(value, wanted);
  const scored = isScored(metrics);
  const result: TaskValue = { metrics, scored, ...(hasMembers(output) ? { output: storable(output) } : {}) };
  if (issues.length === 0) return ok(result);
  const invalidMetrics = issues.map(describeIssue);
  const mayContinue = onInvalid === "log_and_continue" || (onInvalid === "log_and_retry" && isLastAttempt);
  return mayContinue ? ok({ ...result, invalidMetrics }) : err(failure("invalid_metric", invalidMetrics.join("; ")));
}

/** What was measured, and what was returned over it unless it is nothing. Not `{ ...a, ...b }`: V8 11 gives each such object a hidden class of its own. */
function withMeasured(fields: object, { latency, cost }: Measured): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  if (latency !== undefined) all.latency = latency;
  if (cost !== undefined) all.cost = cost;
  for (const name of Object.keys(fields)) {
    const value = (fields as Record<string, unknown>)[name];
    if ((name === "latency" || name === "cost") && (value ?? undefined) === undefined && Object.hasOwn(all, name))
      continue;
    putMember(all, name, value);
  }
  return all;
}

/** Whether a value is an amount of money: what else would be added would empty or void the books. */
export const isAmount = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY;

/** Whether a value has named fields: no list, no error, no bytes, no entries. */
const hasFields = (value: unknown): value is object =>
  isPlainObject(value) ||
  (typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !unnamed.some((kind) => value instanceof kind));

const unnamed = [Error, Map, Set, Date, RegExp, ArrayBuffer, Promise];

/** What an experiment's metrics are read from. */
interface Reading {
  /** Fields, dotted for nested ones. */
  readonly wanted: readonly string[];
  /** Whether any metric has a value. */
  isScored(metrics: Readonly<Record<string, MetricValue>>): boolean;
}
const readings = new WeakMap<readonly MetricInput[], Reading>();

/** The names are read once per experiment. */
function reading(inputs: readonly MetricInput[]): Reading {
  let found = readings.get(inputs);
  if (!found) {
    const wanted = inputs.flatMap(possibleFields);
    found = { wanted, isScored: (metrics) => wanted.some((path) => hasNumber(metrics, path)) };
    readings.set(inputs, found);
  }
  return found;
}

/** Whether `custom.value` is there, as one field of that name or as a member of `custom`. */
function hasNumber(metrics: Readonly<Record<string, MetricValue>>, path: string): boolean {
  const direct = ownMember(metrics, path);
  if (direct !== undefined) return typeof direct !== "object";
  const dot = path.indexOf(".");
  if (dot < 0) return false;
  const member = ownMember(metrics, path.slice(0, dot));
  return typeof member === "object" && hasNumber(member, path.slice(dot + 1));
}

const hasMembers = (object: object): boolean => {
  for (const _ in object) return true;
  return false;
};

/** Characters of the output of one task: with each of them escaped it still fits in one text of V8 and in one row of SQLite. */
const MOST_CHARACTERS = 50_000_000;

/** Output as plain JSON, so that what is stored is what was seen: no functions, cycles, big integers, bytes. */
function storable(output: Record<string, unknown>): Record<string, unknown> {
  const values = Object.values(output);
  if (values.every((value) => typeof value === "string")) {
    return values.reduce((sum, { length }) => sum + length, 0) <= MOST_CHARACTERS ? output : withoutTooLarge(output);
  }
  const copy = canonicalCopyWithin(output, MOST_CHARACTERS);
  return copy === undefined ? withoutTooLarge(output) : (copy as Record<string, unknown>);
}

/** Members for as long as they fit: one that does not is named with its size, and costs no other its place. */
function withoutTooLarge(output: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  let left = MOST_CHARACTERS;
  for (const [name, value] of Object.entries(output)) {
    const text = typeof value === "string" ? value : canonicalJsonWithin({ value }, left);
    if (text === undefined || text.length > left) {
      const size = typeof value === "string" ? `${value.length}` : `more than ${left}`;
      putMember(kept, name, { $tooLarge: `${size} characters` });
      continue;
    }
    left -= text.length;
    putMember(kept, name, typeof value === "string" ? value : (JSON.parse(text) as { value?: unknown }).value);
  }
  return kept;
}
