import type { AnyActorRef } from "xstate";
import { type Exit, killed } from "#src/kernel/exit";
import { later } from "./delay.ts";
import { exitOf } from "./exit.ts";
import { isUp, type Readiness } from "./is-up.ts";
import type { Settled } from "./launch.ts";
import { FOREVER } from "./spec-rules.ts";

/**
 * Waits for one actor to be up. `up` is called once, unless the actor ends first.
 *
 * @param end ends it where it takes too long
 * @returns to be called when the actor has ended, or its supervisor has: says why its start failed
 */
export function whenUp(
  actor: AnyActorRef,
  { ready, readyMs }: Readiness,
  end: (actor: AnyActorRef, exit: Exit) => void,
  up: () => void,
): () => Settled {
  let isLate = false;
  const forget = later(actor.system, ready ? readyMs : FOREVER, () => {
    isLate = true;
    end(actor, killed);
  });
  const stop = (): void => {
    look.unsubscribe();
    forget();
  };
  const look = actor.subscribe({
    next: () => {
      if (!isUp(actor, ready)) return;
      stop();
      up();
    },
    error: () => {},
  });
  return () => {
    stop();
    return { type: "failed", reason: isLate ? "timeout" : exitOf(actor) };
  };
}
