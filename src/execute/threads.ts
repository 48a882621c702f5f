import { availableParallelism } from "node:os";
import type { Piscina } from "piscina";
import { z } from "zod";
import type { AttemptResult, LateCharge, RunningAttempt } from "#src/experiment/execute";
import type { Task } from "#src/experiment/task";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { err } from "#src/kernel/result";
import { bundle, ownModule } from "./bundle.ts";
import type { Executor, ExecutorIntake } from "./executor.ts";
import { experimentFile, optionsOf } from "./remote-options.ts";
import type { ExecutorFactory, ExecutorScope } from "./scope.ts";
import { Batch, backendOf, cancelledFailure, type Entry } from "./thread-batch.ts";
import type { LoadRefusal, ThreadData } from "./thread-messages.ts";

export const threadsOptions = z.strictObject({
  file: experimentFile,
  threads: z.int().min(1).default(availableParallelism).describe("threads, each doing one task at a time; one a core"),
  memoryMb: z
    .int()
    .min(16)
    .optional()
    .describe("megabytes of heap that a thread may have; a task that needs more fails alone"),
});
export type ThreadsOptions = z.input<typeof threadsOptions>;

/** Milliseconds of work that a thread is given at once: cheap tasks go by the dozen, dear ones one by one. */
const BATCH_MS = 5;
const BATCH_MOST = 256;
const LOOK_EVERY_MS = 25;
/** Weight of the newest duration in what the next task is expected to take. */
const NEWEST = 0.2;

/**
 * Runs attempts in worker threads: for conditions that compute. An endless loop is ended at its timeout; a task that exits, runs out of memory or
 * crashes its thread fails alone. The experiment's file is bundled once and loaded by every thread; model calls of solvers are made by
 * the run itself, with its limits, prices and caches.
 *
 * @throws ConfigError at the start of the run, where no file is known or it exports another experiment
 * @example await run(experiment, { executor: threads({ file: import.meta.url }) });
 */
export function threads(given: ThreadsOptions = {}): ExecutorFactory {
  const options = parseOptions(threadsOptions, given, "threads");
  return (scope) => new ThreadPool(scope, options);
}

class ThreadPool implements Executor {
  readonly name = "threads";
  readonly #scope: ExecutorScope;
  readonly #options: z.output<typeof threadsOptions>;
  /** Attempts without a thread, oldest first, from `#next` on. */
  #waiting: Entry[] = [];
  #next = 0;
  readonly #running = new Set<Batch>();
  /** Milliseconds that a task of a condition is expected to take. */
  readonly #expectedMs = new Map<string, number>();
  #pool: Piscina | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #intake: ExecutorIntake = "open";

  constructor(scope: ExecutorScope, options: z.output<typeof threadsOptions>) {
    this.#scope = scope;
    this.#options = options;
  }

  async open(): Promise<void> {
    const { experiment, parameters = {} } = this.#scope;
    const file = this.#options.file ?? this.#scope.file;
    if (file === undefined) {
      const hint =
        "Pass threads({ file: import.meta.url }) from the file that exports it, or run it with the crucible command";
      throw new ConfigError("executor", "threads() must know the file that exports the experiment", undefined, hint);
    }
    const { path, file: entry } = await bundle(file, parameters);
    const served = experiment.conditions
      .map(({ name }) => name)
      .filter((condition) => backendOf(this.#scope, { condition }));
    const workerData: ThreadData = { path, file: entry, parameters, options: optionsOf(experiment), served };
    const { threads, memoryMb } = this.#options;
    const { Piscina } = await import("piscina");
    this.#pool = new Piscina({
      filename: await ownModule("execute/thread-worker"),
      minThreads: 1,
      maxThreads: threads,
      idleTimeout: 60_000,
      concurrentTasksPerWorker: 1, // a thread that ends takes all its tasks along
      atomics: "disabled", // an idle thread that waits would hear no timer of what it left behind
      recordTiming: false,
      workerData,
      ...(memoryMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: memoryMb } }),
    });
    this.#pool.on("error", () => {}); // else an error outside of any task would end the process
    const refused = (await this.#pool.run(undefined, { name: "load" })) as LoadRefusal | undefined;
    if (refused) throw new ConfigError(refused.path, refused.law, refused.value);
    this.#watch = setInterval(() => {
      for (const batch of this.#running) batch.look(this.#scope.clock.monotonic());
    }, LOOK_EVERY_MS);
  }

  run(task: Task, attempt: number, late?: LateCharge): RunningAttempt {
    let entry: Entry | undefined;
    const result = new Promise<AttemptResult>((resolve) => {
      entry = this.#entryOf(task, attempt, resolve, late);
    });
    this.#waiting.push(entry!);
    if (this.#intake === "draining" && !task.answer) this.#cancel(entry!); // an answer that was given in time is still scored
    this.#dispatch();
    return { result, cancel: () => this.#cancel(entry!) };
  }

  intake(state: ExecutorIntake): void {
    this.#intake = state;
    if (state === "draining") for (const entry of this.#waiting.slice(this.#next)) this.#cancel(entry);
    this.#dispatch();
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    await this.#pool?.destroy();
  }

  #entryOf(task: Task, attempt: number, resolve: (result: AttemptResult) => void, late: LateCharge | undefined): Entry {
    const entry: Entry = {
      task,
      attempt,
      late,
      ended: false,
      cancelled: false,
      batch: undefined,
      end: (result) => {
        if (entry.ended) return;
        entry.ended = true;
        const before = this.#expectedMs.get(task.condition) ?? result.elapsedMs;
        this.#expectedMs.set(task.condition, before + NEWEST * (result.elapsedMs - before));
        resolve(result);
      },
    };
    return entry;
  }

  #cancel(entry: Entry): void {
    if (entry.ended || entry.cancelled) return;
    entry.cancelled = true;
    if (entry.batch) entry.batch.cancel(entry);
    else {
      const startedAt = this.#scope.clock.now();
      entry.end({ result: err(cancelledFailure), startedAt, elapsedMs: 0, begun: false, worker: this.name });
    }
  }

  #dispatch(): void {
    while (this.#intake !== "closed" && this.#pool && this.#running.size < this.#options.threads) {
      const entries = this.#take();
      if (entries.length === 0) return;
      const batch = new Batch(this.#pool, entries, this.#scope);
      this.#running.add(batch);
      void batch.done.then((notBegun) => {
        this.#running.delete(batch);
        for (const entry of notBegun) entry.batch = undefined;
        if (notBegun.length > 0) this.#waiting.splice(this.#next, 0, ...notBegun);
        this.#dispatch();
      });
    }
  }

  /** The next attempts for one thread: as many as take a few milliseconds together, and no more than its share. */
  #take(): Entry[] {
    const share = Math.ceil((this.#waiting.length - this.#next) / this.#options.threads);
    const taken: Entry[] = [];
    let leftMs = BATCH_MS;
    for (; this.#next < this.#waiting.length && taken.length < Math.min(BATCH_MOST, share); this.#next += 1) {
      const entry = this.#waiting[this.#next]!;
      if (entry.ended) continue; // cancelled while it waited
      const expectedMs = this.#expectedMs.get(entry.task.condition) ?? BATCH_MS;
      if (taken.length > 0 && expectedMs > leftMs) break;
      taken.push(entry);
      leftMs -= expectedMs;
    }
    if (this.#next > 1024 || this.#next === this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    return taken;
  }
}
