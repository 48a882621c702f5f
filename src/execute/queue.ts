import type { Queue, Job as QueuedJob, QueueEvents } from "bullmq";
import type { Redis } from "ioredis";
import { ZodError, z } from "zod";
import type { Prices } from "#src/backends/backend";
import type { Condition } from "#src/experiment/condition";
import type { AttemptResult, RunningAttempt } from "#src/experiment/execute";
import type { Outcome } from "#src/experiment/outcome";
import type { Task } from "#src/experiment/task";
import { type Failure, failure } from "#src/kernel/failure";
import { ConfigFault } from "#src/kernel/fault";
import { parseOptions } from "#src/kernel/parse";
import { err } from "#src/kernel/result";
import { bundle } from "./bundle.ts";
import { type EffectiveOptions, experimentFile, optionsOf } from "./elsewhere.ts";
import type { Executor, ExecutorIntake } from "./executor.ts";
import { carry, dropBlob, fetchCarried } from "./queue-blobs.ts";
import { type Job, jobIdOf, oneLine, PREFIX, queueNameOf, readResult, returnSchema } from "./queue-messages.ts";
import { begunKey, CANCEL_CHANNEL, cancelledKey, presentWorkers } from "./queue-presence.ts";
import { DEFAULT_REDIS, loadPackages, openRedis, type RedisPlace } from "./redis.ts";
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
/** Milliseconds that an attempt waits before somebody looks whether there is any worker. */
const LONELY_MS = 4000;
/** Milliseconds that a goodbye to Redis may take. */
const GOODBYE_MS = 2000;
const CANCELLED = failure("cancelled", "the run was told to stop");

/**
 * Runs attempts on other machines: jobs in BullMQ on Redis, done by any number of `crucible worker <file>`. Retries, breaker, budget and the
 * store stay with the run, which alone writes results: a completed job is kept until its row is committed, so that neither a killed
 * worker nor a killed run loses one.
 *
 * @throws ConfigFault at the start of the run, where Redis is away, refuses the password, or no file is known
 * @example await run(experiment, { executor: queue({ file: import.meta.url, redis: "redis://10.0.0.5:6379" }) });
 */
export function queue(given: QueueOptions = {}): ExecutorFactory {
  const options = parseOptions(queueOptions, given, "queue");
  return (scope) => new QueueExecutor(scope, options);
}

