import type { Queue, Job as QueuedJob, QueueEvents } from "bullmq";
import type { Redis } from "ioredis";
import { dropBlob } from "./queue-blobs.ts";
import { type Job, PREFIX, queueNameOf, returnSchema } from "./queue-messages.ts";
import { begunKey, CANCEL_CHANNEL, cancelledKey } from "./queue-presence.ts";
import { loadPackages, openRedis, type RedisPlace } from "./redis.ts";

/** Milliseconds that a goodbye to Redis may take. */
const GOODBYE_MS = 2000;

/** BullMQ retries nothing: that is for the run to decide. What has ended is kept until it is stored. */
const JOB = { attempts: 1, removeOnComplete: false, removeOnFail: false } as const;

const allStates = ["waiting", "active", "delayed", "prioritized", "completed", "failed"] as const;

/** What the queue of a run reports. */
export interface QueueListener {
  notice(message: string): void;
  /** Redis was away and is back. */
  back(): void;
  /** A job has ended: a hint, since events get lost. */
  ended(id: string): void;
}

/** The jobs of a run in BullMQ on Redis. */
export class QueueJobs {
  readonly redis: Redis;
  readonly address: string;
  readonly #runId: string;
  readonly #place: RedisPlace;
  readonly #queue: Queue;
  readonly #events: QueueEvents;
  /** Work that is waited for at the end. */
  readonly #unfinished = new Set<Promise<unknown>>();

  private constructor(runId: string, place: RedisPlace, redis: Redis, queue: Queue, events: QueueEvents) {
    this.#runId = runId;
    this.#place = place;
    this.address = place.address;
    this.redis = redis;
    this.#queue = queue;
    this.#events = events;
  }

  /** @throws ConfigError where Redis is away or refuses the password */
  static async open(
    url: string,
    code: string,
    runId: string,
    { notice, back, ended }: QueueListener,
  ): Promise<QueueJobs> {
    const place: RedisPlace = await openRedis(url, {
      away: (message) => notice(`Redis at ${place.address} is away (${message}); the run waits for it`),
      back: () => {
        notice(`Redis at ${place.address} is back`);
        back();
      },
    });
    const { Queue, QueueEvents } = await loadPackages();
    const redis = place.connect();
    const name = queueNameOf(code);
    const queue = new Queue(name, { connection: redis as never, prefix: PREFIX });
    const events = new QueueEvents(name, { connection: place.connect() as never, prefix: PREFIX });
    queue.on("error", () => {}); // the connection tells, once
    events.on("error", () => {});
    events.on("completed", ({ jobId }) => ended(jobId));
    events.on("failed", ({ jobId }) => ended(jobId));
    await events.waitUntilReady();
    return new QueueJobs(runId, place, redis, queue, events);
  }

  /** Puts jobs into the queue. One that is there already is not added again. */
  async add(jobs: readonly { readonly id: string; readonly data: Job }[]): Promise<void> {
    await this.redis.del(...jobs.map(({ id }) => cancelledKey(id))); // a session before this one may have given it up
    await this.#queue.addBulk(jobs.map(({ id, data }) => ({ name: "attempt", data, opts: { ...JOB, jobId: id } })));
  }

  get(id: string): Promise<QueuedJob | undefined> {
    return this.#queue.getJob(id);
  }

  /** Ids of jobs that have ended. */
  ended(): Promise<string[]> {
    return this.#queue.getRanges(["completed", "failed"], 0, -1);
  }

  /** Ids of all jobs, of other runs too. */
  async all(): Promise<ReadonlySet<string>> {
    return new Set(await this.#queue.getRanges([...allStates], 0, -1));
  }

  /** Takes a job out of the queue that no worker has begun. @returns whether there was one */
  async takeBack(id: string): Promise<boolean> {
    return (await this.#queue.remove(id).catch(() => 0)) === 1;
  }

  /** Asks the worker of a job to stop, and removes the job. @returns when it is gone, or cannot be removed because a worker is at it */
  cancel(id: string): Promise<unknown> {
    // the key is for a worker that takes the job, or reconnects, after the message was published
    const told = this.redis.pipeline().set(cancelledKey(id), 1, "EX", 3600).publish(CANCEL_CHANNEL, id).exec();
    return this.#unfinish(told.then(() => this.remove(id)));
  }

  /** Removes a job and what was kept for it. */
  remove(id: string): Promise<unknown> {
    const removed = (async () => {
      const job = await this.#queue.getJob(id);
      if (!job) return;
      const carried = returnSchema.safeParse(job.returnvalue);
      if (carried.success) await dropBlob(this.redis, this.#runId, carried.data);
      await this.#queue.remove(id);
      await this.redis.del(begunKey(id));
    })();
    return this.#unfinish(removed);
  }

  /** Work that may fail: a worker is at it, or Redis is away. The next sweep finds what is left. */
  #unfinish(work: Promise<unknown>): Promise<unknown> {
    const settled = work.catch(() => {});
    this.#unfinished.add(settled);
    void settled.finally(() => this.#unfinished.delete(settled));
    return settled;
  }

  async close(): Promise<void> {
    let given: ReturnType<typeof setTimeout> | undefined;
    const goodbye = (async () => {
      await Promise.all([...this.#unfinished]);
      await this.#queue.close();
      await this.#events.close();
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
}
