/**
 * What one coordinator promises about time: first task, end of a big stop, beginning of a big resume, a loop that stays free. Needs
 * `npm run build`; exits 1 where a promise is not kept.
 *
 *     npm run bench:limits -- --only first,stop,resume,lag --tasks 1000000 --waiting 100000
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { defineExperiment, start, startResumed } from "crucible-harness";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "first,stop,resume,lag" },
    tasks: { type: "string", default: "1000000" },
    waiting: { type: "string", default: "100000" },
  },
});
const until = async (holds) => {
  while (!holds()) await new Promise((done) => setTimeout(done, 1));
};
const broken = [];
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
/** On a busy machine the clock on the wall says little: beside it stands the CPU that this process used meanwhile. */
const say = (what, value, unit, most, cpu) => {
  const used = cpu === undefined ? "" : `, CPU ${cpu.toFixed(0)} ms`;
  console.log(`${what.padEnd(72)} ${value.toFixed(value < 10 ? 1 : 0).padStart(7)} ${unit}  (at most ${most}${used})`);
  if (value > most) broken.push(what);
};

/** An experiment of so many tasks over 500 items and two conditions. */
const experimentOf = (tasks, run, config = {}) =>
  defineExperiment({
    name: "limits",
    dataset: Array.from({ length: Math.min(500, tasks / 2) }, (_, i) => ({ id: i })),
    conditions: ["a", "b"].map((name) => ({ name, run })),
    metrics: ["accuracy"],
    repeat: Math.max(1, tasks / 1000),
    config,
  });
const waiting = (_, { signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
const endedOf = (handle) => {
  const { planned, pending } = handle.status().accounting;
  return planned - pending;
};

const benches = {
  async first(folder) {
    let startedMs;
    let startedCpu;
    const run = async () => {
      startedMs ??= performance.now();
      startedCpu ??= cpuMs();
      return { accuracy: 1 };
    };
    const experiment = experimentOf(1000, run);
    const [begunMs, begunCpu] = [performance.now(), cpuMs()];
    await start(experiment, { checkpointDir: folder, formats: [] }).done;
    say("first task after the experiment is defined", startedMs - begunMs, "ms", 300, startedCpu - begunCpu);
  },
  async stop(folder) {
    let running = 0;
    const run = (item, context) => {
      running += 1;
      return waiting(item, context);
    };
    const handle = start(experimentOf(20_000, run, { maxParallel: 10_000 }), { checkpointDir: folder, formats: [] });
    await until(() => running === 10_000);
    const [begunMs, begunCpu] = [performance.now(), cpuMs()];
    handle.abort();
    await until(() => ["analysing", "ended"].includes(handle.status().state));
    say("stop with 10,000 tasks in flight", performance.now() - begunMs, "ms", 500, cpuMs() - begunCpu);
    await handle.done;
  },
  async resume(folder) {
    const tasks = Number(values.tasks);
    const left = 1000;
    let started = 0;
    let firstMs;
    let firstCpu;
    const run = async () => {
      started += 1;
      firstMs ??= performance.now();
      firstCpu ??= cpuMs();
      return { accuracy: 1 };
    };
    const experiment = experimentOf(tasks, run, { maxParallel: 32 });
    const first = start(experiment, { checkpointDir: folder, formats: [] });
    await until(() => started > tasks - left);
    first.drain();
    await until(() => ["analysing", "ended"].includes(first.status().state));
    const finished = endedOf(first);
    await first.done;
    firstMs = firstCpu = undefined;
    const [begunMs, begunCpu] = [performance.now(), cpuMs()];
    const second = startResumed(first.id, { experiment, checkpointDir: folder, formats: [] });
    await until(() => firstMs !== undefined || second.status().state === "ended");
    say(`first new task of a run with ${finished} finished ones`, firstMs - begunMs, "ms", 3000, firstCpu - begunCpu);
    await second.done;
  },
  async lag(folder) {
    const tasks = Number(values.waiting);
    const refused = Object.assign(new Error("too many requests"), { status: 429 });
    let attempts = 0;
    const run = async (_, { random, attempt }) => {
      attempts += 1;
      const [chance, share] = [random(), random()];
      await new Promise((done) => setTimeout(done, 50 + 450 * share));
      if (attempt === 1 && chance < 0.01) throw refused;
      return { accuracy: 1 };
    };
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const handle = start(experimentOf(tasks, run, { maxParallel: 500 }), { checkpointDir: folder, formats: [] });
    await until(() => endedOf(handle) > 0);
    delay.enable();
    const begunMs = performance.now();
    const cpu = process.cpuUsage();
    while (!["analysing", "ended"].includes(handle.status().state)) await new Promise((done) => setTimeout(done, 100));
    delay.disable();
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - begunMs) / 1000;
    const { succeeded, failed } = handle.status().accounting;
    console.log(
      `${tasks} tasks of 50 to 500 ms, 500 in flight, 1 % 429s: ${seconds.toFixed(1)} s, ${((user + system) / tasks).toFixed(0)} us of CPU each,`,
      `${attempts - tasks} retried, ${succeeded} succeeded, ${failed} failed`,
    );
    const [half, most] = [delay.percentile(50), delay.max].map((ns) => (ns / 1e6).toFixed(1));
    console.log(`event loop lag meanwhile: median ${half} ms, longest ${most} ms, which is the analysis at the end`);
    say("event loop lag meanwhile, 99th percentile", delay.percentile(99) / 1e6, "ms", 50);
    const idealSeconds = (tasks * 0.275) / 500;
    say(`the run, where ${idealSeconds.toFixed(0)} s is what 500 in flight can do`, seconds, "s", 1.2 * idealSeconds);
    await handle.done;
  },
};

for (const name of values.only.split(",")) {
  const folder = await mkdtemp(join(tmpdir(), "crucible-limits-"));
  try {
    await benches[name](folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
for (const what of broken) console.error(`BROKEN: ${what}`);
process.exitCode = broken.length > 0 ? 1 : 0;
