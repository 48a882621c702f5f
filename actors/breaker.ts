import { assign, setup } from "xstate";
import {
  countFailure,
  emptyFailures,
  type FailureCounts,
  failureWords,
  mostFrequent,
} from "#src/experiment/failure-groups";
import { isFailure, isOrdered, type Outcome } from "#src/experiment/outcome";
import {
  type BreakerOptions,
  type CircuitState,
  emptyWindow,
  failsFromTheStart,
  remember,
  shouldOpen,
  type TaskWindow,
} from "#src/policy/breaker";
import type { BreakerEvent, FactSink, RunMailbox } from "./messages.ts";

export interface BreakerInput {
  readonly options: BreakerOptions;
  /** Tasks of the run, which bounds the minimum of ended tasks. */
  readonly planned: number;
  /** The last ended tasks of an earlier session, oldest first. */
  readonly earlier: readonly Pick<Outcome, "finalStatus" | "error">[];
  /** Where the circuit is at the start: it outlives the actor. A run that the breaker aborted is resumed half-open, with an empty window. */
  readonly circuit: CircuitState;
  /** Called with where the circuit is from now on. */
  readonly changeCircuit: (state: CircuitState) => void;
  readonly facts: FactSink;
  readonly run: RunMailbox;
}

interface BreakerContext {
  readonly input: BreakerInput;
  readonly window: TaskWindow;
  /** Failed attempts of a run in which none has succeeded so far. */
  readonly fruitless: FailureCounts;
  /** Tasks that failed, since the circuit was closed last: what they say is told when it opens. */
  readonly failed: FailureCounts;
  /** The task whose result decides about a half-open circuit. */
  readonly trial?: number | undefined;
  /** What ended since the circuit is half-open: the end of the trial may arrive before the message that names it. */
  readonly since: readonly Outcome[];
}

/** What the trial's own result means for a half-open circuit. */
const decided = [
  { guard: "trialFailed", target: "open", actions: "abortAgain" },
  { guard: "trialSucceeded", target: "closed", actions: ["reportClosed", "closeCircuit"] },
  { guard: "trialUndecided", actions: "tryAnother" },
] as const;

