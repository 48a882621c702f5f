import type { AnyActorRef } from "xstate";
import type { Exit } from "#src/kernel/exit";
import type { SupervisorCall } from "./call.ts";
import type { ExitRequest, ShutdownRequest } from "./exit.ts";
import type { Instance } from "./instances.ts";
import type { Settled } from "./launch.ts";
import type { ChildRetry } from "./lives.ts";
import type { Boot } from "./readiness.ts";

/** The mail of a dynamic supervisor. */
export type PoolEvent<A> =
  | SupervisorCall
  | ShutdownRequest
  | ExitRequest
  | { readonly type: "child.start"; readonly args: A }
  | { readonly type: "supervisor.suspend" | "supervisor.resume" }
  | ChildRetry
  | { readonly type: "child.gone"; readonly actor: AnyActorRef };

/** What keeps a dynamic supervisor from its mail: a child that takes time to stop or to be up, a restart that waits for the event loop, its own end. */
export type PoolJob<A> =
  | { readonly type: "terminate"; readonly instance: Instance<A>; readonly done: () => void }
  | {
      readonly type: "start";
      readonly instance: Instance<A>;
      readonly boot: Boot;
      readonly settle: (outcome: Settled) => void;
    }
  | { readonly type: "yield"; readonly forget: () => void }
  | { readonly type: "exit"; readonly left: Set<AnyActorRef>; readonly exit: Exit };

/** Whether a job ends, or goes a step further, when this child is gone. */
export function awaits<A>(job: PoolJob<A> | undefined, actor: AnyActorRef): boolean {
  if (!job || job.type === "yield") return false;
  return job.type === "exit" ? job.left.has(actor) : job.instance.actor === actor;
}
