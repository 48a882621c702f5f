import { assign, setup } from "xstate";
import type { Clock } from "#src/kernel/clock";
import { emptyRate, type RateWindow, start, waitMs } from "#src/policy/rate";
import type { FactSink, LimiterCommand, Reply, WorkerEvent } from "./messages.ts";

export interface LimiterInput {
  readonly maxParallel: number;
  /** Task starts per second; none when absent. */
  readonly rateLimit: number | undefined;
  readonly clock: Clock;
  readonly facts: FactSink;
  readonly gate?: "open" | "closed" | "trial";
}

interface Demand {
  readonly ordinal: number;
  readonly worker: Reply<WorkerEvent>;
}

/**
 * The queue and the slots are changed in place: copying them would cost the number of waiting tasks at each of them. A queue read from
 * the front by index and cut now and then costs constant time.
 */
interface LimiterContext {
  readonly input: LimiterInput;
  readonly limits: { maxParallel: number; rateLimit: number | undefined };
  readonly waiting: { demands: Demand[]; next: number };
  readonly running: Set<number>;
  readonly window: { rate: RateWindow | undefined };
  readonly trials: { left: number };
  readonly delayMs: number;
}

/** Who may start, and when: slots for the whole run, starts per second, and the gate that the breaker and `pause()` close. First come, first served. */
export const limiterMachine = setup({
  types: {
    input: {} as LimiterInput,
    context: {} as LimiterContext,
    events: {} as LimiterCommand | { type: "rate.reached" },
  },
  actions: {
    queue: ({ context, event }) => {
      if (event.type === "call.admit") context.waiting.demands.push({ ordinal: event.ordinal, worker: event.worker });
    },
    free: ({ context, event }) => {
      if (event.type === "call.settle") context.running.delete(event.ordinal);
    },
    hold: ({ context, event }) => {
      if (event.type === "call.hold") context.running.add(event.ordinal);
    },
    admitAll: ({ context, self }) => {
      admitWhilePossible(context, Number.POSITIVE_INFINITY);
      // said instead of guarded by `always`, which would be looked at for every event of every run
      if (context.window.rate && hasDemand(context) && hasSlot(context)) self.send({ type: "rate.reached" });
    },
    admitOne: ({ context }) => {
      context.trials.left -= admitWhilePossible(context, context.trials.left);
    },
    allowOne: ({ context }) => {
      context.trials.left = 1;
    },
    changeLimits: ({ context, event }) => {
      if (event.type !== "limits.change") return;
      if (event.maxParallel !== undefined) context.limits.maxParallel = event.maxParallel;
      if (event.rateLimit !== undefined) {
        context.limits.rateLimit = event.rateLimit;
        context.window.rate = emptyRate(event.rateLimit);
      }
    },
    computeDelay: assign({ delayMs: ({ context }) => rateWaitMs(context) }),
  },
  guards: {
    mustWaitForRate: ({ context }) => hasDemand(context) && hasSlot(context) && rateWaitMs(context) > 0,
    startsClosed: ({ context }) => context.input.gate === "closed",
    startsOnTrial: ({ context }) => context.input.gate === "trial",
  },
  delays: { untilNextStart: ({ context }) => context.delayMs },
}).createMachine({
  id: "limiter",
  context: ({ input }) => ({
    input,
    limits: { maxParallel: input.maxParallel, rateLimit: input.rateLimit },
    waiting: { demands: [], next: 0 },
    running: new Set(),
    window: { rate: input.rateLimit === undefined ? undefined : emptyRate(input.rateLimit) },
    trials: { left: 0 },
    delayMs: 0,
  }),
  initial: "deciding",
  on: {
    "call.hold": { actions: "hold" },
    "gate.close": { target: ".closed" },
    "gate.try": { target: ".trial" },
    "limits.change": { actions: "changeLimits", target: ".open" },
  },
  states: {
    deciding: {
      always: [
        { guard: "startsClosed", target: "closed" },
        { guard: "startsOnTrial", target: "trial" },
        { target: "open" },
      ],
    },
    open: {
      entry: "admitAll",
      on: {
        "call.admit": { actions: ["queue", "admitAll"] },
        "call.settle": { actions: ["free", "admitAll"] },
        "rate.reached": { guard: "mustWaitForRate", target: "throttled" },
      },
    },
    throttled: {
      entry: "computeDelay",
      after: { untilNextStart: "open" },
      on: { "call.admit": { actions: "queue" }, "call.settle": { actions: "free" } },
    },
    closed: {
      on: {
        "call.admit": { actions: "queue" },
        "call.settle": { actions: "free" },
        "gate.open": { target: "open" },
      },
    },
    trial: {
      entry: ["allowOne", "admitOne"],
      on: {
        "call.admit": { actions: ["queue", "admitOne"] },
        "call.settle": { actions: "free" },
        "gate.open": { target: "open" },
      },
    },
  },
});

const hasDemand = ({ waiting }: LimiterContext): boolean => waiting.next < waiting.demands.length;
const hasSlot = ({ running, limits }: LimiterContext): boolean => running.size < limits.maxParallel;

const rateWaitMs = ({ window, limits, input }: LimiterContext): number =>
  window.rate && limits.rateLimit !== undefined ? waitMs(window.rate, input.clock.monotonic(), limits.rateLimit) : 0;

/** Admits from the front of the queue. @returns how many were admitted */
function admitWhilePossible(context: LimiterContext, most: number): number {
  const { waiting, running, window, input } = context;
  let admitted = 0;
  while (admitted < most && hasDemand(context) && hasSlot(context) && rateWaitMs(context) <= 0) {
    const { ordinal, worker } = waiting.demands[waiting.next]!;
    waiting.next += 1;
    if (worker.getSnapshot().status !== "active") continue; // stopped while it waited
    running.add(ordinal);
    if (window.rate) window.rate = start(window.rate, input.clock.monotonic());
    admitted += 1;
    worker.send({ type: "call.admitted" });
  }
  if (waiting.next > 1024 && waiting.next * 2 > waiting.demands.length) {
    waiting.demands = waiting.demands.slice(waiting.next);
    waiting.next = 0;
  }
  return admitted;
}
