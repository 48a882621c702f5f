import type { Job as QueuedJob } from "bullmq";
import type { Redis } from "ioredis";
import { type ZodError, z } from "zod";
import type { Experiment } from "#src/experiment/define";
import type { AttemptResult, RunningAttempt } from "#src/experiment/execute";
import { ChurnMap } from "#src/kernel/churn-map";
import { systemClock } from "#src/kernel/clock";
import { failure } from "#src/kernel/failure";
import { err } from "#src/kernel/result";
import type { Executor } from "./executor.ts";
import { carry, fetchCarried } from "./queue-blobs.ts";
import { type Carried, type Job, jobIdOf, jobSchema, LOG_MOST, LOGS_MOST, oneLine, taskOf } from "./queue-messages.ts";
import { cancelledKey, mayBegin } from "./queue-presence.ts";
import { type RemoteAdmission, remoteAdmission } from "./remote-admission.ts";
import { definitionOf, isDefinedBy, withOptions } from "./remote-options.ts";
import type { ExecutorFactory, ExecutorScope } from "./scope.ts";

/** Runs for which an inner executor is kept open. */
const RUNS_MOST = 4;

/** What jobs are run with. */
export interface JobRunnerInput {
  readonly file: string;
  /** What the file exports. */
  readonly experiment: Experiment;
  /** Where attempts are made: this event loop, threads. */
  readonly inside: ExecutorFactory;
  /** Prices the calls of its backends by the table that a run sent along. @throws ConfigError for what is no such table */
  readonly priced: (place: ExecutorScope, table: unknown) => ExecutorScope;
  readonly code: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly name: string;
}

/** Runs the jobs of a worker. */
export class JobRunner {
  readonly #redis: Redis;
  readonly #input: JobRunnerInput;
  readonly #definition: string;
  readonly #running = new ChurnMap<string, RunningAttempt>();
  /** What each task that is under way has logged. */
  readonly #logs = new ChurnMap<string, string[]>();
  readonly #admissions = new Map<string, RemoteAdmission>();
  /** One executor for each run and its options, the latest last. */
  readonly #executors = new Map<string, Promise<Executor>>();

  constructor(redis: Redis, input: JobRunnerInput) {
    this.#redis = redis;
    this.#input = input;
    this.#definition = definitionOf(input.experiment);
  }

  async work(queued: QueuedJob): Promise<Carried> {
    const job = this.#check(queued);
    const id = queued.id!;
    const logs: string[] = [];
    this.#logs.set(logKey(job.runId, job.task.ordinal), logs);
    const lock = { key: `${queued.queueQualifiedName}:${id}:lock`, token: queued.token ?? "" };
    const attempt = await this.#attempt(id, job, lock).finally(() =>
      this.#logs.delete(logKey(job.runId, job.task.ordinal)),
    );
    const result = { format: "crucible-result/1", job: id, code: this.#input.code, attempt, logs };
    try {
      return await carry(this.#redis, job.runId, result);
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      const error = failure("bad_request", `returned too much: ${thrown.message}`);
      return { json: { ...result, attempt: { ...attempt, result: err(error) } } };
    }
  }

  /** @throws Error with the rule that a job breaks: the run is notified, and nothing was done */
  #check({ id, data }: QueuedJob): Job {
    let job: Job;
    try {
      job = jobSchema.parse(data);
    } catch (thrown) {
      throw new Error(`invalid job: ${oneLine(z.prettifyError(thrown as ZodError))}`);
    }
    const { code, name } = this.#input;
    if (job.code !== code)
      throw new Error(`worker ${name} has other code (${code.slice(0, 8)}) than the run (${job.code.slice(0, 8)})`);
    const { definition, conditions } = job.options;
    if (conditions ? !isDefinedBy(this.#input.experiment, job.options) : definition !== this.#definition)
      throw new Error(`worker ${name} has another experiment by the same code: its environment differs`);
    if (id !== jobIdOf(job.runId, job.plan, job.task.ordinal, job.attempt))
      throw new Error(`the job is not the one that its name says, ${id}`);
    return job;
  }

  async #attempt(id: string, job: Job, lock: { key: string; token: string }): Promise<AttemptResult> {
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
      const error = failure("cancelled", "the run was stopped");
      return {
        result: err(error),
        startedAt,
        elapsedMs: Math.max(0, Date.now() - startedAt),
        worker: this.#input.name,
      };
    };
    try {
      const row = await fetchCarried(this.#redis, job.runId, job.row);
      const answer = job.answer && (await fetchCarried(this.#redis, job.runId, job.answer));
      const executor = await this.#executorOf(job);
      if (job.rateLimit !== undefined)
        await this.#admissionOf(job.runId)
          .start(job.rateLimit, gaveUp.signal)
          .catch((thrown) => {
            if (!cancelled) throw thrown;
          });
      if (cancelled || !(await mayBegin(this.#redis, id, lock)) || cancelled) return stopped();
      const running = executor.run(taskOf(job, row, answer), job.attempt);
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
