import type { AnyActorRef } from "xstate";
import { type Exit, killed, shutdown } from "#src/kernel/exit";
import { releaseMail } from "#src/xstate-internals";
import { postOf } from "./call.ts";
import type { Shutdown } from "./child-spec.ts";
import type { Delayed, DelayQueue } from "./delay.ts";
import { endOrphans, isAlive, type ShutdownRequest, trapsExit, writeVerdict } from "./exit.ts";

/** What a stopper needs of the actor whose children it stops. */
interface StopperOptions {
  /** XState's own stop, which only the parent of an actor may ask for. */
  readonly stopChild: (child: AnyActorRef) => void;
  readonly queue: DelayQueue;
  /** Called when a child was stopped. XState tells a parent when its child is done or in error, but not this. */
  readonly stopped: (child: AnyActorRef) => void;
}

/** Ends children by OTP's shutdown rules: those that trap exits are asked and given time, others end at once. */
export class Stopper {
  readonly #options: StopperOptions;
  readonly #asked = new Set<AnyActorRef>();
  readonly #deadlines = new Set<Delayed>();

  constructor(options: StopperOptions) {
    this.#options = options;
  }

  /** Stops live children together, with one deadline for all. Their ends come later, or have come when this returns. */
  stop(children: readonly AnyActorRef[], how: Shutdown): void {
    const asked = children.filter((child) => how !== "brutal_kill" && (postOf(child) || trapsExit(child)));
    for (const child of asked) this.#asked.add(child);
    for (const child of children)
      if (!this.#asked.has(child)) this.end(child, how === "brutal_kill" ? killed : shutdown());
    if (asked.length > 0 && typeof how === "number") {
      const end = (): void => {
        for (const child of asked) this.end(child, killed);
      };
      this.#deadlines.add(this.#options.queue.schedule(how, end));
    }
    for (const child of asked) child.send({ type: "actor.shutdown", exit: shutdown() } satisfies ShutdownRequest);
  }

  /** Stops live children at once, each in its own way; those whose way is the same have one deadline. */
  stopEach(children: ReadonlyMap<AnyActorRef, Shutdown>): void {
    const byWay = new Map<Shutdown, AnyActorRef[]>();
    for (const [child, how] of children) {
      const alike = byWay.get(how);
      if (alike) alike.push(child);
      else byWay.set(how, [child]);
    }
    for (const [how, alike] of byWay) this.stop(alike, how);
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
        this.#options.stopped(child);
      },
      error: () => {},
    });
    releaseMail(child);
    this.#options.stopChild(child);
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
    for (const deadline of this.#deadlines) this.#options.queue.cancel(deadline);
    this.#deadlines.clear();
    this.#asked.clear();
  }
}
