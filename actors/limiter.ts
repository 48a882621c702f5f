import { ChurnMap } from "#src/kernel/churn-map";
import type { Clock } from "#src/kernel/clock";
import { normal } from "#src/kernel/exit";
import { adapt, type Concurrency, fullConcurrency, withMost } from "#src/policy/concurrency";
import type { Intake } from "#src/policy/intake";
import { emptyRate, type StartWindow, start, waitMs, withRate } from "#src/policy/rate";
import type { Share } from "#src/policy/share";
import { createFsm } from "./finite-state-machine.ts";
import type { FactSink, LimiterCommand, ReplyTo, WorkerEvent } from "./messages.ts";

export interface LimiterInput {
  readonly maxParallel: number;
  /** Task starts per second; none when absent. */
  readonly rateLimit: number | undefined;
  readonly clock: Clock;
  readonly facts: FactSink;
  /** Whether tasks may start; `open` when absent. */
  readonly intake?: Intake;
  /** The last starts, where they outlive the actor: a limiter that is restarted lets no second burst through. */
  readonly window?: { rate: StartWindow | undefined };
  /** Where several runs share slots and starts. */
  readonly share?: Share;
  /** Called with the task that was let through a half-open circuit. */
  readonly trialStarted: (ordinal: number) => void;
}

interface Demand {
  readonly ordinal: number;
  readonly worker: ReplyTo<WorkerEvent>;
}

/**
 * The queue and the slots are changed in place: copying them would cost the number of waiting tasks at each of them. A queue read from
 * the front by index and cut now and then costs constant time.
 */
interface LimiterContext {
  readonly input: LimiterInput;
  readonly limits: { concurrency: Concurrency; rateLimit: number | undefined };
  /** Slots that were last published. */
  readonly published: { allowed: number };
  readonly waiting: { readonly demands: (Demand | undefined)[]; next: number };
  /** Who asked last for each task that waits: a demand counts once. */
  readonly asking: ChurnMap<number, ReplyTo<WorkerEvent>>;
  /** Who holds the slot of each task that runs. */
  readonly running: ChurnMap<number, ReplyTo<WorkerEvent>>;
  readonly window: { rate: StartWindow | undefined };
  /** The task that is let through a half-open circuit, once it was found. */
  readonly trial: { ordinal: number | undefined };
}

