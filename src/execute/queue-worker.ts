import { hostname } from "node:os";
import type { Job as QueuedJob, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { type ZodError, z } from "zod";
import type { Experiment } from "#src/experiment/define";
import type { AttemptResult, RunningAttempt } from "#src/experiment/execute";
import { systemClock } from "#src/kernel/clock";
import { failure } from "#src/kernel/failure";
import { parseOptions } from "#src/kernel/parse";
import { err } from "#src/kernel/result";
import { bundle } from "./bundle.ts";
import { definitionOf, withOptions } from "./elsewhere.ts";
import type { Executor } from "./executor.ts";
import { redisUrl } from "./queue.ts";
import { carry, fetchCarried } from "./queue-blobs.ts";
import {
  type Carried,
  type Job,
  jobIdOf,
  jobSchema,
  LOG_MOST,
  LOGS_MOST,
  oneLine,
  PREFIX,
  queueNameOf,
  taskOf,
} from "./queue-messages.ts";
import {
  BEGUN_KEPT_S,
  begunKey,
  CANCEL_CHANNEL,
  cancelledKey,
  redisNow,
  SIGN_EVERY_MS,
  sayGoodbye,
  signOfLife,
} from "./queue-presence.ts";
import { loadPackages, openRedis } from "./redis.ts";
import { type RemoteAdmission, remoteAdmission } from "./remote-admission.ts";
import type { ExecutorFactory, ExecutorScope } from "./scope.ts";

export const workerOptions = z.strictObject({
  concurrency: z
    .int()
    .min(1)
    .optional()
    .describe("tasks that this worker does at a time (default: the experiment's maxParallel)"),
  lockMs: z
    .int()
    .min(500)
    .default(30_000)
    .describe("milliseconds without a sign after which another worker takes over what this one was doing"),
});

/** What a worker is started with. */
export interface QueueWorkerInput extends z.input<typeof workerOptions> {
  readonly file: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** What the file exports. */
  readonly experiment: Experiment;
  readonly redis?: string | undefined;
  /** Where its attempts are made: this event loop, threads. */
  readonly inside: ExecutorFactory;
  /** Prices the calls of its backends by the table that a run sent along. @throws ConfigFault for what is no such table */
  readonly priced: (place: ExecutorScope, table: unknown) => ExecutorScope;
  readonly notice: (message: string) => void;
}

/** A worker that is up. */
export interface QueueWorker {
  readonly name: string;
  /** Identity of the code that it serves. */
  readonly code: string;
  readonly address: string;
  readonly concurrency: number;
  /** Takes no new jobs, and resolves when running ones have ended. `now` gives them up: other workers will take them over. */
  close(now?: "now"): Promise<void>;
}

/** How often a job may lose its worker before it counts as what kills them. */
const STALLED_MOST = 20;
/** Runs for which an inner executor is kept open. */
const RUNS_MOST = 4;

/**
 * Serves the queue of an experiment: does attempts of whatever runs have its code, and writes only what came of them. Credentials stay in
 * this machine's environment; a job brings a row and options, checked, and names neither code nor files.
 *
 * @throws ConfigFault where Redis is away or refuses the password
 */
export async function queueWorker(input: QueueWorkerInput): Promise<QueueWorker> {
  const { file, parameters = {}, experiment, redis: url, inside, priced, notice, ...rest } = input;
  const { concurrency = experiment.config.maxParallel, lockMs } = parseOptions(workerOptions, rest, "worker");
  const { hash: code } = await bundle(file, parameters);
  const place = await openRedis(redisUrl(url), {
    away: (message) => notice(`Redis is away (${message}); waiting for it`),
    back: () => notice("Redis is back"),
  });
  const { Worker } = await loadPackages();
  const redis = place.connect();
  const name = newName();
  const bench = new Bench(redis, { code, file, parameters, experiment, inside, priced, name });
  const listening = place.connect();
  await listening.subscribe(CANCEL_CHANNEL);
  listening.on("message", (_, id) => bench.cancel(id));
  listening.on("ready", () => void bench.cancelUnwanted());
  const worker: Worker = new Worker(queueNameOf(code), (job) => bench.work(job), {
    connection: place.connect() as never,
    prefix: PREFIX,
    name,
    concurrency,
    lockDuration: lockMs,
    stalledInterval: Math.ceil(lockMs / 3),
    maxStalledCount: STALLED_MOST,
    drainDelay: 5,
  });
  worker.on("error", () => {}); // the connection tells, once
  worker.on("lockRenewalFailed", (ids: string[]) => ids.map((id) => bench.cancel(id))); // another worker has it
  await worker.waitUntilReady();
  const sign = async (): Promise<void> => {
    await signOfLife(redis, name, { code, experiment: experiment.name, atMs: await redisNow(redis) }).catch(() => {});
  };
  await sign();
  const signs = setInterval(() => void sign(), SIGN_EVERY_MS);
  return {
    name,
    code,
    address: place.address,
    concurrency,
    close: async (now) => {
      clearInterval(signs);
      if (now) bench.cancelAll();
      await worker.close(now !== undefined);
      await bench.close();
      await sayGoodbye(redis, name).catch(() => {});
      place.close();
    },
  };
}

let named = 0;

/** Names a worker: machine and process, and which one where a process has several. */
function newName(): string {
  named += 1;
  return `${hostname()}:${process.pid}${named > 1 ? `#${named}` : ""}`;
}

interface BenchInput extends Pick<QueueWorkerInput, "file" | "experiment" | "inside" | "priced"> {
  readonly code: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly name: string;
}

/** Where a worker does its jobs. */
class Bench {
  readonly #redis: Redis;
  readonly #input: BenchInput;
  readonly #definition: string;
  readonly #running = new Map<string, RunningAttempt>();
  /** What each task that is under way has logged. */
  readonly #logs = new Map<string, string[]>();
  readonly #admissions = new Map<string, RemoteAdmission>();
  /** One executor for each run and its options, the latest last. */
  readonly #executors = new Map<string, Promise<Executor>>();

  constructor(redis: Redis, input: BenchInput) {
    this.#redis = redis;
    this.#input = input;
    this.#definition = definitionOf(input.experiment);
  }

  async work(queued: QueuedJob): Promise<Carried> {
    const job = this.#check(queued);
    const id = queued.id!;
    const logs: string[] = [];
    this.#logs.set(logKey(job.runId, job.task.ordinal), logs);
    const attempt = await this.#attempt(id, job).finally(() => this.#logs.delete(logKey(job.runId, job.task.ordinal)));
    const result = { format: "crucible-result/1", job: id, code: this.#input.code, attempt, logs };
    try {
      return await carry(this.#redis, job.runId, result);
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      const error = failure("bad_request", `returned too much: ${thrown.message}`);
      return { json: { ...result, attempt: { ...attempt, result: err(error) } } };
    }
  }

  /** @throws Error with the law that a job breaks: the run is told, and nothing was done */
  #check({ id, data }: QueuedJob): Job {
    let job: Job;
    try {
      job = jobSchema.parse(data);
    } catch (thrown) {
      throw new Error(`the job is none: ${oneLine(z.prettifyError(thrown as ZodError))}`);
    }
    const { code, name } = this.#input;
    if (job.code !== code)
      throw new Error(`worker ${name} has other code (${code.slice(0, 8)}) than the run (${job.code.slice(0, 8)})`);
    if (job.options.definition !== this.#definition)
      throw new Error(`worker ${name} has another experiment by the same code: its environment differs`);
    if (id !== jobIdOf(job.runId, job.plan, job.task.ordinal, job.attempt))
      throw new Error(`the job is not the one that its name says, ${id}`);
    return job;
  }

  async #attempt(id: string, job: Job): Promise<AttemptResult> {
    const startedAt = Date.now();
    const gaveUp = new AbortController();
    let cancelled = false;
    const cancel = (): void => {
      cancelled = true;
      gaveUp.abort();
    };
    const waiting: RunningAttempt = { result: new Promise(() => {}), cancel };
    this.#running.set(id, waiting);
    const stopped = (): AttemptResult => {
      const error = failure("cancelled", "the run was told to stop");
      return {
        result: err(error),
        startedAt,
        elapsedMs: Math.max(0, Date.now() - startedAt),
        worker: this.#input.name,
      };
    };
    try {
      const row = await fetchCarried(this.#redis, job.runId, job.row);
      const executor = await this.#executorOf(job);
      if (job.rateLimit !== undefined)
        await this.#admissionOf(job.runId)
          .start(job.rateLimit, gaveUp.signal)
          .catch((thrown) => {
            if (!cancelled) throw thrown;
          });
      if (cancelled || (await this.#begin(id))) return stopped();
      const running = executor.run(taskOf(job, row), job.attempt);
      this.#running.set(id, running);
      const result = await running.result;
      return {
        ...result,
        worker: result.worker === "inline" ? this.#input.name : `${this.#input.name} ${result.worker}`,
      };
    } finally {
      this.#running.delete(id);
    }
  }

  /** Counts that an attempt begins. @returns whether it is no longer wanted */
  async #begin(id: string): Promise<boolean> {
    const begun = begunKey(id);
    const replies = await this.#redis
      .pipeline()
      .exists(cancelledKey(id))
      .incr(begun)
      .expire(begun, BEGUN_KEPT_S)
      .exec();
    return replies?.[0]?.[1] === 1;
  }

  cancel(id: string): void {
    this.#running.get(id)?.cancel();
  }

  cancelAll(): void {
    for (const { cancel } of this.#running.values()) cancel();
  }

  /** Looks up what was cancelled while Redis was away. */
  async cancelUnwanted(): Promise<void> {
    for (const id of [...this.#running.keys()]) {
      if ((await this.#redis.exists(cancelledKey(id)).catch(() => 0)) === 1) this.cancel(id);
    }
  }

  async close(): Promise<void> {
    for (const executor of this.#executors.values()) await (await executor).close?.();
  }

  #executorOf({ runId, plan, options, prices }: Job): Promise<Executor> {
    const key = `${runId} ${JSON.stringify([options, prices])}`;
    let executor = this.#executors.get(key);
    if (!executor) {
      executor = this.#open(runId, plan, options, prices);
      executor.catch(() => this.#executors.delete(key));
      if (this.#executors.size >= RUNS_MOST && this.#running.size <= 1) this.#closeOldest();
    }
    this.#executors.delete(key);
    this.#executors.set(key, executor);
    return executor;
  }

  #admissionOf(runId: string): RemoteAdmission {
    let admission = this.#admissions.get(runId);
    if (!admission) {
      if (this.#admissions.size >= RUNS_MOST * 4) this.#admissions.clear();
      admission = remoteAdmission(this.#redis, runId);
      this.#admissions.set(runId, admission);
    }
    return admission;
  }

  #closeOldest(): void {
    const [oldest] = this.#executors;
    if (!oldest) return;
    this.#executors.delete(oldest[0]);
    void oldest[1].then((executor) => executor.close?.());
  }

  async #open(runId: string, plan: string, options: Job["options"], prices: Job["prices"]): Promise<Executor> {
    const { experiment, inside, priced, file, parameters } = this.#input;
    const place: ExecutorScope = {
      experimentId: runId,
      experiment: withOptions(experiment, options),
      planHash: plan,
      clock: systemClock,
      admission: this.#admissionOf(runId),
      file,
      parameters,
      log: ({ ordinal }, message) => {
        const lines = this.#logs.get(logKey(runId, ordinal));
        if (lines && lines.length < LOGS_MOST) lines.push(message.slice(0, LOG_MOST));
      },
      notice: () => {},
      isFinished: () => false,
      limits: { rateLimit: undefined }, // waited for before the attempt is begun
    };
    const executor = inside(prices ? priced(place, await fetchCarried(this.#redis, runId, prices)) : place);
    await executor.open?.();
    return executor;
  }
}

const logKey = (runId: string, ordinal: number): string => `${runId}.${ordinal}`;
