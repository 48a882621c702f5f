import { assign, fromPromise, setup } from "xstate";
import { crash, type Exit, normal } from "#src/kernel/exit";

/** How an experiment of a suite ended. */
export interface MemberEnding {
  /** Whether its circuit breaker stopped it. */
  readonly hasOpened: boolean;
  /** Whether the budget of the whole suite refused one of its tasks. */
  readonly isSpent: boolean;
}

/** One experiment of a suite: its run, which has a tree of its own. */
export interface SuiteMember {
  readonly name: string;
  /** Starts its run. What the run says of itself is an ending, also that it was refused; only a bug rejects. */
  run(): Promise<MemberEnding>;
  /** Tasks that have succeeded so far. */
  succeeded(): number;
  pause(): void;
  resume(): void;
  drain(reason: string): void;
  abort(reason: string): void;
}

/** To the suite. */
export type SuiteCommand =
  | { readonly type: "experiment.ended"; readonly name: string; readonly ending: MemberEnding }
  | { readonly type: "experiment.crashed"; readonly name: string; readonly error: unknown }
  /** There may be room for more experiments. */
  | { readonly type: "suite.next" }
  | { readonly type: "suite.pause" | "suite.resume" }
  | { readonly type: "suite.drain" | "suite.abort"; readonly reason: string };

export type MemberCommand =
  | { readonly type: "member.pause" | "member.resume" | "actor.shutdown" }
  | { readonly type: "member.drain" | "member.abort"; readonly reason: string };

export interface MemberInput {
  readonly member: SuiteMember;
  readonly suite: { send(command: SuiteCommand): void };
}

const outputOf = ({ event }: { readonly event: { readonly output: MemberEnding } }): MemberEnding => event.output;
const errorOf = ({ event }: { readonly event: { readonly error: unknown } }): unknown => event.error;

/** One experiment of a suite: it runs, obeys what is asked of the suite, and says how it ended. A bug in it is a crash, which is its supervisor's. */
export const memberMachine = setup({
  types: {
    input: {} as MemberInput,
    context: {} as MemberInput & { readonly exit: Exit },
    events: {} as MemberCommand,
    output: {} as Exit,
  },
  actors: { run: fromPromise<MemberEnding, SuiteMember>(({ input }) => input.run()) },
  actions: {
    pause: ({ context: { member } }) => member.pause(),
    resume: ({ context: { member } }) => member.resume(),
    drain: ({ context: { member }, event }) => member.drain("reason" in event ? event.reason : "asked to stop"),
    abort: ({ context: { member }, event }) => member.abort("reason" in event ? event.reason : "asked to abort"),
    sayEnded: ({ context: { member, suite } }, ending: MemberEnding) =>
      suite.send({ type: "experiment.ended", name: member.name, ending }),
    noteCrash: assign((_, error: unknown) => ({ exit: crash(error) })),
  },
}).createMachine({
  id: "member",
  context: ({ input }) => ({ ...input, exit: normal }),
  initial: "running",
  states: {
    running: {
      invoke: {
        src: "run",
        input: ({ context }) => context.member,
        onDone: { target: "ended", actions: [{ type: "sayEnded", params: outputOf }] },
        onError: { target: "crashed", actions: [{ type: "noteCrash", params: errorOf }] },
      },
      on: {
        "member.pause": { actions: ["pause"] },
        "member.resume": { actions: ["resume"] },
        "member.drain": { actions: ["drain"] },
        "member.abort": { actions: ["abort"] },
        "actor.shutdown": { actions: ["abort"] },
      },
    },
    ended: { type: "final" },
    crashed: { type: "final" },
  },
  output: ({ context }) => context.exit,
});
