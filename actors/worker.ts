import type { ActorRefFrom, AnyActorRef } from "xstate";
import {
  countedAttempt,
  failedAttempt,
  failedOutcome,
  returnedOutcome,
  type TaskHistory,
} from "#src/experiment/attempts";
import type { AttemptResult } from "#src/experiment/execute";
import { isFailure } from "#src/experiment/outcome";
import { abortAt } from "#src/experiment/session";
import { type Task, taskKey } from "#src/experiment/task";
import { crash, type Exit, normal, shutdown } from "#src/kernel/exit";
import type { Failure } from "#src/kernel/failure";
import { stream } from "#src/kernel/random";
import { withoutSecrets } from "#src/kernel/redact";
import { openBill } from "#src/policy/bill";
import { decideRetry } from "#src/policy/retry";
import { createFsm } from "./finite-state-machine.ts";
import {
  type BudgetCommand,
  type CollectorCommand,
  type LimiterCommand,
  sendToService,
  type WorkerEvent,
} from "./messages.ts";
import type { WorkerContext, WorkerInput } from "./worker-scope.ts";

/** A worker's life: one attempt at one task. A failure worth another attempt is a crash, and its pool starts the next incarnation. */
export const workerLogic = createFsm({
  types: { context: {} as WorkerContext, events: {} as WorkerEvent, input: {} as WorkerInput },
  chart: {
    id: "worker",
    initial: "waiting",
    states: {
      waiting: {
        entry: ["askForSlot"],
        on: {
          "call.admitted": [
            { guard: "isFinished", target: "dropped", actions: ["leaveSlot"] },
            { guard: "isDone", target: "storing", actions: ["leaveSlot", "takeOver"] },
            { guard: "hasBudget", target: "reserving", actions: ["writeOffEarlier"] },
            { guard: "hasBeforeHook", target: "preparing", actions: ["writeOffEarlier"] },
            { target: "running", actions: ["writeOffEarlier"] },
          ],
          "run.drain": { target: "dropped" },
          "service.up": { guard: "limiterIsUp", actions: ["askForSlot"] },
        },
      },
      reserving: {
        entry: ["askForMoney"],
        on: {
          "budget.reserved": [
            { guard: "hasBeforeHook", target: "preparing", actions: ["recordReservation"] },
            { target: "running", actions: ["recordReservation"] },
          ],
          "budget.refused": { target: "refused", actions: ["leaveSlot", "reportExhausted"] },
          "run.drain": { target: "dropped", actions: ["leaveSlot"] },
          "service.up": [
            { guard: "budgetIsUp", actions: ["askForMoney"] },
            { guard: "limiterIsUp", actions: ["holdSlot"] },
          ],
        },
      },
      preparing: {
        entry: ["callBeforeHook"],
        on: { "hook.ended": { target: "running" }, "service.up": { guard: "limiterIsUp", actions: ["holdSlot"] } },
      },
      running: {
        entry: ["startAttempt"],
        on: {
          "attempt.ended": [
            { guard: "wasCancelled", target: "dropped", actions: ["leaveSlot"] },
            { guard: "hasSucceeded", target: "storing", actions: ["leaveSlot", "recordReturn", "noteSuccess"] },
            { target: "deciding", actions: ["leaveSlot", "recordFailure"] },
          ],
          "service.up": { guard: "limiterIsUp", actions: ["holdSlot"] },
        },
      },
      deciding: {
        entry: ["decide"],
        on: {
          "retry.decided": [
            { guard: "mayRetry", target: "failed", actions: ["recordDecision", "noteFailure"] },
            { guard: "aborts", target: "dropped", actions: ["requestAbort"] },
            { target: "storing", actions: ["giveUp", "noteFailure"] },
          ],
          "service.up": { guard: "budgetIsUp", actions: ["settleMoney"] },
        },
      },
      storing: {
        entry: ["storeOutcome"],
        on: {
          "outcome.stored": [{ guard: "hasAfterHook", target: "reporting" }, { target: "settled" }],
          "service.up": [
            { guard: "collectorIsUp", actions: ["storeOutcome"] },
            { guard: "budgetIsUp", actions: ["settleMoney"] },
          ],
        },
      },
      reporting: { entry: ["callAfterHook"], on: { "hook.ended": { target: "settled" } } },
      settled: { type: "final" },
      failed: { type: "final" },
      dropped: { type: "final" },
      refused: { type: "final" },
    },
  },
  context: ({ scope, task, earlier, isRefed = false, done, leftSlot }) => ({
    scope,
    task,
    earlier,
    isRefed,
    done,
    leftSlot,
    call: {},
  }),
  stopped: ({ call }) => call.running?.cancel(),
  exit: exitOf,
  guards: {
    limiterIsUp: ({ event }) => event.type === "service.up" && event.service === "limiter",
    collectorIsUp: ({ event }) => event.type === "service.up" && event.service === "collector",
    // only where the run is stopping: a condition that aborts a call of its own has failed
    wasCancelled: ({ context, event }) => context.scope.intake.draining && failureOf(event)?.kind === "cancelled",
    hasSucceeded: ({ event }) => event.type === "attempt.ended" && event.attempt.result.ok,
    isFinished: ({ context: { scope, task } }) => scope.isFinished(task.ordinal),
    isDone: ({ context }) => context.done !== undefined,
    hasBudget: ({ context }) => context.scope.reservationOf !== undefined,
    budgetIsUp: ({ event }) => event.type === "service.up" && event.service === "budget",
    hasBeforeHook: ({ context }) => context.scope.beforeTask !== undefined && attemptNumber(context) === 1,
    hasAfterHook: ({ context }) => context.scope.afterTask !== undefined,
    mayRetry: ({ event }) => event.type === "retry.decided" && event.decision.type === "retry",
    aborts: ({ event }) => event.type === "retry.decided" && event.decision.type === "abort",
  },
  assigns: {
    takeOver: ({ context }) => ({ outcome: context.done! }),
    recordReservation: ({ event }) => (event.type === "budget.reserved" ? { reserved: event.amount } : undefined),
    recordReturn: ({ context, event }) => {
      if (event.type !== "attempt.ended") return undefined;
      return { attempt: event.attempt, outcome: returnedOutcome(historyOf(context), event.attempt) };
    },
    recordFailure: ({ context, event }) =>
      event.type === "attempt.ended" ? { attempt: countedAttempt(event.attempt, context.reserved) } : undefined,
    recordDecision: ({ event }) => (event.type === "retry.decided" ? { decision: event.decision } : undefined),
    giveUp: ({ context, event }) => {
      if (event.type !== "retry.decided") return undefined;
      return { outcome: failedOutcome(historyOf(context), context.attempt!, lastFailure(context), event.decision) };
    },
  },
  actions: {
    askForSlot: ({ context, self, system }) => {
      if (context.scope.intake.draining) self.send({ type: "run.drain" } satisfies WorkerEvent); // restarted too late to have heard it
      sendToService<LimiterCommand>(system, "limiter", {
        type: "call.admit",
        ordinal: context.task.ordinal,
        worker: self,
      });
    },
    holdSlot: ({ context, self, system }) => {
      const { ordinal } = context.task;
      sendToService<LimiterCommand>(system, "limiter", { type: "call.hold", ordinal, worker: self });
    },
    leaveSlot: ({ context, event, self, system }) => {
      const { ordinal, condition } = context.task;
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
    },
    // the budget may have crashed on the settlement; settling twice is settling once
    settleMoney: ({ context, system }) => {
      if (context.reserved !== undefined) settleMoney(context, context.attempt?.cost ?? 0, system);
    },
    writeOffEarlier: ({ context }) => {
      if (context.isRefed && context.earlier.length === 0) context.scope.writeOff(context.task);
    },
    askForMoney: ({ context, self, system }) => {
      const amount = context.scope.reservationOf!(context.task);
      sendToService<BudgetCommand>(system, "budget", {
        ...demandOf({ ...context, reserved: amount }),
        type: "budget.reserve",
        worker: self,
      });
    },
    reportExhausted: ({ context, event }) => {
      const { condition } = context.task;
      if (event.type === "budget.refused")
        context.scope.run.send({ type: "budget.exhausted", limit: event.limit, condition });
    },
    callBeforeHook: ({ context, self }) => {
      void context.scope.beforeTask!(context.task).then(() => answer(self, { type: "hook.ended" }));
    },
    startAttempt: ({ context, self }) => {
      startAttempt(context, self);
    },
    noteSuccess: ({ context }) => {
      context.scope.noteAttempt();
    },
    noteFailure: ({ context }) => {
      if (!context.outcome || isFailure(context.outcome)) context.scope.noteAttempt(lastFailure(context));
    },
    decide: ({ context, self }) => {
      void decide(context, self);
    },
    requestAbort: ({ context, event }) => {
      const because =
        event.type === "retry.decided" && event.decision.type === "abort" ? event.decision.because : undefined;
      const request = abortAt(nameOf(context.task), lastFailure(context).message, because);
      // once the worker has ended: an abort stops its pool at once, which could not be notified any more
      queueMicrotask(() => context.scope.run.send({ type: "run.stop", request }));
    },
    storeOutcome: ({ context, self, system }) => {
      sendToService<CollectorCommand>(system, "collector", {
        type: "outcome.store",
        outcome: context.outcome!,
        worker: self,
      });
    },
    callAfterHook: ({ context, self }) => {
      void context.scope.afterTask!(context.task, context.outcome!).then(() => answer(self, { type: "hook.ended" }));
    },
  },
});
export type WorkerRef = ActorRefFrom<typeof workerLogic>;

