import type { FactSink } from "#actors/messages";
import { paidFor } from "#src/experiment/attempts";
import type { RunSession } from "#src/experiment/manifest";
import type { Outcome } from "#src/experiment/outcome";
import { closeSession, isKept, reasonOf } from "#src/experiment/session";
import { StoreError } from "#src/kernel/errors";
import { withoutSecrets } from "#src/kernel/redact";
import { closeBook } from "#src/policy/book";
import type { RunEnding } from "#supervisors/run";
import type { RunScope } from "#supervisors/run-scope";
import { isDone, type LiveSession, type OpenSession } from "./begin-session.ts";
import { whyTasksFailed } from "./dead-tasks.ts";
import { afterExperiment } from "./run-hooks.ts";
import { type RunReport, reportOf } from "./run-report.ts";

/** The result of a session. */
export interface EndedSession {
  readonly session: RunSession;
  /** With this one, where it is kept. */
  readonly sessions: readonly RunSession[];
}

/** Closes a session whose tasks have ended, and writes its result. @throws StoreError where the store refuses */
export async function endSession(
  { prepared, store, sessions, started, tally, deadLetters, live, rows }: OpenSession,
  ending: () => RunEnding,
  incidents: Pick<RunSession, "incidents">,
): Promise<EndedSession> {
  rows?.close();
  if (live) await endTasks(live, () => ending().stop?.cause === "store");
  const { stop: asked, exhausted } = ending();
  deadLetters?.close();
  if (asked?.cause === "store") {
    throw new StoreError(store.location, asked.reason).endOf(prepared.experimentId, asked.reason);
  }
  await live?.record.written;
  if (live) {
    const { book } = live.scope;
    book.closed = true;
    tally.setLost(await store.closeReservations()); // what was paid for tasks that did not end
    for await (const answer of store.answers?.() ?? []) tally.spend(answer.condition, paidFor(answer)); // in no row yet
    closeBook(book);
  }
  const session = withoutSecrets(
    closeSession(started, {
      endedAt: prepared.clock.now(),
      stop: reasonOf(isDone(prepared.plan, tally), asked ?? rows?.failed, exhausted),
      inFlight: live?.inFlight.now() ?? [],
      lostCost: tally.lostCost(),
      incidents,
      interventions: live?.record.done ?? [],
    }),
  );
  const kept = isKept(
    session,
    live !== undefined || (rows !== undefined && sessions.at(-1)?.status !== "completed"),
    sessions,
  );
  if (kept) await store.putSession(sessions.length, session);
  return { session, sessions: kept ? [...sessions, session] : sessions };
}

async function endTasks({ scope, inFlight, watchers }: LiveSession, isRefused: () => boolean): Promise<void> {
  watchers.close();
  inFlight.stop();
  for (const feeder of [...scope.pools.values()]) feeder.stop(); // of a condition that broke when it was to stop
  if (!isRefused()) await countUnanswered(scope);
  await scope.executor.close?.();
}

/** Counts rows that were stored for a collector that crashed before it was told so, and was not restarted since the run ended. */
async function countUnanswered({ tally, store, isFinished, committed }: RunScope): Promise<void> {
  const asked = new Set([...tally.unanswered].flat().flatMap(({ ordinal }) => (isFinished(ordinal) ? [] : ordinal)));
  if (asked.size === 0) return;
  const stored: Outcome[] = [];
  for await (const row of store.outcomes()) if (asked.has(row.ordinal)) stored.push(row);
  const uncounted = stored.filter(({ ordinal }) => !isFinished(ordinal)); // a commit may have been answered meanwhile
  if (uncounted.length > 0) committed(uncounted);
}

/** Has the results of an ended run analysed and its reports written. */
export async function reportSession(
  { prepared, store, tally, hookConfig, rows }: OpenSession,
  { session, sessions }: EndedSession,
  facts: FactSink,
  aimless: readonly string[] = [],
): Promise<RunReport> {
  const { experimentId, experiment, clock, settings } = prepared;
  const { manifest } = rows ?? prepared;
  const error = await afterExperiment(experiment, hookConfig, store, clock);
  if (error) facts({ type: "hook.failed", hook: "afterExperiment", error });
  const [{ readRun }, { verdictOf, writeReports }] = await readingWing();
  const read = await readRun(manifest, { experiment, named: false }, store);
  const { analysis, gates, decided } = read;
  const reports = await writeReports({ manifest, ...read, sessions, store, settings });
  const { faults } = manifest;
  const { currency } = experiment.costBudget;
  const failures = tally.accounting().failed > 0 ? await whyTasksFailed(store) : { groups: [], others: 0 };
  const verdict = verdictOf(read, { manifest, sessions }, tally.cost());
  const injected = { ...(faults ? { faults } : {}), ...(aimless.length > 0 ? { aimless } : {}) };
  const came = { analysis, gates, decided, verdict, failures, reports, currency, ...injected };
  return reportOf(experimentId, session, tally, came, store);
}

const loadReadingWing = () => Promise.all([import("./results/judge.ts"), import("./results/report.ts")]);
let loaded: ReturnType<typeof loadReadingWing> | undefined;

/** What reports are made with: heavy, not needed while tasks run, and loaded once a process. */
export function readingWing(): ReturnType<typeof loadReadingWing> {
  loaded ??= loadReadingWing();
  return loaded;
}
