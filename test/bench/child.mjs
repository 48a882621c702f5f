/**
 * One contender at one size, in a process of its own: prints one JSON record. Started by `run.mjs`.
 *
 *     node test/bench/child.mjs crucible 10000
 */
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--no-allocation-site-pretenuring"); // for all contenders, as the command does

const [contender, size] = [process.argv[2], Number(process.argv[3])];
const folder = await mkdtemp(join(tmpdir(), "crucible-bench-"));

const contenders = {
  /** The whole of it: supervision tree, durable store, recording of the run; no reports. */
  crucible: () => crucible(),
  /** The same without the recording beside the store. */
  unrecorded: () => crucible({ observe: false }),
  /** The same with nothing to keep books of: one attempt, and a breaker that may not open. */
  bare: () => crucible({ errorHandling: { maxRetries: 0, maxFailureRate: 1 } }),
  /** The books of retries and breaker alone: no run around them. */
  books: () => books(),
  /** Every task fails once and is tried again at once: what an attempt more costs, its record and the breaker's books included. */
  retried: () => crucible({ run: failsOnce(), errorHandling: { maxFailuresBeforeSuccess: null } }),
  /** What people write by hand: p-queue, one JSON line a result. */
  async "p-queue"() {
    const { default: PQueue } = await import("p-queue");
    const queue = new PQueue({ concurrency: 32 });
    return measured(async () => {
      for (let i = 0; i < size; i++) {
        await queue.onSizeLessThan(256);
        void queue.add(async () =>
          appendFile(join(folder, "results.jsonl"), `${JSON.stringify({ id: i, accuracy: await noop() })}\n`),
        );
      }
      await queue.onIdle();
    });
  },
  /** The floor: 32 lanes of promises, nothing kept. */
  async loop() {
    return measured(async () => {
      let next = 0;
      const lane = async () => {
        while (next < size) {
          next += 1;
          await noop();
        }
      };
      await Promise.all(Array.from({ length: 32 }, lane));
    });
  },
};

const noop = async () => 1;

/** A condition whose first attempt at every task is refused. */
function failsOnce() {
  const refused = Object.assign(new Error("try again"), { status: 503 });
  return async (_, { attempt }) => {
    if (attempt === 1) throw refused;
    return { accuracy: 1 };
  };
}

/** A breaker is told of outcomes as the collector tells it, in batches; one task in twenty failed, and its retry is decided. */
async function books() {
  const { createActor } = await import("xstate");
  const { breakerMachine } = await import("#actors/breaker");
  const { breakerOptions } = await import("#src/policy/breaker");
  const { decideRetry, retryOptions } = await import("#src/policy/retry");
  const input = {
    options: breakerOptions.parse({}),
    planned: size,
    earlier: [],
    circuit: { state: "closed" },
    gate() {},
    facts() {},
    requestStop() {},
  };
  const breaker = createActor(breakerMachine, { input }).start();
  const error = { kind: "server_error", message: "500" };
  const options = retryOptions.parse({});
  return measured(async () => {
    for (let from = 0; from < size; from += 256) {
      const outcomes = Array.from({ length: 256 }, (_, i) =>
        (from + i) % 20 === 0 ? { finalStatus: "failed_retries_exhausted", error } : { finalStatus: "success" },
      );
      for (const { error: failed } of outcomes) if (failed) decideRetry(failed, 1, options, Math.random);
      breaker.send({ type: "outcomes.stored", outcomes });
    }
  });
}

async function crucible({ run = async () => ({ accuracy: 1 }), observe = true, errorHandling = {} } = {}) {
  const { defineExperiment, start } = await import("crucible-harness");
  const experiment = defineExperiment({
    name: "bench",
    dataset: Array.from({ length: 500 }, (_, i) => ({ id: i })),
    conditions: ["a", "b"].map((name) => ({ name, run })),
    metrics: ["accuracy"],
    repeat: size / 1000, // more tasks, not more items: memory must not grow with tasks
    config: { maxParallel: 32, errorHandling: { initialDelayMs: 1, jitter: false, ...errorHandling } },
  });
  const handle = start(experiment, { checkpointDir: folder, formats: [], observe });
  return measured(async () => {
    while (handle.status().state !== "analysing" && handle.status().state !== "ended")
      await new Promise((done) => setTimeout(done, 20)); // the run alone
  }, handle.done);
}

async function measured(work, after) {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - begun) / 1000;
  await after;
  const peakRssMb = process.resourceUsage().maxRSS / 1024; // with the analysis of all rows
  globalThis.gc?.();
  return {
    contender,
    tasks: size,
    cpuMicrosPerTask: round((user + system) / size),
    tasksPerSecond: Math.round(size / seconds),
    peakRssMb: Math.round(peakRssMb),
    heapAfterMb: round(process.memoryUsage().heapUsed / 2 ** 20),
  };
}

const round = (value) => Math.round(value * 10) / 10;

console.log(JSON.stringify(await contenders[contender]()));
await rm(folder, { recursive: true, force: true });
