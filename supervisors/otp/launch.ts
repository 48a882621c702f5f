import type { AnyActorRef } from "xstate";
import { ConfigError } from "#src/kernel/errors";
import type { ActorPlacement } from "#src/xstate-adoption";
import { makeActor } from "#src/xstate-internals";
import { postOf } from "./call.ts";
import { isLogic } from "./check-spec.ts";
import type { StartResult } from "./child-spec.ts";
import { exitOf, isThenable } from "./exit.ts";
import { isUp, type Readiness } from "./is-up.ts";
import { isObject } from "./spec-rules.ts";

/** What came of a start. `pending`: it is not up yet, or it is a supervisor that failed to boot and still stops children that need time. */
export type Launch =
  | { readonly type: "started"; readonly actor: AnyActorRef; readonly info?: unknown }
  | { readonly type: "ignored" }
  | { readonly type: "failed"; readonly reason: unknown }
  | { readonly type: "pending"; readonly actor: AnyActorRef; readonly info?: unknown };

/** A completed start. */
export type Settled = Exclude<Launch, { type: "pending" }>;

/** What XState sends to the parent of an actor that is done or in error: `xstate.done.actor.<id>`, `xstate.error.actor.<id>`. */
export interface Relayed {
  readonly type: `xstate.${string}`;
  readonly actorId: string;
}

/**
 * Calls a start function and starts the actor it names, its whole subtree included.
 *
 * @param look called with what the function returned, where that names logic
 * @param watch called with the actor before it starts, so that no end of it is missed
 * @param ready whether an actor with this snapshot is up; an actor is up when it runs, unless this is given
 */
export function launch(
  start: () => StartResult,
  place: Omit<ActorPlacement, "input">,
  look: (result: object) => void,
  watch: (actor: AnyActorRef) => void,
  ready?: Readiness["ready"],
): Launch {
  let result: StartResult;
  let actor: AnyActorRef;
  try {
    result = start();
    if (result === "ignore") return { type: "ignored" };
    if (!isObject(result) || !("logic" in result) || !isLogic(result.logic)) return failed(reasonOf(result));
    look(result);
    const { name } = place;
    const holder = name === undefined ? undefined : (place.parent.system.get(name) as AnyActorRef | undefined);
    if (holder) return failed({ already_started: holder });
    // not spread: V8 in Node 20 gives each object made so a hidden class of its own, which lives until a full collection
    const { parent, id } = place;
    actor = makeActor(result.logic, { parent, id, name, input: result.input });
  } catch (error) {
    return failed({ EXIT: error });
  }
  watch(actor);
  actor.start();
  const { info } = result;
  const outcome = outcomeOf(actor, ready);
  return info === undefined || !("actor" in outcome) ? outcome : { ...outcome, info };
}

const failed = (reason: unknown): Settled => ({ type: "failed", reason });

/** Why a start failed that returned no logic. */
function reasonOf(returned: unknown): unknown {
  if (isThenable(returned)) {
    returned.then(undefined, () => {});
    const hint = "Work that takes time belongs in the actor; the spec's `ready` makes the next child wait for it";
    return new ConfigError("start", "must return { logic, input } at once, not a promise", undefined, hint);
  }
  if (isLogic(returned)) return new ConfigError("start", "must return { logic, input }, not actor logic itself");
  return isObject(returned) && "error" in returned ? returned.error : returned;
}

/** What came of an actor that was just started. A worker that is done already was started, and then ended. */
function outcomeOf(actor: AnyActorRef, ready: Readiness["ready"]): Launch {
  const exit = exitOf(actor);
  const boot = postOf(actor)?.boot();
  const isBroken = exit && !boot && actor.getSnapshot().status === "error";
  if (!isBroken && isUp(actor, ready)) return { type: "started", actor };
  return exit ? failed(exit) : { type: "pending", actor };
}

/** Who spawns does not wait for a child to be ready; one that cannot boot has failed, and what it had started is still stopping. */
export function spawned(outcome: Launch): Settled {
  if (outcome.type !== "pending") return outcome;
  return postOf(outcome.actor)?.boot() === "failed"
    ? { type: "failed", reason: "boot_failed" }
    : { ...outcome, type: "started" };
}
