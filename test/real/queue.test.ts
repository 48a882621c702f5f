import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Queue, Worker } from "bullmq";
import {
  defineExperiment,
  type ExecutorFactory,
  memoryStore,
  type Outcome,
  queue,
  type RunReport,
  resume,
  run,
  sqliteStore,
  start as startRun,
  threads,
} from "crucible-harness";
import { priceTable } from "crucible-harness/backends";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadExperiment } from "#src/app/load";
import { serve } from "#src/app/serve";
import { bundle } from "#src/execute/bundle";
import { begunKey, cancelledKey, mayBegin } from "#src/execute/queue-presence";
import type { QueueWorker } from "#src/execute/queue-worker";
import { scratch, start, until } from "./command.ts";
import { hasRedis, type RedisServer, redisServer } from "./redis-server.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const settings = { formats: [], observe: false };

/** 30 tasks; `-T salt=...` makes other code of it, so that each test has a queue of its own. */
const text = `
import { defineExperiment } from "crucible-harness";
export default ({ salt, config }) => defineExperiment({
  name: "far away " + salt,
  dataset: Array.from({ length: 15 }, (_, i) => ({ id: "i" + i })),
  conditions: ["a", "b"].map((name) => ({
    name,
    ...(salt === "counter" ? { estimatedCost: 0.01 } : {}),
    run: async ({ id }, context) => {
      context.log(id);
      if (salt === "counter") context.charge(0.01);
      if (salt === "counter") await globalThis.tamper?.();
      if (salt === "aborted" && !globalThis.mayEnd) {
        await new Promise((done) => context.signal.addEventListener("abort", done));
        globalThis.heard = (globalThis.heard ?? 0) + 1;
      }
      await new Promise((done) => setTimeout(done, 5));
      return { accuracy: context.random(), secret: process.env.SECRET ?? "none", text: id.repeat(salt === "large" ? 60_000 : 1) };
    },
  })),
  metrics: ["accuracy"],
  ...(salt === "counter" ? { costBudget: { maxTotal: 0.1 } } : {}),
  config: { maxParallel: 8, ...JSON.parse(config ?? "{}") },
});`;

/** Four tasks that ask a model. */
const asks = `
import { defineExperiment } from "crucible-harness";
import { scripted } from "crucible-harness/backends";
import { match } from "crucible-harness/scoring";
import { generate } from "crucible-harness/solver";
export default ({ salt }) => defineExperiment({
  name: "asked far away " + salt,
  dataset: Array.from({ length: 4 }, (_, i) => ({ id: "i" + i, input: "what? ".repeat(i + 1), target: "yes" })),
  conditions: [{ name: "asked", model: "parrot", solver: generate(), scorers: [match()],
    backend: { ...scripted({ what: "yes" }), model: "parrot" } }],
  metrics: ["accuracy"],
});`;

/** An agent with a tool at levels of faults: at the tool, the model, the rows, the scorer, the workers and their pool. */
const faulted = `
import { defineExperiment } from "crucible-harness";
import { scripted } from "crucible-harness/backends";
import { exact } from "crucible-harness/scoring";
import { chain, generate, tool, useTools } from "crucible-harness/solver";
const look = tool({ name: "look", parameters: { type: "object", properties: {} }, execute: (_, { state }) => ({ said: state.target[0], n: 7 }) });
const model = scripted((messages) => {
  const said = messages.filter(({ role }) => role === "tool");
  if (said.length === 0 || (said.length < 2 && said[0].content.startsWith("Error")))
    return { content: "", toolCalls: [{ id: String(said.length), name: "look", arguments: {} }] };
  return /"said":"([^"]*)"/.exec(said.at(-1).content)?.[1] ?? said.at(-1).content;
});
const half = { probability: 0.5 };
export default () => defineExperiment({
  name: "faults far away",
  dataset: Array.from({ length: 4 }, (_, i) => ({ id: "i" + i, input: "which " + i + "?", target: "town " + (40 + i), notes: ["a", "b"] })),
  conditions: [{ name: "agent", solver: chain(useTools([look]), generate()), scorers: [exact()], backend: model }],
  faults: {
    clean: [],
    bad: [
      { target: "tool:look", fault: "error", ...half }, { target: "tool:look", fault: "corrupt", fields: ["said"], ...half },
      { target: "backend", fault: "storm", retryAfterMs: 1, probability: 0.3 }, { target: "rows:notes", fault: "drop", ...half },
      { target: "scorer:exact", fault: "drop", probability: 0.2 }, { target: "actor", fault: "crash", probability: 0.3 },
    ],
    torn: [{ target: "actor:tasks", fault: "crash", at: 2 }],
  },
  metrics: ["accuracy"],
  config: { maxParallel: 4, errorHandling: { initialDelayMs: 1, maxRetries: 4 } },
});`;

