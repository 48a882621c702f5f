import type { AnyActorRef, Snapshot } from "xstate";
import { crash, type Exit, isNormal, killed, normal, shutdown } from "#src/kernel/exit";
import { endNow, hasEnded, isBeingMade, parentOf } from "#src/xstate-internals";
import { actorGiven, isActor, mustBe, mustBeFunction } from "./arguments.ts";

/** Why a stopped actor was stopped: XState's snapshot does not say, so the reason is written here before an actor is stopped. */
const verdicts = new WeakMap<AnyActorRef, Exit>();
/** The actors that hold the children of supervisors, and end them when they are asked to. */
const holders = new WeakSet<AnyActorRef>();

/** Marks an actor as one that understands `actor.exit`. */
export const holdChildren = (holder: AnyActorRef): void => {
  holders.add(holder);
};

/** Writes down why `actor` is about to be stopped. */
export const writeVerdict = (actor: AnyActorRef, exit: Exit): void => {
  verdicts.set(actor, exit);
};

/** Whether the actor still has a process behind it, in OTP's words: also while it is being made, and not where a name leads to no actor. */
export const isAlive = (actor: AnyActorRef | undefined): boolean =>
  isActor(actor) && !hasEnded(actor) && (isBeingMade(actor) || statusOf(actor) === "active");

/**
 * How an actor ended: exactly one `Exit`, or undefined while it runs.
 *
 * | actor | exit |
 * |---|---|
 * | done with an `Exit` as output, error that is an `Exit` | that exit |
 * | done | `normal` |
 * | error | `crash(error)` |
 * | stopped | what its supervisor stopped it with, else `shutdown` |
 *
 * @param source an actor, or a snapshot of one
 * @example exitOf({ status: "done", output: 42, error: undefined }) // => { kind: "normal" }
 */
export function exitOf(source: AnyActorRef | Snapshot<unknown>): Exit | undefined {
  const actor = isActor(source) ? source : undefined;
  const snapshot = isActor(source) ? (source.getSnapshot() as Snapshot<unknown>) : source;
  mustBe(Object(source) === source, "an actor or a snapshot of one", source);
  const { status, output, error } = snapshot ?? {}; // none yet while the actor is being made
  const verdict = actor && verdicts.get(actor);
  if (status === "done") return isExit(output) ? output : normal;
  if (status === "error") {
    if (verdict?.kind === "killed") return killed; // whatever its cleanup threw
    return isExit(error) ? error : crash(error);
  }
  return status === "stopped" || (actor && hasEnded(actor)) ? (verdict ?? shutdown()) : undefined;
}

/** Whether a value is an `Exit`. */
export function isExit(value: unknown): value is Exit {
  const kind = (value as { kind?: unknown } | null | undefined)?.kind;
  return (
    ["normal", "shutdown", "killed"].includes(kind as string) || (kind === "crash" && "error" in (value as object))
  );
}

/** @throws ConfigError where a reason is no `Exit` */
export const mustBeExit = (reason: unknown): void =>
  mustBe(isExit(reason), "normal, killed, shutdown(...) or crash(...)", reason, "the reason");

/** What a supervisor sends to an actor that can put its things in order before it ends. */
export interface ShutdownRequest {
  readonly type: "actor.shutdown";
  readonly exit: Exit;
}

/** What an actor, or anyone else, sends to the actor's supervisor to end it with an exit. */
export interface ExitRequest {
  readonly type: "actor.exit";
  readonly actor: AnyActorRef;
  readonly exit: Exit;
}

/**
 * Ends the calling actor with `reason`. For logic that has no other way to end with one: callback and transition actors.
 * Its supervisor learns of it once the current event is handled. An actor that a machine invoked or spawned ends too, and the machine
 * receives what XState sends for it: `xstate.done.actor.<id>` for a normal reason, `xstate.error.actor.<id>` for another one.
 *
 * @example fromCallback(({ self }) => { socket.on("close", () => exit(self, crash("connection lost"))); })
 */
export function exit(self: AnyActorRef, reason: Exit): void {
  const parent = parentOf(actorGiven(self));
  mustBeExit(reason);
  if (!parent) stopRoot(self, reason);
  else if (holders.has(parent)) parent.send({ type: "actor.exit", actor: self, exit: reason } satisfies ExitRequest);
  else endInvoked(self, parent, reason);
}

