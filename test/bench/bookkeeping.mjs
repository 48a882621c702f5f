/**
 * What retries and the circuit breaker cost a task that needs neither, and what an attempt more costs. Needs `npm run build`.
 *
 *     npm run bench:bookkeeping -- --tasks 100000 --rounds 5
 *
 * Three contenders of `child.mjs` take turns, each in a process of its own; of each the round with the least CPU counts. `direct` is
 * the same books without a run around them: outcomes told to a breaker in batches as the collector tells them, a decision for each failure.
 * Exits 1 where the promise of ten microseconds a task is broken.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { tasks: { type: "string", default: "100000" }, rounds: { type: "string", default: "5" } },
});
const child = new URL("./child.mjs", import.meta.url).pathname;
const once = (contender, tasks) => {
  const args = ["--expose-gc", "--no-warnings", child, contender, String(tasks)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })).cpuMicrosPerTask;
};
const PROMISED_MICROS = 10;
const say = (what, micros) => console.log(`${what}: ${micros.toFixed(1)} µs per task`);

const best = { bare: Infinity, crucible: Infinity, retried: Infinity };
for (let round = 0; round < Number(values.rounds); round++)
  for (const contender of Object.keys(best)) best[contender] = Math.min(best[contender], once(contender, values.tasks));

const direct = once("books", 1_000_000);
const bookkeeping = best.crucible - best.bare;
say("no retries, breaker that never opens", best.bare);
say("retries and breaker on, nothing fails", best.crucible);
say("every task refused once and tried again", best.retried);
say("bookkeeping", bookkeeping);
say("bookkeeping, direct", direct);
const again = best.retried - best.crucible;
console.log(`attempt more: ${again.toFixed(1)} µs, ${(again / best.crucible).toFixed(2)} of an ordinary task`);
if (Math.max(bookkeeping, direct) > PROMISED_MICROS) {
  console.error(`BROKEN: retry and breaker bookkeeping takes at most ${PROMISED_MICROS} µs a task`);
  process.exitCode = 1;
}
