import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { defaultFaults, type Exploration, explore, type FoundViolation, untouched } from "crucible-harness/testing";
import { Coverage } from "#src/testing/sim-coverage";
import { anyOf, bodies } from "./explore/experiments.ts";

/**
 * `npm run explore -- --seeds 20000 [--from 0] [--for 600] [--store sqlite] [--items 10] [--only budget,breaker] [--at-once 2]`: explores the product itself,
 * and prints what is covered. Exit code 1 where a law is broken.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "0" },
    for: { type: "string", default: "Infinity" },
    store: { type: "string", default: "memory" },
    items: { type: "string", default: "10" },
    json: { type: "boolean", default: false },
    only: { type: "string", default: Object.keys(bodies).join(",") },
    "at-once": { type: "string", default: "1" },
  },
});

/** What one process found. */
interface Explored {
  readonly seeds: number;
  readonly covered: Exploration["covered"];
  readonly found?: Omit<FoundViolation, "simulation"> & { readonly trace: readonly string[]; readonly tasks: number };
}

const names = values.only.split(",");

async function exploreHere(): Promise<Explored> {
  const store = values.store === "sqlite" ? "sqlite" : "memory";
  const { seeds, found, covered } = await explore(anyOf(names, { store, maxItems: Number(values.items) }), {
    seeds: Number(values.seeds),
    from: Number(values.from),
    forMs: Number(values.for) * 1000,
    faults: defaultFaults,
    onProgress: (done) => done % 1000 === 0 && console.error(`${done} seeds from ${values.from}`),
  });
  if (!found) return { seeds, covered };
  const { simulation, ...rest } = found;
  const tasks = Number(/(\d+) tasks to do/.exec(simulation.trace.join("\n"))?.[1] ?? 0);
  return { seeds, covered, found: { ...rest, trace: simulation.trace, tasks } };
}

/** Shares the seeds between processes. */
function exploreThere(processes: number): Promise<readonly Explored[]> {
  const share = Math.ceil(Number(values.seeds) / processes);
  const same = ["for", "store", "items", "only"].flatMap((name) => [`--${name}`, String(values[name as "for"])]);
  const one = async (i: number): Promise<Explored> => {
    const own = ["--json", "--seeds", String(share), "--from", String(Number(values.from) + i * share), ...same];
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...own], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    return JSON.parse(await text(child.stdout)) as Explored;
  };
  return Promise.all(Array.from({ length: processes }, (_, i) => one(i)));
}

const begun = performance.now();
const atOnce = Number(values["at-once"]);
const parts = atOnce > 1 ? await exploreThere(atOnce) : [await exploreHere()];
const coverage = new Coverage();
for (const { covered } of parts) coverage.merge(covered);
const found = parts.flatMap((part) => part.found ?? []);
const seeds = parts.reduce((sum, part) => sum + part.seeds, 0);
if (values.json) console.log(JSON.stringify(parts[0]));
else {
  for (const [what, counts] of Object.entries(coverage.covered()))
    console.log(
      `${what}: ${Object.keys(counts).length - untouched(counts).length} of ${Object.keys(counts).length}; never ${untouched(counts).join(", ") || "none"}`,
    );
  for (const { seed, violation, decided, decisions, replays, trace } of found) {
    console.log(`seed ${seed}: ${violation}`);
    console.log(`${decided} decisions, shrunk to ${decisions.length} in ${replays} replays:`);
    console.log(JSON.stringify(decisions));
    console.log(trace.join("\n"));
  }
  console.log(
    `explored ${seeds} seeds of ${names.join(", ")} (${values.store}) in ${Math.round(performance.now() - begun)} ms: ${found.length > 0 ? "a law is broken" : "every law was held"}`,
  );
}
process.exit(found.length > 0 ? 1 : 0);
