import { parseArgs } from "node:util";
import { defaultFaults, explore, untouched } from "crucible-harness/testing";
import { anyOf, experiments } from "./explore/experiments.ts";

/**
 * `npm run explore -- --seeds 20000 [--from 0] [--for 600] [--store sqlite] [--items 10] [--only budget,breaker]`: explores the product itself, and prints what is
 * covered. Exit code 1 where a law is broken.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "0" },
    for: { type: "string", default: "Infinity" },
    store: { type: "string", default: "memory" },
    items: { type: "string", default: "10" },
    json: { type: "boolean", default: false },
    only: { type: "string", default: Object.keys(experiments).join(",") },
  },
});
const begun = performance.now();
const names = values.only.split(",");
const body = anyOf(names, {
  store: values.store === "sqlite" ? "sqlite" : "memory",
  maxItems: Number(values.items),
});
const { seeds, found, covered } = await explore(body, {
  seeds: Number(values.seeds),
  from: Number(values.from),
  forMs: Number(values.for) * 1000,
  faults: defaultFaults,
  onProgress: (done) => done % 1000 === 0 && console.log(`${done} seeds`),
});
if (values.json) {
  const tasks = found && Number(/(\d+) tasks to do/.exec(found.simulation.trace.join("\n"))?.[1] ?? 0);
  if (found) console.log(JSON.stringify({ seeds, decisions: found.decisions, tasks, violation: found.violation }));
  process.exit(found ? 1 : 0);
}
for (const [what, counts] of Object.entries(covered))
  console.log(
    `${what}: ${Object.keys(counts).length - untouched(counts).length} of ${Object.keys(counts).length}; never ${untouched(counts).join(", ") || "none"}`,
  );
if (found) {
  console.log(`seed ${found.seed}: ${found.violation}`);
  console.log(`${found.decided} decisions, shrunk to ${found.decisions.length} in ${found.replays} replays:`);
  console.log(JSON.stringify(found.decisions));
  console.log(found.simulation.trace.join("\n"));
}
console.log(
  `explored ${seeds} seeds of ${names.join(", ")} (${values.store}) in ${Math.round(performance.now() - begun)} ms: ${found ? "a law is broken" : "every law was held"}`,
);
process.exit(found ? 1 : 0);
