import type { AnyActorRef } from "xstate";
import { ConfigError } from "#src/kernel/errors";
import { makeActor } from "#src/xstate-internals";
import { postOf } from "./call.ts";
import { isLogic } from "./check-spec.ts";
import type { StartResult } from "./child-spec.ts";
import type { Child } from "./children.ts";
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

/** Who starts children. */
interface Parent<A> {
  readonly self: AnyActorRef;
  /** What the start function of a child returns. */
  resultOf(child: Child<A>): StartResult;
}

/** Calls a start function and starts the actor it names, its whole subtree included. The child has the actor before that, so that no end of it is missed. */
export function launch<A>(child: Child<A>, parent: Parent<A>): Launch {
  const { key, spec } = child;
  const { self } = parent;
  let result: StartResult;
  let actor: AnyActorRef;
  try {
    result = parent.resultOf(child);
    if (result === "ignore") return { type: "ignored" };
    if (!hasLogic(result)) return failed(reasonOf(result));
    const { name } = spec;
    const holder = self.system.get(name!) as AnyActorRef | undefined;
    if (holder) return failed({ already_started: holder });
    actor = makeActor(result.logic, { parent: self, id: key, systemId: name, input: result.input });
  } catch (error) {
    return failed({ EXIT: error });
  }
  child.actor = actor;
  actor.start();
  const { info } = result;
  const outcome = outcomeOf(actor, spec.ready);
  return info === undefined || !("actor" in outcome) ? outcome : { ...outcome, info };
}

/** Whether a start function named what to run. */
export const hasLogic = (result: unknown): result is Extract<StartResult, { logic: unknown }> =>
  isObject(result) && "logic" in result && isLogic(result.logic);

const failed = (reason: unknown): Settled => ({ type: "failed", reason });

/** Why a start failed that returned no logic. */
function reasonOf(returned: unknown): unknown {
  if (isThenable(returned)) {
    returned.then(undefined, () => {});
    const hint = "Work that takes time belongs in the actor; `ready` makes the next child wait for it";
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
