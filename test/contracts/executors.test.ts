import { afterAll, beforeAll, describe, it } from "vitest";
import { loadExperiment } from "#src/app/load";
import { withPricesFrom } from "#src/app/wrap-backends";
import { inline } from "#src/execute/inline";
import { queue } from "#src/execute/queue";
import { type QueueWorker, queueWorker } from "#src/execute/queue-worker";
import { threads } from "#src/execute/threads";
import { type ExecutorUnderTest, executorContract } from "#src/testing/executor-contract";
import { hasRedis, type RedisServer, redisServer } from "../real/redis-server.ts";

const inThreads = { threads: 2, memoryMb: 96 };
const executors: Readonly<Record<string, ExecutorUnderTest>> = {
  inline: { executor: () => inline(), isolates: false },
  threads: { executor: (file) => threads({ file, ...inThreads }), isolates: true },
};

for (const [name, executor] of Object.entries(executors)) {
  describe(name, () => {
    for (const law of executorContract(executor)) it(law.name, law.check);
  });
}

describe.skipIf(!hasRedis)("queue", () => {
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
  const served =
    (isolates: boolean): ExecutorUnderTest["executor"] =>
    async (file, given) => {
      const parameters = { ...given, isolates: String(isolates) };
      const key = JSON.stringify(parameters);
      const start = async () =>
        queueWorker({
          file,
          parameters,
          experiment: await loadExperiment(file, parameters),
          redis: redis.url,
          inside: isolates ? threads({ file, ...inThreads }) : inline(),
          priced: withPricesFrom,
          concurrency: 16,
          notice: () => {},
        });
      if (!workers.has(key)) workers.set(key, start());
      await workers.get(key);
      return (scope) => queue({ file, redis: redis.url })({ ...scope, parameters });
    };

  for (const isolates of [false, true]) {
    describe(isolates ? "with threads in its worker" : "with one event loop in its worker", () => {
      for (const law of executorContract({ executor: served(isolates), isolates })) it(law.name, law.check);
    });
  }
});
