import type { AnyActorRef } from "xstate";
import { failedAttempt, type TaskHistory } from "#src/experiment/attempts";
import type { AttemptResult } from "#src/experiment/execute";
import { isFailure } from "#src/experiment/outcome";
import { nameOf } from "#src/experiment/task";
import { crash, type Exit, normal, shutdown } from "#src/kernel/exit";
import type { Failure } from "#src/kernel/failure";
import { stream } from "#src/kernel/random";
import { withoutSecrets } from "#src/kernel/redact";
import { openBill } from "#src/policy/bill";
import { decideRetry } from "#src/policy/retry";
import { type BudgetCommand, sendToService, type WorkerEvent } from "./messages.ts";
import type { WorkerContext } from "./worker-scope.ts";

/** Tells the budget what an attempt cost, of which it had reserved an amount. */
export const settleMoney = (context: WorkerContext, cost: number, system: { get(name: string): unknown }): void =>
  sendToService<BudgetCommand>(system, "budget", { ...demandOf(context), type: "budget.settle", cost });

/** Sends the worker what it waited for, unless it was stopped meanwhile. */
export function answer(self: AnyActorRef, event: WorkerEvent): void {
  if (self.getSnapshot().status === "active") self.send(event);
}

/** An attempt as limiter and budget name it. */
export const demandOf = (context: WorkerContext) => ({
  ordinal: context.task.ordinal,
  attempt: attemptNumber(context),
  condition: context.task.condition,
  amount: context.reserved ?? 0,
});

/** Counted from 1. */
export const attemptNumber = (context: WorkerContext): number => context.earlier.length + 1;

/** Hands the task to the executor; the worker hears how it ends. */
export function startAttempt(context: WorkerContext, self: AnyActorRef): void {
  const { scope, task, call } = context;
  const attempt = attemptNumber(context);
  scope.facts({ type: "task.started", ordinal: task.ordinal, attempt });
  const bill = openBill((amount) => scope.money.chargedLate(task, amount));
  const running = scope.executor.run(task, attempt, bill.charge);
  call.running = running;
  call.bill = bill;
  void running.result.then((ended) => {
    const result = withoutSecrets(ended.result); // from here on it is stored and shown
    answer(self, { type: "attempt.ended", attempt: result === ended.result ? ended : { ...ended, result } });
  });
}

/** Why an attempt failed that has just ended. */
export const failureOf = (event: WorkerEvent): Failure | undefined =>
  event.type === "attempt.ended" && !event.attempt.result.ok ? event.attempt.result.error : undefined;

/** Whether the server had too many requests. A timeout or a crash is not an answer to that. */
export function wasThrottled(event: WorkerEvent): { throttled?: boolean } {
  if (event.type !== "attempt.ended") return {};
  const failed = failureOf(event);
  return failed && failed.kind !== "rate_limited" ? {} : { throttled: failed !== undefined };
}

const failureIn = ({ result }: AttemptResult): Failure => (result.ok ? { kind: "unknown", message: "" } : result.error);
/** Why the latest attempt failed. */
export const lastFailure = ({ attempt }: WorkerContext): Failure => failureIn(attempt!);

/** What becomes of a failed attempt: asked of the hook, then decided, once. */
export async function decide(context: WorkerContext, self: AnyActorRef): Promise<void> {
  const { scope, task } = context;
  const failure = lastFailure(context);
  const verdict = await scope.hooks.onError?.(task, failure);
  const attempt = attemptNumber(context);
  const jitter = (): number => stream(scope.seed, "jitter", nameOf(task), attempt)(); // drawn when it is needed
  answer(self, { type: "retry.decided", decision: decideRetry(failure, attempt, scope.retry, jitter, verdict) });
}

/** What a worker's row needs to know of its task's life so far. */
export const historyOf = ({ scope, task, earlier }: WorkerContext): TaskHistory => {
  const lineage = scope.lineageOf?.(task);
  return lineage ? { task, earlier, lineage } : { task, earlier };
};

/** How a worker exits: a failure worth another attempt is a crash, which its pool restarts. */
export function exitOf(state: string, { attempt, decision, outcome }: WorkerContext): Exit {
  if (state === "failed" && attempt && decision?.type === "retry")
    return crash(failedAttempt(attempt, failureIn(attempt), decision.delayMs));
  if (state === "dropped" || state === "refused") return shutdown(state);
  return outcome && isFailure(outcome) ? shutdown(outcome.error) : normal;
}
