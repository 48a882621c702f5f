import type { RunStore } from "crucible-harness";
import { describe, expect, it } from "vitest";
import { StoreError } from "#src/kernel/errors";
import { begin, finish, goOn, lastingStore, rowsOf, type Script, scripted, world } from "./harness.ts";

/** Some succeed, some are paid and tried again, some fail permanently, some are timed out. */
const script: Script = (_, itemId, __, attempt) => {
  if (itemId === "i1" && attempt < 3) return "paid503";
  if (itemId === "i3" && attempt < 2) return "hang";
  return itemId === "i2" ? "400" : "ok";
};

const experimentIn = (here: ReturnType<typeof world>) =>
  scripted(here, script, {
    items: 5,
    conditions: 1,
    estimates: 0.5,
    costBudget: { maxTotal: 1000 },
    config: { maxParallel: 2, timeoutMs: 30, errorHandling: { maxFailureRate: 1, initialDelayMs: 10, jitter: false } },
  });

const writes = ["putManifest", "append", "reserve", "settle", "closeReservations", "putSession"] as const;

/** A store whose n-th write fails, and that takes all others: a disk that was full for a moment, a lock that somebody held. */
function failingAt(nth: number, store: RunStore): { store: RunStore; made(): number } {
  let made = 0;
  const failing = Object.fromEntries(
    writes.map((name) => [
      name,
      (...given: unknown[]): unknown => {
        made += 1;
        if (made === nth) throw new StoreError("memory", "database or disk is full");
        return (store[name] as (...given: unknown[]) => unknown)(...given);
      },
    ]),
  );
  return { store: { ...store, ...failing }, made: () => made };
}

describe("a store whose n-th write fails", () => {
  it("ends the run in one sentence or not at all, never hangs it, and the resumed run has the rows and the cost of a straight one", async () => {
    const straight = world();
    const counter = failingAt(Number.POSITIVE_INFINITY, lastingStore());
    const expected = await finish(straight, begin(straight, experimentIn(straight), counter.store));
    const rows = JSON.stringify(await rowsOf(counter.store));
    expect(counter.made()).toBeGreaterThan(15);
    const wrong: unknown[] = [];
    let ended = 0;
    for (let nth = 1; nth <= counter.made(); nth++) {
      const here = world();
      const store = lastingStore();
      const experiment = experimentIn(here);
      const first = await finish(here, begin(here, experiment, failingAt(nth, store).store)).catch((e: Error) => e);
      if (first instanceof Error) ended += 1;
      if (first instanceof Error && !/^the store at memory .*database or disk is full/.test(first.message))
        wrong.push([nth, first.message]);
      if ((await store.manifest()) === undefined) continue; // it never began
      const second = await finish(here, goOn(here, experiment, store)).catch((e: Error) => e);
      if (second instanceof Error) wrong.push([nth, second.message]);
      else if (JSON.stringify(await rowsOf(store)) !== rows) wrong.push([nth, "rows differ"]);
      else if (second.cost < expected.cost - 1e-9) wrong.push([nth, second.cost, expected.cost]);
    }
    expect(wrong).toEqual([]);
    expect(ended).toBeGreaterThan(15); // a promise, a result, a session that cannot be written is not a small matter
  });
});