describe.skipIf(!hasRedis)("a queue", () => {
  const here = scratch();
  const crucible = sharedCrucible();
  const file = here.file("far.mjs", text);
  let redis: RedisServer;
  const workers: QueueWorker[] = [];
  beforeAll(async () => {
    redis = await redisServer();
  });
  afterAll(async () => {
    for (const worker of workers) await worker.close("now");
    await redis.remove();
    here.remove();
  });

  const parametersOf = (salt: string, config: object = {}) => ({ salt, config: JSON.stringify(config) });
  const work = async (parameters: Record<string, string>): Promise<void> => {
    workers.push(await serve(file, { parameters, redis: redis.url, notice: () => {} }));
  };
  const throughQueue = (parameters: Record<string, string>) => ({
    ...settings,
    store: () => memoryStore(),
    file,
    parameters,
    executor: queue({ redis: redis.url }),
  });
  const keys = async (pattern: string): Promise<string[]> => {
    const client = new Redis(redis.url);
    const found = await client.keys(pattern);
    client.disconnect();
    return found;
  };

  it("is served by crucible worker, on any number of machines, with the rows of one event loop; secrets stay where they are", async () => {
    const flags = ["-T", "salt=plain", "--redis", redis.url];
    const crew = [1, 2].map((n) =>
      start(["worker", file, ...flags, "--concurrency", "4"], here.path, { SECRET: `of worker ${n}` }),
    );
    const folder = join(here.path, "plain");
    const coordinator = await crucible(
      ["run", file, ...flags, "--executor", "queue", "--yes", "--checkpoints", folder, "--out", folder],
      here.path,
      { SECRET: "of the coordinator" },
    );
    expect(coordinator).toMatchObject({ code: 0, stdout: expect.stringContaining("30 planned = 30 succeeded") });
    for (const { child } of crew) child.kill("SIGTERM");
    for (const { ended } of crew) expect((await ended).code).toBe(0);

    const store = sqliteStore(join(folder, readdirSync(folder).find((name) => name.endsWith(".db"))!), {
      mode: "read",
    });
    const rows = [...(store.outcomes() as Iterable<Outcome>)];
    store.close();
    const straight = await run(await loadExperiment(file, { salt: "plain" }), {
      ...settings,
      store: () => memoryStore(),
    });
    expect(rows.map(({ metrics }) => metrics.accuracy)).toEqual(
      straight.results.map(({ metrics }) => metrics.accuracy),
    );
    expect(rows.every(({ output }) => /^of worker \d$/.test(String(output?.secret)))).toBe(true);
    expect(new Set(rows.map(({ worker }) => worker)).size).toBeGreaterThanOrEqual(1);
    expect((await keys("*:code-*")).filter((key) => /\.\d+\.\d+\.[0-9a-f]{8}$/.test(key))).toEqual([]); // stored, and so no longer kept
  });

  it("carries large results beside itself, and lets them go when they are stored", async () => {
    const parameters = parametersOf("large");
    await work(parameters);
    const report = await run(await loadExperiment(file, parameters), throughQueue(parameters));
    expect(report.accounting.succeeded).toBe(30);
    expect(String(report.results[0]?.result.ok && report.results[0].result.value.text).length).toBeGreaterThan(100_000);
    expect([...(await keys("crucible:blob:*")), ...(await keys("crucible:begun:*"))]).toEqual([]);
  });

  it("keeps its books although others write to its counters in Redis", async () => {
    const client = new Redis(redis.url);
    const nonsense = ["abc", "1e9", "-5", "1.5", "Infinity", "", "99999999"];
    let writes = 0;
    const world = globalThis as { tamper?: () => Promise<void> };
    world.tamper = async () => {
      for (const key of await client.keys("crucible:begun:*"))
        await client.set(key, nonsense[writes++ % nonsense.length]!);
    };
    const parameters = parametersOf("counter", { maxParallel: 2 });
    try {
      await work(parameters);
      const report = await run(await loadExperiment(file, parameters), throughQueue(parameters));
      expect(writes).toBeGreaterThan(7);
      expect(report.results.map(({ cost }) => cost)).toEqual(Array.from({ length: 10 }, () => 0.01));
      expect([report.status, report.cost]).toEqual(["budget_exhausted", expect.closeTo(0.1, 9)]);
    } finally {
      delete world.tamper;
      client.disconnect();
    }
  });

  it("lets a worker begin what is its own, once counted, and nothing that another has or nobody wants", async () => {
    const client = new Redis(redis.url);
    const lock = { key: "crucible:mine:lock", token: "mine" };
    try {
      const begins = () => mayBegin(client, "mine", lock);
      const without = await begins();
      await client.set(lock.key, "mine", "PX", 60_000);
      const own = await begins();
      await client.set(cancelledKey("mine"), 1);
      const unwanted = await begins();
      await client.del(cancelledKey("mine"));
      await client.set(lock.key, "theirs", "PX", 60_000);
      expect([without, own, unwanted, await begins()]).toEqual([false, true, false, false]);
      expect(await client.get(begunKey("mine"))).toBe("1");
    } finally {
      client.disconnect();
    }
  });

  it("keeps the rate of the run over all workers", async () => {
    const parameters = parametersOf("rate", { rateLimit: 20 });
    await work(parameters);
    await work(parameters);
    const begunAt = Date.now();
    const report = await run(await loadExperiment(file, parameters), throughQueue(parameters));
    const starts = report.results.map(({ startedAt }) => startedAt).sort((a, b) => a - b);
    expect(starts[20]! - begunAt).toBeGreaterThanOrEqual(1000); // a busy machine makes it later, never earlier
    expect(report.accounting.succeeded).toBe(30);
  });

  it("believes no worker that answers with what is not a result: the attempt fails, and another is made", async () => {
    const parameters = parametersOf("liar", {
      errorHandling: { initialDelayMs: 1, maxRetries: 9, maxFailureRate: 0.99 },
    });
    const { hash } = await bundle(file, parameters);
    let lies = 0;
    const lie = [
      { json: { format: "crucible-result/1", accuracy: 1 } },
      { json: "ok" },
      undefined,
      { blob: "0".repeat(64) },
      {
        json: {
          format: "crucible-result/1",
          job: "of another run.1.1.0",
          code: hash,
          logs: [],
          attempt: {
            result: { ok: true, value: { metrics: { accuracy: 1 }, scored: true } },
            startedAt: 1,
            elapsedMs: 1,
            worker: "liar",
          },
        },
      },
    ];
    const liar = new Worker(`code-${hash}`, async () => lie[lies++ % lie.length], {
      connection: new Redis(redis.url, { maxRetriesPerRequest: null }) as never,
      prefix: "crucible",
      name: "liar",
    });
    await liar.waitUntilReady();
    const handle = startRun(await loadExperiment(file, parameters), throughQueue(parameters));
    const reasons = new Set<string>();
    for await (const fact of handle.facts) {
      if (fact.type !== "task.retried") continue;
      reasons.add(fact.error.message);
      if (reasons.size === 1) {
        await liar.close();
        await work(parameters);
      }
    }
    const report = await handle.done;
    expect(report.accounting).toMatchObject({ planned: 30, succeeded: 30 });
    expect(
      [...reasons].every((reason) => reason.startsWith("worker liar answered with what is not a result of this task")),
    ).toBe(true);
    expect(report.results.some(({ attempts }) => attempts > 1)).toBe(true);
  });

  it("says so when only workers with other code are there, and continues when one with the same comes", async () => {
    const parameters = parametersOf("code");
    await work({ ...parameters, config: '{"maxParallel":2}' }); // another experiment by the same name
    const handle = startRun(await loadExperiment(file, parameters), throughQueue(parameters));
    const notices: string[] = [];
    for await (const fact of handle.facts) {
      if (fact.type !== "executor.notice") continue;
      notices.push(fact.message);
      if (notices.length === 1) await work(parameters);
    }
    expect(notices[0]).toMatch(
      /^workers are there, and all 1 serve this experiment with other code \([0-9a-f]{8}; the run has [0-9a-f]{8}\)/,
    );
    expect((await handle.done).accounting.succeeded).toBe(30);
  });

  it("lets nothing begin while the run is paused, and ends what waits when it is aborted", async () => {
    const parameters = parametersOf("paused");
    const handle = startRun(await loadExperiment(file, parameters), throughQueue(parameters));
    await until(() => handle.status().state === "running", "the run to begin");
    handle.pause();
    const waiting = new Queue(`code-${(await bundle(file, parameters)).hash}`, {
      connection: new Redis(redis.url, { maxRetriesPerRequest: null }) as never,
      prefix: "crucible",
    });
    for (let left = -1; left !== 0; ) left = (await waiting.getJobCounts("waiting")).waiting ?? 0;
    await work(parameters);
    expect(handle.status().accounting.pending).toBe(30);
    handle.abort();
    const report = await handle.done;
    await waiting.close();
    expect(report).toMatchObject({ status: "aborted", accounting: { succeeded: 0, pending: 30 } });
  });

  it("tells running tasks elsewhere of an abort, and does them when the run continues", async () => {
    const parameters = parametersOf("aborted");
    const seen = globalThis as { heard?: number; mayEnd?: boolean }; // the worker is in this process
    await work(parameters);
    const store = { ...memoryStore(), close: () => {} };
    const given = { ...throughQueue(parameters), store: () => store };
    const experiment = await loadExperiment(file, parameters);
    const handle = startRun(experiment, given);
    await until(() => handle.status().state === "running", "the run to begin");
    for (let begun = 0; begun < 8; ) begun = (await keys(`crucible:begun:${handle.id}.*`)).length;
    handle.abort();
    expect((await handle.done).accounting).toMatchObject({ succeeded: 0, pending: 30 });
    await until(() => seen.heard === 8, "eight tasks to hear of it");
    seen.mayEnd = true;
    expect((await resume(handle.id, { ...given, experiment })).accounting).toMatchObject({ succeeded: 30, pending: 0 });
  });

  it.each([
    [
      "is away",
      "redis://127.0.0.1:1",
      "redis must be a Redis that answers; redis://127.0.0.1:1 does not (connect ECONNREFUSED 127.0.0.1:1). Start it",
    ],
    ["has no such address", "http://127.0.0.1", "redis must be an address such as redis://host:6379"],
  ])("refuses the run before any task when Redis %s", async (_, url, sentence) => {
    const folder = join(here.path, "refused");
    const flags = ["-T", "salt=refused", "--executor", "queue", "--redis", url, "--yes", "--checkpoints", folder];
    const { code, stderr } = await crucible(["run", file, ...flags], here.path);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(sentence) });
    expect(readdirSync(folder).filter((name) => name.endsWith(".db"))).toEqual([]);
  });

  it("refuses a wrong password without showing it", async () => {
    const guarded = await redisServer({ password: "correct-horse" });
    try {
      const wrong = guarded.url.replace("correct-horse", "battery-staple");
      const executor = queue({ file, redis: wrong });
      const refused = run(await loadExperiment(file, { salt: "password" }), {
        ...settings,
        store: () => memoryStore(),
        executor,
        parameters: { salt: "password" },
      });
      await expect(refused).rejects.toThrow(
        /must be given the password of redis:\/\/127\.0\.0\.1:\d+, which refused the one it got/,
      );
      await expect(refused).rejects.not.toThrow("battery-staple");
      const worker = serve(file, { parameters: { salt: "password" }, redis: wrong, notice: () => {} });
      await expect(worker).rejects.toThrow("must be given the password");
    } finally {
      await guarded.remove();
    }
  });

  it("cannot take a backend along, or a row that is not JSON", async () => {
    const parameters = parametersOf("dates");
    const given = throughQueue(parameters);
    const backend = { name: "here", generate: () => Promise.reject(new Error("never")) };
    await expect(run(await loadExperiment(file, parameters), { ...given, backend })).rejects.toThrow(
      "backend cannot travel to other machines",
    );
    const dated = defineExperiment({
      ...(await loadExperiment(file, parameters)),
      dataset: [{ id: "1", at: new Date(0) }],
    } as never);
    const { results } = await run(dated, given);
    expect(results[0]?.result).toMatchObject({
      ok: false,
      error: { kind: "bad_request", message: expect.stringContaining("must be plain JSON") },
    });
  });

  it("takes a price table along: model calls elsewhere cost what they cost here, and without prices they say so", async () => {
    const asking = here.file("asking.mjs", asks);
    const parameters = { salt: "priced" };
    workers.push(await serve(asking, { parameters, redis: redis.url, notice: () => {} }));
    const experiment = await loadExperiment(asking, parameters);
    const executor = queue({ redis: redis.url });
    const given = { ...settings, store: () => memoryStore(), file: asking, parameters };
    const amounts = ({ cost, results }: RunReport) => ({ cost, usages: results.map(({ usage }) => usage) });
    for (const names of [1, 2000]) {
      // two thousand models go beside the queue
      const others = Object.fromEntries(
        Array.from({ length: names }, (_, i) => [`other-${i}`, { input: 9, output: 9 }]),
      );
      const prices = priceTable({ ...others, parrot: { input: 1000, output: names } });
      const there = await run(experiment, { ...given, prices, executor });
      expect(there.accounting.succeeded).toBe(4);
      expect(there.cost).toBeGreaterThan(0);
      expect(amounts(there)).toEqual(amounts(await run(experiment, { ...given, prices })));
    }
    const unpriced = await run(experiment, { ...given, executor });
    expect(unpriced.results.map(({ usage }) => usage?.unpriced)).toEqual([1, 1, 1, 1]);
    const opaque = { currency: "usd", version: "of a function", priceOf: () => 1 };
    await expect(run(experiment, { ...given, prices: opaque, executor })).rejects.toThrow(
      'prices cannot travel to other machines unless they are a priceTable, got "of a function". Give them to the backends in the experiment file',
    );
  });

  it("makes the rows of one event loop at levels of faults, as threads do: each task meets the same, wherever it is done", async () => {
    const file = here.file("faulted.mjs", faulted);
    workers.push(await serve(file, { redis: redis.url, notice: () => {} }));
    const experiment = await loadExperiment(file, {});
    const rowsBy = async (executor?: ExecutorFactory) => {
      const store = { ...memoryStore(), close: () => {} };
      const given = { ...settings, store: () => store, file, ...(executor ? { executor } : {}) };
      const { analysis } = await run(experiment, given);
      const rows = [...(store.outcomes() as Iterable<Outcome>)].map((row) => {
        const { ordinal, condition, finalStatus, metrics, attempts, errorHistory, faults = [] } = row;
        const { latency: _, ...scores } = metrics;
        const told = { ordinal, condition, finalStatus, scores };
        // which attempts are under way when a pool crashes is a matter of time
        if (condition.endsWith("torn")) return told;
        return { ...told, attempts, faults, errors: errorHistory.map(({ error }) => error.message) };
      });
      const met = analysis.faulted!.conditions.map(({ level, met: struck }) =>
        level === "torn" ? struck > 0 : struck,
      );
      return { rows: rows.sort((a, b) => a.ordinal - b.ordinal), met };
    };
    const straight = await rowsBy();
    expect(straight.met).toEqual([expect.any(Number), true]);
    expect(straight.met[0]).toBeGreaterThan(1);
    expect(await rowsBy(queue({ redis: redis.url }))).toEqual(straight);
    expect(await rowsBy(threads({ threads: 1 }))).toEqual(straight);
  });
});
