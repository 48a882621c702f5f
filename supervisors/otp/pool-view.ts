import type { AnyActorRef, Snapshot } from "xstate";
import type { Exit } from "#src/kernel/exit";
import { err, ok } from "#src/kernel/result";
import type { Answer, Request } from "./call.ts";
import { type CheckedSpec, shownSpec } from "./child-spec.ts";
import { isActor } from "./exit.ts";
import type { ChildLifecycle } from "./lives.ts";

export type DynamicSupervisorSnapshot = Snapshot<Exit> & { readonly value: string; readonly context: PoolView };

/** What a dynamic supervisor shows in its snapshot. Live: it always says how things are now. */
export interface PoolView {
  /** Children with a process. */
  readonly running: number;
  /** Children that wait for their next start. */
  readonly restarting: number;
  /** Starts so far, restarts included. */
  readonly started: number;
}

/** The snapshot of a dynamic supervisor that has started. */
export const runningWith = <A>(lives: ChildLifecycle<A>): DynamicSupervisorSnapshot => ({
  status: "active",
  output: undefined,
  error: undefined,
  value: "running",
  context: {
    get running() {
      return lives.children.size - lives.children.restarting;
    },
    get restarting() {
      return lives.children.restarting;
    },
    get started() {
      return lives.started;
    },
  },
});

/** What a dynamic supervisor answers without doing anything. */
export function answerFrom<A>(lives: ChildLifecycle<A>, type: CheckedSpec["type"], request: Request): Answer {
  const { children } = lives;
  switch (request.type) {
    case "getChildSpec":
    case "whichChild": {
      const info = isActor(request.child) && children.info(request.child, type);
      if (!info) return err("not_found");
      if (request.type === "whichChild") return ok(info);
      return ok(shownSpec(lives.specOf(children.of(request.child as AnyActorRef)!)));
    }
    case "whichChildren":
      return ok(children.infos(type));
    case "countChildren":
      return ok(children.counts(type));
    default:
      return err("simple_one_for_one"); // also to terminate whatever is not a pid, as OTP says
  }
}
