import type { Backend, Reply } from "#src/backends/backend";
import type { Clock } from "#src/kernel/clock";
import { canonicalJson } from "#src/kernel/digest";
import { type Failure, failure, toFailure } from "#src/kernel/failure";
import { show } from "#src/kernel/fault";
import { stream } from "#src/kernel/random";
import { err, ok, type Result } from "#src/kernel/result";
import type { Condition, TaskContext } from "./condition.ts";
import type { Experiment } from "./define.ts";
import { checkMetrics, describeIssue } from "./metric-schema.ts";
import { flatten, type MetricInput, type MetricValue, readMetric, split } from "./metrics.ts";
import type { TokenUsage } from "./outcome.ts";
import { solveTask } from "./solve.ts";
import { type Task, taskKey } from "./task.ts";

/** What a condition gave back, sorted and checked. */
export interface Returned {
  readonly metrics: Readonly<Record<string, MetricValue>>;
  readonly output?: Readonly<Record<string, unknown>>;
  readonly invalidMetrics?: readonly string[];
  /** Whether at least one of the experiment's metrics has a value. */
  readonly scored: boolean;
}

/** One attempt: what came of it, how long it took, what it cost. */
export interface AttemptResult {
  readonly result: Result<Returned, Failure>;
  readonly startedAt: number;
  readonly elapsedMs: number;
  /** Absent when nothing was charged and no cost was returned. */
  readonly cost?: number;
  readonly usage?: TokenUsage;
  readonly worker: string;
}

/** What an attempt needs of its surroundings. */
export interface AttemptPlace {
  readonly clock: Clock;
  readonly worker: string;
  /** Where solvers of conditions without a backend of their own send their calls. */
  readonly backend?: Backend | undefined;
  log(task: Task, message: string): void;
}

/**
 * Runs one attempt at one task: the inside of every executor.
 *
 * Never rejects. A throw, a rejection, a timeout and an abort are failures; a condition that ignores its signal is left behind, and
 * what it returns later is dropped.
 *
 * @param attempt counted from 1
 */
export async function executeAttempt(
  experiment: Experiment,
  condition: Condition,
  task: Task,
  attempt: number,
  signal: AbortSignal,
  place: AttemptPlace,
): Promise<AttemptResult> {
  const { clock } = place;
  const startedAt = clock.now();
  const startedMono = clock.monotonic();
  const account: Account = { charged: undefined, usage: undefined };
  const { returned, endedMono } = await withTimeout(experiment.config.timeoutMs, signal, clock, (ownSignal) =>
    work(experiment, condition, task, attempt, ownSignal, account, place),
  );
  const elapsedMs = endedMono - startedMono;
  const common = { startedAt, elapsedMs, worker: place.worker, ...(account.usage ? { usage: account.usage } : {}) };
  if (!returned.ok) return { ...common, result: returned, ...costOf(account, undefined) };
  const result = read(returned.value, experiment, elapsedMs, account);
  return { ...common, result, ...costOf(account, result.ok ? result.value.metrics.cost : undefined) };
}

interface Account {
  charged: number | undefined;
  usage: TokenUsage | undefined;
}

/** The work of an attempt: the condition's function, or its solver and scorers. */
function work(
  experiment: Experiment,
  condition: Condition,
  task: Task,
  attempt: number,
  signal: AbortSignal,
  account: Account,
  place: AttemptPlace,
): unknown {
  const context = contextOf(experiment, condition, task, attempt, signal, account, place);
  if (condition.run) return condition.run(task.item.row, context);
  return solveTask(condition, task, context, place.backend, (reply) => addReply(account, reply));
}

function addReply(account: Account, { usage, cost, calls = 1, cached }: Reply): void {
  if (cost !== undefined && !cached) account.charged = (account.charged ?? 0) + cost;
  const before = account.usage ?? { promptTokens: 0, completionTokens: 0, totalTokens: 0, calls: 0 };
  account.usage = {
    promptTokens: before.promptTokens + (usage?.promptTokens ?? 0),
    completionTokens: before.completionTokens + (usage?.completionTokens ?? 0),
    totalTokens: before.totalTokens + (usage?.totalTokens ?? 0),
    calls: before.calls + (cached ? 0 : calls),
  };
}

const costOf = (account: Account, returned: MetricValue | undefined): { cost?: number } => {
  const cost = typeof returned === "number" ? returned : account.charged;
  return cost === undefined ? {} : { cost };
};

