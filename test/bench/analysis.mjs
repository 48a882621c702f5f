/**
 * What it takes to analyse a million rows: seconds, peak memory, and how long the event loop is held at a time, in a process of its own.
 * Needs `npm run build`.
 *
 *     npm run bench:analysis -- --rows 1000000 --conditions 4
 */
import { parseArgs } from "node:util";
import { analyse } from "crucible-harness/analysis";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    conditions: { type: "string", default: "4" },
    /** Adds a metric made from whole rows by a function of the user's. */
    functions: { type: "boolean", default: false },
    /** Passages of ten items each, as clusters. */
    clusters: { type: "boolean", default: false },
  },
});
const rows = Number(values.rows);
const conditions = Array.from({ length: Number(values.conditions) }, (_, i) => `condition ${i + 1}`);

/** Rows as a store would give them: one at a time, none kept. */
async function* rowsOf() {
  let state = 1;
  const random = () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
  const items = Math.ceil(rows / conditions.length);
  for (let item = 0; item < items; item++) {
    const hard = random();
    const cluster = values.clusters ? { cluster: Math.floor(item / 10) } : {};
    for (const [c, condition] of conditions.entries()) {
      const accuracy = random() < 0.4 + 0.3 * hard + 0.01 * c ? 1 : 0;
      const latency = -Math.log(1 - random()) * (100 + 20 * c);
      yield { condition, itemId: `question-${item}`, ...cluster, accuracy, latency };
    }
  }
}

const metrics = ["accuracy", "latency", "latency_p99"];
const mean = (some) => some.reduce((sum, { accuracy }) => sum + accuracy, 0) / some.length;
const customMetrics = values.functions ? [{ name: "own", over: ["accuracy"], direction: "higher", fn: mean }] : [];

/** The longest time between two turns of the event loop, and the processor's part of it: on a busy machine others have the rest. */
const held = { ms: 0, cpuMs: 0 };
let last = { at: performance.now(), cpu: process.cpuUsage() };
const look = () => {
  const now = { at: performance.now(), cpu: process.cpuUsage() };
  const cpuMs = (now.cpu.user - last.cpu.user + now.cpu.system - last.cpu.system) / 1000;
  held.ms = Math.max(held.ms, now.at - last.at);
  held.cpuMs = Math.max(held.cpuMs, Math.min(cpuMs, now.at - last.at));
  last = now;
  turn = setImmediate(look);
};
let turn = setImmediate(look);

const busy = process.cpuUsage();
const begun = performance.now();
const analysis = await analyse(rowsOf(), { metrics, customMetrics });
const seconds = (performance.now() - begun) / 1000;
clearImmediate(turn);
const { user, system } = process.cpuUsage(busy);
const peakRssMb = process.resourceUsage().maxRSS / 1024;
const tests = analysis.families.reduce((sum, { size }) => sum + size, 0);
console.log(
  [
    `analyse  ${rows} rows  ${conditions.length} conditions  ${analysis.metrics.map(({ metric }) => metric.name).join(", ")}  ${tests} tests`,
    `${seconds.toFixed(1)} s`,
    `${((user + system) / 1e6).toFixed(1)} s of processor`,
    `${Math.round(peakRssMb)} MB peak`,
    `event loop held ${Math.round(held.ms)} ms at most (${Math.round(held.cpuMs)} ms of processor)`,
  ].join("  "),
);
