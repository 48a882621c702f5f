import { z } from "zod";
import type { AttemptResult, RunningAttempt } from "#src/experiment/execute";
import type { Outcome } from "#src/experiment/outcome";
import type { Task } from "#src/experiment/task";
import { ChurnMap } from "#src/kernel/churn-map";
import { type Failure, failure } from "#src/kernel/failure";
import { parseOptions } from "#src/kernel/parse";
import { err } from "#src/kernel/result";
import { bundle } from "./bundle.ts";
import type { Executor, ExecutorIntake } from "./executor.ts";
import { fileToServe, jobOf } from "./queue-job.ts";
import { QueueJobs } from "./queue-jobs.ts";
import { Lookout } from "./queue-lookout.ts";
import { type Job, jobIdOf } from "./queue-messages.ts";
import { resultOf } from "./queue-result.ts";
import { DEFAULT_REDIS, redisUrl } from "./redis.ts";
import { type EffectiveOptions, experimentFile, optionsOf } from "./remote-options.ts";
import type { ExecutorFactory, ExecutorScope } from "./scope.ts";

export const queueOptions = z.strictObject({
  redis: z
    .string()
    .optional()
    .describe(`address of Redis or Valkey: CRUCIBLE_REDIS, else ${DEFAULT_REDIS}, when absent`),
  file: experimentFile,
});
export type QueueOptions = z.input<typeof queueOptions>;

/** Milliseconds between two looks at what the queue really holds: events are hints, and hints get lost. */
const RECONCILE_MS = 5000;
const CANCELLED = failure("cancelled", "the run was stopped");

/**
 * Runs attempts on other machines: jobs in BullMQ on Redis, done by any number of `crucible worker <file>`. Retries, breaker, budget and the
 * store stay with the run, which alone writes results: a completed job is kept until its row is committed, so that neither a killed
 * worker nor a killed run loses one.
 *
 * @throws ConfigError at the start of the run, where Redis is away, refuses the password, or no file is known
 * @example await run(experiment, { executor: queue({ file: import.meta.url, redis: "redis://10.0.0.5:6379" }) });
 */
export function queue(given: QueueOptions = {}): ExecutorFactory {
  const options = parseOptions(queueOptions, given, "queue");
  return (scope) => new QueueExecutor(scope, options);
}

/** One attempt that was handed over. */
interface Entry {
  readonly id: string;
  readonly task: Task;
  readonly attempt: number;
  readonly result: Promise<AttemptResult>;
  resolve(result: AttemptResult): void;
  readonly askedAt: number;
  /** Whether it waits here until attempts may begin. */
  held: boolean;
  ended: boolean;
}

class QueueExecutor implements Executor {
  readonly name = "queue";
  readonly #scope: ExecutorScope;
  readonly #given: z.output<typeof queueOptions>;
  readonly #options: EffectiveOptions;
  readonly #entries = new ChurnMap<string, Entry>();
  /** Jobs of this run that ended and are not stored: in an earlier session, or just now. */
  readonly #outbox = new Set<string>();
  /** Jobs that were cancelled and are being removed: one that is asked for again meanwhile is added after that. */
  readonly #leaving = new Map<string, Promise<unknown>>();
  #adding: Entry[] = [];
  #intake: ExecutorIntake = "open";
  #code = "";
  #queued: QueueJobs | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #lookout: Lookout | undefined;
  #reconciling = false;

  constructor(scope: ExecutorScope, options: z.output<typeof queueOptions>) {
    this.#scope = scope;
    this.#given = options;
    this.#options = optionsOf(scope.experiment);
  }

