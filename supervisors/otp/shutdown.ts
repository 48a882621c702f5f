import type { AnyActorRef, AnyActorScope } from "xstate";
import { type Exit, killed, shutdown } from "#src/kernel/exit";
import { memo } from "#src/kernel/memo";
import { releaseMail } from "#src/xstate-internals";
import { postOf } from "./call.ts";
import type { Shutdown } from "./child-spec.ts";
import { later } from "./delay.ts";
import { endOrphans, isAlive, type ShutdownRequest, trapsExit, writeVerdict } from "./exit.ts";

/** Ends children by OTP's shutdown rules: those that trap exits are asked and given time, others end at once. */
export class Stopper {
  readonly #scope: Pick<AnyActorScope, "stopChild" | "system">;
  readonly #stopped: (child: AnyActorRef) => void;
  readonly #asked = new Set<AnyActorRef>();
  #deadlines: (() => void)[] = [];

  /**
   * @param scope of the actor whose children it stops: only the parent of an actor may ask XState to stop it
   * @param stopped called when a child was stopped. XState tells a parent when its child is done or in error, but not this
   */
  constructor(scope: Pick<AnyActorScope, "stopChild" | "system">, stopped: (child: AnyActorRef) => void) {
    this.#scope = scope;
    this.#stopped = stopped;
  }

  /** Stops live children together; those with the same time to stop in have one deadline. Their ends come later, or have come when this returns. */
  stop(children: ReadonlyMap<AnyActorRef, Shutdown>): void {
    const byTime = new Map<Shutdown, AnyActorRef[]>();
    for (const [child, how] of children) {
      if (how === "brutal_kill") this.end(child, killed);
      else if (postOf(child) || trapsExit(child)) {
        this.#asked.add(child);
        memo(byTime, how, () => []).push(child);
      } else this.end(child, shutdown());
    }
    for (const [how, asked] of byTime) {
      const end = (): void => {
        for (const child of asked) this.end(child, killed);
      };
      if (typeof how === "number") this.#deadlines.push(later(this.#scope.system, how, end));
      for (const child of asked) child.send({ type: "actor.shutdown", exit: shutdown() } satisfies ShutdownRequest);
    }
  }

  /** Called at every end: the last of those asked clears the deadline. */
  gone(child: AnyActorRef): void {
    if (this.#asked.delete(child) && this.#asked.size === 0) this.cancel();
  }

  /** Ends one child with `exit`, without a say. On the child's own stack it ends when its present event is handled. */
  end(child: AnyActorRef, exit: Exit): void {
    if (!isAlive(child)) return;
    writeVerdict(child, exit);
    child.subscribe({
      complete: () => {
        if (child.getSnapshot().status === "done") return; // it was quicker
        endOrphans(child);
        this.gone(child);
        this.#stopped(child);
      },
      error: () => {},
    });
    releaseMail(child);
    this.#scope.stopChild(child);
  }

  /** What happens to the children of a supervisor that was killed: workers die, supervisors end their own children in order and follow. */
  abandon(children: readonly AnyActorRef[]): void {
    this.cancel();
    for (const child of children) {
      if (!isAlive(child)) continue;
      if (postOf(child)) child.send({ type: "actor.shutdown", exit: killed } satisfies ShutdownRequest);
      else this.end(child, killed);
    }
  }

  cancel(): void {
    for (const forget of this.#deadlines) forget();
    this.#deadlines = [];
    this.#asked.clear();
  }
}
