import type { AnyActorRef } from "xstate";
import type { Pace } from "#actors/progress";
import { isLoadingElsewhere } from "#src/execute/load-defined";
import type { Experiment } from "#src/experiment/define";
import { promisedFields } from "#src/experiment/describe";
import { type LimitChanges, type Limits, type LimitsChange, limitChanges, limitsOf } from "#src/experiment/limits";
import type { Intervention } from "#src/experiment/manifest";
import { beginsHalfOpen, closeSession, isKept, openSession, reasonOf, type StopRequest } from "#src/experiment/session";
import { makeTally, type Tally } from "#src/experiment/tally";
import { ConfigFault, StoreFault } from "#src/kernel/fault";
import { memoryStore } from "#src/store/memory";
import type { RunStore } from "#src/store/store";
import { changeIntake } from "#supervisors/intake";
import { confirmSpending } from "./confirm.ts";
import { type DeadLetters, openDeadLetters } from "./dead-letters.ts";
import { type EarlyStop, earlyStop } from "./early-stop.ts";
import type { ArmedFaults } from "./fault-injection.ts";
import { applyLimits, Interventions, whoAsks } from "./interventions.ts";
import { metricWatch } from "./metric-watch.ts";
import { factStream } from "./observe/facts.ts";
import { forecast, limitedBy } from "./observe/forecast.ts";
import { countIncidents } from "./observe/incidents.ts";
import { observe } from "./observe/observe.ts";
import { trafficOf } from "./observe/traffic.ts";
import { type TreeNode, treeOf } from "./observe/tree.ts";
import { type Beginning, newExperimentId, type Prepared, prepare, type RunOptions } from "./prepare.ts";
import type { RunHandle, RunStatusNow } from "./run-handle.ts";
import { afterExperiment, beforeExperiment } from "./run-hooks.ts";
import { type RunReport, reportOf, StoreError } from "./run-report.ts";
import { openStore, removeStore } from "./stores.ts";
import { tasksUnderWay, type UnderWay } from "./under-way.ts";
import { refuseUnpriced } from "./unpriced.ts";
import { watchRun } from "./watch-run.ts";
import { type Wired, wire } from "./wire.ts";

/**
 * Starts a run and returns at once.
 *
 * @example
 * const handle = start(experiment, { formats: ["markdown"] });
 * for await (const fact of handle.facts) console.log(fact.type);
 * const report = await handle.done;
 */
export function start(experiment: Experiment, options: RunOptions = {}): RunHandle {
  if (isLoadingElsewhere()) {
    const hint = "Put the call in a file of its own, or behind `if (isMainThread)` of node:worker_threads";
    throw new ConfigFault(
      "run()",
      "must not be called by a file while a worker loads it for its tasks",
      undefined,
      hint,
    );
  }
  const id = newExperimentId();
  return new Run(
    id,
    async () => {
      const prepared = await prepare(experiment, options, id);
      refuseUnpriced(prepared);
      if (prepared.settings.dryRun) return { prepared, store: memoryStore(), sessions: [] };
      await confirmSpending(prepared, options);
      return { prepared, store: await openStore(prepared, options), sessions: [] };
    },
    options,
  );
}

/** Runs an experiment to its end. @throws ConfigFault when options, definition or data are wrong; nothing is written then */
export const run = (experiment: Experiment, options: RunOptions = {}): Promise<RunReport> =>
  start(experiment, options).done;

const NO_LIMITS: Limits = { maxParallel: 0, rateLimit: undefined, maxTotal: undefined, maxPerCondition: undefined };

export class Run implements RunHandle {
  readonly id: string;
  readonly done: Promise<RunReport>;
  readonly #facts = factStream();
  readonly #options: RunOptions;
  #beginning: Beginning | undefined;
  #tally: Tally | undefined;
  #wired: Wired | undefined;
  #startedMs = 0;
  #state: RunStatusNow["state"] = "preparing";
  #stop: StopRequest | undefined;
  #fault: ConfigFault | undefined;
  #armed: ArmedFaults | undefined;
  #exhausted: StopRequest | undefined;
  #interventions: Interventions | undefined;
  #underWay: UnderWay | undefined;
  readonly #incidents = countIncidents(this.#facts);

