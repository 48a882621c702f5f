/**
 * What it takes to analyse a million rows: seconds and peak memory, in a process of its own.
 *
 *     npm run bench:analysis -- --rows 1000000
 */
import { parseArgs } from "node:util";
import { analyse, type PlainRow } from "#src/analysis/index";
import { stream } from "#src/kernel/random";

const { values } = parseArgs({ options: { rows: { type: "string", default: "1000000" } } });
const rows = Number(values.rows);
const conditions = ["baseline", "short", "long", "tools"];

/** Rows as a store would give them: one at a time, none kept. */
function* rowsOf(): Generator<PlainRow> {
  const random = stream(1, "rows");
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
const begun = performance.now();
const analysis = analyse(rowsOf(), { metrics });
const seconds = (performance.now() - begun) / 1000;
const peakRssMb = process.resourceUsage().maxRSS / 1024;
console.log(
  `analyse  ${rows} rows  ${metrics.join(", ")}  ${analysis.family.size} tests  ${seconds.toFixed(1)} s  ${Math.round(peakRssMb)} MB peak`,
);
