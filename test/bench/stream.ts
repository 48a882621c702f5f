import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { defineExperiment, start, streamed } from "crucible-harness";

/** `npm run bench:stream -- [--rows 1000000]`: memory of a run over a stream, by how far it is. */
const { values } = parseArgs({ options: { rows: { type: "string", default: "1000000" } } });
const most = Number(values.rows);
const folder = mkdtempSync(join(tmpdir(), "crucible-stream-"));
const experiment = defineExperiment({
  name: "a long stream",
  dataset: streamed<{ id: string; n: number }>(function* rows(from) {
    for (let n = from; n < most; n++) yield { id: `r${n}`, n, text: "x".repeat(200) };
  }),
  conditions: [{ name: "a", run: ({ n }) => ({ value: n % 7 }) }],
  metrics: ["value"],
  config: { maxParallel: 100 },
});
const handle = start(experiment, { checkpointDir: folder, formats: [], observe: false });
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;
let told = 0;
const look = (): void => {
  const { accounting, state, elapsedMs } = handle.status();
  const done = accounting.planned - accounting.pending;
  if (done < told + most / 20) return;
  told = done;
  const { heapUsed, rss } = process.memoryUsage();
  console.log(
    `${state.padEnd(9)} ${String(done).padStart(9)} rows  heap ${megabytes(heapUsed)}  process ${megabytes(rss)}  ${(elapsedMs / 1000).toFixed(1)} s`,
  );
};
const timer = setInterval(look, 250);
const { status, accounting } = await handle.done;
clearInterval(timer);
console.log(`${status}, ${accounting.succeeded} rows; at most ${megabytes(1024 * process.resourceUsage().maxRSS)}`);
rmSync(folder, { recursive: true, force: true });
