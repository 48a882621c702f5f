import { addMet, type FaultMet } from "#src/faults/task-faults";
import type { Clock } from "#src/kernel/clock";
import type { Exit } from "#src/kernel/exit";
import { type Failure, mayBeBilled, toFailure } from "#src/kernel/failure";
import { wholeMicroseconds } from "#src/kernel/time";
import { countedCost } from "#src/policy/budget";
import type { RetryDecision } from "#src/policy/retry";
import type { AnswerToScore } from "./answer.ts";
import type { CallsMade } from "./calls.ts";
import type { AttemptResult } from "./execute.ts";
import {
  type AttemptError,
  addAmounts,
  addTokens,
  type Outcome,
  type ScoringStage,
  type TokenUsage,
} from "./outcome.ts";
import type { Task } from "./task.ts";

/** A failed attempt as it is remembered: what a worker that wants to be restarted leaves behind, as its exit's `error`. */
export interface FailedAttempt {
  readonly failure: Failure;
  readonly at: number;
  /** Until the next attempt. */
  readonly delayMs: number;
  readonly cost?: number;
  readonly redone?: number;
  readonly faults?: readonly FaultMet[];
}

/** An answer with all that the row of its task will say of how it was given. It waits in the store until its task has a row. */
export interface Answer extends AnswerToScore {
  readonly ordinal: number;
  readonly condition: string;
  readonly itemId: string;
  /** Counted from 0. */
  readonly repeat: number;
  /** How earlier attempts at answering ended, oldest first. */
  readonly earlier: readonly FailedAttempt[];
  readonly startedAt: number;
  readonly elapsedMs: number;
  readonly cost?: number;
  readonly redone?: number;
  readonly usage?: TokenUsage;
  readonly faults?: readonly FaultMet[];
  /** Those of the attempt that gave it. */
  readonly calls?: CallsMade;
  readonly worker: string;
}

/** The answer that an attempt gave. @throws TypeError for an attempt that gave none */
export function answerOf(task: Task, earlier: readonly FailedAttempt[], attempt: AttemptResult): Answer {
  const { result, startedAt, elapsedMs, cost, redone, usage, faults, calls, worker } = attempt;
  if (!result.ok || !result.value.answer) throw new TypeError("the attempt gave no answer");
  const { metrics, answer: state } = result.value;
  return {
    ordinal: task.ordinal,
    condition: task.condition,
    itemId: task.item.id,
    repeat: task.repeat,
    state,
    attempts: earlier.length + 1,
    metrics: metrics as Answer["metrics"],
    earlier: [...earlier],
    startedAt,
    elapsedMs,
    ...(cost === undefined ? {} : { cost }),
    ...(redone === undefined ? {} : { redone }),
    ...(usage ? { usage } : {}),
    ...(faults ? { faults } : {}),
    ...(calls ? { calls } : {}),
    worker,
  };
}

/** What the attempts at an answer count as spent. */
export const paidFor = ({ earlier, cost }: Pick<Answer, "earlier" | "cost">): number => totalCost(earlier, cost) ?? 0;

/** An answer whose task is done again, after its row was taken out of the results: its cost and its failures stand in the books and in the earlier errors. */
export const answerAgain = ({ cost: _, redone: __, ...answer }: Answer): Answer => ({
  ...answer,
  earlier: [],
  attempts: 1,
});

/**
 * Attempts of the stage that a task is in.
 *
 * @param earlier how attempts at the task ended so far
 * @returns `attempt` counts over both stages and names the next one; `inStage` counts it within its stage; both from 1
 */
export function nextAttempt(
  earlier: readonly FailedAttempt[],
  answer: Answer | undefined,
): { readonly attempt: number; readonly inStage: number } {
  if (!answer) return { attempt: earlier.length + 1, inStage: earlier.length + 1 };
  return { attempt: earlier.length + 2, inStage: earlier.length - answer.earlier.length + 1 };
}

