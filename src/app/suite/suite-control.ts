import type { Controlled } from "../observe/control.ts";
import type { ConditionStatus, RunStatusNow } from "../observe/status.ts";
import type { SuiteHandle, SuiteStatusNow } from "./suite-handle.ts";

/** A suite as other processes see it: through the same door as a run, an experiment taking the place of a condition. */
export function controlled(suite: SuiteHandle): Controlled {
  const begunMs = performance.now();
  return {
    id: suite.id,
    status: () => asRun(suite.status(), performance.now() - begunMs),
    tree: () => suite.tree(),
    pause: (reason, by) => suite.pause(reason, by),
    resume: (reason, by) => suite.resume(reason, by),
    adjust: (change, reason, by) => suite.adjust(change, reason, by),
    drain: (reason) => suite.drain(reason),
    abort: (reason) => suite.abort(reason),
  };
}

function asRun({ suiteId, experiments, limits, ...suite }: SuiteStatusNow, elapsedMs: number): RunStatusNow {
  const ended = experiments.filter(({ status }) => status !== "waiting" && status !== "running").length;
  const { state, accounting, tasksPerSecond, cost, reserved, currency, store } = suite;
  return {
    experimentId: suiteId,
    name: `suite, ${ended} of ${experiments.length} experiments ended`,
    ...(store === undefined ? {} : { store }),
    state,
    accounting,
    conditions: new Map(experiments.flatMap(({ name, run }) => (run ? [[name, sumOf(run)] as const] : []))),
    tasksPerSecond,
    elapsedMs,
    cost,
    reserved,
    currency,
    limits: {
      maxParallel: limits.maxParallel,
      rateLimit: limits.rateLimit,
      maxTotal: limits.maxTotal,
      maxPerCondition: undefined,
    },
  };
}

function sumOf({ accounting, conditions, cost, tasksPerSecond }: RunStatusNow): ConditionStatus {
  const { pending: _, open: __, ...counts } = accounting;
  const each = [...conditions.values()];
  return {
    ...counts,
    retries: each.reduce((sum, { retries }) => sum + retries, 0),
    maxCostPerAttempt: Math.max(0, ...each.map(({ maxCostPerAttempt }) => maxCostPerAttempt)),
    cost,
    tasksPerSecond,
  };
}
