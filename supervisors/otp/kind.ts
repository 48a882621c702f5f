import type { AnyActorLogic, AnyActorRef, Snapshot } from "xstate";
import type { Exit } from "#src/kernel/exit";
import type { SupervisorCall } from "./call.ts";
import type { CheckedFlags, CheckedSpec, ChildSpec, Incarnation, StartResult } from "./child-spec.ts";
import type { ExitRequest, ShutdownRequest } from "./exit.ts";
import type { Given } from "./warnings.ts";

/** Checked options of a supervisor. */
export interface Kind<A> {
  readonly flags: CheckedFlags;
  /** The children that it begins with. */
  readonly specs: readonly CheckedSpec[];
  /** The options as they were given, to be looked at. */
  readonly given: readonly Given[];
  /** What the children of a dynamic supervisor have in common. */
  readonly template?: Template<A>;
}

/** Checked options of a dynamic supervisor. */
export interface Template<A> {
  readonly spec: CheckedSpec;
  /** The template as it was given, for a child that differs from it. */
  readonly raw: ChildSpec;
  readonly start: (args: A, incarnation: Incarnation) => StartResult;
  /** Where it was given in the place of a start function. */
  readonly logic: AnyActorLogic | undefined;
  readonly nameOf: ((args: A) => string) | undefined;
  readonly maxChildren: number;
  readonly whenFull: "refuse" | "wait";
}

/** What a supervisor shows in its snapshot. Live: it always says how things are now. */
export interface PoolView {
  /** Children with a process. */
  readonly running: number;
  /** Children that wait for their next start. */
  readonly restarting: number;
  /** Starts so far, restarts included. */
  readonly started: number;
}
export type SupervisorSnapshot = Snapshot<Exit> & { readonly value: string; readonly context: PoolView };

/** The mail of a supervisor. */
export type Mail<A> =
  | SupervisorCall
  | ShutdownRequest
  | ExitRequest
  | { readonly type: "child.start"; readonly args: A }
  | { readonly type: "child.gone"; readonly actor: AnyActorRef }
  | ChildRetry
  | { readonly type: "supervisor.suspend" | "supervisor.resume" }
  /** What a job waited for has come. */
  | { readonly type: "supervisor.continue"; readonly next: () => unknown };

/** What a supervisor sends itself to try a restart again. */
export interface ChildRetry {
  readonly type: "child.retry";
  readonly key: string;
  /** Which delay has elapsed; none for a retry at once. */
  readonly ticket: number | undefined;
  /** Whether the restart was counted when it was put off. */
  readonly isCounted: boolean;
}
