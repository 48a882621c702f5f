import { defineExperiment } from "crucible-harness";
import { defaultFaults, simulate, simulateRun } from "crucible-harness/testing";

/** `npm run bench:simulation`: simulated runs of 50 tasks a second, by processor time, with either store, with and without faults. */
const experiment = defineExperiment({
  name: "bench",
  dataset: Array.from({ length: 25 }, (_, i) => ({ id: `i${i}` })),
  conditions: ["a", "b"].map((name) => ({ name, run: (_, context) => ({ accuracy: context.random() > 0.5 }) })),
  metrics: ["accuracy"],
  config: { maxParallel: 10, errorHandling: { maxFailureRate: 1, initialDelayMs: 10 } },
});
const SECONDS = Number(process.argv[2] ?? 5);
const WARM_UP = 20;

const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Runs and sessions in a second of the processor. */
async function pace(store, faults) {
  const options = { store, faults, items: 25, wildSessions: faults.length > 0 ? 2 : 0 };
  let [runs, sessions, begun] = [0, 0, processorMs()];
  for (let seed = 0; seed < WARM_UP || processorMs() - begun < SECONDS * 1000; seed++) {
    if (seed === WARM_UP) [runs, sessions, begun] = [0, 0, processorMs()];
    const { value } = await simulate(seed, (world) => simulateRun(world, experiment, options));
    runs += 1;
    sessions += value.sessions;
  }
  const seconds = (processorMs() - begun) / 1000;
  return [runs / seconds, sessions / seconds].map((each) => each.toFixed(1).padStart(8));
}

console.log("store   faults    runs/s  sessions/s   (50 tasks each, seconds of the processor)");
for (const store of ["memory", "sqlite"])
  for (const [name, faults] of [
    ["none", []],
    ["default", defaultFaults],
  ])
    console.log(store.padEnd(8), name.padEnd(8), ...(await pace(store, faults)));
