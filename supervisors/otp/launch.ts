import type { AnyActorRef } from "xstate";
import { type ActorPlacement, makeActor } from "#src/xstate-internals";
import { postOf } from "./call.ts";
import { isLogic, type StartResult } from "./child-spec.ts";
import { exitOf } from "./exit.ts";

/** What came of a start. `pending`: a supervisor that failed to boot and is still stopping those of its children that need time. */
export type Launch =
  | { readonly type: "started"; readonly actor: AnyActorRef }
  | { readonly type: "ignored" }
  | { readonly type: "failed"; readonly reason: unknown }
  | { readonly type: "pending"; readonly actor: AnyActorRef };

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
 * @param watch called with the actor before it starts, so that no end of it is missed
 */
export function launch(
  start: () => StartResult,
  place: Omit<ActorPlacement, "input">,
  watch: (actor: AnyActorRef) => void,
): Launch {
  let result: StartResult;
  try {
    result = start();
  } catch (error) {
    return { type: "failed", reason: { EXIT: error } };
  }
  if (result === "ignore") return { type: "ignored" };
  if (typeof result !== "object" || result === null || !("logic" in result) || !isLogic(result.logic)) {
    const said = result as { error?: unknown } | null | undefined;
    return { type: "failed", reason: typeof said === "object" && said !== null && "error" in said ? said.error : said };
  }
  let actor: AnyActorRef;
  try {
    actor = makeActor(result.logic, { parent: place.parent, id: place.id, name: place.name, input: result.input });
  } catch (error) {
    return { type: "failed", reason: { EXIT: error } }; // the name is taken
  }
  watch(actor);
  actor.start();
  return outcomeOf(actor);
}

/** What came of an actor that was just started. A worker that is done already was started, and then ended. */
function outcomeOf(actor: AnyActorRef): Launch {
  const exit = exitOf(actor);
  const boot = postOf(actor)?.boot();
  if (boot && boot !== "up") return exit ? { type: "failed", reason: exit } : { type: "pending", actor };
  const didFail = !boot && exit && actor.getSnapshot().status === "error";
  return didFail ? { type: "failed", reason: exit } : { type: "started", actor };
}
