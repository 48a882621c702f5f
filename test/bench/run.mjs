/**
 * What the runtime costs: no-op tasks with the durable store, beside what people would write by hand. Needs `npm run build`.
 *
 *     npm run bench -- --tasks 10000,100000 --json
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { tasks: { type: "string", default: "10000,100000" }, json: { type: "boolean", default: false } },
});
const child = new URL("./child.mjs", import.meta.url).pathname;
const measure = (contender, tasks) =>
  JSON.parse(
    execFileSync(process.execPath, ["--expose-gc", "--no-warnings", child, contender, String(tasks)], {
      encoding: "utf8",
    }),
  );

for (const tasks of values.tasks.split(",").map(Number)) {
  const rows = ["loop", "p-queue", "crucible"].map((contender) => measure(contender, tasks));
  const queue = rows.find(({ contender }) => contender === "p-queue");
  for (const row of rows) {
    const ratio = Math.round((row.cpuMicrosPerTask / queue.cpuMicrosPerTask) * 100) / 100;
    if (values.json) console.log(JSON.stringify({ ...row, cpuRatioToPQueue: ratio }));
    else
      console.log(
        `${String(tasks).padStart(9)} ${row.contender.padEnd(9)} ${String(row.cpuMicrosPerTask).padStart(7)} us/task  ${String(row.tasksPerSecond).padStart(8)}/s  ${String(row.peakRssMb).padStart(5)} MB peak  ${String(row.heapAfterMb).padStart(6)} MB heap  x${ratio} of p-queue`,
      );
  }
}
