import type { Manifest, RunSession } from "#src/experiment/manifest";
import type { Outcome } from "#src/experiment/outcome";
import type { RunStore, Spending } from "./store.ts";

/** A store that lives as long as the value does: for tests, and for runs that nobody wants to resume. */
export function memoryStore(): RunStore {
  const rows = new Map<number, Outcome>();
  const sessions: RunSession[] = [];
  let manifest: Manifest | undefined;
  return {
    location: "memory",
    manifest: () => manifest,
    putManifest: (given) => {
      manifest = given;
    },
    append: (outcomes) =>
      outcomes.flatMap((outcome) => {
        if (rows.has(outcome.ordinal)) return [];
        rows.set(outcome.ordinal, outcome);
        return [outcome.ordinal];
      }),
    readFinished: (finished) => {
      for (const ordinal of rows.keys()) finished.add(ordinal);
    },
    *outcomes() {
      for (const ordinal of [...rows.keys()].sort((a, b) => a - b)) yield rows.get(ordinal)!;
    },
    spending: () => sumByCondition(rows.values()),
    sessions: () => [...sessions],
    putSession: (number, session) => {
      sessions[number] = session;
    },
    close: () => {},
  };
}

function sumByCondition(outcomes: Iterable<Outcome>): Spending[] {
  const sums = new Map<string, Spending>();
  for (const { condition, cost = 0 } of outcomes) {
    const sum = sums.get(condition) ?? { condition, cost: 0, tasks: 0 };
    sums.set(condition, { condition, cost: sum.cost + cost, tasks: sum.tasks + 1 });
  }
  return [...sums.values()];
}
