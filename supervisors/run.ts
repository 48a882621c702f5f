import { type ActorRefFrom, type AnyActorLogic, type AnyActorRef, assign, fromPromise, setup } from "xstate";
import type { FactSink, RunCommand } from "#actors/messages";
import type { StopRequest } from "#src/experiment/session";
import { shutdown } from "#src/kernel/exit";
import { experimentSupervisor } from "./experiment.ts";
import { changeIntake } from "./intake.ts";
import type { RunScope } from "./run-scope.ts";

/** The result of preparing a run. */
export interface Ready {
  /** What its tree shares; absent where no task is left to run. */
  readonly scope?: RunScope;
  /** Why it ends before its first task. */
  readonly stop?: StopRequest | undefined;
}

/** How the tasks of a run ended. */
export interface RunEnding {
  /** The first request to stop; one of a store that refuses overrides it. */
  readonly stop?: StopRequest | undefined;
  /** The limit of the budget that refused a task first: names the status where nothing else does. */
  readonly exhausted?: StopRequest | undefined;
}

/** Where the report is in the end, or why there is none. */
export type RunOutput = { readonly report: unknown } | { readonly error: unknown };

/** What a run does before and after its tasks, given by the code that joins it to stores, files and reports. */
export interface RunInput {
  readonly facts: FactSink;
  /** Everything before the first task. @param stop what was asked meanwhile */
  readonly prepare: (run: AnyActorRef, stop: () => StopRequest | undefined) => Promise<Ready>;
  /** Everything after the last task. @returns the report */
  readonly conclude: (ending: () => RunEnding) => Promise<unknown>;
  /** Keeps who paused it or let it continue. */
  readonly note: (what: "pause" | "continue", by: string | undefined, reason: string | undefined) => void;
}

interface RunContext {
  readonly input: RunInput;
  readonly scope?: RunScope;
  /** The root of the supervision tree. */
  readonly tree?: AnyActorRef;
  readonly stop?: StopRequest | undefined;
  readonly exhausted?: StopRequest;
  readonly output?: RunOutput;
}

/** The tree is made for each run, so its logic is none of those that the setup names. */
type Spawn = (logic: AnyActorLogic, options: { id: string }) => AnyActorRef;

/** How a run that continues hears that its tree has ended. */
const treeEnded = {
  "xstate.done.actor.experiment": { target: "analysing" },
  "xstate.error.actor.experiment": { target: "analysing" },
} as const;

/** What ends a run whose tasks are running, and what it makes of a spent budget. */
const stops = {
  "run.stop": [
    { guard: "endsAtOnce", target: "stopping", actions: ["noteStop", "reportStop", "shutDown"] },
    { target: "stopping", actions: ["noteStop", "reportStop", "drain"] },
  ],
  "run.abort": { target: "stopping", actions: ["noteAbort", "reportStop", "shutDown"] },
  "budget.exhausted": [
    {
      guard: "isRunLimit",
      target: "stopping",
      actions: ["reportExhausted", "noteExhausted", "noteSpent", "reportStop", "drain"],
    },
    { actions: ["reportExhausted", "noteExhausted"] },
  ],
} as const;

/** Causes of an abort that lets running tasks end: their answers are paid for. */
const lettingEnd: ReadonlySet<unknown> = new Set(["quota", "misspelt", "stray"]);

const outputOf = <T>({ event }: { readonly event: { readonly output: T } }): T => event.output;
const errorOf = ({ event }: { readonly event: { readonly error: unknown } }): unknown => event.error;

/**
 * The run. It prepares, starts its supervision tree, lets it run, pause and stop, and has the results analysed. Breaker, budget, collector, workers
 * and people send it `run.stop` with a reason: the first names the status. An abort stops the tree in order; every other stop lets running tasks
 * end, as does a quota that is spent, a metric that is misspelt, or an error of no task, since their answers are paid for.
 */
