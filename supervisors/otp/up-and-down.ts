import type { AnyActorRef } from "xstate";
import { type Exit, killed, shutdown } from "#src/kernel/exit";
import { actorGiven } from "./arguments.ts";
import { postOf } from "./call.ts";
import { later } from "./delay.ts";
import { exit, exitOf, isAlive, mustBeExit, type ShutdownRequest, trapsExit } from "./exit.ts";
import { reasonText } from "./facts.ts";
import { isUp } from "./is-up.ts";
import { FOREVER } from "./spec-rules.ts";

/** A supervisor that did not boot: why, in a sentence and as its exit. */
export class BootError extends Error {
  override readonly name = "BootError";
  readonly exit: Exit;

  constructor(id: string, exit: Exit) {
    super(`${id} did not boot: ${reasonText(exit)}`);
    this.exit = exit;
  }
}

/**
 * Starts a tree, unless it is started, and resolves when all of it is up: every child started, and ready where its spec says what that is.
 *
 * @returns the actor
 * @throws BootError (as a rejection) where it does not boot, or has ended
 * @example const app = await up(createActor(supervisor({ children: [database, server] })));
 */
export function up<T extends AnyActorRef>(actor: T): Promise<T> {
  return new Promise((resolve, reject) => {
    actorGiven(actor);
    const look = (): boolean => {
      const end = exitOf(actor);
      if (end) reject(new BootError(actor.id, end));
      else if (isUp(actor, undefined)) resolve(actor);
      else return false;
      return true;
    };
    if (postOf(actor)?.state === "unstarted") (actor as { start?: () => void }).start?.();
    if (look()) return;
    const subscription = actor.subscribe({
      next: () => look() && subscription.unsubscribe(),
      complete: look,
      error: look,
    });
  });
}

/** How long `stop` may take. */
export interface StopOptions {
  readonly timeoutMs?: number;
}

/**
 * Stops a supervisor in order: children in reverse, each by its shutdown rule. A worker that traps exits is asked, another one just ended.
 * For a supervisor above, this is a child that exits by itself with `reason`, and may be restarted: there, use `terminateChild`.
 *
 * @param options `timeoutMs`: kills it when it has not ended by then (gen_server:stop/3 gives up); without limit by default
 * @returns its exit, once it is gone; at once where there is nothing to stop
 */
export function stop(actor: AnyActorRef, reason: Exit = shutdown(), options?: StopOptions): Promise<Exit> {
  const { timeoutMs = FOREVER }: StopOptions = Object(options);
  return new Promise((resolve) => {
    mustBeExit(reason);
    const post = postOf(actor);
    if (!isAlive(actor) || post?.state === "unstarted") {
      resolve((actor && exitOf(actor)) ?? reason);
      return;
    }
    const forget = later(actor.system, timeoutMs, () => exit(actor, killed));
    const settle = (): void => {
      forget();
      resolve(exitOf(actor) ?? reason);
    };
    actor.subscribe({ complete: settle, error: settle });
    if (post || trapsExit(actor)) actor.send({ type: "actor.shutdown", exit: reason } satisfies ShutdownRequest);
    else exit(actor, reason);
  });
}
