import type { Snapshot } from "xstate";
import type { Exit } from "#src/kernel/exit";
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

export const viewOf = <A>(lives: ChildLifecycle<A>): PoolView => ({
  get running() {
    return lives.children.size - lives.children.restarting;
  },
  get restarting() {
    return lives.children.restarting;
  },
  get started() {
    return lives.started;
  },
});
