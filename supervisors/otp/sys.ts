import type { AnyActorRef, EventObject, InspectionEvent, Snapshot } from "xstate";
import { memo } from "#src/kernel/memo";
import { replaceSnapshot, resumeMail, suspendMail } from "#src/xstate-internals";
import { actorGiven, mustBeFunction } from "./arguments.ts";
import { postOf, resume as resumeSupervisor, suspend as suspendSupervisor } from "./call.ts";
import { clockOf } from "./delay.ts";

/** What an actor has received since somebody first asked for its statistics. */
export interface Statistics {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
}

interface Stopping {
  readonly unsubscribe: () => void;
}

const counters = new WeakMap<AnyActorRef, Statistics>();
const logs = new WeakMap<AnyActorRef, { events: EventObject[]; size: number }>();

/** Calls `listener` with each event that the actor receives (`in`) or sends (`out`): sys:trace. */
function trace(actor: AnyActorRef, listener: (direction: "in" | "out", event: EventObject) => void): Stopping {
  mustBeFunction(listener);
  return actorGiven(actor).system.inspect((seen: InspectionEvent) => {
    if (seen.type !== "@xstate.event") return;
    if (seen.actorRef === actor) listener("in", seen.event);
    if (seen.sourceRef === actor) listener("out", seen.event);
  });
}

/** Looks at a running actor and touches it, as OTP's sys module does. XState's `inspect` is behind it: it costs about a microsecond an event. */
export const sys = {
  /** The snapshot. */
  getState: (actor: AnyActorRef): Snapshot<unknown> => actorGiven(actor).getSnapshot() as Snapshot<unknown>,

  /** Puts another snapshot in its place, and returns it: `replaceState(a, (s) => ({ ...s, context: { n: 0 } }))`. */
  replaceState<S extends object>(actor: AnyActorRef, change: (snapshot: S) => S): S {
    mustBeFunction(change);
    const next = change(actorGiven(actor).getSnapshot() as S);
    replaceSnapshot(actor, next);
    return next;
  },

  /** Lets it finish what it does, and keeps its mail unread until `resume`. A kill still ends it. */
  suspend: (actor: AnyActorRef): void => (postOf(actorGiven(actor)) ? suspendSupervisor(actor) : suspendMail(actor)),

  /** Continues in the order in which the mail came. */
  resume: (actor: AnyActorRef): void => (postOf(actorGiven(actor)) ? resumeSupervisor(actor) : resumeMail(actor)),

  /** Counts from the first call on. */
  statistics: (actor: AnyActorRef): Statistics => ({
    ...memo(counters, actorGiven(actor), () => {
      const counter = { since: clockOf(actor.system).now(), messagesIn: 0, messagesOut: 0 };
      trace(actor, (direction) => counter[direction === "in" ? "messagesIn" : "messagesOut"]++);
      return counter;
    }),
  }),

  /** The last events it received since the first call, oldest first; at most `size`, 10 by default. */
  log(actor: AnyActorRef, size = 10): readonly EventObject[] {
    const ring = memo(logs, actorGiven(actor), () => {
      const events: EventObject[] = [];
      const made = { events, size };
      trace(actor, (direction, event) => {
        if (direction === "in" && events.push(event) > made.size) events.shift();
      });
      return made;
    });
    ring.size = Math.max(size, ring.size);
    return ring.events.slice(-size);
  },

  trace,
};
