import type { AnyActorRef } from "xstate";
import type { Child } from "./children.ts";
import type { Settled } from "./launch.ts";

/** What keeps a supervisor from its mail: stop these, then start those, then conclude. */
export class Job<A> {
  /** Those of a group are stopped together. */
  readonly stop: readonly (readonly Child<A>[])[];
  readonly start: readonly Child<A>[];
  /** All is done; `last` is what came of the last start. */
  readonly done: (last: Settled | undefined) => void;
  /** A start failed: the rest is left undone. */
  readonly failed: (child: Child<A>, reason: unknown) => void;
  /** How many groups are stopped, and children started. */
  stopped = 0;
  started = 0;
  last: Settled | undefined;
  /** Who must be gone before it continues. */
  awaited = new Set<AnyActorRef>();
  /** Of a child that is not up yet, or a supervisor that failed to boot and still stops those of its children that need time. */
  ended: (() => Settled) | undefined;
  /** The actor that this child was before. */
  before: AnyActorRef | undefined;
  /** Forgets that it waits for the event loop to have its turn. */
  forget: (() => void) | undefined;

  constructor(stop: Job<A>["stop"], start: Job<A>["start"], done: Job<A>["done"], failed: Job<A>["failed"] = () => {}) {
    this.stop = stop;
    this.start = start;
    this.done = done;
    this.failed = failed;
  }

  /** Nothing of it will be done. */
  cancel(): void {
    this.forget?.();
    this.ended?.();
  }
}
