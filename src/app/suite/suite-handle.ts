import type { LimitChanges, LimitsChange } from "#src/experiment/limits";
import type { Intervention } from "#src/experiment/manifest";
import type { Accounting } from "#src/experiment/outcome";
import type { SuiteSettingsInput } from "#src/experiment/suite-options";
import type { SharedLimits } from "#src/policy/share";
import type { RunStatusNow } from "../observe/status.ts";
import type { TreeNode } from "../observe/tree.ts";
import type { RunHandle } from "../run-handle.ts";
import type { RunOptions } from "../run-options.ts";
import type { MemberFact, SuiteExperimentStatus } from "./member.ts";
import type { SuiteReport } from "./suite-report.ts";

/**
 * Options of `runSuite` and `startSuite`: those of a suite, and those of `run` for each of its runs. `maxParallel`, `rateLimit` and `maxTotal` hold for
 * all experiments together; each experiment keeps its own besides.
 */
export interface SuiteOptions
  extends Omit<RunOptions, "id" | "file" | "share" | "overrides" | "maxParallel" | "rateLimit" | "maxTotal">,
    SuiteSettingsInput {
  /** Id of the suite: 1 to 64 letters, digits, `-`, `_` and dots. One that is stored is resumed. A new one when absent. */
  readonly id?: string;
}

/** What observers see of a suite: `handle.facts`. */
export type SuiteFact =
  | MemberFact
  | { readonly type: "suite.stopping"; readonly status: string; readonly reason: string }
  /** What somebody changed, by hand. */
  | ({ readonly type: "suite.changed" } & Intervention);

/** How a suite is doing. */
export interface SuiteStatusNow {
  readonly suiteId: string;
  readonly state: RunStatusNow["state"];
  readonly experiments: readonly {
    readonly name: string;
    readonly experimentId: string;
    readonly status: SuiteExperimentStatus;
    readonly reason?: string;
    /** Absent before its run has started. */
    readonly run?: RunStatusNow;
  }[];
  /** Of the runs that have started. */
  readonly accounting: Accounting;
  readonly tasksPerSecond: number;
  /** Amounts of all experiments, earlier sessions included. */
  readonly cost: number;
  readonly reserved: number;
  readonly currency: string;
  readonly limits: SharedLimits;
  /** Where its runs are stored; absent until it is known. */
  readonly store?: string;
}

/** An active suite. */
export interface SuiteHandle {
  readonly id: string;
  readonly facts: AsyncIterable<SuiteFact>;
  status(): SuiteStatusNow;
  /** The live tree: the suite, its experiments, and below each the tree of its run. */
  tree(): Promise<TreeNode>;
  /** The run of an experiment, once it has started. */
  run(name: string): RunHandle | undefined;
  /** No new task and no new experiment starts until `resume()`. */
  pause(reason?: string, by?: string): void;
  resume(reason?: string, by?: string): void;
  /**
   * Changes what all experiments together may have; each keeps its own limits besides, which `run(name).adjust()` changes.
   *
   * @returns the limits that became others
   * @throws ConfigError for a wrong limit, `maxPerCondition`, a budget where the suite has none, and a suite that is not active
   */
  adjust(change: LimitsChange, reason?: string, by?: string): Promise<LimitChanges>;
  /** No new experiment starts, and runs drain: running tasks end. Resumable. */
  drain(reason?: string): void;
  /** Runs are aborted. Resumable. */
  abort(reason?: string): void;
  /** The report; rejects with a `ConfigError` where nothing could be run. */
  readonly done: Promise<SuiteReport>;
}
