import type { AnyActorLogic } from "xstate";
import type { Backend } from "#src/backends/backend";
import type { Executor } from "#src/execute/executor";
import type { Clock } from "#src/kernel/clock";
import type { RunStore } from "#src/store/store";

/** What faults need to know of the session they are armed for. */
export interface FaultScope {
  readonly clock: Clock;
  /** Milliseconds after which an attempt that stands still has timed out. */
  readonly timeoutMs: number;
}

/** Faults of one session: each goes around a part of the run and lets it misbehave to order. Counting starts again in every session. */
export interface ArmedFaults {
  /** Around the logic of an actor. @param path place in the tree: `services/collector` */
  tap<L extends AnyActorLogic>(path: string, logic: L): L;
  executor(executor: Executor): Executor;
  store(store: RunStore): RunStore;
  backend(backend: Backend): Backend;
  /** Rules that have not struck in this session so far, a sentence each: which, and why. */
  idle?(): readonly string[];
  /** Those of them that name no actor of the run, the same sentences: a mistake of who wrote them. */
  aimless?(): readonly string[];
}

/** What `run(experiment, { faults })` takes; `faults()` of `crucible-harness/testing` makes one. */
export interface FaultInjection {
  /** Stands in the manifest and in every report: such a run says nothing about its conditions. */
  readonly description: string;
  arm(scope: FaultScope): ArmedFaults;
}
