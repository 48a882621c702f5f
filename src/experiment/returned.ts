import { canonicalJson } from "#src/kernel/digest";
import { type Failure, failure } from "#src/kernel/failure";
import { show } from "#src/kernel/fault";
import { err, ok, type Result } from "#src/kernel/result";
import type { Experiment } from "./define.ts";
import { checkMetrics, describeIssue } from "./metric-schema.ts";
import { type MetricInput, type MetricValue, possibleFields, split } from "./metrics.ts";

/** What a condition gave back, sorted and checked. */
export interface Returned {
  readonly metrics: Readonly<Record<string, MetricValue>>;
  readonly output?: Readonly<Record<string, unknown>>;
  readonly invalidMetrics?: readonly string[];
  /** Whether at least one of the experiment's metrics has a value. */
  readonly scored: boolean;
}

/** What the runtime measured itself; a field of the same name that the condition returned wins. */
export interface Measured {
  /** Absent where a reply came from a cache. */
  readonly latency?: number;
  readonly cost?: number;
}

/**
 * Sorts what a condition returned into metrics and output, and holds it against the metric schemas.
 *
 * @param isLastAttempt whether an invalid metric can still be mended by another attempt
 * @returns a failure of kind `invalid_metric` where nothing usable was returned, or `onInvalid` asks for a retry or an abort
 */
export function readReturned(
  returned: unknown,
  experiment: Experiment,
  measured: Measured,
  isLastAttempt: boolean,
): Result<Returned, Failure> {
  const fields = typeof returned === "number" || typeof returned === "boolean" ? { value: returned } : returned;
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    return err(
      failure("invalid_metric", `returned ${show(returned)}; a condition returns an object such as { accuracy: 1 }`),
    );
  }
  const { enabled, coerceTypes, onInvalid } = experiment.config.metricValidation;
  const all: Record<string, unknown> = {};
  Object.assign(all, measured, fields);
  if (measured.latency !== undefined) all.latency ??= measured.latency; // returned as undefined
  if (measured.cost !== undefined) all.cost ??= measured.cost;
  const { value, issues } = checkMetrics(all, enabled ? experiment.metricSchemas : {}, coerceTypes);
  const { metrics, output } = split(value);
  const scored = scorer(experiment.metrics)(metrics);
  const result: Returned = { metrics, scored, ...(hasMembers(output) ? { output: storable(output) } : {}) };
  if (issues.length === 0) return ok(result);
  const invalidMetrics = issues.map(describeIssue);
  const mayContinue = onInvalid === "log_and_continue" || (onInvalid === "log_and_retry" && isLastAttempt);
  return mayContinue ? ok({ ...result, invalidMetrics }) : err(failure("invalid_metric", invalidMetrics.join("; ")));
}

type Scored = (metrics: Readonly<Record<string, MetricValue>>) => boolean;
const scorers = new WeakMap<readonly MetricInput[], Scored>();

/** Whether any metric has a value; the names are read once per experiment. */
function scorer(inputs: readonly MetricInput[]): Scored {
  let scored = scorers.get(inputs);
  if (!scored) {
    const paths = inputs.flatMap(possibleFields);
    scored = (metrics) => paths.some((path) => hasNumber(metrics, path));
    scorers.set(inputs, scored);
  }
  return scored;
}

/** Whether `custom.value` is there, as one field of that name or as a member of `custom`. */
function hasNumber(metrics: Readonly<Record<string, MetricValue>>, path: string): boolean {
  const direct = metrics[path];
  if (direct !== undefined) return typeof direct !== "object";
  const dot = path.indexOf(".");
  if (dot < 0) return false;
  const member = metrics[path.slice(0, dot)];
  return typeof member === "object" && hasNumber(member, path.slice(dot + 1));
}

const hasMembers = (object: object): boolean => {
  for (const _ in object) return true;
  return false;
};

/** Output as plain JSON, so that what is stored is what was seen: no functions, cycles or big integers. */
const storable = (output: Record<string, unknown>): Record<string, unknown> =>
  Object.values(output).every((value) => typeof value === "string")
    ? output
    : (JSON.parse(canonicalJson(output)) as Record<string, unknown>);
