/**
 * What a scorer costs: microseconds per reply of one kilobyte, the least of many rounds that are short enough to fall between
 * other processes. Targets were met before, as in all conditions and repeats of a run but the first. Measures what is built (`npm run build` first): from the sources, the names that the
 * loader gives every inner function would be measured too.
 *
 *     npm run bench:scoring -- --rounds 500
 *
 * Prints a limit beside each; it never fails. `modelGraded` waits for a model.
 */
import { parseArgs } from "node:util";
import { longReplies } from "./long-replies.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "500" }, calls: { type: "string", default: "10" } },
});
const LIMIT_MICROS = 50;
const calls = Number(values.calls);

for (const [name, [scorer, state, right]] of Object.entries(longReplies)) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < Number(values.rounds); round++) {
    const before = performance.now();
    for (let call = 0; call < calls; call++) await scorer(state, right);
    least = Math.min(least, ((performance.now() - before) * 1000) / calls);
  }
  const limit = `${LIMIT_MICROS} µs${least > LIMIT_MICROS ? ", above" : ""}`;
  console.log(`${name.padEnd(26)}${least.toFixed(1).padStart(8)} µs   ${limit}`);
}
console.log(`${"modelGraded".padEnd(26)}${"".padStart(8)}      waits for a model`);
