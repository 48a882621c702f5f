import { hostname } from "node:os";
import type { Worker } from "bullmq";
import { z } from "zod";
import { parseOptions } from "#src/kernel/parse";
import { bundle } from "./bundle.ts";
import { JobRunner, type JobRunnerInput } from "./queue-job-runner.ts";
import { PREFIX, queueNameOf } from "./queue-messages.ts";
import { CANCEL_CHANNEL, deregister, heartbeat, redisNow, SIGN_EVERY_MS } from "./queue-presence.ts";
import { loadPackages, openRedis, redisUrl } from "./redis.ts";

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
export interface QueueWorkerInput
  extends z.input<typeof workerOptions>,
    Pick<JobRunnerInput, "file" | "experiment" | "inside" | "priced"> {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly redis?: string | undefined;
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
/**
 * Serves the queue of an experiment: does attempts of whatever runs have its code, and writes only what came of them. Credentials stay in
 * this machine's environment; a job brings a row and options, checked, and names neither code nor files.
 *
 * @throws ConfigError where Redis is away or refuses the password
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
  const runner = new JobRunner(redis, { code, file, parameters, experiment, inside, priced, name });
  const listening = place.connect();
  await listening.subscribe(CANCEL_CHANNEL);
  listening.on("message", (_, id) => runner.cancel(id));
  listening.on("ready", () => void runner.cancelUnwanted());
  const worker: Worker = new Worker(queueNameOf(code), (job) => runner.work(job), {
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
  worker.on("lockRenewalFailed", (ids: string[]) => ids.map((id) => runner.cancel(id))); // another worker has it
  await worker.waitUntilReady();
  const sign = async (): Promise<void> => {
    await heartbeat(redis, name, { code, experiment: experiment.name, atMs: await redisNow(redis) }).catch(() => {});
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
      if (now) runner.cancelAll();
      await worker.close(now !== undefined);
      await runner.close();
      await deregister(redis, name).catch(() => {});
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
