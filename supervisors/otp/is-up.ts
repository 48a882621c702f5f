import type { AnyActorRef } from "xstate";
import { postOf } from "./call.ts";
import type { AnySnapshot } from "./child-spec.ts";

/** When a child is up: OTP's start functions return when init has, XState's actors start at once. */
export interface Readiness {
  readonly ready?: ((snapshot: AnySnapshot) => boolean) | undefined;
  readonly readyMs: number;
}

/** Whether a started actor is up: a supervisor when it has booted, another actor when its `ready` says so. */
export function isUp(actor: AnyActorRef, ready: Readiness["ready"]): boolean {
  const boot = postOf(actor)?.boot();
  try {
    return (!boot || boot === "up") && (!ready || Boolean(ready(actor.getSnapshot() as AnySnapshot)));
  } catch {
    return false; // not yet
  }
}
