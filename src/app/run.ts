import { type AnyActorRef, createActor } from "xstate";
import type { RunCommand } from "#actors/messages";
import { isLoadingInWorker } from "#src/execute/load-defined";
import type { Experiment } from "#src/experiment/define";
import { defined } from "#src/experiment/defined";
import type { LimitChanges, LimitsChange } from "#src/experiment/limits";
import { mustBeRunId } from "#src/experiment/run-id";
import { systemClock } from "#src/kernel/clock";
import { ConfigError } from "#src/kernel/errors";
import { memoryStore } from "#src/store/memory";
import { type RunRef, runMachine } from "#supervisors/run";
import { beginStored } from "./begin-again.ts";
import { confirmSpending } from "./confirm.ts";
import { factStream } from "./observe/facts.ts";
import type { RunStatusNow } from "./observe/status.ts";
import { rootAlone, type TreeNode, treeOf } from "./observe/tree.ts";
import { requireOutputFolder } from "./output-folder.ts";
import { type Beginning, newExperimentId, prepare } from "./prepare.ts";
import type { RunHandle } from "./run-handle.ts";
import type { RunOptions } from "./run-options.ts";
import type { RunReport } from "./run-report.ts";
import { statusOf } from "./run-status.ts";
import { RunSteps } from "./run-steps.ts";
import { openStore, openStored } from "./stores.ts";
import { refuseUnpriced } from "./unpriced.ts";
import { requireWatchers } from "./watch-run.ts";

const { queueMicrotask } = globalThis; // a task may put another in its place

/**
 * Starts a run and returns at once.
 *
 * @example
 * const handle = start(experiment, { formats: ["markdown"] });
 * for await (const fact of handle.facts) console.log(fact.type);
 * const report = await handle.done;
 */
export function start(experiment: Experiment, options: RunOptions = {}): RunHandle {
  if (isLoadingInWorker()) {
    const hint = "Put the call in a file of its own, or behind `if (isMainThread)` of node:worker_threads";
    throw new ConfigError(
      "run()",
      "must not be called by a file while a worker loads it for its tasks",
      undefined,
      hint,
    );
  }
  const id = options.id ?? newExperimentId();
  return new Run(id, () => beginRun(experiment, id, options), options);
}

/** Gets a run ready to go on where it is stored, else to begin; everything is checked before anything is written. */
export async function beginRun(experiment: Experiment, id: string, options: RunOptions): Promise<Beginning> {
  const plug = options.id === undefined ? undefined : await options.store?.(mustBeRunId(id));
  const asked = plug ? { ...options, store: () => plug } : options; // opened once: a file has one lock
  const stored = options.id === undefined ? undefined : await openStored(mustBeRunId(id), asked);
  if (stored) return beginStored(id, stored, { ...asked, experiment: defined(experiment) }, true);
  try {
    const prepared = await prepare(experiment, asked, id);
    await requireWatchers(prepared, asked);
    refuseUnpriced(prepared);
    requireOutputFolder(prepared);
    if (prepared.settings.dryRun) {
      await plug?.close();
      return { prepared, store: memoryStore(), sessions: [] };
    }
    await confirmSpending(prepared, asked);
    return { prepared, store: await openStore(prepared, asked), sessions: [] };
  } catch (error) {
    await plug?.close();
    throw error;
  }
}

/** Runs an experiment to its end. @throws ConfigError when options, definition or data are wrong; nothing is written then */
export const run = (experiment: Experiment, options: RunOptions = {}): Promise<RunReport> =>
  start(experiment, options).done;

/** The handle of a run: what people ask of it becomes an event of its machine. */
export class Run implements RunHandle {
  readonly id: string;
  readonly done: Promise<RunReport>;
  readonly #facts = factStream();
  readonly #steps: RunSteps;
  readonly #run: RunRef;

  constructor(id: string, begin: () => Promise<Beginning>, options: RunOptions) {
    this.id = id;
    this.#steps = new RunSteps(this, begin, options, this.#facts);
    const { prepare, conclude, note } = this.#steps;
    const input = { facts: this.#facts.publish, prepare, conclude, note };
    this.#run = createActor(runMachine, { id: "run", systemId: "run", clock: options.clock ?? systemClock, input });
    this.done = this.#ended(options.signal);
    this.#run.start();
  }

  get actor(): AnyActorRef | undefined {
    return this.#run.getSnapshot().context.tree;
  }

  get facts(): RunHandle["facts"] {
    return this.#facts;
  }

  async tree(): Promise<TreeNode | undefined> {
    const state = () => this.#run.getSnapshot();
    const found = this.actor && (await treeOf(this.actor, state().value === "stopping"));
    const { value, context, status } = state();
    // what stopped it stays readable until the reports are made
    const tree = found ?? (context.stop && status === "active" ? rootAlone("experiment", "stopped") : undefined);
    return tree && { ...tree, value, ...(context.stop ? { reason: context.stop.reason } : {}) };
  }

  status(): RunStatusNow {
    return statusOf(this.#run.getSnapshot().value, this.id, this.#steps);
  }

  pause(reason?: string, by?: string): void {
    this.#tell({ type: "run.pause", reason, by });
  }

  resume(reason?: string, by?: string): void {
    this.#tell({ type: "run.resume", reason, by });
  }

  adjust(change: LimitsChange, reason?: string, by?: string): Promise<LimitChanges> {
    return this.#steps.adjust(this.#run.getSnapshot().value, change, reason, by);
  }

  drain(reason = "asked to stop"): void {
    this.#stop({ type: "run.stop", request: { status: "interrupted", reason } });
  }

  abort(reason = "asked to abort"): void {
    this.#stop({ type: "run.abort", reason });
  }

  /** @internal For simulated processes that are killed: the simulation keeps the run from doing anything more. */
  abandon(): void {
    this.#steps.abandon();
  }

  /** Between two events: asked by a condition before it first waits, it would end workers in the middle of one, with their call not yet written down. */
  #stop(command: RunCommand): void {
    queueMicrotask(() => this.#tell(command));
  }

  #tell(command: RunCommand): void {
    if (this.#run.getSnapshot().status === "active") this.#run.send(command);
  }

  async #ended(signal: AbortSignal | undefined): Promise<RunReport> {
    const drain = (): void => this.drain("the signal was aborted");
    signal?.addEventListener("abort", drain, { once: true });
    try {
      await new Promise<void>((complete, error) => this.#run.subscribe({ complete, error }));
      const output = this.#run.getSnapshot().output!;
      if ("error" in output) throw output.error;
      return output.report as RunReport;
    } finally {
      signal?.removeEventListener("abort", drain);
      this.#facts.close();
    }
  }
}
