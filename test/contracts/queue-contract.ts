import { afterAll, beforeAll, describe, it } from "vitest";
import { loadExperiment } from "#src/app/load";
import { withPricesFrom } from "#src/app/wrap-backends";
import { queue } from "#src/execute/queue";
import { type QueueWorker, queueWorker } from "#src/execute/queue-worker";
import type { ExecutorFactory } from "#src/execute/scope";
import { type ExecutorUnderTest, executorContract } from "#src/testing/executor-contract";
import { hasRedis, type RedisServer, redisServer } from "../real/redis-server.ts";

export const twoThreads = { threads: 2, memoryMb: 96 };

/** The laws of an executor for a queue. @param inside what its worker does tasks in */
export function queueContract(
  name: string,
  inside: (file: string) => ExecutorFactory,
  { isolates }: Pick<ExecutorUnderTest, "isolates">,
): void {
  describe.skipIf(!hasRedis)(`queue ${name}`, () => {
    let redis: RedisServer;
    const workers = new Map<string, Promise<QueueWorker>>();
    beforeAll(async () => {
      redis = await redisServer();
    });
    afterAll(async () => {
      for (const worker of workers.values()) await (await worker).close("now");
      await redis.remove();
    });
    /** A queue with one worker, which serves all laws with the same parameters. */
    const executor: ExecutorUnderTest["executor"] = async (file, given) => {
      const parameters = { ...given, isolates: String(isolates) };
      const key = JSON.stringify(parameters);
      const start = async () =>
        queueWorker({
          file,
          parameters,
          experiment: await loadExperiment(file, parameters),
          redis: redis.url,
          inside: inside(file),
          priced: withPricesFrom,
          concurrency: 16,
          notice: () => {},
        });
      if (!workers.has(key)) workers.set(key, start());
      await workers.get(key);
      return (scope) => queue({ file, redis: redis.url })({ ...scope, parameters });
    };
    for (const law of executorContract({ executor, isolates })) it(law.name, law.check);
  });
}
