import type { ActorRefFrom } from "xstate";
import { answerOf, countedAttempt, failedOutcome, returnedOutcome } from "#src/experiment/attempts";
import { isFailure } from "#src/experiment/outcome";
import { abortAt } from "#src/experiment/session";
import { nameOf } from "#src/experiment/task";
import { createFsm } from "./finite-state-machine.ts";
import { type CollectorCommand, type LimiterCommand, sendToService, type WorkerEvent } from "./messages.ts";
import {
  answer,
  answerIn,
  askForMoney,
  attemptNumber,
  decide,
  exitOf,
  failureOf,
  historyOf,
  isFirst,
  lastFailure,
  leaveSlot,
  needsMoney,
  payAnswer,
  restOf,
  settleMoney,
  startAttempt,
} from "./worker-attempt.ts";
import type { WorkerContext, WorkerInput } from "./worker-scope.ts";

const { queueMicrotask } = globalThis; // a task may put another in its place

/**
 * A worker's life: one attempt at one task; where answers are scored apart, one at answering, and once the answer is stored one at scoring. A failure worth another attempt is a crash, and its pool starts
 * the next incarnation, which begins at the stage that failed.
 */
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
            { guard: "isKept", target: "scoring", actions: ["writeOffEarlier"] },
            { guard: "isAnswered", target: "keeping", actions: ["writeOffEarlier"] },
            { guard: "isApart", target: "answering", actions: ["writeOffEarlier"] },
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
            { guard: "isKept", target: "scoring", actions: ["recordReservation"] },
            { guard: "isAnswered", target: "keeping", actions: ["recordReservation"] },
            { guard: "isApart", target: "answering", actions: ["recordReservation"] },
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
        on: {
          "hook.ended": [{ guard: "isApart", target: "answering" }, { target: "running" }],
          "service.up": { guard: "limiterIsUp", actions: ["holdSlot"] },
        },
      },
      answering: {
        entry: ["startAttempt"],
        on: {
          "attempt.ended": [
            { guard: "wasCancelled", target: "dropped", actions: ["leaveSlot"] },
            { guard: "mustKeep", target: "keeping", actions: ["recordAnswer", "payAnswer"] },
            { guard: "hasAnswer", target: "scoring", actions: ["recordAnswer", "payAnswer"] },
            { guard: "hasSucceeded", target: "storing", actions: ["leaveSlot", "recordReturn", "noteSuccess"] },
            { target: "deciding", actions: ["leaveSlot", "recordFailure"] },
          ],
          "service.up": { guard: "limiterIsUp", actions: ["holdSlot"] },
        },
      },
      keeping: {
        entry: ["keepAnswer"],
        on: {
          "answer.kept": { target: "scoring" },
          "service.up": [
            { guard: "collectorIsUp", actions: ["keepAnswer"] },
            { guard: "budgetIsUp", actions: ["payAnswerAgain"] },
            { guard: "limiterIsUp", actions: ["holdSlot"] },
          ],
        },
      },
      scoring: {
        entry: ["startAttempt"],
        on: {
          "attempt.ended": [
            { guard: "wasCancelled", target: "dropped", actions: ["leaveSlot"] },
            { guard: "hasSucceeded", target: "storing", actions: ["leaveSlot", "recordReturn", "noteSuccess"] },
            { target: "deciding", actions: ["leaveSlot", "recordFailure", "noteScores"] },
          ],
          "service.up": { guard: "limiterIsUp", actions: ["holdSlot"] },
        },
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
    answer: scope.answers.get(task.ordinal),
    call: {},
  }),
  stopped: ({ call, attempt }) => {
    if (!attempt) call.running?.cancel();
  },
  exit: exitOf,
  guards: {
    limiterIsUp: ({ event }) => event.type === "service.up" && event.service === "limiter",
    collectorIsUp: ({ event }) => event.type === "service.up" && event.service === "collector",
    // only where the run is stopping: a condition that aborts a call of its own has failed
    wasCancelled: ({ context, event }) => context.scope.intake.draining && failureOf(event)?.kind === "cancelled",
    hasSucceeded: ({ event }) => event.type === "attempt.ended" && event.attempt.result.ok,
    isFinished: ({ context: { scope, task } }) => scope.isFinished(task.ordinal),
    isDone: ({ context }) => context.done !== undefined,
    hasBudget: ({ context }) => needsMoney(context),
    isApart: ({ context: { scope, task } }) => scope.answers.isApart(task.condition),
    isAnswered: ({ context }) => context.answer !== undefined,
    isKept: ({ context: { scope, task, answer } }) => answer !== undefined && scope.answers.isKept(task.ordinal),
    hasAnswer: ({ event }) => answerIn(event) !== undefined,
    mustKeep: ({ context: { scope, task }, event }) =>
      answerIn(event) !== undefined && !scope.answers.isKept(task.ordinal),
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
    recordAnswer: ({ context, event }) => {
      if (event.type !== "attempt.ended") return undefined;
      const answer = answerOf(context.task, context.earlier, event.attempt);
      return { answer, reserved: context.reserved === undefined ? undefined : restOf(context, answer) };
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
      leaveSlot(context, event, self, system);
    },
    // the budget may have crashed on the settlement; settling twice is settling once
    settleMoney: ({ context, system }) => {
      if (context.reserved !== undefined) settleMoney(context, context.attempt?.cost ?? 0, system);
    },
    writeOffEarlier: ({ context }) => {
      if (context.isRefed && isFirst(context)) context.scope.money.writeOff(context.task);
    },
    askForMoney: ({ context, self, system }) => {
      askForMoney(context, self, system);
    },
    reportExhausted: ({ context, event }) => {
      const { condition } = context.task;
      if (event.type === "budget.refused")
        context.scope.run.send({ type: "budget.exhausted", limit: event.limit, condition });
    },
    callBeforeHook: ({ context, self }) => {
      void context.scope.hooks.beforeTask!(context.task).then(() => answer(self, { type: "hook.ended" }));
    },
    payAnswer: ({ context, system }) => {
      context.call.isOver = true;
      context.scope.answers.add(context.answer!);
      payAnswer(context, system);
      delete context.call.running; // it has ended, and is paid for: who dies from now on has no call out
      delete context.call.bill;
    },
    // as for `settleMoney`
    payAnswerAgain: ({ context, system }) => {
      if (context.reserved !== undefined) payAnswer(context, system);
    },
    keepAnswer: ({ context, self, system }) => {
      sendToService<CollectorCommand>(system, "collector", {
        type: "answer.keep",
        answer: context.answer!,
        worker: self,
      });
    },
    noteScores: ({ context, event }) => {
      if (event.type === "attempt.ended")
        context.scope.answers.addScores(context.task.ordinal, event.attempt.scores ?? [], event.attempt.cost);
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
