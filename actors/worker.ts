import type { ActorRefFrom, AnyActorRef } from "xstate";
import type { Executor } from "#src/execute/executor";
import { type FailedAttempt, failedAttempt, failedAttemptOf, outcomeOf } from "#src/experiment/attempts";
import type { AttemptResult, RunningAttempt } from "#src/experiment/execute";
import { isFailure, type Outcome } from "#src/experiment/outcome";
import type { StopRequest } from "#src/experiment/session";
import { type Task, taskKey } from "#src/experiment/task";
import type { Clock } from "#src/kernel/clock";
import { crash, type Exit, normal, shutdown } from "#src/kernel/exit";
import { type Failure, mayBeBilled } from "#src/kernel/failure";
import { stream } from "#src/kernel/random";
import { type Bill, openBill } from "#src/policy/bill";
import { countedCost } from "#src/policy/budget";
import { decideRetry, type ErrorVerdict, type RetryDecision, type RetryOptions } from "#src/policy/retry";
import { type FlatConfig, flatMachine } from "./flat-machine.ts";
import type { BudgetCommand, CollectorCommand, FactSink, LimiterCommand, RunMailbox, WorkerEvent } from "./messages.ts";

/** What all workers of a run share. */
export interface WorkerScope {
  readonly executor: Executor;
  readonly clock: Clock;
  readonly retry: RetryOptions;
  readonly seed: number;
  readonly facts: FactSink;
  /** Asks the `onError` hook; absent when there is none. */
  readonly askOnError?: (task: Task, failure: Failure) => Promise<ErrorVerdict | undefined>;
  readonly beforeTask?: (task: Task) => Promise<void>;
  readonly afterTask?: (task: Task, outcome: Outcome) => Promise<void>;
  readonly run: RunMailbox;
  /** Whether the run lets nothing new start: what runs may end, what waits goes. */
  readonly intake: { readonly draining: boolean };
  /** Whether the task has a stored outcome: one that was fed again after a crash may be stored while it waits. */
  readonly isFinished: (ordinal: number) => boolean;
  /** What an attempt at a task is expected to cost; absent where the run has no budget. */
  readonly reservationOf?: (task: Task) => number;
  /** Told of money that is in no row: what a server asked for after its attempt had ended. */
  readonly chargedLate: (task: Task, amount: number) => void;
  /** Called when a task begins anew after its pool broke: its row will not tell of what its earlier attempts cost. */
  readonly writeOff: (task: Task) => void;
  readonly lineageOf?: (task: Task) => Outcome["lineage"];
}

export interface WorkerInput {
  readonly scope: WorkerScope;
  readonly task: Task;
  /** How the earlier attempts ended, oldest first. */
  readonly earlier: readonly FailedAttempt[];
  /** Whether it was begun before and its pool broke. */
  readonly isAnew?: boolean;
  /** What a worker before it came to, and died with before it was stored: nothing is paid twice. */
  readonly done?: Outcome | undefined;
  /** Told when the attempt no longer needs its slot, so that the next task can be fed while this one is being stored. */
  readonly leftSlot: (ordinal: number) => void;
}

interface WorkerContext extends WorkerInput {
  readonly running?: RunningAttempt;
  readonly bill?: Bill;
  /** Money promised to this attempt. */
  readonly reserved?: number;
  readonly attempt?: AttemptResult;
  readonly verdict?: ErrorVerdict | undefined;
  readonly outcome?: Outcome;
}

