import { type AnyActorLogic, type AnyActorRef, createActor } from "xstate";

/** Where a new actor stands in its system, and what it is given. */
export interface ActorPlacement {
  readonly parent: AnyActorRef;
  readonly id: string;
  readonly name: string | undefined;
  readonly input: unknown;
}

/**
 * V8 11, in Node 20, gives every object made by `{ ...a, ...b }` a hidden class of its own, and XState makes the options of an actor so.
 * That is 5 microseconds an actor, and 15 more of garbage collection: half of what a task costs.
 */
const SPREADING_IS_SLOW = Number.parseInt(globalThis.process?.versions?.v8 ?? "12", 10) < 12;

/** Makes an actor as a child of another; it is not started yet. */
export function makeActor(logic: AnyActorLogic, birth: ActorPlacement): AnyActorRef {
  const { parent, id, input, name } = birth;
  if (name !== undefined) return createActor(logic, { parent, id, input, systemId: name });
  return SPREADING_IS_SLOW ? adopted(logic, birth) : createActor(logic, { parent, id, input });
}

/** What XState's own constructor sets, written out so that another value may be set. */
interface Insides {
  logic: AnyActorLogic;
  src: AnyActorLogic;
  options: object;
  id: string;
  logger: unknown;
  clock: unknown;
  system: AnyActorRef["system"];
  _parent: AnyActorRef;
  readonly _actorScope: { id: string; logger: unknown; system: AnyActorRef["system"] };
  _initState(): void;
}

interface Inspected {
  _sendInspectionEvent(event: { readonly type: "@xstate.actor"; readonly actorRef: AnyActorRef }): void;
}

const placeholder: AnyActorLogic = {
  getInitialSnapshot: () => ({ status: "active", output: undefined, error: undefined }),
  transition: (snapshot) => snapshot,
  getPersistedSnapshot: (snapshot) => snapshot,
};

/** An actor made without options, for a root of its own, and then given its place: equal to one made with them (`make-actor.test.ts`). */
export function adopted(logic: AnyActorLogic, { parent, id, input }: Omit<ActorPlacement, "name">): AnyActorRef {
  const actor = createActor(placeholder);
  const inside = actor as unknown as Insides;
  const scope = inside._actorScope;
  const { system } = parent;
  const { _clock: clock, _logger: logger } = system;
  inside.logic = logic;
  inside.src = logic;
  inside.options = { clock, logger, devTools: false, parent, id, input };
  inside.id = id;
  scope.id = id;
  inside.logger = logger;
  scope.logger = logger;
  inside.clock = clock;
  inside.system = system;
  scope.system = system;
  inside._parent = parent;
  (system as unknown as Inspected)._sendInspectionEvent({ type: "@xstate.actor", actorRef: actor });
  inside._initState();
  return actor;
}