export const runMachine = setup({
  types: {
    input: {} as RunInput,
    context: {} as RunContext,
    events: {} as RunCommand,
    output: {} as RunOutput,
  },
  actors: {
    prepare: fromPromise<Ready, { input: RunInput; run: AnyActorRef }>(({ input: { input, run } }) =>
      input.prepare(run, () => (run.getSnapshot() as { context: RunContext }).context.stop),
    ),
    conclude: fromPromise<unknown, { input: RunInput; run: AnyActorRef }>(({ input: { input, run } }) =>
      input.conclude(() => (run.getSnapshot() as { context: RunContext }).context),
    ),
  },
  actions: {
    noteReady: assign(({ context }, ready: Ready) => ({ ...ready, stop: context.stop ?? ready.stop })),
    startTree: assign({
      tree: ({ context, spawn }) =>
        (spawn as unknown as Spawn)(experimentSupervisor(context.scope!), { id: "experiment" }),
    }),
    noteStop: assign({
      stop: ({ context, event }) => (event.type === "run.stop" ? event.request : context.stop),
    }),
    noteAbort: assign({
      stop: ({ context, event }) =>
        event.type === "run.abort" ? { status: "aborted", reason: event.reason } : context.stop,
    }),
    reportExhausted: ({ context, event }) => {
      if (event.type !== "budget.exhausted" || context.exhausted) return;
      const about = { condition: { condition: event.condition }, run: {}, suite: { suite: true as const } }[
        event.limit
      ];
      context.input.facts({ type: "budget.exhausted", ...about });
    },
    noteExhausted: assign({ exhausted: ({ context, event }) => context.exhausted ?? exhaustedBy(context, event) }),
    noteSpent: assign({ stop: ({ context, event }) => exhaustedBy(context, event) }),
    reportStop: ({ context: { input, stop } }) => {
      if (stop) input.facts({ type: "run.stopping", status: stop.status, reason: stop.reason });
    },
    shutDown: ({ context: { tree } }) => {
      if (tree?.getSnapshot().status !== "active") return; // it has just ended by itself
      tree.send({ type: "actor.shutdown", exit: shutdown("aborted") });
    },
    drain: ({ context }) => changeIntake(context.scope!, { draining: true }),
    pause: ({ context }) => changeIntake(context.scope!, { paused: true }),
    goOn: ({ context }) => changeIntake(context.scope!, { paused: false }),
    notePause: ({ context, event }) => noted(context, event, "pause"),
    noteContinue: ({ context, event }) => noted(context, event, "continue"),
    keepReport: assign((_, report: unknown) => ({ output: { report } })),
    keepError: assign((_, error: unknown) => ({ output: { error } })),
  },
  guards: {
    isFirst: ({ context }) => context.stop === undefined,
    isStopped: ({ context }, ready: Ready) => (context.stop ?? ready.stop) !== undefined,
    isDone: (_, ready: Ready) => ready.scope === undefined,
    endsAtOnce: ({ event }) =>
      event.type === "run.stop" && event.request.status === "aborted" && !lettingEnd.has(event.request.cause),
    // what still runs would wait for the store forever
    storeRefuses: ({ context, event }) =>
      event.type === "run.stop" && event.request.cause === "store" && context.stop?.cause !== "store",
    isRunLimit: ({ event }) => event.type === "budget.exhausted" && event.limit !== "condition",
  },
}).createMachine({
  id: "run",
  context: ({ input }) => ({ input }),
  initial: "preparing",
  states: {
    preparing: {
      invoke: {
        src: "prepare",
        input: ({ context, self }) => ({ input: context.input, run: self }),
        onDone: [
          {
            guard: { type: "isDone", params: outputOf },
            target: "analysing",
            actions: [{ type: "noteReady", params: outputOf }],
          },
          {
            guard: { type: "isStopped", params: outputOf },
            target: "stopping",
            actions: [{ type: "noteReady", params: outputOf }, "drain", "startTree"],
          },
          { target: "running", actions: [{ type: "noteReady", params: outputOf }, "startTree"] },
        ],
        onError: { target: "ended", actions: [{ type: "keepError", params: errorOf }] },
      },
      on: {
        "run.stop": { guard: "isFirst", actions: ["noteStop", "reportStop"] },
        "run.abort": { guard: "isFirst", actions: ["noteAbort", "reportStop"] },
      },
    },
    running: { on: { "run.pause": { target: "paused", actions: ["notePause", "pause"] }, ...stops, ...treeEnded } },
    paused: { on: { "run.resume": { target: "running", actions: ["noteContinue", "goOn"] }, ...stops, ...treeEnded } },
    stopping: {
      on: {
        "run.stop": { guard: "storeRefuses", actions: ["noteStop", "reportStop", "shutDown"] },
        "run.abort": { actions: ["shutDown"] }, // draining takes too long
        "budget.exhausted": { actions: ["reportExhausted", "noteExhausted"] },
        ...treeEnded,
      },
    },
    analysing: {
      invoke: {
        src: "conclude",
        input: ({ context, self }) => ({ input: context.input, run: self }),
        onDone: { target: "ended", actions: [{ type: "keepReport", params: outputOf }] },
        onError: { target: "ended", actions: [{ type: "keepError", params: errorOf }] },
      },
      // the worker whose abort ended the tree says so when it has ended itself
      on: { "run.stop": { guard: "isFirst", actions: ["noteStop", "reportStop"] } },
    },
    ended: { type: "final" },
  },
  output: ({ context }) => context.output!,
});

export type RunRef = ActorRefFrom<typeof runMachine>;

function noted({ input }: RunContext, event: RunCommand, what: "pause" | "continue"): void {
  if (event.type === "run.pause" || event.type === "run.resume") input.note(what, event.by, event.reason);
}

/** What a spent budget means for the run: its own limit ends it, a condition's names the status when the others are done. */
function exhaustedBy({ scope }: RunContext, event: RunCommand): StopRequest | undefined {
  if (event.type !== "budget.exhausted" || !scope) return undefined;
  const { limit, condition } = event;
  const { maxTotal, maxPerCondition } = scope.limits;
  const { currency } = scope.experiment.costBudget;
  const spent = {
    run: `the budget of ${maxTotal} ${currency} is spent`,
    condition: `the budget of ${maxPerCondition} ${currency} for ${condition} is spent`,
    suite: `the budget of ${scope.share?.limits.maxTotal} ${currency} for all experiments of the suite is spent`,
  };
  const reason = spent[limit];
  return { status: "budget_exhausted", reason: `${reason}; resume with a larger one to continue` };
}
