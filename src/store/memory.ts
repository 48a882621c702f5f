import type { Manifest, RunSession } from "#src/experiment/manifest";
import type { Outcome } from "#src/experiment/outcome";
import type { RunStore, Spending, StoredReservation } from "./store.ts";

/** A store that lives as long as the value does: for tests, and for runs that nobody wants to resume. */
export function memoryStore(): RunStore {
  const rows = new Map<number, Outcome>();
  const sessions: RunSession[] = [];
  const open = new Map<string, StoredReservation>();
  const lost: { condition: string; cost: number }[] = [];
  let manifest: Manifest | undefined;
  const inOrder = function* (): Generator<Outcome> {
    for (const ordinal of [...rows.keys()].sort((a, b) => a - b)) yield rows.get(ordinal)!;
  };
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
    endings: inOrder,
    outcomes: inOrder,
    spending: () => sumByCondition(rows.values()),
    reserve: (promise) => {
      open.set(`${promise.ordinal}/${promise.attempt}`, promise);
    },
    settle: (ordinal, attempt, cost) => {
      const promise = open.get(`${ordinal}/${attempt}`);
      if (promise) open.set(`${ordinal}/${attempt}`, { ...promise, amount: cost });
    },
    closeReservations: () => {
      for (const { ordinal, condition, amount } of open.values())
        if (!rows.has(ordinal)) lost.push({ condition, cost: amount });
      open.clear();
      return sumByCondition(lost);
    },
    forget: (ordinals) => {
      for (const ordinal of ordinals) {
        const row = rows.get(ordinal);
        if (row) lost.push({ condition: row.condition, cost: row.cost ?? 0 });
        rows.delete(ordinal);
      }
    },
    sessions: () => [...sessions],
    putSession: (number, session) => {
      sessions[number] = session;
    },
    close: () => {},
  };
}

function sumByCondition(outcomes: Iterable<{ readonly condition: string; readonly cost?: number }>): Spending[] {
  const sums = new Map<string, Spending>();
  for (const { condition, cost = 0 } of outcomes) {
    const sum = sums.get(condition) ?? { condition, cost: 0, tasks: 0 };
    sums.set(condition, { condition, cost: sum.cost + cost, tasks: sum.tasks + 1 });
  }
  return [...sums.values()];
}
