import type { AnyActorRef, InspectionEvent } from "xstate";
import { parentOf } from "#src/xstate-internals";
import { actorMessage, eventMessage, type ShownActor, type StatelyMessage, snapshotMessage } from "./stately-wire.ts";

/** Tasks of a run that are shown, evenly over its plan. */
const TASKS_SHOWN = 100;

/** A run as messages of an inspector. */
export interface RunMessages {
  /** Takes XState's inspection events of the run. */
  readonly inspect: (event: InspectionEvent) => void;
  /** All live actors, parents first; those that ended are forgotten. */
  live(): ShownActor[];
}

/**
 * Says what an inspector draws of a run: supervisors, services and conditions always, tasks sampled.
 *
 * @param tasks of the plan
 * @param send given a function, so that a message is made only where it is shown
 */
export function runMessages(tasks: number, send: (message: () => StatelyMessage) => void): RunMessages {
  const every = Math.max(1, Math.ceil(tasks / TASKS_SHOWN));
  const shown = new Map<string, ShownActor>();
  const judged = new WeakSet<AnyActorRef>();

  /** The nearest actor upward that is shown: of many workers only some are. */
  const shownAbove = (ref: AnyActorRef | undefined): string | undefined =>
    ref && (shown.has(ref.sessionId) ? ref.sessionId : shownAbove(parentOf(ref)));

  const present = (ref: AnyActorRef): ShownActor | undefined => {
    const ordinal = ordinalOf(ref);
    if (ordinal !== undefined && ordinal % every !== 0) return undefined;
    const name = ordinal === undefined ? ref.id : `task ${ordinal}`;
    return { ref, name, parentId: shownAbove(parentOf(ref)) };
  };

  return {
    inspect(event) {
      const { type, actorRef } = event;
      const ref = actorRef as AnyActorRef;
      if (type !== "@xstate.event" && type !== "@xstate.snapshot") return; // before its first event an actor has no state
      if (!judged.has(ref)) {
        judged.add(ref);
        const actor = present(ref);
        if (!actor) return;
        shown.set(ref.sessionId, actor);
        send(() => actorMessage(actor));
      }
      if (!shown.has(ref.sessionId)) return;
      if (type === "@xstate.event")
        send(() => eventMessage(ref, event.event, shownAbove(event.sourceRef as AnyActorRef | undefined)));
      else send(() => snapshotMessage(ref, event.snapshot as never, event.event));
    },
    live() {
      for (const [sessionId, { ref }] of shown) if (ref.getSnapshot().status !== "active") shown.delete(sessionId);
      return [...shown.values()];
    },
  };
}

/** The place in the plan of a worker's task; undefined for every other actor. */
function ordinalOf(ref: AnyActorRef): number | undefined {
  const { context } = ref.getSnapshot() as { context?: { task?: { ordinal?: unknown } } };
  const ordinal = context?.task?.ordinal;
  return typeof ordinal === "number" ? ordinal : undefined;
}
