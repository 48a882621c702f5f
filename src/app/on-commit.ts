import { hasBudget } from "#src/experiment/limits";
import { isOrdered, type Outcome } from "#src/experiment/outcome";
import type { StopRequest } from "#src/experiment/session";
import { show } from "#src/kernel/errors";
import { forget } from "#src/policy/book";
import type { RowFeed, RunScope } from "#supervisors/run-scope";
import type { Telemetry } from "./bridges/telemetry.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { EarlyStop } from "./early-stop.ts";
import type { MetricWatch } from "./metric-watch.ts";

/** Listeners that are made once a run, or only in some runs. */
export interface CommitListeners {
  readonly telemetry: Telemetry | undefined;
  readonly deadLetters: DeadLetters | undefined;
  readonly metrics: MetricWatch | undefined;
  readonly early: EarlyStop | undefined;
  /** Where the items come from, where they are read while tasks are run. */
  readonly rows?: RowFeed | undefined;
  /** Whether the first failed task ends the run. */
  readonly failFast?: boolean;
}

type Rows = readonly Outcome[];
/** Called with rows that were committed and were new. @returns what stops the run, if anything */
type OnCommit = (rows: Rows) => StopRequest | undefined;

/**
 * The listeners of newly committed rows, in order: what others decide on comes first. The first that answers stops the run; the
 * others receive the rows all the same.
 */
export function onCommit(scope: RunScope, listeners: CommitListeners): (rows: Rows) => void {
  const inOrder = listenersOf(scope, listeners);
  return (rows) => {
    for (const listener of inOrder) {
      const request = listener(rows);
      if (request) scope.run.send({ type: "run.stop", request }); // the run keeps the first
    }
  };
}

const listenersOf = (
  { tally, book, answers, facts, executor, limits, service, pools, share }: RunScope,
  { telemetry, deadLetters, metrics, early, failFast = false, rows: feed }: CommitListeners,
): readonly OnCommit[] => [
  each((row) => {
    tally.add(row);
    answers.delete(row.ordinal);
    const { reserved } = book.inFlight;
    forget(book, row.ordinal); // the row accounts for its attempts from now on
    // a promise was still open, whose end was lost with a budget that crashed: what waits for it would wait forever
    if (book.inFlight.reserved === reserved) return;
    service("budget")?.send({ type: "budget.review" });
    share?.changed();
  }),
  each(({ ordinal, finalStatus, lineage }) =>
    facts({ type: "task.settled", ordinal, status: finalStatus, ...(lineage ? { lineage } : {}) }),
  ),
  all((rows) => executor.stored?.(rows)),
  all((rows) => telemetry?.stored(rows)),
  each((row) => deadLetters?.write(row)),
  (rows) => (hasBudget(limits) || share?.hasBudget ? refuseUnpriced(rows) : undefined),
  (rows) => refuseMisspelt(metrics, rows),
  (rows) => early?.see(rows),
  (rows) => (failFast ? firstFailure(rows) : undefined),
  all((rows) => service("breaker")?.send({ type: "outcomes.stored", outcomes: rows })),
  all((rows) => service("progress")?.send({ type: "outcomes.stored", outcomes: rows })),
  all(() => {
    feed?.committed();
    for (const feeder of [...pools.values()]) feeder.committed();
  }),
];

const all =
  (hear: (rows: Rows) => void): OnCommit =>
  (rows) =>
    void hear(rows);

const each = (hear: (row: Outcome) => void): OnCommit =>
  all((rows) => {
    for (const row of rows) hear(row);
  });

/** A budget cannot be kept over calls without a price. */
function refuseUnpriced(rows: Rows): StopRequest | undefined {
  const row = rows.find(({ usage }) => usage?.unpriced);
  if (!row) return undefined;
  const reason = `costBudget cannot be kept: the calls of ${row.condition} have no price. Give its backend prices, or the condition an estimatedCost and context.charge()`;
  return { status: "aborted", reason };
}

/** With `failFast` a task that fails ends the run; one that was skipped has not failed, and one that a fault of its level struck was meant to. */
function firstFailure(rows: Rows): StopRequest | undefined {
  const row = rows.find((each) => each.finalStatus.startsWith("failed_") && !isOrdered(each));
  if (!row) return undefined;
  const reason = `failFast: item ${show(row.itemId)} failed in ${show(row.condition)}`;
  return { status: "aborted", reason, quotesTask: true };
}

/** A run whose results cannot be read as intended ends before hours are spent on it; tasks in flight are paid for, and end. */
function refuseMisspelt(metrics: MetricWatch | undefined, rows: Rows): StopRequest | undefined {
  const slip = metrics?.see(rows);
  return slip === undefined ? undefined : { status: "aborted", reason: slip, cause: "misspelt" };
}
