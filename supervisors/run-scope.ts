import type { AnyActorLogic, AnyActorRef } from "xstate";
import type { ServiceName } from "#actors/messages";
import type { WorkerScope } from "#actors/worker-scope";
import type { Experiment } from "#src/experiment/define";
import type { Limits } from "#src/experiment/limits";
import type { Outcome } from "#src/experiment/outcome";
import type { Plan } from "#src/experiment/plan";
import type { Tally } from "#src/experiment/tally";
import type { Book } from "#src/policy/book";
import type { IntakeReasons } from "#src/policy/intake";
import type { Share } from "#src/policy/share";
import type { RunStore } from "#src/store/store";

/** What feeds a pool of workers. */
export interface PoolFeeder {
  /** Starts as many tasks as may be started. */
  feed(): void;
  /** The pool is gone, or the run is over: takes back what its workers left behind. */
  stop(): void;
  /** The collector is back: gives it again what it had not stored. */
  storeAgain(): void;
  /** Rows were committed: one that the feeder itself had stored may be among them. */
  committed(): void;
}

/** Where the items of a plan come from that is open: see `Plan`. */
export interface RowFeed {
  /** Whether more rows may come in this session. */
  readonly isOpen: boolean;
  /** A feeder has come near the last task that is planned. */
  want(): void;
  /** Rows of results were stored, so that items may have been let go of. */
  committed(): void;
  /** A condition feeds no more, by its place in the plan: nothing is held for it. */
  left(condition: number): void;
}

/** What everything in the tree of one run shares. */
export interface RunScope extends WorkerScope {
  readonly experiment: Experiment;
  readonly plan: Plan;
  readonly store: RunStore;
  /** What is stored, summed up: services and conditions that restart begin from it. */
  readonly tally: Tally;
  /** Limits in force; changed while the run is active. */
  readonly limits: Limits;
  /** Present where the plan is open. */
  readonly rows?: RowFeed;
  /** Money of the run. */
  readonly book: Book;
  /** What it shares with the other runs of a suite. */
  readonly share?: Share;
  /** Why tasks may not start; changed by `changeIntake` alone. */
  intake: IntakeReasons;
  /** The task pools that are up, one a condition, each with what feeds it. */
  readonly pools: Map<AnyActorRef, PoolFeeder>;
  /** Called with rows that were committed and were new. */
  readonly committed: (rows: readonly Outcome[]) => void;
  /** The present incarnation of a service. */
  readonly service: (name: ServiceName) => AnyActorRef | undefined;
  /** Goes around the logic of every actor before it starts, for faults in tests. @param path place in the tree: `services/collector` */
  readonly tap?: <L extends AnyActorLogic>(path: string, logic: L) => L;
}

/** A name as one part of a path in the tree. @example segment("a/b") // => "a%2Fb" */
export const segment = (name: string): string => name.replaceAll("/", "%2F");

/** The logic as it is started: itself, unless the run is tapped. */
export const tapped = <L extends AnyActorLogic>({ tap }: RunScope, path: string, logic: L): L =>
  tap ? tap(path, logic) : logic;