/** Whether tasks may start: open, waiting for the rate or for a server that refuses everything, closed by breaker or `pause()`, or open for one task only. */
/** Who may start, and when: slots for the whole run, starts per second, and an intake that the breaker and `pause()` close. First come, first served. */
export const limiterLogic = createFsm({
  types: {
    context: {} as LimiterContext,
    events: {} as LimiterCommand | { type: "rate.reached" },
    input: {} as LimiterInput,
  },
  chart: {
    id: "limiter",
    initial: "deciding",
    on: {
      "call.hold": { actions: ["hold"] },
      "intake.change": [
        { guard: "letsOneStart", actions: ["shareSlots", "forgetTrial"], target: ".trial" },
        { guard: "letsAllStart", actions: ["shareSlots"], target: ".open" },
        { actions: ["shareSlots"], target: ".closed" },
      ],
      "limits.change": { actions: ["changeLimits"] },
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
        entry: ["admitAll"],
        on: {
          "call.admit": { actions: ["queue", "admitAll"] },
          "call.settle": { actions: ["free", "admitAll"] },
          "slot.freed": { actions: ["admitAll"] },
          "rate.reached": [{ guard: "mustWait", target: "throttled" }, { actions: ["admitAll"] }],
          "limits.change": { actions: ["changeLimits", "admitAll"] },
        },
      },
      throttled: {
        after: { untilNextStart: "open" },
        on: {
          "call.admit": { actions: ["queue"] },
          "call.settle": { actions: ["free"] },
          "limits.change": { actions: ["changeLimits"], target: "open" },
        },
      },
      closed: {
        on: {
          "call.admit": { actions: ["queue"] },
          "call.settle": { actions: ["free"] },
        },
      },
      trial: {
        entry: ["admitTrial"],
        on: {
          "call.admit": { actions: ["queue", "admitTrial"] },
          "call.settle": { actions: ["free", "admitTrial"] },
          "slot.freed": { actions: ["admitTrial"] },
          "rate.reached": [{ guard: "mustWait", target: "trialThrottled" }, { actions: ["admitTrial"] }],
          "limits.change": { actions: ["changeLimits", "admitTrial"] },
        },
      },
      trialThrottled: {
        after: { untilNextStart: "trial" },
        on: {
          "call.admit": { actions: ["queue"] },
          "call.settle": { actions: ["free"] },
          "limits.change": { actions: ["changeLimits"], target: "trial" },
        },
      },
    },
  },
  context: (input) => ({
    input,
    limits: { concurrency: fullConcurrency(input.maxParallel), rateLimit: input.rateLimit },
    published: { allowed: input.maxParallel },
    waiting: { demands: [], next: 0 },
    asking: new ChurnMap<number, ReplyTo<WorkerEvent>>(),
    running: new ChurnMap<number, ReplyTo<WorkerEvent>>(),
    window: input.window ?? { rate: input.rateLimit === undefined ? undefined : emptyRate(input.rateLimit) },
    trial: { ordinal: undefined },
  }),
  exit: () => normal,
  delays: { untilNextStart: startWaitMs },
  guards: {
    mustWait: ({ context }) => hasDemand(context) && hasSlot(context) && startWaitMs(context) > 0,
    startsClosed: ({ context: { input } }) => input.intake === "closed" || input.intake === "draining",
    startsOnTrial: ({ context }) => context.input.intake === "trial",
    letsOneStart: ({ event }) => event.type === "intake.change" && event.intake === "trial",
    letsAllStart: ({ event }) => event.type === "intake.change" && event.intake === "open",
  },
  actions: {
    queue: ({ context, event }) => {
      if (event.type !== "call.admit") return;
      const { ordinal, worker } = event;
      if (context.running.has(ordinal)) {
        context.running.set(ordinal, worker); // the next attempt is there before the end of the last one was heard
        worker.send({ type: "call.admitted" }); // or it asked twice, or the answer was lost
      } else {
        context.asking.set(ordinal, worker);
        context.waiting.demands.push({ ordinal, worker });
      }
    },
    free: ({ context, event }) => {
      if (event.type !== "call.settle") return;
      if (event.gone && context.trial.ordinal === event.ordinal) context.trial.ordinal = undefined; // another one decides
      const holder = context.running.get(event.ordinal);
      if (holder === undefined || (event.worker ?? holder) !== holder) return;
      context.running.delete(event.ordinal);
      context.input.share?.give(event.ordinal);
      if (event.throttled !== undefined) adaptTo(context, event.throttled);
    },
    hold: ({ context, event }) => {
      if (event.type !== "call.hold") return;
      context.running.set(event.ordinal, event.worker);
      context.input.share?.take(event.ordinal);
    },
    admitAll: ({ context, self }) => {
      admitWhilePossible(context);
      if (hasDemand(context) && hasSlot(context)) self.send({ type: "rate.reached" });
    },
    admitTrial: ({ context, self }) => {
      if (mayStart(context)) admitTrial(context);
      else if (hasDemand(context) && hasSlot(context)) self.send({ type: "rate.reached" });
    },
    // all running workers have reported by now: others of a limiter that was restarted are gone
    shareSlots: ({ context: { input, running } }) => {
      input.share?.keepOnly(running.keys());
    },
    forgetTrial: ({ context }) => {
      context.trial.ordinal = undefined;
    },
    changeLimits: ({ context, event }) => {
      if (event.type !== "limits.change") return;
      const { limits } = context;
      if (event.maxParallel !== undefined) limits.concurrency = withMost(limits.concurrency, event.maxParallel);
      if (event.rateLimit === undefined) return;
      limits.rateLimit = event.rateLimit ?? undefined;
      context.window.rate = event.rateLimit === null ? undefined : withRate(context.window.rate, event.rateLimit);
    },
  },
});

