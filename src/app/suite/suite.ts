import { type AnyActorRef, createActor } from "xstate";
import type { LimitChanges, LimitsChange } from "#src/experiment/limits";
import { systemClock } from "#src/kernel/clock";
import { ConfigError } from "#src/kernel/errors";
import { type SuiteRef, suiteMachine } from "#supervisors/suite";
import type { SuiteCommand } from "#supervisors/suite-member";
import { openControl } from "../observe/control.ts";
import { type FactStream, streamOf } from "../observe/facts.ts";
import { type TreeNode, treeOf } from "../observe/tree.ts";
import type { RunHandle } from "../run-handle.ts";
import type { SuiteEntry } from "./load-suite.ts";
import { newSuiteId } from "./prepare-suite.ts";
import { controlled } from "./suite-control.ts";
import type { SuiteFact, SuiteHandle, SuiteOptions, SuiteStatusNow } from "./suite-handle.ts";
import type { SuiteReport } from "./suite-report.ts";
import { suiteStatus } from "./suite-status.ts";
import { SuiteSteps } from "./suite-steps.ts";

/**
 * Starts a suite and returns at once: several experiments under one supervisor, with one budget, one limiter and one report.
 *
 * @param entries experiments, and paths: folders, files or patterns of `*.experiment.ts`
 * @example
 * const handle = startSuite(["evals/", another], { maxParallel: 20, maxTotal: 5, tags: ["nightly"] });
 * const { experiments, aggregates } = await handle.done;
 */
export const startSuite = (entries: readonly SuiteEntry[], options: SuiteOptions = {}): SuiteHandle =>
  new Suite(options.id ?? newSuiteId(), entries, options);

/**
 * Runs several experiments to their end. One that crashes, is aborted or cannot be loaded leaves the others going; the report says so of each.
 *
 * @returns how each experiment ended, and weighted aggregates over them
 * @throws ConfigError where nothing could be run: a wrong option, no experiment found, two of one name
 */
export const runSuite = (entries: readonly SuiteEntry[], options: SuiteOptions = {}): Promise<SuiteReport> =>
  startSuite(entries, options).done;

/**
 * Resumes a suite: experiments that have ended are not run again, the others are resumed or begun, each in its own store.
 *
 * @param options what is said again holds; else what was said when the suite was begun
 * @throws ConfigError for an unknown id, and where experiments were given in code and are not given again
 */
export function startResumedSuite(
  id: string,
  options: Omit<SuiteOptions, "id"> & { readonly experiments?: readonly SuiteEntry[] } = {},
): SuiteHandle {
  const { experiments, ...rest } = options;
  return new Suite(id, experiments, { ...rest, id });
}

/** The handle of a suite: what people ask of it becomes an event of its machine. */
class Suite implements SuiteHandle {
  readonly id: string;
  readonly done: Promise<SuiteReport>;
  readonly #facts: FactStream<SuiteFact> = streamOf((fact) => fact); // those of runs have been cleaned
  readonly #steps: SuiteSteps;
  readonly #suite: SuiteRef;

  constructor(id: string, entries: readonly SuiteEntry[] | undefined, options: SuiteOptions) {
    this.id = id;
    this.#steps = new SuiteSteps(id, entries, options, this.#facts.publish, (directory) =>
      openControl(controlled(this), directory),
    );
    const { prepare, conclude } = this.#steps;
    this.#suite = createActor(suiteMachine, {
      id: "suite",
      systemId: "suite",
      clock: options.clock ?? systemClock,
      input: { prepare, conclude },
    });
    this.done = this.#ended(options.signal);
    this.#suite.start();
  }

  get facts(): AsyncIterable<SuiteFact> {
    return this.#facts;
  }

  status(): SuiteStatusNow {
    const { value, context } = this.#suite.getSnapshot();
    return suiteStatus(
      this.id,
      value === "concluding" ? "analysing" : (value as SuiteStatusNow["state"]),
      this.#steps,
      context.stop,
    );
  }

  async tree(): Promise<TreeNode> {
    const { value, context } = this.#suite.getSnapshot();
    const experiments = context.tree && (await treeOf(context.tree as AnyActorRef, false));
    const children = await Promise.all(
      (experiments?.children ?? []).map(async (node) => {
        const below = await this.run(node.id)?.tree();
        return { ...node, children: below ? [below] : [] };
      }),
    );
    const root = { kind: "supervisor", state: "alive", restarts: 0, history: [] } as const;
    const reason = context.stop ? { reason: context.stop.reason } : {};
    return { id: "suite", ...root, value, ...reason, children: experiments ? [{ ...experiments, children }] : [] };
  }

  run(name: string): RunHandle | undefined {
    return this.#steps.members.find((member) => member.name === name)?.handle;
  }

  pause(reason?: string, by?: string): void {
    if (this.status().state === "running") this.#steps.note({ what: "pause" }, by, reason);
    this.#tell({ type: "suite.pause" });
  }

  resume(reason?: string, by?: string): void {
    if (this.status().state === "paused") this.#steps.note({ what: "continue" }, by, reason);
    this.#tell({ type: "suite.resume" });
  }

  async adjust(change: LimitsChange, reason?: string, by?: string): Promise<LimitChanges> {
    const { state } = this.status();
    if (state !== "running" && state !== "paused")
      throw new ConfigError("the suite", "must be running for its limits to change", state);
    return this.#steps.adjust(change, reason, by);
  }

  drain(reason = "asked to stop"): void {
    this.#stop({ type: "suite.drain", reason }, "interrupted");
  }

  abort(reason = "asked to abort"): void {
    this.#stop({ type: "suite.abort", reason }, "aborted");
  }

  #stop(command: Extract<SuiteCommand, { reason: string }>, status: string): void {
    const { context } = this.#suite.getSnapshot();
    if (!context.stop) this.#facts.publish({ type: "suite.stopping", status, reason: command.reason });
    this.#tell(command);
  }

  #tell(command: SuiteCommand): void {
    if (this.#suite.getSnapshot().status === "active") this.#suite.send(command);
  }

  async #ended(signal: AbortSignal | undefined): Promise<SuiteReport> {
    const drain = (): void => this.drain("the signal was aborted");
    signal?.addEventListener("abort", drain, { once: true });
    try {
      if (signal?.aborted) queueMicrotask(drain);
      await new Promise<void>((complete, error) => this.#suite.subscribe({ complete, error }));
      const output = this.#suite.getSnapshot().output!;
      if ("error" in output) throw output.error;
      return output.report as SuiteReport;
    } finally {
      signal?.removeEventListener("abort", drain);
      this.#facts.close();
    }
  }
}
