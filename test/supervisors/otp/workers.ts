import { type AnyActorLogic, type AnyActorRef, fromCallback, fromPromise, fromTransition, setup } from "xstate";
import { crash, type Exit, exit, normal, shutdown } from "#supervisors/otp/index";
import type { Child } from "./recording.ts";

/** Ends a worker by itself, in the way of its kind. */
export interface EndYourself {
  type: "end";
  exit: Exit;
}
interface AskedToStop {
  type: "actor.shutdown";
  exit: Exit;
}

const throwIt = (reason: Exit): void => {
  if (reason.kind === "crash") throw reason.error;
};

/** A statechart: done with an exit as output, or in error by a throwing action. */
const machine = setup({
  types: { context: {} as { exit: Exit }, events: {} as EndYourself, output: {} as Exit },
  actions: { throwIt: ({ event }) => throwIt(event.exit) },
}).createMachine({
  context: { exit: normal },
  initial: "working",
  output: ({ event }) => (event as unknown as { output: Exit }).output,
  states: {
    working: { on: { end: { actions: "throwIt", target: "ended" } } },
    ended: { type: "final", output: ({ event }) => event.exit },
  },
});

/** A promise, settled from outside. */
const promise = fromPromise<Exit>(
  ({ self }) =>
    new Promise((resolve, reject) => {
      settlers.set(self as unknown as AnyActorRef, (reason) =>
        reason.kind === "crash" ? reject(reason.error) : resolve(reason),
      );
    }),
);
const settlers = new WeakMap<AnyActorRef, (exit: Exit) => void>();

/** A callback, which cannot finish by itself, and so says `exit`. */
const callback = fromCallback<EndYourself>(({ self, receive }) =>
  receive((event) => {
    throwIt(event.exit);
    exit(self as unknown as AnyActorRef, event.exit);
  }),
);

/** A reducer, which cannot finish either. */
const reducer = fromTransition<{ ended: number }, EndYourself, never, never>(
  (state, event, { self }) => {
    if (event.type !== "end") return state;
    throwIt(event.exit);
    exit(self as unknown as AnyActorRef, event.exit);
    return { ended: state.ended + 1 };
  },
  { ended: 0 },
);

/** A statechart that hears that it should stop, and does as its mode says. */
const trapping = (mode: Child["stop"], stopDelay: number) =>
  setup({
    types: { events: {} as EndYourself | AskedToStop, output: {} as Exit },
    actions: {
      throwIt: ({ event }) => throwIt(event.exit),
      crashInstead: () => throwIt(crash("crash")),
      stayHere: () => {},
    },
    delays: { stopDelay },
  }).createMachine({
    initial: "working",
    output: ({ event }) => (event as unknown as { output: Exit }).output,
    states: {
      working: {
        on: {
          end: { actions: "throwIt", target: "ended" },
          "actor.shutdown": {
            trap: { target: "ended" },
            slow: { target: "closing" },
            ignore: { actions: "stayHere" },
            exit_normal: { target: "normally" },
            exit_crash: { actions: "crashInstead" },
            exit_shutdown_term: { target: "withReason" },
          }[mode as Exclude<Child["stop"], "obey" | undefined>] as { target: "ended" },
        },
      },
      closing: { after: { stopDelay: "closed" } },
      closed: { type: "final", output: shutdown() },
      normally: { type: "final", output: normal },
      withReason: { type: "final", output: shutdown("bye") },
      ended: { type: "final", output: ({ event }) => event.exit },
    },
  });

const kinds: AnyActorLogic[] = [machine, promise, callback, reducer as AnyActorLogic];

/** The logic of the nth worker: an ordinary XState actor, of each kind in turn. */
export function workerLogic({ stop = "obey", stopDelay = 0 }: Child, nth: number): AnyActorLogic {
  return stop === "obey" ? kinds[nth % kinds.length]! : trapping(stop, stopDelay);
}

/** Has a worker end by itself. */
export function endWorker(worker: AnyActorRef, reason: Exit): void {
  const settle = settlers.get(worker);
  if (settle) settle(reason);
  else worker.send({ type: "end", exit: reason } satisfies EndYourself);
}
