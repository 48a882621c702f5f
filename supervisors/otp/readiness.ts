import type { AnyActorRef } from "xstate";
import { type Exit, killed } from "#src/kernel/exit";
import { postOf } from "./call.ts";
import type { AnySnapshot } from "./child-spec.ts";
import { clockOf, delaysOf } from "./delay.ts";
import { exitOf } from "./exit.ts";
import type { Settled } from "./launch.ts";

/** When a child is up: OTP's start functions return when init has, XState's actors start at once. */
export interface Readiness {
  readonly ready?: ((snapshot: AnySnapshot) => boolean) | undefined;
  readonly readyMs: number;
}

/** Whether a started actor is up: a supervisor when it has booted, another actor when its `ready` says so. */
export function isUp(actor: AnyActorRef, ready: Readiness["ready"]): boolean {
  const post = postOf(actor);
  if (post) return post.boot() === "up" && (!ready || isReady(actor, ready));
  return !ready || isReady(actor, ready);
}

const isReady = (actor: AnyActorRef, ready: NonNullable<Readiness["ready"]>): boolean => {
  try {
    return Boolean(ready(actor.getSnapshot() as AnySnapshot));
  } catch {
    return false;
  }
};

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
