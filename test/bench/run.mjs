/**
 * What the runtime costs: no-op tasks with the durable store, beside what people would write by hand. Needs `npm run build`.
 *
 *     npm run bench -- --tasks 1000,10000,100000,1000000 --rounds 3 --json
 *
 * Each contender runs in a process of its own; the round with the least CPU counts, since a busy machine only ever adds. The last line is
 * the record of Crucible at the largest size. `README.md` beside this file says how to read it.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "10000,100000" },
    rounds: { type: "string", default: "1" },
    contenders: { type: "string", default: "loop,p-queue,unrecorded,retried,crucible" },
    json: { type: "boolean", default: false },
  },
});
const child = new URL("./child.mjs", import.meta.url).pathname;
const once = (contender, tasks) => {
  const args = ["--expose-gc", "--no-warnings", child, contender, String(tasks)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
};
const measure = (contender, tasks) =>
  Array.from({ length: Number(values.rounds) }, () => once(contender, tasks)).reduce((best, round) =>
    round.cpuMicrosPerTask < best.cpuMicrosPerTask ? round : best,
  );
const cell = (value, width, unit) => `${String(value).padStart(width)}${unit}`;

for (const tasks of values.tasks.split(",").map(Number)) {
  const rows = values.contenders.split(",").map((contender) => measure(contender, tasks));
  const cpuOf = (name) => rows.find(({ contender }) => contender === name)?.cpuMicrosPerTask;
  for (const row of rows) {
    const ratioTo = (other) => Math.round((row.cpuMicrosPerTask / cpuOf(other)) * 100) / 100;
    const compared = {
      ...row,
      ...(cpuOf("p-queue") === undefined ? {} : { cpuRatioToPQueue: ratioTo("p-queue") }),
      ...(cpuOf("loop") ? { cpuRatioToLoop: ratioTo("loop") } : {}),
    };
    if (values.json) console.log(JSON.stringify(compared));
    else
      console.log(
        [
          cell(tasks, 9, ""),
          row.contender.padEnd(10),
          cell(row.cpuMicrosPerTask, 7, " us/task"),
          cell(row.tasksPerSecond, 8, "/s"),
          cell(row.peakRssMb, 5, " MB peak"),
          cell(row.heapAfterMb, 6, " MB heap"),
          `x${compared.cpuRatioToPQueue ?? "-"} of p-queue`,
        ].join("  "),
      );
  }
}