/** Watches the failure window of the whole run and opens when too many tasks fail: the run is aborted, or pauses until a trial task succeeds. */
export const breakerMachine = setup({
  types: {
    input: {} as BreakerInput,
    context: {} as BreakerContext,
    events: {} as BreakerEvent,
  },
  actions: {
    remember: assign({
      window: ({ context, event }) =>
        event.type === "outcomes.stored" ? remembered(context.window, event.outcomes) : context.window,
      failed: ({ context, event }) =>
        event.type === "outcomes.stored"
          ? event.outcomes.filter((row) => isFailure(row) && counts(row)).reduce(countFailure, context.failed)
          : context.failed,
    }),
    countFailed: assign({
      fruitless: ({ context, event }) =>
        event.type === "attempt.failed" && counts(event) ? countFailure(context.fruitless, event) : context.fruitless,
    }),
    succeed: assign({ fruitless: emptyFailures }),
    keep: assign({
      since: ({ context, event }) =>
        event.type === "outcomes.stored" ? [...context.since, ...event.outcomes] : context.since,
    }),
    awaitTrial: assign({ trial: undefined, since: [] }),
    noteTrial: assign({ trial: ({ event }) => (event.type === "trial.started" ? event.ordinal : undefined) }),
    forget: assign({
      window: ({ context }) => emptyWindow(context.input.options),
      fruitless: emptyFailures,
      failed: emptyFailures,
    }),
    openCircuit: ({ context }) => context.input.changeCircuit("open"),
    tryAnother: ({ context }) => context.input.changeCircuit("halfOpen"),
    closeCircuit: ({ context }) => context.input.changeCircuit("closed"),
    reportOpened: ({ context }) => report("circuit.opened", context),
    reportHalfOpened: ({ context }) => report("circuit.halfOpened", context),
    reportClosed: ({ context }) => report("circuit.closed", context),
    abortAgain: ({ context: { input } }) => {
      if (input.options.onOpen !== "abort") return;
      stop(input.run, "the circuit breaker opened again: the trial task failed too");
    },
    abort: ({ context: { input, window, failed } }) => {
      const remembered = Math.min(window.ended, window.ring.length);
      const share = `${window.failures} of the last ${remembered} tasks failed, more than ${input.options.maxFailureRate * 100} %`;
      stop(input.run, `the circuit breaker opened: ${share}${mostOften(failed)}`);
    },
    abortFruitless: ({ context: { input, fruitless } }) =>
      stop(
        input.run,
        `the circuit breaker opened: the first ${fruitless.failures} attempts failed and none succeeded${mostOften(fruitless)}`,
      ),
  },
  guards: {
    startsHalfOpen: ({ context }) => context.input.circuit === "halfOpen",
    startsOpen: ({ context }) => context.input.circuit === "open",
    mustAbort: ({ context }) => shouldOpenNow(context) && context.input.options.onOpen === "abort",
    failsFromTheStart: ({ context: { fruitless, input } }) =>
      failsFromTheStart(fruitless.failures, input.options) && input.options.onOpen === "abort",
    mustPause: ({ context }) =>
      (shouldOpenNow(context) || failsFromTheStart(context.fruitless.failures, context.input.options)) &&
      context.input.options.onOpen === "pause",
    trialSucceeded: ({ context, event }) => trialOutcome(context, event)?.finalStatus === "success",
    trialFailed: ({ context, event }) => {
      const outcome = trialOutcome(context, event);
      return outcome !== undefined && counts(outcome) && isFailure(outcome);
    },
    trialUndecided: ({ context, event }) => trialOutcome(context, event) !== undefined,
  },
  delays: { coolDown: ({ context }) => context.input.options.coolDownMs },
}).createMachine({
  id: "breaker",
  context: ({ input }) => ({
    input,
    window: remembered(emptyWindow(input.options), input.earlier),
    fruitless: emptyFailures,
    failed: input.earlier.filter((row) => isFailure(row) && counts(row)).reduce(countFailure, emptyFailures),
    since: [],
  }),
  initial: "deciding",
  states: {
    deciding: {
      always: [
        { guard: "startsHalfOpen", target: "halfOpen" },
        { guard: "startsOpen", target: "open" },
        { target: "closed" },
      ],
    },
    closed: {
      always: [
        { guard: "failsFromTheStart", target: "open", actions: "abortFruitless" },
        { guard: "mustAbort", target: "open", actions: "abort" },
        { guard: "mustPause", target: "open" },
      ],
      on: {
        "outcomes.stored": { actions: "remember" },
        "attempt.failed": { actions: "countFailed" },
        "attempt.succeeded": { actions: "succeed" },
      },
    },
    open: { entry: ["reportOpened", "openCircuit", "forget"], after: { coolDown: "halfOpen" } },
    halfOpen: {
      entry: ["awaitTrial", "reportHalfOpened", "tryAnother"],
      // tasks that were running when the circuit opened may still end: only the trial's own result decides
      on: {
        "trial.started": [...decided, { actions: "noteTrial" }],
        "outcomes.stored": [...decided, { actions: "keep" }],
      },
    },
  },
});

/** The stored outcome of the trial task, once it is there. */
const trialOutcome = ({ trial, since }: BreakerContext, event: BreakerEvent): Outcome | undefined =>
  event.type === "outcomes.stored"
    ? event.outcomes.find(({ ordinal }) => ordinal === trial)
    : since.find(({ ordinal }) => event.type === "trial.started" && ordinal === event.ordinal);

const remembered = (
  window: TaskWindow,
  outcomes: readonly Pick<Outcome, "finalStatus" | "error" | "faults">[],
): TaskWindow => outcomes.filter(counts).reduce((before, outcome) => remember(before, isFailure(outcome)), window);

/** Rate limiting is flow control, a skipped task was a user's choice, and faults of a level are wanted: none says that something is broken. */
const counts = (ended: Partial<Pick<Outcome, "finalStatus" | "error" | "faults">>): boolean =>
  ended.finalStatus !== "skipped" && ended.error?.kind !== "rate_limited" && !isOrdered(ended);

/** @example "; most often: timeout: took longer than 50 ms (12 times)" */
function mostOften(failed: FailureCounts): string {
  const [most] = mostFrequent(failed, 1).groups;
  return most ? `; most often: ${failureWords(most)} (${most.times === 1 ? "once" : `${most.times} times`})` : "";
}

const stop = (run: RunMailbox, reason: string): void =>
  run.send({ type: "run.stop", request: { status: "aborted", reason, cause: "breaker", quotesTask: true } });

const shouldOpenNow = ({ window, input }: BreakerContext): boolean => shouldOpen(window, input.options, input.planned);

const report = (
  type: "circuit.opened" | "circuit.halfOpened" | "circuit.closed",
  { input, window }: BreakerContext,
): void => input.facts({ type, failures: window.failures, ended: window.ended });
