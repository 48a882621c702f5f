import { parseArgs } from "node:util";
import { chaosRound } from "./chaos/round.ts";
import { sabotages } from "./chaos/world.ts";

/**
 * `npm run chaos -- --rounds 200 --seed 1 [--at-once 2] [--sabotage loses|repeats|overspends]`: whole experiments in child processes,
 * under random faults and kill -9. With a sabotage the runtime is broken on purpose, and the last line must say so.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    "at-once": { type: "string", default: "2" },
    sabotage: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const sabotage = sabotages.find((name) => name === values.sabotage);
const total = { rounds: 0, kills: 0, lost: 0, duplicated: 0, violations: 0 };

async function worker(next: () => number | undefined): Promise<void> {
  for (let n = next(); n !== undefined; n = next()) {
    const seed = `${values.seed}.${n}`;
    const { kills, lost, duplicated, violations } = await chaosRound(seed, { sabotage });
    total.rounds += 1;
    total.kills += kills;
    total.lost += lost.length;
    total.duplicated += duplicated.length;
    total.violations += violations.length;
    if (lost.length > 0) console.log(`round ${seed} lost ${lost.join(", ")}`);
    if (duplicated.length > 0) console.log(`round ${seed} did again ${duplicated.join(", ")}`);
    for (const sentence of violations) console.log(`round ${seed}: ${sentence}`);
    if (total.rounds % 10 === 0) console.log(`${total.rounds} of ${rounds} rounds, ${total.kills} kills so far`);
  }
}

let last = 0;
const next = (): number | undefined => (last < rounds ? ++last : undefined);
await Promise.all(Array.from({ length: Number(values["at-once"]) }, () => worker(next)));
console.log(
  `chaos: ${total.rounds} rounds, ${total.kills} kills, ${total.lost} lost, ${total.duplicated} duplicated, ${total.violations} violations`,
);
process.exit(total.lost + total.duplicated + total.violations > 0 ? 1 : 0);
