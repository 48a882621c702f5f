import { makeTally } from "#src/experiment/tally";
import { estimatePrepared } from "./estimate/estimate.ts";
import type { Beginning } from "./prepare.ts";
import { readRun } from "./results/judge.ts";
import { verdictOf } from "./results/report.ts";
import { type RunReport, reportOf } from "./run-report.ts";

/** What a run would do: checked, planned and estimated. Nothing is executed, and nothing is written. */
export async function dryRun(experimentId: string, { prepared, store }: Beginning): Promise<RunReport> {
  const { experiment, plan, manifest, clock } = prepared;
  const tally = makeTally(plan, 1, await store.summary(1));
  const ended = { startedAt: clock.now(), status: "completed", reason: "a dry run: nothing was executed" } as const;
  const { analysis, decided, ...rest } = await readRun(manifest, { experiment, named: false }, store);
  const read = {
    analysis,
    decided,
    verdict: verdictOf({ analysis, decided, ...rest, gates: [] }, { manifest, sessions: [] }, 0),
    gates: [],
    failures: { groups: [], others: 0 },
    reports: {},
    currency: experiment.costBudget.currency,
  };
  const report = await reportOf(experimentId, ended, tally, read, store);
  return Object.defineProperty(report, "estimates", { value: await estimatePrepared(prepared), enumerable: true });
}