/** An ended attempt that failed. @param delayMs until the next */
export const failedAttempt = (attempt: AttemptResult, failure: Failure, delayMs: number): FailedAttempt => {
  const { startedAt, elapsedMs, cost, redone, faults } = attempt;
  return {
    failure,
    at: startedAt + elapsedMs,
    delayMs,
    ...(cost === undefined ? {} : { cost }),
    ...(redone === undefined ? {} : { redone }),
    ...(faults ? { faults } : {}),
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
  answer?: Answer,
): Outcome {
  const cost = addAmounts(answer?.cost, totalCost(earlier, attempt.cost));
  const redone = earlier.reduce((sum, each) => sum + (each.redone ?? 0), (attempt.redone ?? 0) + (answer?.redone ?? 0));
  const usage = addTokens(answer?.usage, attempt.usage);
  const faults = earlier.reduce((sum, each) => addMet(sum, each.faults), addMet(answer?.faults, attempt.faults));
  const calls = answer ? answer.calls : attempt.calls;
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
        : failed.map(({ failure, at }, i): AttemptError => {
            const inScoring = answer ? i - answer.earlier.length : -1;
            if (inScoring < 0) return { attempt: i + 1, error: failure, at };
            return { attempt: inScoring + 1, error: failure, at, stage: "scoring" };
          }),
    elapsedMs: answer ? wholeMicroseconds(answer.elapsedMs + attempt.elapsedMs) : attempt.elapsedMs,
    startedAt: answer ? answer.startedAt : attempt.startedAt,
    ...(answer ? { scoring: scoringOf(answer, earlier, attempt) } : undefined),
    ...(cost === undefined ? undefined : { cost }),
    ...(usage && { usage }),
    ...(redone > 0 && { redone }),
    ...(faults && { faults }),
    ...(calls && { calls }),
    ...(lineage && { lineage }),
    worker: attempt.worker,
  };
}

function scoringOf(answer: Answer, earlier: readonly FailedAttempt[], last: AttemptResult): ScoringStage {
  const failed = earlier.slice(answer.earlier.length);
  const cost = totalCost(failed, last.cost);
  return {
    attempts: failed.length + 1,
    startedAt: last.startedAt,
    elapsedMs: last.elapsedMs,
    ...(cost === undefined ? {} : { cost }),
    ...(last.calls ? { calls: last.calls } : {}),
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
  /** The answer that was being scored. */
  readonly answer?: Answer | undefined;
}

type Ending = Parameters<typeof outcomeOf>[4];

const withLineage = (ended: Ending, lineage: Outcome["lineage"]): Ending => (lineage ? { ...ended, lineage } : ended);

/** The outcome of a task that returned a value. @throws TypeError for an attempt that failed */
export function returnedOutcome({ task, earlier, lineage, answer }: TaskHistory, attempt: AttemptResult): Outcome {
  if (!attempt.result.ok) throw new TypeError("a failed attempt has no value");
  const { metrics, output, invalidMetrics, scored } = attempt.result.value;
  const ended: Ending = {
    finalStatus: scored ? "success" : "unscored",
    metrics,
    ...(output && { output }),
    ...(invalidMetrics && { invalidMetrics }),
  };
  return outcomeOf(task, earlier, attempt, earlier, withLineage(ended, lineage), answer);
}

/** The outcome of a task whose last attempt failed permanently. @param decision why it is not tried again */
export function failedOutcome(
  { task, earlier, lineage, answer }: TaskHistory,
  attempt: AttemptResult,
  failure: Failure,
  decision: RetryDecision,
): Outcome {
  const { status = "failed_permanent", because } = decision.type === "giveUp" ? decision : {};
  const error = because === undefined ? failure : { ...failure, message: `${failure.message}; ${because}` };
  const failed = [...earlier, failedAttempt(attempt, error, 0)];
  const ended: Ending = { finalStatus: status, metrics: {}, error };
  return outcomeOf(task, earlier, attempt, failed, withLineage(ended, lineage), answer);
}

/**
 * The outcome of a task whose worker itself broke, again and again: written by its condition, so that no task is ever lost.
 *
 * @param paid what the last attempt counts as spent
 * @param worker where it was made
 */
export function lostOutcome(
  { task, earlier, lineage, answer }: TaskHistory,
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
  return outcomeOf(task, earlier, attempt, [...earlier, last], withLineage(ended, lineage), answer);
}

/** An ended attempt with what it counts as spent. @param promised nothing where nothing was promised to it */
export function countedAttempt(attempt: AttemptResult, promised: number | undefined): AttemptResult {
  const { result, begun } = attempt;
  if (result.ok || begun === false) return attempt;
  const cost = countedCost(attempt.cost, promised, mayBeBilled(result.error));
  return cost === undefined ? attempt : { ...attempt, cost };
}
