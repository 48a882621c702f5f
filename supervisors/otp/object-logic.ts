import {
  type ActorLogic,
  type ActorScope,
  type AnyActorLogic,
  type AnyActorRef,
  type EventObject,
  fromPromise,
  type Snapshot,
} from "xstate";

/** What is inside an actor that is an object. */
interface Inside<S, E> {
  /** What the actor shows. */
  readonly snapshot: S;
  /** The actor starts. */
  open?(): void;
  receive(event: E): void;
  /** The actor is stopped, and shows that. */
  close(): void;
}

const insides = new WeakMap<AnyActorRef, unknown>();

/** The object inside an actor. */
export const insideOf = (actor: AnyActorRef): unknown => insides.get(actor);

/** The snapshot of an actor that has nothing to show. */
export const PLAIN: Snapshot<undefined> = { status: "active", output: undefined, error: undefined };

/** What an actor shows once it is stopped. */
export const stoppedSnapshot = <S extends Snapshot<unknown>>(snapshot: S): S =>
  ({ ...snapshot, status: "stopped", output: undefined, error: undefined }) as S;

/** Logic of an actor with an object inside, which receives its events. */
export const objectLogic = <S extends Snapshot<unknown>, E extends EventObject>(
  make: (scope: ActorScope<S, E>) => Inside<S, E>,
): ActorLogic<S, E, unknown> => {
  const begin = (scope: ActorScope<S, E>): S => {
    const inside = make(scope);
    insides.set(scope.self, inside);
    return inside.snapshot;
  };
  return {
    getInitialSnapshot: begin,
    restoreSnapshot: (snapshot, scope) =>
      (snapshot as S).status === "active" ? begin(scope as never) : (snapshot as S),
    start: (_, { self }) => (insideOf(self) as Inside<S, E>).open?.(),
    transition: (_, event, { self }) => {
      const inside = insideOf(self) as Inside<S, E>;
      if (event.type === "xstate.stop") inside.close();
      else inside.receive(event);
      return inside.snapshot;
    },
    getPersistedSnapshot: (snapshot) => snapshot,
  };
};

/** What an async function that is an actor may know. */
export interface AsyncScope {
  readonly signal: AbortSignal;
  readonly self: AnyActorRef;
}

/** Logic of an actor that runs a function, and is done when it returns. */
export const asyncLogic = <T>(run: (scope: AsyncScope) => T | PromiseLike<T>): AnyActorLogic =>
  fromPromise(async ({ signal, self }) => run({ signal, self }));