function contextOf(
  { config }: Experiment,
  condition: Condition,
  task: Task,
  attempt: number,
  signal: AbortSignal,
  account: Account,
  place: AttemptPlace,
): TaskContext {
  let draw: (() => number) | undefined;
  return {
    itemId: task.item.id,
    condition: condition.name,
    repeat: task.repeat,
    attempt,
    factors: condition.factors ?? {},
    signal,
    limits: { timeoutMs: config.timeoutMs },
    random: () => {
      draw ??= stream(config.randomSeed, "task", taskKey({ ...task, itemId: task.item.id }), attempt);
      return draw();
    },
    charge: (amount) => {
      account.charged = (account.charged ?? 0) + amount;
    },
    log: (message) => place.log(task, message),
  };
}

interface Settled<T> {
  readonly returned: Result<T, Failure>;
  readonly endedMono: number;
}

/** Waits for `work` until the timeout or the outer signal, whichever comes first; its own signal tells the work of both. */
function withTimeout<T>(
  timeoutMs: number,
  outer: AbortSignal,
  clock: Clock,
  work: (signal: AbortSignal) => T | Promise<T>,
): Promise<Settled<T>> {
  return new Promise((resolve) => {
    const own = new AbortController();
    const end = (result: Result<T, Failure>): void => {
      clock.clearTimeout(timer);
      outer.removeEventListener("abort", cancel);
      resolve({ returned: result, endedMono: clock.monotonic() }); // here, before other tasks take their turn
    };
    const giveUp = (failed: Failure): void => {
      end(err(failed));
      own.abort(new DOMException(failed.message, failed.kind === "timeout" ? "TimeoutError" : "AbortError"));
    };
    const cancel = (): void => giveUp(failure("cancelled", "the run was told to stop"));
    const timer = clock.setTimeout(() => giveUp(failure("timeout", `took longer than ${timeoutMs} ms`)), timeoutMs);
    const fail = (thrown: unknown): void => end(err(toFailure(thrown, clock.now())));
    if (outer.aborted) return cancel();
    outer.addEventListener("abort", cancel, { once: true });
    try {
      const value = work(own.signal);
      if (isThenable(value)) value.then((settled) => end(ok(settled)), fail);
      else end(ok(value));
    } catch (thrown) {
      fail(thrown);
    }
  });
}

const isThenable = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof (value as PromiseLike<T> | null | undefined)?.then === "function";

function read(
  returned: unknown,
  experiment: Experiment,
  elapsedMs: number,
  account: Account,
): Result<Returned, Failure> {
  const fields = typeof returned === "number" || typeof returned === "boolean" ? { value: returned } : returned;
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    return err(
      failure("invalid_metric", `returned ${show(returned)}; a condition returns an object such as { accuracy: 1 }`),
    );
  }
  const { metricValidation } = experiment.config;
  const measured = {
    latency: elapsedMs,
    ...(account.charged === undefined ? {} : { cost: account.charged }),
    ...fields,
  };
  const checked = metricValidation.enabled
    ? checkMetrics(measured, experiment.metricSchemas, metricValidation.coerceTypes)
    : { value: measured, issues: [] };
  const invalidMetrics = checked.issues.map(describeIssue);
  if (invalidMetrics.length > 0 && metricValidation.onInvalid !== "log_and_continue") {
    return err(failure("invalid_metric", invalidMetrics.join("; ")));
  }
  const { metrics, output } = split(checked.value);
  return ok({
    metrics,
    ...(Object.keys(output).length > 0 ? { output: storable(output) } : {}),
    ...(invalidMetrics.length > 0 ? { invalidMetrics } : {}),
    scored: hasAny(experiment.metrics, metrics),
  });
}

function hasAny(inputs: readonly MetricInput[], metrics: Readonly<Record<string, MetricValue>>): boolean {
  const fields = new Set(Object.keys(flatten(metrics)));
  return inputs.some((input) => readMetric(input, fields) !== undefined);
}

/** Output as plain JSON, so that what is stored is what was seen: no functions, cycles or big integers. */
const storable = (output: Record<string, unknown>): Record<string, unknown> =>
  Object.values(output).every((value) => typeof value === "string")
    ? output
    : (JSON.parse(canonicalJson(output)) as Record<string, unknown>);
