import type { Clock } from "#src/kernel/clock";
import type { Exit } from "#src/kernel/exit";
import { type Failure, mayBeBilled, toFailure } from "#src/kernel/failure";
import { countedCost } from "#src/policy/budget";
import type { RetryDecision } from "#src/policy/retry";
import type { AttemptResult } from "./execute.ts";
import type { AttemptError, Outcome } from "./outcome.ts";
import type { Task } from "./task.ts";

/** A failed attempt as it is remembered: what a worker that wants to be restarted leaves behind, as its exit's `error`. */
export interface FailedAttempt {
  readonly failure: Failure;
  readonly at: number;
  /** Until the next attempt. */
  readonly delayMs: number;
  readonly cost?: number;
  readonly redone?: number;
}

/** An ended attempt that failed. @param delayMs until the next */
export const failedAttempt = (attempt: AttemptResult, failure: Failure, delayMs: number): FailedAttempt => {
  const { startedAt, elapsedMs, cost, redone } = attempt;
  return {
    failure,
    at: startedAt + elapsedMs,
    delayMs,
    ...(cost === undefined ? {} : { cost }),
    ...(redone === undefined ? {} : { redone }),
  };
};

/**
 * What the exit of a worker says about its attempt: its own report, or that of a worker that broke or was killed.
 *
 * @param paid what the attempt of one that broke counts as spent
 */
export function failedAttemptOf(exit: Exit, clock: Clock, paid?: number): FailedAttempt {
  if (exit.kind === "crash" && isFailedAttempt(exit.error)) return exit.error;
  const why: Failure =
    exit.kind === "crash" ? toFailure(exit.error, clock.now()) : { kind: "crash", message: "the worker was killed" };
  return {
    failure: { ...why, kind: "crash" },
    at: clock.now(),
    delayMs: 0,
    ...(paid === undefined ? {} : { cost: paid }),
  };
}

const isFailedAttempt = (error: unknown): error is FailedAttempt =>
  typeof error === "object" && error !== null && "failure" in error && "delayMs" in error;

/** Shared by the many outcomes that needed no retry. */
const NONE: readonly never[] = [];

/** The outcome of a task, however it ended. A literal with the fields that are present: the cheapest way to make millions of them. */
export function outcomeOf(
  task: Task,
  earlier: readonly FailedAttempt[],
  attempt: AttemptResult,
  failed: readonly FailedAttempt[],
  ended: Pick<Outcome, "finalStatus" | "metrics" | "output" | "invalidMetrics" | "error" | "lineage">,
): Outcome {
  const cost = totalCost(earlier, attempt.cost);
  const redone = earlier.reduce((sum, each) => sum + (each.redone ?? 0), attempt.redone ?? 0);
  const { finalStatus, metrics, output, invalidMetrics, error, lineage } = ended;
  return {
    ordinal: task.ordinal,
    condition: task.condition,
    itemId: task.item.id,
    ...(task.item.cluster === undefined ? undefined : { cluster: task.item.cluster }),
    ...(task.item.slices === undefined ? undefined : { slices: task.item.slices }),
    repeat: task.repeat,
    finalStatus,
    metrics,
    ...(output && { output }),
    ...(error && { error }),
    ...(invalidMetrics && { invalidMetrics }),
    attempts: earlier.length + 1,
    retryDelaysMs: earlier.length === 0 ? NONE : earlier.map(({ delayMs }) => delayMs),
    errorHistory:
      failed.length === 0
        ? NONE
        : failed.map(({ failure, at }, i): AttemptError => ({ attempt: i + 1, error: failure, at })),
    elapsedMs: attempt.elapsedMs,
    startedAt: attempt.startedAt,
    ...(cost === undefined ? undefined : { cost }),
    ...(attempt.usage && { usage: attempt.usage }),
    ...(redone > 0 && { redone }),
    ...(lineage && { lineage }),
    worker: attempt.worker,
  };
}

/** Amount of all attempts; unknown only where no attempt had a price. */
const totalCost = (earlier: readonly FailedAttempt[], last: number | undefined): number | undefined =>
  earlier.reduce((sum, { cost }) => (cost === undefined ? sum : (sum ?? 0) + cost), last);

/** A task at its last attempt: how the earlier ones ended, oldest first, and where its results come from. */
export interface TaskHistory {
  readonly task: Task;
  readonly earlier: readonly FailedAttempt[];
  readonly lineage?: Outcome["lineage"];
}

type Ending = Parameters<typeof outcomeOf>[4];

const withLineage = (ended: Ending, lineage: Outcome["lineage"]): Ending => (lineage ? { ...ended, lineage } : ended);

/** The outcome of a task that returned a value. @throws TypeError for an attempt that failed */
export function returnedOutcome({ task, earlier, lineage }: TaskHistory, attempt: AttemptResult): Outcome {
  if (!attempt.result.ok) throw new TypeError("a failed attempt has no value");
  const { metrics, output, invalidMetrics, scored } = attempt.result.value;
  const ended: Ending = {
    finalStatus: scored ? "success" : "unscored",
    metrics,
    ...(output && { output }),
    ...(invalidMetrics && { invalidMetrics }),
  };
  return outcomeOf(task, earlier, attempt, earlier, withLineage(ended, lineage));
}

/** The outcome of a task whose last attempt failed permanently. @param decision why it is not tried again */
export function failedOutcome(
  { task, earlier, lineage }: TaskHistory,
  attempt: AttemptResult,
  failure: Failure,
  decision: RetryDecision,
): Outcome {
  const { status = "failed_permanent", because } = decision.type === "giveUp" ? decision : {};
  const error = because === undefined ? failure : { ...failure, message: `${failure.message}; ${because}` };
  const failed = [...earlier, failedAttempt(attempt, error, 0)];
  return outcomeOf(task, earlier, attempt, failed, withLineage({ finalStatus: status, metrics: {}, error }, lineage));
}

/**
 * The outcome of a task whose worker itself broke, again and again: written by its condition, so that no task is ever lost.
 *
 * @param paid what the last attempt counts as spent
 * @param worker where it was made
 */
export function lostOutcome(
  { task, earlier, lineage }: TaskHistory,
  exit: Exit,
  paid: number | undefined,
  { clock, worker }: { readonly clock: Clock; readonly worker: string },
): Outcome {
  const last = failedAttemptOf(exit, clock, paid);
  const { failure: error, cost } = last;
  const attempt: AttemptResult = {
    result: { ok: false, error },
    startedAt: clock.now(),
    elapsedMs: 0,
    ...(cost === undefined ? {} : { cost }),
    worker,
  };
  const ended: Ending = { finalStatus: "failed_retries_exhausted", metrics: {}, error };
  return outcomeOf(task, earlier, attempt, [...earlier, last], withLineage(ended, lineage));
}

/** An ended attempt with what it counts as spent. @param promised nothing where nothing was promised to it */
export function countedAttempt(attempt: AttemptResult, promised: number | undefined): AttemptResult {
  const { result, begun } = attempt;
  if (result.ok || begun === false) return attempt;
  const cost = countedCost(attempt.cost, promised, mayBeBilled(result.error));
  return cost === undefined ? attempt : { ...attempt, cost };
}
