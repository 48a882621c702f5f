import { type ActorRefFrom, type AnyActorLogic, type AnyActorRef, assign, fromPromise, setup } from "xstate";
import { circuitOpened, noCircuits, type SuiteCircuit } from "#src/policy/suite-circuit";
import { broadcast, dynamicSupervisor, spawn } from "./otp/dynamic.ts";
import { type MemberCommand, memberMachine, type SuiteCommand, type SuiteMember } from "./suite-member.ts";

/** What a suite runs, once it is loaded. */
export interface SuiteReady {
  readonly members: readonly SuiteMember[];
  /** Experiments at a time. */
  readonly experimentsAtOnce: number;
  /** Experiments that their circuit breakers stop one after another before the suite stops. */
  readonly maxOpenCircuits: number;
  /** Why no experiment starts. */
  readonly stop?: SuiteStop;
}

/** Why a suite ends before all its experiments have. */
export interface SuiteStop {
  readonly status: "interrupted" | "aborted" | "budget_exhausted";
  readonly reason: string;
}

/** How far a suite came. */
export interface SuiteProgress {
  readonly stop?: SuiteStop | undefined;
  /** Why experiments crashed, by name. */
  readonly crashed: ReadonlyMap<string, unknown>;
}

export type SuiteOutput = { readonly report: unknown } | { readonly error: unknown };

/** What a suite does before and after its experiments, given by the code that joins it to files and reports. */
export interface SuiteInput {
  /** Finds and checks all experiments; nothing is run. */
  readonly prepare: () => Promise<SuiteReady>;
  /** Everything after the last experiment. @returns the report */
  readonly conclude: (progress: SuiteProgress) => Promise<unknown>;
}

interface SuiteContext {
  readonly input: SuiteInput;
  readonly ready: SuiteReady;
  /** The supervisor of the experiments. */
  readonly tree?: AnyActorRef;
  /** Names of the experiments that run. */
  readonly active: ReadonlySet<string>;
  /** Experiments that have been started, in order. */
  readonly started: number;
  /** Those for which there is room now. */
  readonly next: readonly SuiteMember[];
  readonly circuit: SuiteCircuit;
  readonly crashed: ReadonlyMap<string, unknown>;
  readonly stop?: SuiteStop | undefined;
  readonly output?: SuiteOutput;
}

const nothing: SuiteReady = { members: [], experimentsAtOnce: 1, maxOpenCircuits: 1 };

/** The experiments of a suite, isolated from each other: one that crashes stays down, and the suite is told. */
const experimentsSupervisor = (suite: { send(command: SuiteCommand): void }) =>
  dynamicSupervisor<SuiteMember>({
    id: ({ name }) => name,
    start: (member) => ({ logic: memberMachine, input: { member, suite } }),
    restart: "temporary", // a run that crashed is resumed by a person who knows why
    type: "supervisor",
    shutdownMs: "infinity",
    onFact: (fact) => {
      if (fact.type === "child.failed")
        suite.send({ type: "experiment.crashed", name: fact.args.name, error: fact.reason });
      if (fact.type === "child.exited" && fact.exit.kind !== "normal") {
        const error = fact.exit.kind === "crash" ? fact.exit.error : new Error(fact.exit.kind);
        suite.send({ type: "experiment.crashed", name: fact.args.name, error });
      }
    },
  });

type Spawn = (logic: AnyActorLogic, options: { id: string }) => AnyActorRef;

const outputOf = <T>({ event }: { readonly event: { readonly output: T } }): T => event.output;
const errorOf = ({ event }: { readonly event: { readonly error: unknown } }): unknown => event.error;

const ended = [
  { guard: "tooManyOpen", target: "stopping", actions: ["note", "noteCircuits", "abort"] },
  { guard: "isSpent", target: "stopping", actions: ["note", "noteSpent"] },
  { guard: "isLast", target: "concluding", actions: ["note"] },
] as const;

const stops = {
  "suite.drain": { target: "stopping", actions: ["noteDrain", "drain"] },
  "suite.abort": { target: "stopping", actions: ["noteAbort", "abort"] },
} as const;

/**
 * A suite: several experiments under one supervisor. It finds and checks them, runs some at a time, and has one report made of all. An experiment
 * that ends, however it ends, makes room for the next; what is asked of the suite is asked of those that run. Each run keeps its own store.
 */
