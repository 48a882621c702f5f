/**
 * What it takes to analyse a million rows: seconds and peak memory, in a process of its own. Needs `npm run build`.
 *
 *     npm run bench:analysis -- --rows 1000000
 */
import { parseArgs } from "node:util";
import { analyse } from "crucible-harness/analysis";

const { values } = parseArgs({ options: { rows: { type: "string", default: "1000000" } } });
const rows = Number(values.rows);
const conditions = ["baseline", "short", "long", "tools"];

/** Rows as a store would give them: one at a time, none kept. */
function* rowsOf() {
  let state = 1;
  const random = () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
  const items = Math.ceil(rows / conditions.length);
  for (let item = 0; item < items; item++) {
    const hard = random();
    for (const [c, condition] of conditions.entries()) {
      const accuracy = random() < 0.4 + 0.3 * hard + 0.01 * c ? 1 : 0;
      yield { condition, itemId: `question-${item}`, accuracy, latency: -Math.log(1 - random()) * (100 + 20 * c) };
    }
  }
}

const metrics = ["accuracy", "latency", "latency_p99"];
const busy = process.cpuUsage();
const begun = performance.now();
const analysis = analyse(rowsOf(), { metrics });
const seconds = (performance.now() - begun) / 1000;
const { user, system } = process.cpuUsage(busy);
const peakRssMb = process.resourceUsage().maxRSS / 1024;
console.log(
  `analyse  ${rows} rows  ${metrics.join(", ")}  ${analysis.families.reduce((sum, { size }) => sum + size, 0)} tests  ${seconds.toFixed(1)} s  ${((user + system) / 1e6).toFixed(1)} s of processor  ${Math.round(peakRssMb)} MB peak`,
);