export const settleMoney = (context: WorkerContext, cost: number, system: { get(name: string): unknown }): void =>
  sendToService<BudgetCommand>(system, "budget", { ...demandOf(context), type: "budget.settle", cost });

/** Sends the worker what it waited for, unless it was stopped meanwhile. */
function answer(self: AnyActorRef, event: WorkerEvent): void {
  if (self.getSnapshot().status === "active") self.send(event);
}

const nameOf = (task: Task): string => taskKey({ ...task, itemId: task.item.id });
const demandOf = (context: WorkerContext) => ({
  ordinal: context.task.ordinal,
  attempt: attemptNumber(context),
  condition: context.task.condition,
  amount: context.reserved ?? 0,
});

const attemptNumber = (context: WorkerContext): number => context.earlier.length + 1;

function startAttempt(context: WorkerContext, self: AnyActorRef): void {
  const { scope, task, call } = context;
  const attempt = attemptNumber(context);
  scope.facts({ type: "task.started", ordinal: task.ordinal, attempt });
  const bill = openBill((amount) => scope.chargedLate(task, amount));
  const running = scope.executor.run(task, attempt, bill.charge);
  call.running = running;
  call.bill = bill;
  void running.result.then((ended) => {
    const result = withoutSecrets(ended.result); // from here on it is stored and shown
    answer(self, { type: "attempt.ended", attempt: result === ended.result ? ended : { ...ended, result } });
  });
}