  async open(): Promise<void> {
    const scope = this.#scope;
    const file = fileToServe(this.#given.file, scope);
    this.#code = (await bundle(file, scope.parameters)).hash;
    this.#queued = await QueueJobs.open(redisUrl(this.#given.redis), this.#code, scope.experimentId, {
      notice: scope.notice,
      back: () => void this.#reconcile(),
      ended: (id) => this.#hear(id),
    });
    this.#lookout = new Lookout(this.#jobs.redis, scope, this.#code, this.#jobs.address);
    await this.#sweep();
    this.#timer = setInterval(() => void this.#reconcile(), RECONCILE_MS);
  }

  get #jobs(): QueueJobs {
    return this.#queued!; // nothing is asked of it before it is open
  }

  run(task: Task, attempt: number): RunningAttempt {
    const id = jobIdOf(this.#scope.experimentId, this.#scope.planHash, task.ordinal, attempt);
    const entry = this.#entries.get(id) ?? this.#entryOf(id, task, attempt); // asked for twice, it is done once
    return { result: entry.result, cancel: () => this.#cancel(entry) };
  }

  #entryOf(id: string, task: Task, attempt: number): Entry {
    let resolve: Entry["resolve"] = () => {};
    const result = new Promise<AttemptResult>((settle) => {
      resolve = settle;
    });
    const entry: Entry = {
      id,
      task,
      attempt,
      result,
      resolve,
      askedAt: this.#scope.clock.now(),
      held: false,
      ended: false,
    };
    this.#entries.set(id, entry);
    const leaving = this.#leaving.get(id);
    if (leaving || this.#outbox.has(id)) void this.#askAgain(entry, leaving);
    else this.#submit(entry);
    return entry;
  }

  /** Takes what the job of an earlier asker came to; where that is gone or was given up, the attempt is made again. */
  async #askAgain(entry: Entry, leaving: Promise<unknown> | undefined): Promise<void> {
    await leaving;
    if (this.#outbox.delete(entry.id)) await this.#collect(entry);
    if (!entry.ended && !entry.held && !this.#adding.includes(entry)) this.#submit(entry);
  }

  /** What is committed need not be kept in Redis. */
  stored(outcomes: readonly Outcome[]): void {
    for (const { ordinal, attempts, scoring } of outcomes) {
      for (let attempt = 1; attempt <= attempts + (scoring ? 1 : 0); attempt++) {
        const id = jobIdOf(this.#scope.experimentId, this.#scope.planHash, ordinal, attempt);
        this.#outbox.delete(id);
        void this.#jobs.remove(id);
      }
    }
  }

  intake(state: ExecutorIntake): void {
    this.#intake = state;
    for (const entry of this.#entries.values()) {
      if (entry.ended) continue;
      if (state === "open") {
        if (entry.held) this.#submit(entry);
      } else void this.#takeBack(entry);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#queued?.close();
  }

  /** Puts an attempt into the queue with all others of this turn. */
  #submit(entry: Entry): void {
    // an answer that was given in time is still scored
    entry.held = this.#intake === "closed" || (this.#intake === "draining" && !entry.task.answer);
    if (entry.held) {
      if (this.#intake === "draining") this.#end(entry, this.#failed(entry, CANCELLED));
      return;
    }
    this.#adding.push(entry);
    if (this.#adding.length === 1) setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    const entries = this.#adding.filter(({ ended }) => !ended);
    this.#adding = [];
    const jobs = await Promise.all(entries.map((entry) => this.#jobOf(entry)));
    const added = jobs.flatMap((data, i) => (data ? [{ id: entries[i]!.id, data }] : []));
    if (added.length === 0) return;
    try {
      await this.#jobs.add(added);
    } catch (thrown) {
      this.#scope.notice(`the queue took no jobs (${(thrown as Error).message}); they are offered again`); // by reconciling
    }
    for (const entry of entries) {
      if (entry.ended)
        void this.#jobs.remove(entry.id); // cancelled on its way into the queue
      else if (this.#intake === "closed" || (this.#intake === "draining" && !entry.task.answer)) {
        entry.held = false; // a reclaim meanwhile reclaimed nothing
        void this.#takeBack(entry);
      }
    }
  }

  async #jobOf(entry: Entry): Promise<Job | undefined> {
    try {
      return await jobOf(entry, this.#jobs.redis, this.#scope, this.#code, this.#options);
    } catch (thrown) {
      const isOurs = thrown instanceof TypeError || thrown instanceof RangeError;
      const kind = isOurs ? "bad_request" : "temporarily_unavailable";
      this.#end(entry, this.#failed(entry, failure(kind, (thrown as Error).message)));
      return undefined;
    }
  }

  /** An event says that a job has ended. It is a hint: the job itself says what came of it. */
  #hear(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) void this.#collect(entry);
    else if (this.#isOurs(id)) this.#outbox.add(id);
  }

  #isOurs(id: string): boolean {
    return id.startsWith(`${this.#scope.experimentId}.`) && id.endsWith(`.${this.#scope.planHash.slice(0, 8)}`);
  }

  /** Where Redis goes away meanwhile, what is there is found when it is back. */
  readonly #collect = (entry: Entry): Promise<void> => this.#take(entry).catch(() => {});

  async #take(entry: Entry): Promise<void> {
    if (entry.ended) return;
    const job = await this.#jobs.get(entry.id);
    if (!job || entry.ended || job.finishedOn === undefined) return; // gone, or not yet after all
    const place = { redis: this.#jobs.redis, runId: this.#scope.experimentId, code: this.#code };
    const { attempt, logs, error } = await resultOf(job, entry.id, place);
    if (entry.ended) return; // heard twice
    const result = error ? this.#failed(entry, error) : attempt;
    if (!result.result.ok && result.result.error.kind === "cancelled") {
      await this.#jobs.remove(entry.id); // an earlier session was stopped; this one was not
      this.#submit(entry);
      return;
    }
    for (const line of logs) this.#scope.log(entry.task, line);
    this.#end(entry, result);
    this.#outbox.add(entry.id); // until it is stored: a worker that dies with its pool leaves it to the next, which asks again
  }

  #failed({ askedAt }: Entry, error: Failure): AttemptResult {
    const elapsedMs = Math.max(0, this.#scope.clock.now() - askedAt);
    return { result: err(error), startedAt: askedAt, elapsedMs, worker: this.name };
  }

  #end(entry: Entry, result: AttemptResult): void {
    if (entry.ended) return;
    entry.ended = true;
    this.#entries.delete(entry.id);
    entry.resolve(result);
  }

  #cancel(entry: Entry): void {
    if (entry.ended) return;
    this.#end(entry, this.#failed(entry, CANCELLED));
    const gone = this.#jobs.cancel(entry.id).finally(() => this.#leaving.delete(entry.id));
    this.#leaving.set(entry.id, gone);
  }

  /** Takes an attempt that no worker has begun out of the queue again. */
  async #takeBack(entry: Entry): Promise<void> {
    if (!entry.held) {
      const removed = this.#adding.includes(entry) || (await this.#jobs.takeBack(entry.id));
      if (!removed || entry.ended) return;
      this.#adding = this.#adding.filter((each) => each !== entry);
    }
    entry.held = true;
    if (this.#intake === "draining") this.#end(entry, this.#failed(entry, CANCELLED));
    else if (this.#intake === "open") this.#submit(entry);
  }

  /** Looks through all jobs of this run that have ended: those that are stored go, the others wait here to be asked for. */
  async #sweep(): Promise<void> {
    for (const id of await this.#jobs.ended()) {
      if (!this.#isOurs(id)) continue;
      const ordinal = Number(id.split(".").at(-3));
      const entry = this.#entries.get(id);
      if (this.#scope.isFinished(ordinal)) void this.#jobs.remove(id);
      else if (entry) void this.#collect(entry);
      else this.#outbox.add(id);
    }
  }

  /** Compares what was asked for with what the queue holds: events that were lost, jobs that Redis lost. */
  async #reconcile(): Promise<void> {
    if (this.#reconciling) return;
    this.#reconciling = true;
    try {
      await this.#sweep();
      const known = await this.#jobs.all();
      for (const entry of this.#entries.values()) {
        const isYoung = this.#scope.clock.now() - entry.askedAt < RECONCILE_MS;
        if (!entry.ended && !entry.held && !isYoung && !known.has(entry.id) && !this.#adding.includes(entry))
          this.#submit(entry);
      }
      await this.#lookout?.look(this.#entries.values()[0]?.askedAt);
    } catch {
      // Redis is away; the connection has said so
    } finally {
      this.#reconciling = false;
    }
  }
}
