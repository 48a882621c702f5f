import type { ActorLogic, ActorScope, AnyActorRef, EventObject, Snapshot } from "xstate";

/** What is inside an actor that is an object. */
interface Inside<E> {
  /** The actor starts. */
  open?(): void;
  receive(event: E): void;
  /** The actor is stopped. */
  close(): void;
}

type PlainSnapshot = Snapshot<undefined>;
const ACTIVE: PlainSnapshot = { status: "active", output: undefined, error: undefined };

/** What XState sends to an actor that is stopped; what it shows from then on. */
export const isStop = (event: EventObject): boolean => event.type === "xstate.stop";
export const stoppedSnapshot = <S extends object>(snapshot: S) =>
  ({ ...snapshot, status: "stopped", output: undefined, error: undefined }) as const;

/**
 * Logic of an actor that has nothing to show: an object inside it receives its events.
 *
 * @returns the logic, and what finds the object in an actor
 */
export function objectLogic<E extends EventObject, I, T extends Inside<E>>(
  make: (scope: ActorScope<PlainSnapshot, E>, input: I) => T,
): { logic: ActorLogic<PlainSnapshot, E, I>; insideOf: (actor: AnyActorRef) => T | undefined } {
  const insides = new WeakMap<AnyActorRef, T>();
  const logic: ActorLogic<PlainSnapshot, E, I> = {
    getInitialSnapshot: (scope, input) => {
      insides.set(scope.self, make(scope, input));
      return ACTIVE;
    },
    start: (_, { self }) => insides.get(self)!.open?.(),
    transition: (snapshot, event, { self }) => {
      const inside = insides.get(self)!;
      if (!isStop(event)) {
        inside.receive(event);
        return snapshot;
      }
      inside.close();
      return stoppedSnapshot(snapshot);
    },
    getPersistedSnapshot: (snapshot) => snapshot,
  };
  return { logic, insideOf: (actor) => insides.get(actor) };
}
