import { assign, setup } from "xstate";
import { isFailure, type Outcome } from "#src/experiment/outcome";
import { type BreakerOptions, emptyWindow, remember, shouldOpen, type TaskWindow } from "#src/policy/breaker";
import type { FactSink, LimiterCommand, OutcomesStored, StopRequest } from "./messages.ts";

export interface BreakerInput {
  readonly options: BreakerOptions;
  /** Tasks of the run, which bounds the minimum of ended tasks. */
  readonly planned: number;
  /** The last ended tasks of an earlier session, oldest first. */
  readonly earlier: readonly Pick<Outcome, "finalStatus" | "error">[];
  /** A run that the breaker aborted is resumed half-open, with an empty window. */
  readonly halfOpen: boolean;
  readonly gate: (command: LimiterCommand) => void;
  readonly facts: FactSink;
  readonly requestStop: (request: StopRequest) => void;
}

interface BreakerContext {
  readonly input: BreakerInput;
  readonly window: TaskWindow;
}

/** Watches the failure window of the whole run and opens when too many tasks fail: the run is aborted, or pauses until a trial task succeeds. */
export const breakerMachine = setup({
  types: {
    input: {} as BreakerInput,
    context: {} as BreakerContext,
    events: {} as OutcomesStored,
  },
  actions: {
    remember: assign({
      window: ({ context, event }) =>
        event.outcomes.filter(counts).reduce((window, outcome) => remember(window, isFailure(outcome)), context.window),
    }),
    forget: assign({ window: ({ context }) => emptyWindow(context.input.options) }),
    closeGate: ({ context: { input } }) => input.gate({ type: "gate.close", reason: "the circuit is open" }),
    tryGate: ({ context: { input } }) => input.gate({ type: "gate.try" }),
    openGate: ({ context: { input } }) => input.gate({ type: "gate.open" }),
    reportOpened: ({ context }) => report("circuit.opened", context),
    reportHalfOpened: ({ context }) => report("circuit.halfOpened", context),
    reportClosed: ({ context }) => report("circuit.closed", context),
    abort: ({ context: { input, window } }) => {
      const remembered = Math.min(window.ended, window.ring.length);
      const share = `${window.failures} of the last ${remembered} tasks failed, more than ${input.options.maxFailureRate * 100} %`;
      input.requestStop({ status: "aborted", reason: `the circuit breaker opened: ${share}`, cause: "breaker" });
    },
  },
  guards: {
    startsHalfOpen: ({ context }) => context.input.halfOpen,
    mustAbort: ({ context }) => shouldOpenNow(context) && context.input.options.onOpen === "abort",
    mustPause: ({ context }) => shouldOpenNow(context) && context.input.options.onOpen === "pause",
    trialSucceeded: ({ event }) => event.outcomes.some((outcome) => counts(outcome) && !isFailure(outcome)),
    trialFailed: ({ event }) => event.outcomes.some((outcome) => counts(outcome) && isFailure(outcome)),
  },
  delays: { coolDown: ({ context }) => context.input.options.coolDownMs },
}).createMachine({
  id: "breaker",
  context: ({ input }) => ({
    input,
    window: input.earlier
      .filter(counts)
      .reduce((window, outcome) => remember(window, isFailure(outcome)), emptyWindow(input.options)),
  }),
  initial: "deciding",
  states: {
    deciding: { always: [{ guard: "startsHalfOpen", target: "halfOpen" }, { target: "closed" }] },
    closed: {
      always: [
        { guard: "mustAbort", target: "open", actions: "abort" },
        { guard: "mustPause", target: "open" },
      ],
      on: { "outcomes.stored": { actions: "remember" } },
    },
    open: { entry: ["reportOpened", "closeGate", "forget"], after: { coolDown: "halfOpen" } },
    halfOpen: {
      entry: ["reportHalfOpened", "tryGate"],
      // tasks that were running when the circuit opened have ended by now or count like the trial: each is news of the same world
      on: {
        "outcomes.stored": [
          { guard: "trialFailed", target: "open" },
          { guard: "trialSucceeded", target: "closed", actions: ["reportClosed", "openGate"] },
        ],
      },
    },
  },
});

/** Rate limiting is flow control, and a skipped task was somebody's choice: neither says that something is broken. */
const counts = (outcome: Pick<Outcome, "finalStatus" | "error">): boolean =>
  outcome.finalStatus !== "skipped" && outcome.error?.kind !== "rate_limited";

const shouldOpenNow = ({ window, input }: BreakerContext): boolean => shouldOpen(window, input.options, input.planned);

const report = (
  type: "circuit.opened" | "circuit.halfOpened" | "circuit.closed",
  { input, window }: BreakerContext,
): void => input.facts({ type, failures: window.failures, ended: window.ended });