const failureOf = (event: WorkerEvent): Failure | undefined =>
  event.type === "attempt.ended" && !event.attempt.result.ok ? event.attempt.result.error : undefined;

/** Whether the server had too many requests. A timeout or a crash is not an answer to that. */
function wasThrottled(event: WorkerEvent): { throttled?: boolean } {
  if (event.type !== "attempt.ended") return {};
  const failed = failureOf(event);
  return failed && failed.kind !== "rate_limited" ? {} : { throttled: failed !== undefined };
}

const failureIn = ({ result }: AttemptResult): Failure => (result.ok ? { kind: "unknown", message: "" } : result.error);

const lastFailure = ({ attempt }: WorkerContext): Failure => failureIn(attempt!);

/** What becomes of a failed attempt: asked of the hook, then decided, once. */
async function decide(context: WorkerContext, self: AnyActorRef): Promise<void> {
  const { scope, task } = context;
  const failure = lastFailure(context);
  const verdict = await scope.askOnError?.(task, failure);
  const attempt = attemptNumber(context);
  const jitter = (): number => stream(scope.seed, "jitter", nameOf(task), attempt)(); // drawn when it is needed
  answer(self, { type: "retry.decided", decision: decideRetry(failure, attempt, scope.retry, jitter, verdict) });
}

/** What a worker's row needs to know of its task's life so far. */
const historyOf = ({ scope, task, earlier }: WorkerContext): TaskHistory => {
  const lineage = scope.lineageOf?.(task);
  return lineage ? { task, earlier, lineage } : { task, earlier };
};

function exitOf(state: string, { attempt, decision, outcome }: WorkerContext): Exit {
  if (state === "failed" && attempt && decision?.type === "retry")
    return crash(failedAttempt(attempt, failureIn(attempt), decision.delayMs));
  if (state === "dropped" || state === "refused") return shutdown(state);
  return outcome && isFailure(outcome) ? shutdown(outcome.error) : normal;
}