/** A worker's life: one attempt at one task. A failure worth another attempt is a crash, and its pool starts the next incarnation. */
export const workerConfig = {
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
          { guard: "hasSucceeded", target: "storing", actions: ["leaveSlot", "recordReturn"] },
          { target: "deciding", actions: ["leaveSlot", "recordFailure"] },
        ],
        "service.up": { guard: "limiterIsUp", actions: ["holdSlot"] },
      },
    },
    deciding: {
      entry: ["askForVerdict"],
      on: {
        "verdict.given": [
          { guard: "mayRetry", target: "failed", actions: ["recordVerdict"] },
          { guard: "aborts", target: "dropped", actions: ["recordVerdict", "requestAbort"] },
          { target: "storing", actions: ["recordVerdict", "giveUp"] },
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
} as const satisfies FlatConfig;

type WorkerState = keyof typeof workerConfig.states;

export const workerLogic = flatMachine<WorkerContext, WorkerEvent, WorkerInput, WorkerState>({
  config: workerConfig as FlatConfig<WorkerState>,
  context: (input) => input,
  stopped: ({ running }) => running?.cancel(),
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
    mayRetry: ({ context, event }) => decide(context, event).type === "retry",
    aborts: ({ context, event }) => decide(context, event).type === "abort",
  },
  actions: {
    askForSlot: ({ context, self, system }) => {
      if (context.scope.intake.draining) self.send({ type: "run.drain" } satisfies WorkerEvent); // restarted too late to have heard it
      tell<LimiterCommand>(system, "limiter", { type: "call.admit", ordinal: context.task.ordinal, worker: self });
    },
    holdSlot: ({ context, system }) => {
      tell<LimiterCommand>(system, "limiter", { type: "call.hold", ordinal: context.task.ordinal });
    },
    leaveSlot: ({ context, event, system }) => {
      const { ordinal, condition } = context.task;
      const throttled = wasThrottled(event);
      const gone = event.type === "budget.refused" || context.scope.isFinished(ordinal);
      tell<LimiterCommand>(system, "limiter", { type: "call.settle", ordinal, ...throttled, ...(gone && { gone }) });
      if (event.type === "attempt.ended") {
        const { cost = 0, result } = booked(context, event.attempt);
        if (context.bill) context.bill.ahead = cost - (event.attempt.cost ?? 0);
        if (context.reserved !== undefined) settleMoney(context, cost, system);
        else if (cost > 0) {
          const spent = { ordinal, attempt: attemptNumber(context), condition, amount: cost };
          tell<BudgetCommand>(system, "budget", { ...spent, type: "budget.spend", isInRow: result.ok });
        }
      }
      context.leftSlot(ordinal);
    },
    // the budget may have died of what it was told when the attempt ended; settled twice is settled once
    settleMoney: ({ context, system }) => {
      if (context.reserved !== undefined) settleMoney(context, context.attempt?.cost ?? 0, system);
    },
    takeOver: ({ context }) => ({ outcome: context.done! }),
    writeOffEarlier: ({ context }) => {
      if (context.isAnew && context.earlier.length === 0) context.scope.writeOff(context.task);
    },
    askForMoney: ({ context, self, system }) => {
      const amount = context.scope.reservationOf!(context.task);
      tell<BudgetCommand>(system, "budget", {
        ...demandOf({ ...context, reserved: amount }),
        type: "budget.reserve",
        worker: self,
      });
    },
    recordReservation: ({ event }) => (event.type === "budget.reserved" ? { reserved: event.amount } : undefined),
    reportExhausted: ({ context, event }) => {
      const { condition } = context.task;
      if (event.type === "budget.refused")
        context.scope.run.send({ type: "budget.exhausted", limit: event.limit, condition });
    },
    callBeforeHook: ({ context, self }) => {
      void context.scope.beforeTask!(context.task).then(() => answer(self, { type: "hook.ended" }));
    },
    startAttempt: ({ context, self }) => startAttempt(context, self),
    recordReturn: ({ context, event }) => {
      if (event.type !== "attempt.ended") return undefined;
      return { attempt: event.attempt, outcome: returnedOutcome(context, event.attempt) };
    },
    recordFailure: ({ context, event }) =>
      event.type === "attempt.ended" ? { attempt: booked(context, event.attempt) } : undefined,
    askForVerdict: ({ context, self }) => {
      void askForVerdict(context, self);
    },
    recordVerdict: ({ event }) => (event.type === "verdict.given" ? { verdict: event.verdict } : undefined),
    requestAbort: ({ context, event }) => {
      const decision = decide(context, event);
      const because = decision.type === "abort" ? decision.because : undefined;
      const at = `at ${nameOf(context.task)}: ${because ?? lastFailure(context).message}`;
      // once the worker has ended: an abort stops its pool at once, which could not be told of that any more
      const request: StopRequest =
        because === undefined
          ? { status: "aborted", reason: `onError answered "abort" ${at}` }
          : { status: "aborted", reason: `the provider's quota is spent, ${at}`, cause: "quota" };
      queueMicrotask(() => context.scope.run.send({ type: "run.stop", request }));
    },
    giveUp: ({ context }) => ({ outcome: failedOutcome(context) }),
    storeOutcome: ({ context, self, system }) => {
      tell<CollectorCommand>(system, "collector", { type: "outcome.store", outcome: context.outcome!, worker: self });
    },
    callAfterHook: ({ context, self }) => {
      void context.scope.afterTask!(context.task, context.outcome!).then(() => answer(self, { type: "hook.ended" }));
    },
  },
});
export type WorkerRef = ActorRefFrom<typeof workerLogic>;

/** A service that is just being restarted is not there: the worker asks again at its `service.up`. */
function tell<Command extends { type: string }>(
  system: { get(name: string): unknown },
  service: string,
  command: Command,
): void {
  (system.get(service) as AnyActorRef | undefined)?.send(command);
}

const settleMoney = (context: WorkerContext, cost: number, system: { get(name: string): unknown }): void =>
  tell<BudgetCommand>(system, "budget", { ...demandOf(context), type: "budget.settle", cost });

/** Tells the worker what it waited for, unless it was stopped meanwhile. */
function answer(self: AnyActorRef, event: WorkerEvent): void {
  if (self.getSnapshot().status === "active") self.send(event);
}

/**
 * Takes back what a worker that died left behind: its attempt, its slot, and its promise of money. A call that was under way counts as
 * spent, since nobody knows what became of it.
 *
 * @returns what its attempt counts as spent, where that is known, and what it came to, where it had come so far
 */
export function release(worker: AnyActorRef): {
  readonly paid?: number | undefined;
  readonly done?: Outcome | undefined;
} {
  const { context } = worker.getSnapshot() as { context: WorkerContext };
  const { scope, task, running, bill, attempt, reserved, outcome } = context;
  running?.cancel();
  tell<LimiterCommand>(worker.system, "limiter", { type: "call.settle", ordinal: task.ordinal });
  const paid = attempt ? attempt.cost : running ? reserved : undefined;
  if (scope.reservationOf) settleMoney(context, paid ?? 0, worker.system);
  if (attempt || outcome) return { paid, done: outcome };
  if (running && bill) {
    bill.ahead = paid ?? 0;
    void running.result.then(({ cost: charged = 0, begun }) => {
      if (begun !== false) bill.charge(charged);
      else if (paid) scope.chargedLate(task, -paid); // given back: it had not begun
    });
  }
  return { paid };
}

/** An ended attempt with what it counts as spent. */
function booked({ reserved }: WorkerContext, attempt: AttemptResult): AttemptResult {
  const { result, begun } = attempt;
  if (result.ok || begun === false) return attempt;
  const cost = countedCost(attempt.cost, reserved, mayBeBilled(result.error));
  return cost === undefined ? attempt : { ...attempt, cost };
}

const nameOf = (task: Task): string => taskKey({ ...task, itemId: task.item.id });
const demandOf = (context: WorkerContext) => ({
  ordinal: context.task.ordinal,
  attempt: attemptNumber(context),
  condition: context.task.condition,
  amount: context.reserved ?? 0,
});

const attemptNumber = (context: WorkerContext): number => context.earlier.length + 1;

function startAttempt(context: WorkerContext, self: AnyActorRef): Partial<WorkerContext> {
  const { scope, task } = context;
  const attempt = attemptNumber(context);
  scope.facts({ type: "task.started", ordinal: task.ordinal, attempt });
  const bill = openBill((amount) => scope.chargedLate(task, amount));
  const running = scope.executor.run(task, attempt, bill.charge);
  void running.result.then((ended) => answer(self, { type: "attempt.ended", attempt: ended }));
  return { running, bill };
}

async function askForVerdict(context: WorkerContext, self: AnyActorRef): Promise<void> {
  const { scope, task } = context;
  answer(self, { type: "verdict.given", verdict: await scope.askOnError?.(task, lastFailure(context)) });
}

const failureOf = (event: WorkerEvent): Failure | undefined =>
  event.type === "attempt.ended" && !event.attempt.result.ok ? event.attempt.result.error : undefined;

/** Whether the server had too many requests. A timeout or a crash is no answer to that. */
function wasThrottled(event: WorkerEvent): { throttled?: boolean } {
  if (event.type !== "attempt.ended") return {};
  const failed = failureOf(event);
  return failed && failed.kind !== "rate_limited" ? {} : { throttled: failed !== undefined };
}

function lastFailure({ attempt }: WorkerContext): Failure {
  return attempt && !attempt.result.ok ? attempt.result.error : { kind: "unknown", message: "" };
}

/** Pure: the jitter comes from the stream of this task and attempt, so asking twice gives the same answer. */
function decide(context: WorkerContext, event: WorkerEvent): RetryDecision {
  const { scope, task } = context;
  const attempt = attemptNumber(context);
  const jitter = (): number => stream(scope.seed, "jitter", nameOf(task), attempt)(); // drawn when it is needed
  const verdict = event.type === "verdict.given" ? event.verdict : context.verdict;
  return decideRetry(lastFailure(context), attempt, scope.retry, jitter, verdict);
}

function outcome(
  { scope, task, earlier }: WorkerInput,
  attempt: AttemptResult,
  failed: readonly FailedAttempt[],
  ended: Parameters<typeof outcomeOf>[4],
): Outcome {
  const lineage = scope.lineageOf?.(task);
  return outcomeOf(task, earlier, attempt, failed, lineage ? { ...ended, lineage } : ended);
}

function returnedOutcome(context: WorkerContext, attempt: AttemptResult): Outcome {
  if (!attempt.result.ok) throw new TypeError("a failed attempt has no value");
  const { metrics, output, invalidMetrics, scored } = attempt.result.value;
  return outcome(context, attempt, context.earlier, {
    finalStatus: scored ? "success" : "unscored",
    metrics,
    ...(output && { output }),
    ...(invalidMetrics && { invalidMetrics }),
  });
}

function failedOutcome(context: WorkerContext): Outcome {
  const decision = decide(context, { type: "verdict.given", verdict: context.verdict });
  const failed = lastFailure(context);
  const because = decision.type === "giveUp" ? decision.because : undefined;
  const error = because === undefined ? failed : { ...failed, message: `${failed.message}; ${because}` };
  const last = failedAttempt(context.attempt!, error, 0);
  return outcome(context, context.attempt!, [...context.earlier, last], {
    finalStatus: decision.type === "giveUp" ? decision.status : "failed_permanent",
    metrics: {},
    error,
  });
}

/** The outcome of a task whose worker itself broke, again and again: written by its condition, so that no task is ever lost. */
export function lostOutcome(input: WorkerInput, exit: Exit, paid: number | undefined): Outcome {
  const { clock, executor } = input.scope;
  const last = failedAttemptOf(exit, clock, paid);
  const { failure } = last;
  const attempt: AttemptResult = {
    result: { ok: false, error: failure },
    startedAt: clock.now(),
    elapsedMs: 0,
    ...(last.cost === undefined ? {} : { cost: last.cost }),
    worker: executor.name,
  };
  return outcome(input, attempt, [...input.earlier, last], {
    finalStatus: "failed_retries_exhausted",
    metrics: {},
    error: failure,
  });
}

function exitOf(state: WorkerState, context: WorkerContext): Exit {
  if (state === "failed") {
    const decision = decide(context, { type: "verdict.given", verdict: context.verdict });
    return crash(
      failedAttempt(context.attempt!, lastFailure(context), decision.type === "retry" ? decision.delayMs : 0),
    );
  }
  if (state === "dropped" || state === "refused") return shutdown(state);
  return context.outcome && isFailure(context.outcome) ? shutdown(context.outcome.error) : normal;
}
