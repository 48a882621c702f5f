import type { AnyActorRef } from "xstate";
import type { Answer } from "#src/experiment/attempts";
import type { Experiment } from "#src/experiment/define";
import { promisedFields } from "#src/experiment/describe";
import type { HookConfig } from "#src/experiment/hooks";
import type { RunSession } from "#src/experiment/manifest";
import type { Plan } from "#src/experiment/plan";
import { beginsHalfOpen, openSession, type StopRequest } from "#src/experiment/session";
import { makeTally, type Tally } from "#src/experiment/tally";
import { withoutSecrets } from "#src/kernel/redact";
import { ScoringStore } from "#src/store/scoring-store";
import type { RunScope } from "#supervisors/run-scope";
import { type DeadLetters, openDeadLetters } from "./dead-letters.ts";
import { failedRows } from "./dead-tasks.ts";
import { type EarlyStop, earlyStop } from "./early-stop.ts";
import type { ArmedFaults } from "./fault-injection.ts";
import { changesOfHook, hookSettings, sayIfOther, withHookChanges } from "./hook-config.ts";
import { tasksUnderWay, type UnderWay } from "./in-flight.ts";
import { metricWatch } from "./metric-watch.ts";
import type { FactStream } from "./observe/facts.ts";
import type { Beginning, Prepared } from "./prepare.ts";
import { beforeExperiment } from "./run-hooks.ts";
import type { RunOptions } from "./run-options.ts";
import { SeenRows } from "./seen-rows.ts";
import { SessionRecord } from "./session-record.ts";
import { StreamReader } from "./stream-reader.ts";
import { refuseUnpriced } from "./unpriced.ts";
import { type Watchers, watchRun } from "./watch-run.ts";
import { wire } from "./wire.ts";

/** What a session is begun with. */
export interface SessionParts extends Beginning {
  readonly options: RunOptions;
  readonly faults: ArmedFaults | undefined;
  readonly facts: FactStream;
  readonly run: AnyActorRef;
  /** What was asked of the run meanwhile. */
  readonly stop: () => StopRequest | undefined;
}

/** A session that has begun. */
export interface OpenSession extends Beginning {
  /** As it was written when it began. */
  readonly started: RunSession;
  readonly tally: Tally;
  readonly hookConfig: HookConfig;
  readonly deadLetters: DeadLetters | undefined;
  /** Why it ends before its first task. */
  readonly decided: StopRequest | undefined;
  /** Where the rows come from, where they are read while tasks are run. */
  readonly rows?: StreamReader;
  /** What only a session with tasks to run has. */
  readonly live?: LiveSession;
}

export interface LiveSession {
  readonly scope: RunScope;
  readonly record: SessionRecord;
  readonly inFlight: UnderWay;
  readonly watchers: Watchers;
  /** By the monotonic clock. */
  readonly startedMs: number;
}

/** Opens a session: what is stored is summed up, what was cut off is counted, and where tasks are left, everything that they need is put together. */
export async function beginSession(parts: SessionParts): Promise<OpenSession> {
  const { store, sessions } = parts;
  const { prepared, hookConfig } = await askHook(parts);
  const { experiment, plan, clock, manifest } = prepared;
  prepared.open?.resume(manifest.dataset.items, 0);
  const lost = await store.closeReservations();
  const { failureWindow } = experiment.config.errorHandling;
  const tally = makeTally(plan, failureWindow, await store.summary(failureWindow));
  tally.setLost(lost);
  const early = earlyStop(experiment, plan);
  let decided: StopRequest | undefined;
  if (early) for await (const outcome of store.outcomes()) decided ??= early.see([outcome]);
  if ((await store.manifest()) === undefined) {
    await store.putItems?.(withoutSecrets(plan.items));
    await store.putManifest(manifest);
  }
  const rows = streamReader(parts, prepared, tally);
  if (rows) {
    await Promise.race([rows.begin(), stopAsked(parts)]); // a source may never give its first row
    if (parts.stop()) rows.close();
    else await store.putManifest(rows.manifest); // with what was accepted when it was resumed
  }
  const isFinished = (ordinal: number): boolean => tally.finished.has(ordinal);
  const started = openSession({ startedAt: clock.now(), earlier: sessions, lost, isFinished });
  const deadLetters = await lettersOf(experiment, parts);
  const open = {
    prepared,
    store,
    sessions,
    started,
    tally,
    hookConfig,
    deadLetters,
    decided,
    ...(rows ? { rows } : {}),
  };
  if (isDone(plan, tally) || decided || parts.stop()) return open;
  return { ...open, live: await beginTasks(parts, open, early) };
}

/** Whether every task has a row, and no more will be planned. */
export const isDone = (plan: Plan, tally: Tally): boolean => !plan.isOpen && tally.finished.count >= plan.size;

