import type { AnyActorRef, Snapshot } from "xstate";
import { crash, type Exit, normal, shutdown } from "#src/kernel/exit";

/** Why a stopped actor was stopped: XState's snapshot does not say, so the reason is written here before an actor is stopped. */
const verdicts = new WeakMap<AnyActorRef, Exit>();
/** Actors seen to end. Needed because a `fromTransition` actor keeps the status `active` after it was stopped. */
const ended = new WeakSet<AnyActorRef>();

/** Writes down why `actor` is about to be stopped. */
export const writeVerdict = (actor: AnyActorRef, exit: Exit): void => {
  verdicts.set(actor, exit);
};

/** Marks `actor` as gone, whatever its snapshot says. */
export const markEnded = (actor: AnyActorRef): void => {
  ended.add(actor);
};

/** Whether the actor still has a process behind it, in OTP's words. */
export const isAlive = (actor: AnyActorRef): boolean => !ended.has(actor) && statusOf(actor) === "active";

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
  switch (snapshot.status) {
    case "done":
      return isExit(snapshot.output) ? snapshot.output : normal;
    case "error":
      return isExit(snapshot.error) ? snapshot.error : crash(snapshot.error);
    case "stopped":
      return (actor && verdicts.get(actor)) ?? shutdown();
    case "active":
      return actor && ended.has(actor) ? (verdicts.get(actor) ?? shutdown()) : undefined;
  }
}

/** Whether a value is an `Exit`. */
export function isExit(value: unknown): value is Exit {
  const kind = (value as { kind?: unknown } | null | undefined)?.kind;
  return (
    kind === "normal" || kind === "shutdown" || kind === "killed" || (kind === "crash" && "error" in (value as object))
  );
}

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
 * Its supervisor sees it once the current event is handled.
 *
 * @example fromCallback(({ self }) => { socket.on("close", () => exit(self, crash("connection lost"))); })
 */
export function exit(self: AnyActorRef, reason: Exit): void {
  const parent = self._parent;
  if (parent) parent.send({ type: "actor.exit", actor: self, exit: reason } satisfies ExitRequest);
  else stopRoot(self, reason);
}

/**
 * Sends an exit signal from outside, as `exit(Pid, Reason)` does in Erlang: `killed` ends any actor at once; other reasons are ignored by
 * actors that trap exits (supervisors among them), and `normal` is ignored by all.
 *
 * @param actor a supervised actor, or a root
 */
export function exitSignal(actor: AnyActorRef, reason: Exit): void {
  if (!isAlive(actor)) return;
  if (reason.kind === "killed" || (reason.kind !== "normal" && !trapsExit(actor))) exit(actor, reason);
}

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
/** Whether a value is an actor. */
export const isActor = (source: unknown): source is AnyActorRef =>
  typeof source === "object" && source !== null && "getSnapshot" in source;
