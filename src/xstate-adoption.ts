import {
  type ActorOptions,
  type ActorSystem,
  type ActorSystemInfo,
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
} from "xstate";

type System = ActorSystem<ActorSystemInfo>;

/** Where a new actor stands in its system, and what it is given. */
export interface ActorPlacement {
  readonly parent: AnyActorRef;
  readonly id: string;
  readonly systemId: string | undefined;
  readonly input: unknown;
}

/**
 * V8 11, in Node 20, gives every object made by `{ ...a, ...b }` a hidden class of its own, and XState makes the options of an actor so.
 * That is 5 microseconds an actor, and 15 more of garbage collection: half of what a task costs.
 */
const isSpreadingSlow = (): boolean => Number.parseInt(globalThis.process?.versions?.v8 ?? "", 10) < 12;
let slow: boolean | undefined;

/** Makes a child. Browsers have `xstate-adoption.browser.ts` in the place of this file. */
export function makePlaced(logic: AnyActorLogic, placement: ActorPlacement): AnyActorRef {
  slow ??= isSpreadingSlow();
  if (slow && placement.systemId === undefined) return adopted(logic, placement);
  return createActor(logic, placement as ActorOptions<AnyActorLogic>);
}

interface Inspected {
  _sendInspectionEvent(event: { readonly type: string; readonly actorRef: AnyActorRef }): void;
}

/** What XState's own constructor sets, written out so that another value may be set. */
interface Insides {
  logic: AnyActorLogic;
  src: AnyActorLogic;
  options: object;
  id: string;
  logger: unknown;
  clock: unknown;
  system: System;
  _parent: AnyActorRef;
  readonly _actorScope: { id: string; logger: unknown; system: System };
  _initState(): void;
}

const placeholder: AnyActorLogic = {
  getInitialSnapshot: () => ({ status: "active", output: undefined, error: undefined }),
  transition: (snapshot) => snapshot,
  getPersistedSnapshot: (snapshot) => snapshot,
};

/** An actor made without options, for a root of its own, and then given its place: equal to one made with them (`xstate-internals.test.ts`). */
export function adopted(logic: AnyActorLogic, { parent, id, input }: Omit<ActorPlacement, "systemId">): AnyActorRef {
  const actor = createActor(placeholder);
  const inside = actor as unknown as Insides;
  const scope = inside._actorScope;
  const { system } = parent;
  const { _clock: clock, _logger: logger } = system as unknown as { _clock: unknown; _logger: unknown };
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
