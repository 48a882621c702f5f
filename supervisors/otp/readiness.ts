import type { AnyActorRef } from "xstate";
import { type Exit, killed } from "#src/kernel/exit";
import { clockOf, delaysOf } from "./delay.ts";
import { exitOf } from "./exit.ts";
import { isUp, type Readiness } from "./is-up.ts";
import type { Settled } from "./launch.ts";

/** Waits for one actor to be up. `up` is called once, unless the actor ends first: then `ended` says why its start failed. */
export class Boot {
  readonly actor: AnyActorRef;
  #isLate = false;
  readonly #stop: () => void;

  constructor(
    actor: AnyActorRef,
    { ready, readyMs }: Readiness,
    end: (actor: AnyActorRef, exit: Exit) => void,
    up: () => void,
  ) {
    this.actor = actor;
    const queue = delaysOf(clockOf(actor.system));
    const deadline = ready
      ? queue.schedule(readyMs, () => {
          this.#isLate = true;
          end(actor, killed);
        })
      : undefined;
    const look = actor.subscribe({
      next: () => {
        if (!isUp(actor, ready)) return;
        this.#stop();
        up();
      },
      error: () => {},
    });
    this.#stop = () => {
      look.unsubscribe();
      if (deadline) queue.cancel(deadline);
    };
  }

  /** The actor has ended, or its supervisor has. */
  ended(): Settled {
    this.#stop();
    return { type: "failed", reason: this.#isLate ? "timeout" : exitOf(this.actor) };
  }
}
