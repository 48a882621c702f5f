import type { Analysis } from "#src/analysis/analysis";
import type { GateResult } from "#src/analysis/gates";
import type { DecidedReading } from "#src/experiment/decided";
import type { FailureSummary } from "#src/experiment/failure-groups";
import type { RunSession, RunStatus } from "#src/experiment/manifest";
import type { Accounting, TaskResult } from "#src/experiment/outcome";
import type { Tally } from "#src/experiment/tally";
import type { VerdictPanel } from "#src/reports/verdict-panel";
import type { RunStore } from "#src/store/store";
import type { Estimates } from "./estimate/estimate.ts";
import type { ReportFiles } from "./results/report.ts";
import { resultReader } from "./stores.ts";

/** The result of a run. */
export interface RunReport {
  readonly experimentId: string;
  readonly status: Exclude<RunStatus, "running">;
  /** Why it did not complete, in a sentence. */
  readonly reason?: string;
  readonly accounting: Accounting;
  /** Every ended task, read from the store when first asked for. */
  readonly results: readonly TaskResult[];
  readonly analysis: Analysis;
  /** The answer in short: best group, lead, cost, what was lost; what every report begins with. */
  readonly verdict: VerdictPanel;
  /** What became of the experiment's gates. */
  readonly gates: readonly GateResult[];
  /** Whether the analysis and the gates are those that were decided before the first task. */
  readonly decided: DecidedReading;
  /** Why tasks failed: what they said most often, and how many said something else. */
  readonly failures: FailureSummary;
  /** Path of each report by format. */
  readonly reports: ReportFiles;
  /** Amount spent: on ended tasks, as far as their cost is known, and on attempts without a result. */
  readonly cost: number;
  /** That of all amounts, such as `usd`. */
  readonly currency: string;
  /** What was injected into the run, which therefore says nothing about its conditions. */
  readonly faults?: string;
  /** Rules of these faults that name no actor of the run, a sentence each with the nearest right name; absent where a run is continued. */
  readonly aimless?: readonly string[];
  /** After a dry run: what the run would cost and take. */
  readonly estimates?: Estimates;
  /** The store's place: what `resume` and `report` read. */
  readonly store: string;
}

/** The result of an ended session. */
export async function reportOf(
  experimentId: string,
  { status, reason }: RunSession,
  tally: Tally,
  read: Pick<
    RunReport,
    "analysis" | "verdict" | "gates" | "decided" | "failures" | "reports" | "faults" | "aimless" | "currency"
  >,
  store: RunStore,
): Promise<RunReport> {
  const results = await resultReader(experimentId, store);
  return {
    experimentId,
    status: status as RunReport["status"],
    ...(reason === undefined ? {} : { reason }),
    accounting: tally.accounting(),
    get results() {
      return results();
    },
    ...read,
    cost: tally.cost(),
    store: store.location,
  };
}