const hasDemand = ({ waiting }: LimiterContext): boolean => waiting.next < waiting.demands.length;
const hasSlot = ({ running, limits, input }: LimiterContext): boolean =>
  running.size < limits.concurrency.allowed && (input.share?.hasSlot() ?? true);

/** Milliseconds until one more may start: the rate says so, or a server that refused the only one. */
function startWaitMs({ window, limits, input }: LimiterContext): number {
  const { rate } = window;
  const nowMs = input.clock.monotonic();
  const rateMs = rate && limits.rateLimit !== undefined ? waitMs(rate, nowMs, limits.rateLimit) : 0;
  return Math.max(rateMs, input.share?.startWaitMs(nowMs) ?? 0, limits.concurrency.startAfterMs - nowMs);
}

/** Updates the concurrency limit when an attempt ends. Publishes changes of 10 % or more, so that occasional 429s cause no noise. */
function adaptTo({ limits, running, published, input }: LimiterContext, throttled: boolean): void {
  const end = { throttled, inFlight: running.size + 1, nowMs: input.clock.monotonic() };
  limits.concurrency = adapt(limits.concurrency, end);
  const { allowed, most } = limits.concurrency;
  if (
    allowed === published.allowed ||
    (allowed < most && Math.abs(allowed - published.allowed) < published.allowed / 10)
  )
    return;
  published.allowed = allowed;
  input.facts({ type: "concurrency.changed", allowed });
}

const mayStart = (context: LimiterContext): boolean =>
  hasDemand(context) && hasSlot(context) && startWaitMs(context) <= 0;

/** Admits from the front of the queue. */
function admitWhilePossible(context: LimiterContext): void {
  while (mayStart(context)) admit(context, next(context));
}

/** Admits one task, and that one again when it comes back for another attempt; the rest wait for its result. */
function admitTrial(context: LimiterContext): void {
  const { trial, waiting, input } = context;
  if (trial.ordinal !== undefined) {
    const at = waiting.demands.findIndex((demand) => demand?.ordinal === trial.ordinal);
    if (at >= 0) admit(context, waiting.demands.splice(at, 1)[0]!);
    return;
  }
  while (hasDemand(context) && trial.ordinal === undefined) {
    const demand = next(context);
    if (admit(context, demand)) {
      trial.ordinal = demand.ordinal;
      input.trialStarted(demand.ordinal);
    }
  }
}

/** Takes the oldest demand out of the queue. One that was taken is not held: its worker would live on, long after its end. */
function next({ waiting }: LimiterContext): Demand {
  const demand = waiting.demands[waiting.next]!;
  waiting.demands[waiting.next] = undefined;
  waiting.next += 1;
  if (waiting.next === waiting.demands.length || (waiting.next > 1024 && waiting.next * 2 > waiting.demands.length)) {
    waiting.demands.splice(0, waiting.next);
    waiting.next = 0;
  }
  return demand;
}

/** @returns whether there was anyone to admit: a worker may have been stopped while it waited */
function admit({ asking, running, window, input }: LimiterContext, { ordinal, worker }: Demand): boolean {
  if (asking.get(ordinal) !== worker) return false;
  asking.delete(ordinal);
  if (worker.getSnapshot().status !== "active") return false;
  running.set(ordinal, worker);
  const nowMs = input.clock.monotonic();
  if (window.rate) window.rate = start(window.rate, nowMs);
  input.share?.take(ordinal);
  input.share?.started(nowMs);
  worker.send({ type: "call.admitted" });
  return true;
}
