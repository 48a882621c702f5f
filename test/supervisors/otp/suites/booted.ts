import { type AnyActorRef, createActor } from "xstate";
import { manualClock } from "#src/testing/manual-clock";
import {
  type ChildSpec,
  crash,
  type DynamicSupervisorOptions,
  dynamicSupervisor,
  type Exit,
  exitSignal,
  killed,
  normal,
  type SupervisorOptions,
  shutdown,
  startChild,
  supervisor,
  whichChildren,
} from "#supervisors/otp/index";
import { find, listener, must, worker } from "../support.ts";

/** The ends of a worker that a suite tries: its own, and a kill from outside. */
export const ends = {
  normal,
  shutdown: shutdown(),
  "{shutdown, term}": shutdown("term"),
  crash: crash(new Error("boom")),
  kill: killed,
} as const;

/** A worker with its id as name. */
export const child = (id: string, more: object = {}): ChildSpec =>
  ({ id, name: id, start: worker, ...more }) as ChildSpec;

/** Ends a worker, and lets the restarts that wait for the event loop happen. */
async function endOf(actor: AnyActorRef, exit: Exit, turn: () => Promise<void>): Promise<AnyActorRef> {
  if (exit.kind === "killed") exitSignal(actor, killed);
  else actor.send(exit.kind === "crash" ? { type: "crash" } : { type: "finish", exit });
  await turn();
  return actor;
}

/** A supervisor that has started. */
export function booted(options: Partial<SupervisorOptions> = {}) {
  const clock = manualClock();
  const { onFact, lines } = listener();
  const root = createActor(supervisor({ onFact, children: [], ...options } as SupervisorOptions), {
    clock,
    logger: () => {},
  }).start() as AnyActorRef;
  const turn = () => clock.advance(0);
  return {
    root,
    clock,
    lines,
    of: (id: string) => find(root, id),
    end: (id: string, exit: Exit) => endOf(find(root, id), exit, turn),
    /** The state of each child, in start order: `a alive`. */
    states: async () =>
      must(await whichChildren(root))
        .map(({ id, state }) => `${id} ${state}`)
        .reverse(),
  };
}

/** A dynamic supervisor that has started. */
export function pooled<A = unknown>(options: Partial<DynamicSupervisorOptions<A>> = {}) {
  const clock = manualClock();
  const pool = createActor(dynamicSupervisor<A>({ start: worker, onFact: null, ...options }), {
    clock,
    logger: () => {},
  }).start() as AnyActorRef;
  const turn = () => clock.advance(0);
  return {
    pool,
    clock,
    begin: async (args?: A) => must(await startChild(pool as never, args))!,
    end: (actor: AnyActorRef, exit: Exit) => endOf(actor, exit, turn),
    /** The present incarnations, first started first. */
    alive: async () =>
      must(await whichChildren(pool))
        .flatMap(({ actor }) => actor ?? [])
        .reverse(),
  };
}

/** A start function that succeeds, fails or is ignored in turn; after the last it stays as it was. */
export function startsAs(...outcomes: ("ok" | "ignore" | "error" | "throw")[]) {
  let at = 0;
  return () => {
    const outcome = outcomes[Math.min(at++, outcomes.length - 1)]!;
    if (outcome === "ok") return { logic: worker };
    if (outcome === "ignore") return "ignore" as const;
    if (outcome === "error") return { error: "no" };
    throw new Error("thrown");
  };
}
