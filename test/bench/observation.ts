import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { defineExperiment, type RunOptions, start } from "crucible-harness";

/**
 * What it costs to look: CPU of no-op tasks with each way of observing, as a ratio to none. The ways take turns, so that what else the machine
 * does falls on all of them.
 *
 *     npm run bench:observation -- --tasks 20000 --rounds 7
 */
const { values } = parseArgs({
  options: { tasks: { type: "string", default: "20000" }, rounds: { type: "string", default: "7" } },
});
const tasks = Number(values.tasks);
const folder = mkdtempSync(join(tmpdir(), "crucible-bench-"));

const ways: Readonly<Record<string, RunOptions>> = {
  none: { observe: false },
  recorder: { observe: true },
  inspector: { observe: false, inspect: "stately" },
  telemetry: { observe: false, telemetry: true },
};

/** CPU microseconds of one task. */
async function costOf(options: RunOptions): Promise<number> {
  const experiment = defineExperiment({
    name: "bench",
    dataset: Array.from({ length: 500 }, (_, i) => ({ id: i })),
    conditions: ["a", "b"].map((name) => ({ name, run: async () => ({ accuracy: 1 }) })),
    metrics: ["accuracy"],
    repeat: tasks / 1000,
    config: { maxParallel: 32 },
    statisticalAnalysis: { resamples: 100 },
  });
  globalThis.gc?.();
  const before = process.cpuUsage();
  const handle = start(experiment, { checkpointDir: folder, formats: [], ...options });
  while (handle.status().state !== "analysing" && handle.status().state !== "ended")
    await new Promise((done) => setTimeout(done, 20)); // the run alone
  const { user, system } = process.cpuUsage(before);
  await handle.done;
  return (user + system) / tasks;
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;

console.error = () => {}; // the inspector prints its address
for (const options of Object.values(ways)) await costOf(options); // the first of each is slow
const costs = new Map(Object.keys(ways).map((way) => [way, [] as number[]]));
for (let round = 0; round < Number(values.rounds); round++)
  for (const [way, options] of Object.entries(ways)) costs.get(way)!.push(await costOf(options));

const none = costs.get("none")!;
for (const [way, all] of costs) {
  const ratio = median(all.map((cost, round) => cost / none[round]!));
  console.log(`${way.padEnd(10)} ${median(all).toFixed(1).padStart(6)} us/task  x${ratio.toFixed(3)} of none`);
}
rmSync(folder, { recursive: true, force: true });
