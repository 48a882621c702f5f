import type { AnyActorRef } from "xstate";
import type { AnswerState, AnswerToScore } from "#src/experiment/answer";
import { type Answer, countedAttempt, failedAttempt, nextAttempt, type TaskHistory } from "#src/experiment/attempts";
import type { AttemptResult } from "#src/experiment/execute";
import { isFailure } from "#src/experiment/outcome";
import { nameOf, type Task } from "#src/experiment/task";
import { crash, type Exit, normal, shutdown } from "#src/kernel/exit";
import { type Failure, failure } from "#src/kernel/failure";
import { stream } from "#src/kernel/random";
import { withoutSecrets } from "#src/kernel/redact";
import { err } from "#src/kernel/result";
import { openBill } from "#src/policy/bill";
import { decideRetry } from "#src/policy/retry";
import {
  type BudgetCommand,
  type LimiterCommand,
  type OfLineage,
  sendToService,
  type WorkerEvent,
} from "./messages.ts";
import type { WorkerContext, WorkerScope } from "./worker-scope.ts";

type Services = { get(name: string): unknown };

/** Tells the budget what an attempt cost, of which it had reserved an amount. */
export const settleMoney = (context: WorkerContext, cost: number, system: Services): void =>
  settlePromise(context, attemptNumber(context), cost, system);

const settlePromise = (context: WorkerContext, attempt: number, cost: number, system: Services): void =>
  sendToService<BudgetCommand>(system, "budget", { ...demandOf(context), attempt, type: "budget.settle", cost });

/** Sends the worker what it waited for, unless it was stopped meanwhile. */
export function answer(self: AnyActorRef, event: WorkerEvent): void {
  if (self.getSnapshot().status === "active") self.send(event);
}

/** Tells the budget what an answer cost, and that what is left of its promise is for its scoring. */
export function payAnswer(
  { task, answer: given, reserved, scope }: WorkerContext,
  system: { get(name: string): unknown },
): void {
  const { ordinal, condition } = task;
  const { attempts: attempt, cost = 0 } = given!;
  const paid = { ordinal, attempt, condition };
  if (reserved !== undefined) {
    const settled = { ...paid, type: "budget.settle", amount: cost, cost, next: reserved } as const;
    sendToService<BudgetCommand>(system, "budget", settled);
  } else if (cost > 0) {
    const spent = { ...paid, type: "budget.spend", amount: cost, isInRow: scope.answers.areStored } as const;
    sendToService<BudgetCommand>(system, "budget", spent);
  }
}

/** An attempt as limiter and budget name it. */
export const demandOf = (context: WorkerContext) => ({
  ordinal: context.task.ordinal,
  attempt: attemptNumber(context),
  condition: context.task.condition,
  amount: context.reserved ?? 0,
});

/** Counted from 1. */
export const attemptNumber = ({ earlier, answer }: WorkerContext): number => nextAttempt(earlier, answer).attempt;

/** Whether it is the first attempt at the task since the task was begun, or begun again. */
export const isFirst = ({ earlier, answer }: WorkerContext): boolean =>
  earlier.length === (answer?.earlier.length ?? 0);

/** Hands the task to the executor, with the answer where that is to be scored; the worker hears how it ends. */
export function startAttempt(context: WorkerContext, self: AnyActorRef): void {
  const { scope, call, answer: given } = context;
  const { ordinal } = context.task;
  const task = given ? { ...context.task, answer: toScore(scope.answers.get(ordinal) ?? given) } : context.task;
  const attempt = attemptNumber(context);
  scope.facts({
    type: "task.started",
    ordinal,
    attempt,
    ...(given ? { stage: "scoring" } : {}),
    ...lineageIn(scope, context.task),
  });
  const bill = openBill((amount) => scope.money.chargedLate(task, amount));
  const running = scope.executor.run(task, attempt, bill.charge);
  call.running = running;
  call.bill = bill;
  call.isOver = false;
  void running.result.then((ended) => {
    const result = given ? onlyScored(ended.result, scope.executor.name) : ended.result;
    answer(self, { type: "attempt.ended", attempt: toBeShown(result === ended.result ? ended : { ...ended, result }) });
  });
}

/** From here on it is stored and shown. */
export function toBeShown(attempt: AttemptResult): AttemptResult {
  const result = withoutSecrets(attempt.result);
  return result === attempt.result ? attempt : { ...attempt, result };
}

/** Why an attempt failed that has just ended. */
export const failureOf = (event: WorkerEvent): Failure | undefined =>
  event.type === "attempt.ended" && !event.attempt.result.ok ? event.attempt.result.error : undefined;

/** What a solver left in an attempt that has just ended, where that is to be scored. */
export const answerIn = (event: WorkerEvent): AnswerState | undefined =>
  event.type === "attempt.ended" && event.attempt.result.ok ? event.attempt.result.value.answer : undefined;

/** Whether the server had too many requests. A timeout or a crash is not an answer to that. */
export function wasThrottled(event: WorkerEvent): { throttled?: boolean } {
  if (event.type !== "attempt.ended") return {};
  const failed = failureOf(event);
  return failed && failed.kind !== "rate_limited" ? {} : { throttled: failed !== undefined };
}

