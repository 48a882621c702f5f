import type { ActorRefFrom } from "xstate";
import { countedAttempt, failedOutcome, returnedOutcome } from "#src/experiment/attempts";
import { isFailure } from "#src/experiment/outcome";
import { abortAt } from "#src/experiment/session";
import { nameOf } from "#src/experiment/task";
import { createFsm } from "./finite-state-machine.ts";
import {
  type BudgetCommand,
  type CollectorCommand,
  type LimiterCommand,
  sendToService,
  type WorkerEvent,
} from "./messages.ts";
import {
  answer,
  attemptNumber,
  decide,
  demandOf,
  exitOf,
  failureOf,
  historyOf,
  lastFailure,
  settleMoney,
  startAttempt,
  wasThrottled,
} from "./worker-attempt.ts";
import type { WorkerContext, WorkerInput } from "./worker-scope.ts";

const { queueMicrotask } = globalThis; // a task may put another in its place

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
    hasBudget: ({ context }) => context.scope.money.reservationOf !== undefined,
    budgetIsUp: ({ event }) => event.type === "service.up" && event.service === "budget",
    hasBeforeHook: ({ context }) => context.scope.hooks.beforeTask !== undefined && attemptNumber(context) === 1,
    hasAfterHook: ({ context }) => context.scope.hooks.afterTask !== undefined,
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
      if (context.isRefed && context.earlier.length === 0) context.scope.money.writeOff(context.task);
    },
    askForMoney: ({ context, self, system }) => {
      const amount = context.scope.money.reservationOf!(context.task);
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
      void context.scope.hooks.beforeTask!(context.task).then(() => answer(self, { type: "hook.ended" }));
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
      void context.scope.hooks.afterTask!(context.task, context.outcome!).then(() =>
        answer(self, { type: "hook.ended" }),
      );
    },
  },
});
export type WorkerRef = ActorRefFrom<typeof workerLogic>;