/** The address of Redis: as given, else from the environment, else this machine. */
export const redisUrl = (given: string | undefined): string => given ?? process.env.CRUCIBLE_REDIS ?? DEFAULT_REDIS;

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
  readonly #entries = new Map<string, Entry>();
  /** Jobs of this run that ended before anyone asked for them: in an earlier session, or just now. */
  readonly #outbox = new Set<string>();
  #adding: Entry[] = [];
  #intake: ExecutorIntake = "open";
  #code = "";
  #place: RedisPlace | undefined;
  #redis!: Redis;
  #queue!: Queue;
  #events!: QueueEvents;
  #timer: ReturnType<typeof setInterval> | undefined;
  #lonelySaid = "";
  #reconciling = false;
  readonly #unfinished = new Set<Promise<unknown>>();

  constructor(scope: ExecutorScope, options: z.output<typeof queueOptions>) {
    this.#scope = scope;
    this.#given = options;
    this.#options = optionsOf(scope.experiment);
  }

  async open(): Promise<void> {
    const scope = this.#scope;
    const file = this.#given.file ?? scope.file;
    if (file === undefined) {
      const hint =
        "Pass queue({ file: import.meta.url }) from the file that exports it, or run it with the crucible command";
      throw new ConfigFault("executor", "queue() must know the file that exports the experiment", undefined, hint);
    }
    if (scope.backend)
      throw new ConfigFault(
        "backend",
        "cannot travel to other machines; give each condition a backend in the experiment file",
      );
    if (scope.prices && !scope.prices.table && scope.experiment.conditions.some(isPricedBy(scope.prices)))
      throw new ConfigFault(
        "prices",
        "cannot travel to other machines unless they are a priceTable",
        scope.prices.version,
        "Give them to the backends in the experiment file: priced(backend, prices)",
      );
    this.#code = (await bundle(file, scope.parameters)).hash;
    this.#place = await openRedis(redisUrl(this.#given.redis), {
      away: (message) => scope.notice(`Redis at ${this.#place?.address} is away (${message}); the run waits for it`),
      back: () => {
        scope.notice(`Redis at ${this.#place?.address} is back`);
        void this.#reconcile();
      },
    });
    const { Queue, QueueEvents } = await loadPackages();
    this.#redis = this.#place.connect();
    const name = queueNameOf(this.#code);
    this.#queue = new Queue(name, { connection: this.#redis as never, prefix: PREFIX });
    this.#events = new QueueEvents(name, { connection: this.#place.connect() as never, prefix: PREFIX });
    this.#queue.on("error", () => {}); // the connection tells, once
    this.#events.on("error", () => {});
    this.#events.on("completed", ({ jobId }) => this.#hear(jobId));
    this.#events.on("failed", ({ jobId }) => this.#hear(jobId));
    await this.#events.waitUntilReady();
    await this.#sweep();
    this.#timer = setInterval(() => void this.#reconcile(), RECONCILE_MS);
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
    if (this.#outbox.delete(id)) void this.#collect(entry);
    else this.#submit(entry);
    return entry;
  }

  /** What is committed need not be kept in Redis. */
  stored(outcomes: readonly Outcome[]): void {
    for (const { ordinal, attempts } of outcomes) {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        const id = jobIdOf(this.#scope.experimentId, this.#scope.planHash, ordinal, attempt);
        this.#outbox.delete(id);
        void this.#remove(id);
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
    if (!this.#place) return;
    let given: ReturnType<typeof setTimeout> | undefined;
    const goodbye = (async () => {
      await Promise.all([...this.#unfinished]);
      await this.#queue?.close();
      await this.#events?.close();
    })();
    await Promise.race([
      goodbye.catch(() => {}),
      new Promise((resolve) => {
        given = setTimeout(resolve, GOODBYE_MS);
      }),
    ]);
    clearTimeout(given);
    this.#place.close();
  }

  /** Puts an attempt into the queue with all others of this turn. */
  #submit(entry: Entry): void {
    entry.held = this.#intake !== "open";
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
    const added = jobs.flatMap((data, i) =>
      data ? [{ name: "attempt", data, opts: { ...JOB, jobId: entries[i]!.id } }] : [],
    );
    if (added.length === 0) return;
    try {
      await this.#redis.del(...added.map(({ opts }) => cancelledKey(opts.jobId))); // a session before this one may have given it up
      await this.#queue.addBulk(added); // a job that is there already is not added again
    } catch (thrown) {
      this.#scope.notice(`the queue took no jobs (${(thrown as Error).message}); they are offered again`); // by reconciling
    }
    for (const entry of entries) {
      if (entry.ended)
        void this.#remove(entry.id); // cancelled on its way into the queue
      else if (this.#intake !== "open") {
        entry.held = false; // whoever took it back meanwhile took back nothing
        void this.#takeBack(entry);
      }
    }
  }

  async #jobOf(entry: Entry): Promise<Job | undefined> {
    const { task, attempt } = entry;
    const { experimentId: runId, planHash } = this.#scope;
    const { item, ...rest } = task;
    try {
      if (!isPlain(item.row))
        throw new TypeError("a row that goes to other machines must be plain JSON: no dates, functions, undefined");
      const row = await carry(this.#redis, runId, item.row);
      const { currency, version, table } = this.#scope.prices ?? {};
      const prices = table && { prices: await carry(this.#redis, runId, { currency, version, table }) };
      const { rateLimit } = this.#scope.limits;
      const cluster = item.cluster === undefined ? {} : { cluster: item.cluster };
      return {
        format: "crucible-job/1",
        runId,
        code: this.#code,
        plan: planHash,
        options: this.#options,
        ...(rateLimit === undefined ? {} : { rateLimit }),
        task: { ...rest, itemId: item.id, ...cluster },
        row,
        ...prices,
        attempt,
      };
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

  async #collect(entry: Entry): Promise<void> {
    try {
      await this.#take(entry);
    } catch {
      // Redis went away meanwhile; what is there is found when it is back
    }
  }

  async #take(entry: Entry): Promise<void> {
    if (entry.ended) return;
    const job = (await this.#queue.getJob(entry.id)) as QueuedJob | undefined;
    if (!job || entry.ended) return;
    if (job.finishedOn === undefined) return; // not yet, after all
    const { result, logs } = await this.#read(job, entry);
    if (entry.ended) return; // heard twice
    if (!result.result.ok && result.result.error.kind === "cancelled") {
      await this.#remove(entry.id); // a session before this one was told to stop; this one was not
      this.#submit(entry);
      return;
    }
    for (const line of logs) this.#scope.log(entry.task, line);
    this.#end(entry, result);
  }

  /** What a worker says came of a job, if it can be believed. */
  async #read(job: QueuedJob, entry: Entry): Promise<{ result: AttemptResult; logs: readonly string[] }> {
    if (job.failedReason) {
      const died = /stalled/.test(job.failedReason);
      const why = died
        ? failure("crash", `each of the ${job.stalledCounter} workers that took it died during it`)
        : failure("temporarily_unavailable", `its worker could not do it: ${job.failedReason}`);
      return { result: this.#failed(entry, why), logs: [] };
    }
    try {
      const carried = returnSchema.parse(job.returnvalue);
      const { attempt, logs } = readResult(
        await fetchCarried(this.#redis, this.#scope.experimentId, carried),
        entry.id,
        this.#code,
      );
      const begun = Number((await this.#redis.get(begunKey(entry.id))) ?? 1);
      return { result: withRedone(attempt, begun - 1), logs };
    } catch (thrown) {
      if (isConnectionLost(thrown)) throw thrown;
      const law = thrown instanceof ZodError ? oneLine(z.prettifyError(thrown)) : (thrown as Error).message;
      const message = `worker ${job.processedBy ?? "without a name"} answered with what is no result of this task: ${law}`;
      return { result: this.#failed(entry, failure("temporarily_unavailable", message)), logs: [] };
    }
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
    const { id } = entry;
    // the key is for a worker that takes the job, or comes back, later than it was told
    const told = this.#redis.pipeline().set(cancelledKey(id), 1, "EX", 3600).publish(CANCEL_CHANNEL, id).exec();
    this.#unfinish(told.then(() => this.#remove(id)));
  }

  /** Takes an attempt that no worker has begun out of the queue again. */
  async #takeBack(entry: Entry): Promise<void> {
    if (!entry.held) {
      const removed = this.#adding.includes(entry) || (await this.#queue.remove(entry.id).catch(() => 0)) === 1;
      if (!removed || entry.ended) return;
      this.#adding = this.#adding.filter((each) => each !== entry);
    }
    entry.held = true;
    if (this.#intake === "draining") this.#end(entry, this.#failed(entry, CANCELLED));
    else if (this.#intake === "open") this.#submit(entry);
  }

  #remove(id: string): Promise<unknown> {
    const removed = (async () => {
      const job = await this.#queue.getJob(id);
      if (!job) return;
      const carried = returnSchema.safeParse(job.returnvalue);
      if (carried.success) await dropBlob(this.#redis, this.#scope.experimentId, carried.data);
      await this.#queue.remove(id);
      await this.#redis.del(begunKey(id));
    })();
    return this.#unfinish(removed);
  }

  /** Work for Redis that is waited for at the end, and may fail: a worker is at it, or Redis is away. The next sweep finds what is left. */
  #unfinish(work: Promise<unknown>): Promise<unknown> {
    const settled = work.catch(() => {});
    this.#unfinished.add(settled);
    void settled.finally(() => this.#unfinished.delete(settled));
    return settled;
  }

  /** Looks through all jobs of this run that have ended: those that are stored go, the others wait here to be asked for. */
  async #sweep(): Promise<void> {
    for (const id of await this.#queue.getRanges(["completed", "failed"], 0, -1)) {
      if (!this.#isOurs(id)) continue;
      const ordinal = Number(id.split(".").at(-3));
      const entry = this.#entries.get(id);
      if (this.#scope.isFinished(ordinal)) void this.#remove(id);
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
      const states = ["waiting", "active", "delayed", "prioritized", "completed", "failed"] as const;
      const known = new Set(await this.#queue.getRanges([...states], 0, -1));
      for (const entry of [...this.#entries.values()]) {
        const isYoung = this.#scope.clock.now() - entry.askedAt < RECONCILE_MS;
        if (!entry.ended && !entry.held && !isYoung && !known.has(entry.id) && !this.#adding.includes(entry))
          this.#submit(entry);
      }
      await this.#lookForWorkers();
    } catch {
      // Redis is away; the connection has said so
    } finally {
      this.#reconciling = false;
    }
  }

  /** Says so when nobody is there to do the work. */
  async #lookForWorkers(): Promise<void> {
    const [oldest] = this.#entries.values();
    if (this.#lonelySaid === "" && (!oldest || this.#scope.clock.now() - oldest.askedAt < LONELY_MS)) return;
    const workers = await presentWorkers(this.#redis);
    const able = workers.filter(({ code }) => code === this.#code);
    if (able.length > 0) {
      if (this.#lonelySaid !== "")
        this.#scope.notice(`${able.length === 1 ? "a worker is" : `${able.length} workers are`} there`);
      this.#lonelySaid = "";
      return;
    }
    const others = workers.filter(({ experiment }) => experiment === this.#scope.experiment.name);
    const message =
      others.length > 0
        ? `workers are there, and all ${others.length} serve this experiment with other code (${[...new Set(others.map(({ code }) => code.slice(0, 8)))].join(", ")}; the run has ${this.#code.slice(0, 8)}): give them the same files, package versions, Node and -T parameters`
        : `no worker is there: start one with crucible worker ${this.#scope.file ?? "<file>"} --redis ${this.#place?.address}`;
    if (message !== this.#lonelySaid) this.#scope.notice(message);
    this.#lonelySaid = message;
  }
}

/** BullMQ retries nothing: that is for the run to decide. What has ended is kept until it is stored. */
const JOB = { attempts: 1, removeOnComplete: false, removeOnFail: false } as const;

/** An attempt that was made again, because a worker died or lost touch, was paid for as often: as dearly as the one that counts. */
function withRedone(attempt: AttemptResult, redone: number): AttemptResult {
  if (redone < 1) return attempt;
  const cost = attempt.cost === undefined ? {} : { cost: attempt.cost * (redone + 1) };
  return { ...attempt, ...cost, redone };
}

const isConnectionLost = (thrown: unknown): boolean =>
  /^Connection is closed|ECONN|Stream isn't writeable/.test(String((thrown as Error).message));

/** Whether a condition's calls are priced by the run's prices, and not by its backend's own. */
const isPricedBy =
  (prices: Prices) =>
  ({ backend }: Condition): boolean =>
    backend?.prices === prices;

/** Whether a value is the same after it was written as JSON. */
function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) return value.every(isPlain);
  const prototype = Object.getPrototypeOf(value);
  return (
    (prototype === Object.prototype || prototype === null) &&
    Object.values(value).every((each) => each === undefined || isPlain(each))
  );
}