/** An executor that makes attempts in its own way may not know of answers. */
function onlyScored(result: AttemptResult["result"], executor: string): AttemptResult["result"] {
  if (!result.ok || !result.value.answer) return result;
  const sentence = `the executor ${executor} was given an answer to score, and asked for another: run(task) must pass on task.answer`;
  return err(failure("bad_request", sentence));
}

/** What an executor needs of an answer. */
export const toScore = ({ state, attempts, metrics, scores }: Answer): AnswerToScore => ({
  state,
  attempts,
  metrics,
  ...(scores ? { scores } : {}),
});

/** What scoring an answer may cost: what is left of what its task was expected to. */
export const restOf = ({ scope, task }: WorkerContext, answer: Answer): number =>
  Math.max(0, scope.money.reservationOf!(task) - (answer.cost ?? 0));

/** Scoring for which nothing is expected to be left to pay is not refused where this run paid for its answer. */
export const needsMoney = (context: WorkerContext): boolean => {
  const { scope, answer } = context;
  return !!scope.money.reservationOf && (!answer || scope.answers.areRecalled || restOf(context, answer) > 0);
};

const failureIn = ({ result }: AttemptResult): Failure => (result.ok ? { kind: "unknown", message: "" } : result.error);
/** Why the latest attempt failed. */
export const lastFailure = ({ attempt }: WorkerContext): Failure => failureIn(attempt!);

/** What becomes of a failed attempt: asked of the hook, then decided, once. */
export async function decide(context: WorkerContext, self: AnyActorRef): Promise<void> {
  const { scope, task } = context;
  const failure = lastFailure(context);
  const verdict = await scope.hooks.onError?.(task, failure);
  const { attempt, inStage } = nextAttempt(context.earlier, context.answer);
  const jitter = (): number => stream(scope.seed, "jitter", nameOf(task), attempt)(); // drawn when it is needed
  answer(self, { type: "retry.decided", decision: decideRetry(failure, inStage, scope.retry, jitter, verdict) });
}

/** What a worker's row needs to know of its task's life so far. */
export const historyOf = ({ scope, task, earlier, answer }: WorkerContext): TaskHistory => {
  return { task, earlier, answer, ...lineageIn(scope, task) };
};

/** Where the task belongs in a surrounding system; nothing where the experiment does not say. */
export function lineageIn({ lineageOf }: Pick<WorkerScope, "lineageOf">, task: Task): OfLineage {
  const lineage = lineageOf?.(task);
  return lineage ? { lineage } : {};
}

/** How a worker exits: a failure worth another attempt is a crash, which its pool restarts. */
export function exitOf(state: string, { attempt, decision, outcome }: WorkerContext): Exit {
  if (state === "failed" && attempt && decision?.type === "retry")
    return crash(failedAttempt(attempt, failureIn(attempt), decision.delayMs));
  if (state === "dropped" || state === "refused") return shutdown(state);
  return outcome && isFailure(outcome) ? shutdown(outcome.error) : normal;
}

/** Frees the slot, says what the attempt cost, and has the next task fed. */
export function leaveSlot(context: WorkerContext, event: WorkerEvent, self: AnyActorRef, system: Services): void {
  const { ordinal, condition } = context.task;
  if (event.type === "attempt.ended") context.call.isOver = true;
  const throttled = wasThrottled(event);
  const gone = event.type === "budget.refused" || context.scope.isFinished(ordinal);
  sendToService<LimiterCommand>(system, "limiter", {
    type: "call.settle",
    ordinal,
    worker: self,
    ...throttled,
    ...(gone && { gone }),
  });
  if (event.type === "attempt.ended") {
    const { cost = 0, result } = countedAttempt(event.attempt, context.reserved);
    if (context.call.bill) context.call.bill.ahead = cost - (event.attempt.cost ?? 0);
    if (context.reserved !== undefined) settleMoney(context, cost, system);
    else if (cost > 0) {
      const spent = { ordinal, attempt: attemptNumber(context), condition, amount: cost };
      sendToService<BudgetCommand>(system, "budget", { ...spent, type: "budget.spend", isInRow: result.ok });
    }
  }
  context.leftSlot(ordinal);
}

/** Asks the budget for what the attempt may cost. */
export function askForMoney(context: WorkerContext, self: AnyActorRef, system: Services): void {
  const { scope, task, answer: given, earlier } = context;
  const { attempt, inStage } = nextAttempt(earlier, given);
  // the budget may have crashed on this settlement, and the worker that sent it is gone; settling twice is settling once
  if (inStage > 1) settlePromise(context, attempt - 1, earlier.at(-1)!.cost ?? 0, system);
  const amount = given ? restOf(context, given) : scope.money.reservationOf!(task);
  sendToService<BudgetCommand>(system, "budget", {
    ...demandOf({ ...context, reserved: amount }),
    type: "budget.reserve",
    worker: self,
  });
}
