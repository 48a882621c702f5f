import type { AnyActorRef } from "xstate";
import type { Exit } from "#src/kernel/exit";

/** What a supervisor reports about its children to `onFact`. Called at once, on the supervisor's stack. */
export type SupervisionFact =
  | { readonly type: "child.started"; readonly id: string; readonly actor: AnyActorRef; readonly restarts: number }
  | { readonly type: "child.ignored"; readonly id: string }
  | { readonly type: "child.failed"; readonly id: string; readonly reason: unknown }
  | ChildExited
  /** Its starts failed until its own restart budget was spent: it stays down. */
  | { readonly type: "child.abandoned"; readonly id: string }
  /** Too many restarts: it stops its children and exits with `shutdown`. `id` is the supervisor's own. */
  | { readonly type: "supervisor.exhausted"; readonly id: string };

/** A child ended by itself, and what its supervisor decided. */
export interface ChildExited {
  readonly type: "child.exited";
  readonly id: string;
  readonly actor: AnyActorRef;
  readonly exit: Exit;
  readonly willRestart: boolean;
  /** Milliseconds until the restart; 0 is at once. */
  readonly delayMs: number;
}

export type FactListener = (fact: SupervisionFact) => void;