function endInvoked(actor: AnyActorRef, parent: AnyActorRef, reason: Exit): void {
  if (!isAlive(actor)) return;
  writeVerdict(actor, reason);
  const { id } = actor;
  const event = isNormal(reason)
    ? { type: `xstate.done.actor.${id}`, output: reason.kind === "normal" ? undefined : reason, actorId: id }
    : { type: `xstate.error.actor.${id}`, error: reason.kind === "crash" ? reason.error : reason, actorId: id };
  actor.subscribe({
    complete: () => (actor.getSnapshot() as Snapshot<unknown>).status !== "done" && parent.send(event),
    error: () => {}, // XState tells the parent
  });
  endNow(actor);
}

/** What an actor that traps exits receives instead of ending when another one sends it an exit signal: OTP's `{'EXIT', From, Reason}`. */
export interface ExitSignal {
  readonly type: "actor.signal";
  readonly exit: Exit;
  readonly from: AnyActorRef | undefined;
}

/**
 * Sends an exit signal from outside, as `exit(Pid, Reason)` does in Erlang: `killed` ends any actor at once; an actor that traps exits
 * receives any other as an `actor.signal` event (supervisors ignore it); actors that do not trap exits end with it, and ignore `normal`.
 *
 * @param from the sender, for an actor that traps exits
 */
export function exitSignal(actor: AnyActorRef, reason: Exit, from?: AnyActorRef): void {
  mustBeExit(reason);
  if (!isAlive(actor)) return;
  if (reason.kind === "killed") exit(actor, reason);
  else if (trapsExit(actor)) actor.send({ type: "actor.signal", exit: reason, from } satisfies ExitSignal);
  else if (reason.kind !== "normal") exit(actor, reason);
}

/**
 * A callback whose errors are those of `self`: what it throws, or rejects with, ends the actor with a crash that its supervisor handles.
 * For timers, emitters and other callbacks that XState does not call, whose errors would end the whole process.
 *
 * @example fromCallback(({ self }) => { const timer = setInterval(guard(self, poll), 1000); return () => clearInterval(timer); })
 */
export function guard<Args extends unknown[], T>(self: AnyActorRef, fn: (...args: Args) => T) {
  actorGiven(self);
  mustBeFunction(fn);
  const fail = (error: unknown): undefined => {
    if (isAlive(self)) exit(self, crash(error));
    return undefined;
  };
  return (...args: Args): T | undefined => {
    try {
      const returned = fn(...args);
      return isThenable(returned) ? (returned.then(undefined, fail) as T) : returned;
    } catch (error) {
      return fail(error);
    }
  };
}

/** Whether a value is a promise, or passes for one. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";

function stopRoot(root: AnyActorRef, reason: Exit): void {
  writeVerdict(root, reason);
  (root as { stop?: () => void }).stop?.(); // only roots may be stopped directly, and this is one
}

/** Custom actor logic with this mark hears `actor.shutdown` before it is ended; machines need none. */
export interface TrapsExit {
  readonly trapsExit?: boolean;
}

/**
 * Whether an actor wants to hear `actor.shutdown` and end by itself: machines that accept the event in their present state,
 * and logic that says `trapsExit: true`. A machine with a `"*"` transition accepts it too, and is then waited for.
 */
export function trapsExit(actor: AnyActorRef): boolean {
  const { logic } = actor as { logic?: TrapsExit };
  if (logic?.trapsExit !== undefined) return logic.trapsExit;
  const snapshot = actor.getSnapshot() as { can?: (event: ShutdownRequest) => boolean };
  try {
    return snapshot.can?.({ type: "actor.shutdown", exit: shutdown() }) ?? false;
  } catch {
    return false; // a guard that throws cannot ask for time
  }
}

/** XState leaves the children of an actor that threw running (statelyai/xstate#5153); this ends them. */
export function endOrphans(actor: AnyActorRef): void {
  const { children } = actor.getSnapshot() as { children?: Record<string, AnyActorRef | undefined> };
  for (const child of Object.values(children ?? {})) {
    if (child && isAlive(child)) child.send({ type: "xstate.stop" });
  }
}

const statusOf = (actor: AnyActorRef): Snapshot<unknown>["status"] => (actor.getSnapshot() as Snapshot<unknown>).status;
