/**
 * Everything that this package knows of XState beyond its documented interface, and why. Nothing else reads or writes a field that
 * begins with an underscore. `npm test` runs this file, and supervision as a whole, against the oldest and the newest version in the range.
 */
import type { ActorSystem, ActorSystemInfo, AnyActorLogic, AnyActorRef, InspectionEvent, Observer } from "xstate";
import { type ActorPlacement, makePlaced } from "#src/xstate-adoption";

type System = ActorSystem<ActorSystemInfo>;

/** What XState asks of the clock that is given to `createActor`. */
export interface XStateClock {
  setTimeout: (fn: () => void, delayMs: number) => unknown;
  clearTimeout: (timer: unknown) => void;
}

/** The clock of a system: `createActor(root, { clock })` takes one, and offers no way to ask for it. */
export const systemClockOf = (system: System): XStateClock => (system as unknown as { _clock: XStateClock })._clock;

/** The actor that made this one; undefined for a root. Logic knows its parent only where XState invokes or spawns it. */
export const parentOf = (actor: AnyActorRef): AnyActorRef | undefined => actor._parent;

/** XState's `ProcessingStatus.Stopped`. */
const STOPPED = 2;

/** Whether XState has ended the actor. The snapshot of a stopped `fromTransition` actor says `active`, so it cannot be asked. */
export const hasEnded = (actor: AnyActorRef): boolean =>
  (actor as { _processingStatus?: number })._processingStatus === STOPPED;

/** Whether the function of an actor's initial state still runs: it has no snapshot that could be read. */
export const isBeingMade = (actor: AnyActorRef): boolean => (actor as { _snapshot?: unknown })._snapshot === undefined;

/** XState's `ProcessingStatus.Running`. */
const RUNNING = 1;

/** Whether an actor is started and has not ended: XState performs its actions at once. */
export const isRunning = (actor: AnyActorRef): boolean =>
  (actor as { _processingStatus?: number })._processingStatus === RUNNING;

interface Inspected {
  _sendInspectionEvent(event: {
    readonly type: string;
    readonly actorRef: AnyActorRef;
    readonly action?: object;
  }): void;
}

/** Shows inspectors an action that is performed without XState's executor, which makes two closures and two objects for each. */
export const showAction = (
  system: unknown,
  actorRef: AnyActorRef,
  action: { readonly type: string; readonly params: undefined },
): void => (system as Inspected)._sendInspectionEvent({ type: "@xstate.action", actorRef, action });

/** Ends an actor that is not a root, whatever its parent is: `stop()` throws for it, and only its parent has `stopChild`. */
export function endNow(actor: AnyActorRef): void {
  releaseMail(actor);
  (actor as unknown as { _stop(): void })._stop();
}

/** Puts another snapshot in the place of an actor's own, and tells those who subscribed: XState changes it only by events. */
export const replaceSnapshot = (actor: AnyActorRef, snapshot: object): void =>
  (actor as unknown as { update(snapshot: object, event: object): void }).update(snapshot, {
    type: "sys.replaceState",
  });

interface Mail {
  readonly mailbox: { _active: boolean; start(): void };
}
const suspended = new WeakSet<AnyActorRef>();

/** Has the actors of a system that are made from now on use another logger. */
export const replaceLogger = (system: unknown, logger: (...args: unknown[]) => void): void => {
  (system as { _logger: (...args: unknown[]) => void })._logger = logger;
};

/** Keeps the mail of an actor unread: XState's mailbox holds it back before the actor is started, and can do so again. */
export function suspendMail(actor: AnyActorRef): void {
  if (hasEnded(actor)) return;
  suspended.add(actor);
  (actor as unknown as Mail).mailbox._active = false;
}

/** Has a suspended actor read its mail again. */
export function resumeMail(actor: AnyActorRef): void {
  if (suspended.delete(actor) && !hasEnded(actor)) (actor as unknown as Mail).mailbox.start();
}

/** Lets an actor that is suspended be ended: its mail is dropped by XState before that. */
export function releaseMail(actor: AnyActorRef): void {
  if (suspended.delete(actor)) (actor as unknown as Mail).mailbox._active = true;
}

// ---------------------------------------------------------------- making actors

interface Registering {
  _register: (sessionId: string) => string;
}
const unlisted = (sessionId: string): string => sessionId;

/**
 * Has a system keep no list of its actors. XState writes one, a `Map`, and reads it nowhere; it costs every short-lived actor two thirds of
 * its time (see `ChurnMap`).
 */
function keepNoList(system: System): void {
  const registering = system as unknown as Registering;
  if (registering._register !== unlisted) registering._register = unlisted;
}

/** Makes an actor as a child of another; it is not started yet. */
export function makeActor(logic: AnyActorLogic, placement: ActorPlacement): AnyActorRef {
  keepNoList(placement.parent.system);
  return makePlaced(logic, placement);
}

// ---------------------------------------------------------------- inspection

type Inspector = Observer<InspectionEvent> | ((event: InspectionEvent) => void);
type InspectedSystem = System & { _sendInspectionEvent?: (event: InspectionEvent) => void };

const guardedSystems = new WeakSet<object>();

/**
 * Keeps observers of `inspect` from breaking what they look at. XState inspects an event before it delivers it, so that an observer
 * that throws loses the event and throws into its sender. From the first supervisor of a system on, what they throw is logged instead.
 */
export function guardInspection(system: InspectedSystem, logger: (error: unknown) => void): void {
  if (guardedSystems.has(system)) return;
  guardedSystems.add(system);
  const send = system._sendInspectionEvent?.bind(system);
  const attach = system.inspect.bind(system);
  if (send) system._sendInspectionEvent = guard(send, logger);
  system.inspect = (observer) => attach(guard(listenerOf(observer), logger)); // one by one, so that others still hear
}

/**
 * Gives a listener that is attached to a system, and alone, its events as they are. XState makes a copy of each, with `rootId`, which costs as much as
 * all else that is done for one (see `xstate-adoption.ts`). As soon as another is attached, all receive those copies.
 */
export function listenDirectly(system: InspectedSystem, listener: (event: InspectionEvent) => void): void {
  const send = system._sendInspectionEvent?.bind(system);
  if (!send) return;
  const attach = system.inspect.bind(system);
  let tell = listener;
  system._sendInspectionEvent = (event) => tell(event);
  system.inspect = (observer) => {
    tell = send;
    return attach(observer);
  };
}

const listenerOf = (observer: Inspector): ((event: InspectionEvent) => void) =>
  typeof observer === "function" ? observer : (event) => observer.next?.(event);

const guard =
  (listener: (event: InspectionEvent) => void, logger: (error: unknown) => void) =>
  (event: InspectionEvent): void => {
    try {
      listener(event);
    } catch (error) {
      logger(error);
    }
  };