export const suiteMachine = setup({
  types: {
    input: {} as SuiteInput,
    context: {} as SuiteContext,
    events: {} as SuiteCommand,
    output: {} as SuiteOutput,
  },
  actors: {
    prepare: fromPromise<SuiteReady, SuiteInput>(({ input }) => input.prepare()),
    conclude: fromPromise<unknown, SuiteContext>(({ input: { input, stop, crashed } }) =>
      input.conclude({ stop, crashed }),
    ),
  },
  actions: {
    noteReady: assign(({ context }, ready: SuiteReady) => ({ ready, stop: context.stop ?? ready.stop })),
    startTree: assign({
      tree: ({ spawn: child, self }) => (child as unknown as Spawn)(experimentsSupervisor(self), { id: "experiments" }),
    }),
    askNext: ({ self }) => self.send({ type: "suite.next" }), // the supervisor is up when this is read
    noteNext: assign(({ context: { ready, active, started } }) => {
      const next = ready.members.slice(started, started + ready.experimentsAtOnce - active.size);
      return { next, active: new Set([...active, ...next.map(({ name }) => name)]), started: started + next.length };
    }),
    startNext: ({ context: { tree, next } }) => {
      for (const member of next) spawn(tree!, member);
    },
    note: assign(({ context, event }) => noted(context, event)),
    noteDrain: assign({ stop: ({ context, event }) => context.stop ?? stopOf("interrupted", event) }),
    noteAbort: assign({ stop: ({ context, event }) => context.stop ?? stopOf("aborted", event) }),
    noteCircuits: assign({
      stop: ({ context }) => ({
        status: "aborted" as const,
        reason: `the circuit breakers of ${context.circuit.opened} experiments opened one after another, and no task of any experiment succeeded in between`,
      }),
    }),
    noteSpent: assign({
      stop: () => ({ status: "budget_exhausted" as const, reason: "the budget of the suite is spent" }),
    }),
    pause: ({ context }) => tell(context, { type: "member.pause" }),
    resume: ({ context }) => tell(context, { type: "member.resume" }),
    drain: ({ context }) => tell(context, { type: "member.drain", reason: context.stop!.reason }),
    abort: ({ context }) => tell(context, { type: "member.abort", reason: context.stop!.reason }),
    keepReport: assign((_, report: unknown) => ({ output: { report } })),
    keepError: assign((_, error: unknown) => ({ output: { error } })),
  },
  guards: {
    hasNone: ({ context }, ready: SuiteReady) =>
      ready.members.length === 0 || (context.stop ?? ready.stop) !== undefined,
    isLast: ({ context, event }) => {
      const { active, started } = noted(context, event);
      return active.size === 0 && started === context.ready.members.length;
    },
    tooManyOpen: ({ context, event }) =>
      noted(context, event).circuit.opened >= context.ready.maxOpenCircuits && hasOpened(event),
    isSpent: ({ event }) => event.type === "experiment.ended" && event.ending.isSpent,
    nothingRuns: ({ context }) => context.active.size === 0,
  },
}).createMachine({
  id: "suite",
  context: ({ input }) => ({
    input,
    ready: nothing,
    active: new Set(),
    started: 0,
    next: [],
    circuit: noCircuits,
    crashed: new Map(),
  }),
  initial: "preparing",
  states: {
    preparing: {
      invoke: {
        src: "prepare",
        input: ({ context }) => context.input,
        onDone: [
          {
            guard: { type: "hasNone", params: outputOf },
            target: "concluding",
            actions: [{ type: "noteReady", params: outputOf }],
          },
          { target: "running", actions: [{ type: "noteReady", params: outputOf }, "startTree"] },
        ],
        onError: { target: "ended", actions: [{ type: "keepError", params: errorOf }] },
      },
      on: { "suite.drain": { actions: ["noteDrain"] }, "suite.abort": { actions: ["noteAbort"] } },
    },
    running: {
      entry: ["askNext"],
      on: {
        "suite.next": { actions: ["noteNext", "startNext"] },
        "experiment.ended": [...ended, { actions: ["note", "noteNext", "startNext"] }],
        "experiment.crashed": [...ended, { actions: ["note", "noteNext", "startNext"] }],
        "suite.pause": { target: "paused", actions: ["pause"] },
        ...stops,
      },
    },
    paused: {
      on: {
        "experiment.ended": [...ended, { actions: ["note"] }],
        "experiment.crashed": [...ended, { actions: ["note"] }],
        "suite.resume": { target: "running", actions: ["resume"] },
        ...stops,
      },
    },
    stopping: {
      always: { guard: "nothingRuns", target: "concluding" },
      on: {
        "experiment.ended": { actions: ["note"] },
        "experiment.crashed": { actions: ["note"] },
        "suite.abort": { actions: ["abort"] }, // draining takes too long
      },
    },
    concluding: {
      invoke: {
        src: "conclude",
        input: ({ context }) => context,
        onDone: { target: "ended", actions: [{ type: "keepReport", params: outputOf }] },
        onError: { target: "ended", actions: [{ type: "keepError", params: errorOf }] },
      },
    },
    ended: { type: "final" },
  },
  output: ({ context }) => context.output!,
});

export type SuiteRef = ActorRefFrom<typeof suiteMachine>;

const hasOpened = (event: SuiteCommand): boolean => event.type === "experiment.ended" && event.ending.hasOpened;

/** The context after an experiment has ended. */
function noted(
  { active, started, circuit, crashed, ready }: SuiteContext,
  event: SuiteCommand,
): Pick<SuiteContext, "active" | "started" | "circuit" | "crashed"> {
  if (event.type !== "experiment.ended" && event.type !== "experiment.crashed")
    return { active, started, circuit, crashed };
  const { name } = event;
  const succeeded = ready.members.reduce((sum, member) => sum + member.succeeded(), 0);
  return {
    active: new Set([...active].filter((each) => each !== name)),
    started,
    circuit: hasOpened(event) ? circuitOpened(circuit, succeeded) : circuit,
    crashed: event.type === "experiment.crashed" ? new Map([...crashed, [name, event.error]]) : crashed,
  };
}

const stopOf = (status: "interrupted" | "aborted", event: SuiteCommand): SuiteStop => ({
  status,
  reason: "reason" in event ? event.reason : "asked to stop",
});

function tell({ tree }: SuiteContext, command: MemberCommand): void {
  if (tree) broadcast(tree, command);
}