/** Resolves when the run is asked to stop before it has begun. */
const stopAsked = ({ run, stop }: SessionParts): Promise<void> =>
  new Promise((asked) => {
    if (stop()) asked();
    run.subscribe(() => stop() && asked());
  });

/** What reads the rows of a run whose data set is a stream. */
function streamReader({ run, store, facts }: SessionParts, prepared: Prepared, tally: Tally): StreamReader | undefined {
  const { experiment, open: plan, manifest, dataset } = prepared;
  if (!plan || !dataset.stream) return undefined;
  return new StreamReader({
    stream: dataset.stream,
    experiment,
    plan,
    seen: new SeenRows(store instanceof ScoringStore ? store.run : store, manifest),
    isFinished: (ordinal) => tally.finished.has(ordinal),
    facts: facts.publish,
    stop: (request) => run.send({ type: "run.stop", request }),
  });
}

/** Asks `beforeExperiment`, and has what it changes act on the run. A resumed run keeps what the hook changed at first. */
async function askHook({
  prepared,
  store,
  sessions,
  facts,
}: SessionParts): Promise<Pick<OpenSession, "prepared" | "hookConfig">> {
  const { experiment, experimentId, clock, manifest } = prepared;
  const { name } = experiment;
  const given: HookConfig = { experimentId, name, resumed: sessions.length > 0, ...hookSettings(experiment) };
  const answer = await beforeExperiment(experiment, Object.freeze(given), clock);
  const asked = answer === given ? [] : changesOfHook(experiment, answer);
  const stored = await store.manifest();
  const inForce = stored ? (stored.changedByHook ?? []) : asked;
  if (stored) sayIfOther(inForce, asked, facts.publish);
  const hookConfig: HookConfig = { ...given, ...answer, ...hookSettings(experiment) };
  if (inForce.length === 0) return { prepared, hookConfig };
  const changed = withHookChanges(experiment, inForce);
  const after: Prepared = {
    ...prepared,
    experiment: changed,
    manifest: withoutSecrets({ ...manifest, changedByHook: inForce }),
  };
  refuseUnpriced(after);
  return { prepared: after, hookConfig: { ...hookConfig, ...hookSettings(changed) } };
}

/** Dead letters of this run, with those written that a killed process owed. */
async function lettersOf({ config }: Experiment, { prepared, store }: Beginning): Promise<DeadLetters | undefined> {
  const { dlqEnabled, dlqPath } = config.errorHandling;
  if (!dlqEnabled) return undefined;
  const letters = openDeadLetters(dlqPath, prepared.experimentId, prepared.plan);
  for await (const outcome of failedRows(store)) letters.write(outcome);
  return letters;
}

async function beginTasks(
  { options, faults, facts, run }: SessionParts,
  { prepared, store, sessions, started, tally, deadLetters, rows }: OpenSession,
  early: EarlyStop | undefined,
): Promise<LiveSession> {
  const { experiment, experimentId, plan, clock, manifest, sources } = prepared;
  await store.putSession(sessions.length, started);
  const record = new SessionRecord(store, facts.publish, sessions.length, started);
  const inFlight = tasksUnderWay(clock, (ordinals) => record.noteUnderWay(ordinals));
  facts.listen(inFlight.hear);
  facts.publish({
    type: sessions.length > 0 ? "run.resumed" : "run.started",
    experimentId,
    tasks: plan.size,
    ...(plan.isOpen ? { open: true as const } : {}),
    pending: plan.size - tally.finished.count,
    ...(sessions.at(-1)?.status === "running" ? { killed: true } : {}),
    timeoutMs: experiment.config.timeoutMs,
    settings: sources,
  });
  const promised = promisedFields(manifest.experiment);
  const isFirst = sessions.length === 0; // who resumes has read it
  const metrics = isFirst
    ? metricWatch(experiment.metrics, plan.conditions, plan.isOpen ? 0 : plan.perCondition, promised)
    : undefined;
  const watchers = await watchRun(prepared, options, facts.listen);
  if (watchers.inspect) run.system.inspect(watchers.inspect);
  const { telemetry } = watchers;
  const listeners = { deadLetters, metrics, early, telemetry, failFast: prepared.settings.failFast, rows };
  const halfOpen = beginsHalfOpen(sessions);
  const answered: Answer[] = [];
  for await (const answer of store.answers?.() ?? []) if (!tally.finished.has(answer.ordinal)) answered.push(answer);
  const scope = wire({
    prepared,
    store,
    tally,
    answered,
    options,
    faults,
    facts: facts.publish,
    run,
    halfOpen,
    listeners,
  });
  rows?.feed(scope.pools);
  try {
    await scope.executor.open?.(); // one that cannot do its work refuses the run before any task
  } catch (refused) {
    await scope.executor.close?.();
    inFlight.stop();
    watchers.close();
    throw refused;
  }
  return { scope, record, inFlight, watchers, startedMs: clock.monotonic() };
}