  constructor(id: string, begin: () => Promise<Beginning>, options: RunOptions) {
    this.id = id;
    this.#options = options;
    this.done = this.#run(begin).finally(() => {
      this.#state = "ended";
      this.#facts.close();
    });
  }

  get actor(): AnyActorRef | undefined {
    return this.#wired?.root;
  }

  get facts(): RunHandle["facts"] {
    return this.#facts;
  }

  async tree(): Promise<TreeNode | undefined> {
    return this.#wired && treeOf(this.#wired.root);
  }

  status(): RunStatusNow {
    const { prepared } = this.#beginning ?? {};
    const accounting = this.#tally?.accounting() ?? {
      planned: 0,
      succeeded: 0,
      failed: 0,
      skipped: 0,
      unscored: 0,
      pending: 0,
    };
    const pace = this.#wired?.scope.service("progress")?.getSnapshot().context?.pace as Pace | undefined;
    const tasksPerSecond = pace?.tasksPerSecond ?? 0;
    // the books know of attempts whose tasks go on; the tally, of what the budget was told when it was down
    const cost = Math.max(this.#tally?.cost() ?? 0, this.#wired?.scope.books.ledger.spent ?? 0);
    const limit =
      this.#wired && accounting.pending > 0 ? limitedBy(trafficOf(this.#wired.scope, tasksPerSecond)) : undefined;
    return {
      experimentId: this.id,
      name: prepared?.experiment.name ?? "",
      ...(this.#beginning ? { store: this.#beginning.store.location } : {}),
      state: this.#state,
      accounting,
      conditions: this.#tally?.conditions ?? new Map(),
      tasksPerSecond,
      elapsedMs: prepared && this.#startedMs > 0 ? prepared.clock.monotonic() - this.#startedMs : 0,
      ...forecast(accounting, tasksPerSecond, cost, this.#wired?.scope.limits.maxTotal),
      ...(limit ? { limitedBy: limit } : {}),
      cost,
      ...(prepared ? { currency: prepared.experiment.costBudget.currency } : {}),
      limits: { ...(this.#wired?.scope.limits ?? (prepared ? limitsOf(prepared.experiment) : NO_LIMITS)) },
    };
  }

  pause(reason?: string, by?: string): void {
    if (this.#state !== "running" || !this.#wired) return;
    this.#state = "paused";
    void this.#note({ what: "pause" }, reason, by);
    changeIntake(this.#wired.scope, { paused: true });
  }

  resume(reason?: string, by?: string): void {
    if (this.#state !== "paused" || !this.#wired) return;
    this.#state = "running";
    void this.#note({ what: "continue" }, reason, by);
    changeIntake(this.#wired.scope, { paused: false });
  }

  async adjust(change: LimitsChange, reason?: string, by?: string): Promise<LimitChanges> {
    const isUp = this.#state === "running" || this.#state === "paused";
    if (!this.#wired || !isUp)
      throw new ConfigFault("the run", "must be running for its limits to change", this.#state);
    const { scope } = this.#wired;
    const changes = limitChanges(scope.limits, change);
    if (Object.keys(changes).length === 0) return changes;
    applyLimits(scope, changes, this.#beginning!.prepared.experiment, this.#tally!);
    await this.#note({ what: "limits", changes }, reason, by);
    return changes;
  }

  #note(done: Pick<Intervention, "what" | "changes">, reason?: string, by = whoAsks()): Promise<unknown> | undefined {
    const at = this.#beginning!.prepared.clock.now();
    return this.#interventions?.note({ ...done, at, by, ...(reason === undefined ? {} : { reason }) });
  }

  drain(reason = "asked to stop"): void {
    this.#requestStop({ status: "interrupted", reason });
  }

  abort(reason = "asked to abort"): void {
    if (this.#state === "stopping" && this.#wired)
      this.#shutDown(this.#wired); // draining takes too long
    else this.#requestStop({ status: "aborted", reason });
  }

  /**
   * The first request names the status; only a store that refuses overrides it, since what still runs then waits for it in vain. An abort
   * stops the tree in order; the others let running tasks end, and so does a quota that is spent, since their answers are paid for.
   */
  readonly #requestStop = (request: StopRequest): void => {
    const overrides = request.cause === "store" && this.#stop?.cause !== "store";
    if ((this.#stop && !overrides) || this.#state === "ended") return;
    this.#stop = request;
    this.#facts.publish({ type: "run.stopping", status: request.status, reason: request.reason });
    if (!this.#wired) return;
    this.#state = "stopping";
    if (request.status === "aborted" && request.cause !== "quota") this.#shutDown(this.#wired);
    else this.#drainTree(this.#wired);
  };

  /** The run's limit ends the run; a condition's limit ends that condition, and names the status when the others are done. */
  readonly #noteExhausted = (limit: "run" | "condition", condition: string): void => {
    const { maxTotal, maxPerCondition } = this.#wired!.scope.limits;
    const { currency } = this.#beginning!.prepared.experiment.costBudget;
    const reason =
      limit === "run"
        ? `the budget of ${maxTotal} ${currency} is spent`
        : `the budget of ${maxPerCondition} ${currency} for ${condition} is spent`;
    const request: StopRequest = { status: "budget_exhausted", reason: `${reason}; resume with a larger one to go on` };
    if (!this.#exhausted) this.#facts.publish({ type: "budget.exhausted", ...(limit === "run" ? {} : { condition }) });
    this.#exhausted ??= request;
    if (limit === "run") this.#requestStop(request);
  };

  /** Dead letters of this run, with those written that a killed process owed. */
  async #openDeadLetters({ config }: Experiment, store: RunStore): Promise<DeadLetters | undefined> {
    const { dlqEnabled, dlqPath } = config.errorHandling;
    if (!dlqEnabled) return undefined;
    const letters = openDeadLetters(dlqPath, this.id, this.#beginning!.prepared.plan);
    for await (const outcome of store.outcomes()) letters.write(outcome);
    return letters;
  }

  #shutDown({ root }: Wired): void {
    if (root.getSnapshot().status !== "active") return; // it has just ended by itself
    root.send({ type: "actor.shutdown", exit: { kind: "shutdown", reason: "aborted" } });
  }

  #drainTree({ scope }: Wired): void {
    changeIntake(scope, { draining: true });
  }

  async #run(begin: () => Promise<Beginning>): Promise<RunReport> {
    const onAbort = (): void => this.drain("the signal was aborted");
    this.#options.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const beginning = this.#withFaults(await begin());
      this.#beginning = beginning;
      const endObservation = observe(this, beginning, this.#options, this.#facts.listen);
      if (this.#options.signal?.aborted) this.drain("the signal was aborted");
      try {
        return await this.#session(beginning);
      } catch (error) {
        throw error instanceof StoreFault
          ? new StoreError(`${error.message}; what was stored before is safe`, this.id)
          : error;
      } finally {
        endObservation();
        await beginning.store.close();
        if (this.#fault) await removeStore(beginning, this.#tally, this.#options);
      }
    } finally {
      this.#options.signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Faults go around the store before anything is read from it. */
  #withFaults(beginning: Beginning): Beginning {
    const { experiment, clock } = beginning.prepared;
    this.#armed = this.#options.faults?.arm({ clock, timeoutMs: experiment.config.timeoutMs });
    return this.#armed ? { ...beginning, store: this.#armed.store(beginning.store) } : beginning;
  }

  async #session({ prepared, store, sessions }: Beginning): Promise<RunReport> {
    if (prepared.settings.dryRun) return (await import("./dry-run.ts")).dryRun(this.id, { prepared, store, sessions });
    const { experiment, plan, clock, manifest } = prepared;
    const lost = await store.closeReservations();
    const { failureWindow } = experiment.config.errorHandling;
    const tally = makeTally(plan, failureWindow, await store.standing(failureWindow));
    tally.setLost(lost);
    this.#tally = tally;
    const early = earlyStop(experiment, plan);
    if (early) for await (const outcome of store.outcomes()) this.#stop ??= early.see([outcome]);
    if ((await store.manifest()) === undefined) {
      await store.putItems?.(plan.items);
      await store.putManifest(manifest);
    }
    const isFinished = (ordinal: number): boolean => tally.finished.has(ordinal);
    const started = openSession({ startedAt: clock.now(), earlier: sessions, lost, isFinished });
    const deadLetters = await this.#openDeadLetters(experiment, store);
    const beforehand = { experimentId: this.id, name: experiment.name, resumed: sessions.length > 0 };
    const hookConfig = await beforeExperiment(experiment, beforehand, clock);
    if (tally.finished.count < plan.size && !this.#stop) {
      await store.putSession(sessions.length, started);
      const record = new Interventions(store, this.#facts.publish, sessions.length, started);
      this.#interventions = record;
      this.#underWay = tasksUnderWay(clock, (ordinals) => record.noteUnderWay(ordinals));
      this.#facts.listen(this.#underWay.hear);
      this.#facts.publish({
        type: sessions.length > 0 ? "run.resumed" : "run.started",
        experimentId: this.id,
        tasks: plan.size,
        pending: plan.size - tally.finished.count,
        settings: prepared.sources,
      });
      await this.#execute(prepared, store, tally, beginsHalfOpen(sessions), deadLetters, early);
    }
    deadLetters?.close();
    if (this.#stop?.cause === "store") throw new StoreError(this.#stop.reason, this.id);
    const stop = reasonOf(tally.finished.count >= plan.size, this.#stop, this.#exhausted);
    this.#stop = stop;
    await this.#interventions?.written;
    if (this.#wired) {
      this.#wired.scope.books.closed = true;
      tally.setLost(await store.closeReservations()); // what was paid for tasks that did not come to their end
    }
    const ended = closeSession(started, {
      endedAt: clock.now(),
      stop,
      inFlight: this.#underWay?.now() ?? [],
      lostCost: tally.lostCost(),
      incidents: this.#incidents(),
      interventions: this.#interventions?.done ?? [],
    });
    const isNews = isKept(ended, this.#startedMs > 0, sessions);
    if (isNews) await store.putSession(sessions.length, ended);
    this.#state = "analysing";
    this.#facts.publish({ type: "run.ended", status: ended.status });
    if (this.#fault) throw this.#fault;
    const allSessions = isNews ? [...sessions, ended] : sessions;
    const hookError = await afterExperiment(experiment, hookConfig, store, clock);
    if (hookError) this.#facts.publish({ type: "hook.failed", hook: "afterExperiment", error: hookError });
    const [{ readRun }, { writeReports }] = await Promise.all([
      import("./reading/judge.ts"), // the reading wing is heavy, and a run does not need it
      import("./reading/report.ts"),
    ]);
    const read = await readRun(prepared.manifest, { experiment, named: false }, store);
    const reports = await writeReports({
      manifest: prepared.manifest,
      ...read,
      sessions: allSessions,
      store,
      settings: prepared.settings,
    });
    const { faults } = prepared.manifest;
    const { currency } = experiment.costBudget;
    return reportOf(this.id, ended, tally, { ...read, reports, currency, ...(faults ? { faults } : {}) }, store);
  }

  /** Starts the tree and waits for its end. */
  async #execute(
    prepared: Prepared,
    store: RunStore,
    tally: Tally,
    breakerHalfOpen: boolean,
    deadLetters: DeadLetters | undefined,
    early: EarlyStop | undefined,
  ): Promise<void> {
    const { experiment, plan, clock } = prepared;
    const metrics = metricWatch(experiment.metrics, plan.conditions, promisedFields(prepared.manifest.experiment));
    const watcher = await watchRun(prepared, this.#options, this.#facts.listen);
    const wired = wire({
      experimentId: this.id,
      experiment,
      plan,
      store,
      tally,
      clock,
      file: this.#options.file ?? prepared.manifest.file,
      parameters: this.#options.parameters ?? prepared.manifest.parameters,
      executor: this.#options.executor,
      backend: this.#options.backend,
      prices: this.#options.prices,
      faults: this.#armed,
      breakerHalfOpen,
      facts: this.#facts.publish,
      requestStop: this.#requestStop,
      exhausted: this.#noteExhausted,
      inspect: watcher.inspect,
      telemetry: watcher.telemetry,
      listeners: { deadLetters, metrics, early },
    });
    await this.#openExecutor(wired).catch((refused) => {
      watcher.close();
      throw refused;
    });
    this.#wired = wired;
    this.#startedMs = clock.monotonic();
    this.#state = "running";
    await new Promise<void>((resolve) => {
      wired.root.subscribe({ complete: resolve, error: () => resolve() });
      wired.root.start();
      if (this.#stop) this.#drainTree(wired);
    });
    watcher.close();
    this.#underWay?.stop();
    for (const feeder of [...wired.scope.pools.values()]) feeder.stop(); // of a condition that broke when it was to stop
    await wired.executor.close?.();
    const fault = metrics.conclude();
    if (fault) this.#fault ??= fault;
  }

  /** An executor that cannot do its work refuses the run before any task. */
  async #openExecutor({ executor }: Wired): Promise<void> {
    try {
      await executor.open?.();
    } catch (thrown) {
      await executor.close?.();
      if (thrown instanceof ConfigFault) this.#fault = thrown;
      throw thrown;
    }
  }
}
