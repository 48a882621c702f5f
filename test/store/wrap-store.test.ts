import { memoryStore } from "crucible-harness";
import { describe, expect, it } from "vitest";
import type { RunStore } from "#src/store/store";
import { wrapStore } from "#src/store/wrap-store";
import { faultyStore } from "#src/testing/fault-plugs";
import { manualClock } from "#src/testing/manual-clock";

/** As a store of somebody's own may be: methods of a class that need their object. */
class OwnStore {
  readonly #inner = memoryStore();
  readonly location = "my own";
  sessions() {
    return this.#inner.sessions();
  }
}

const members = (store: RunStore): string[] => Object.keys(store).sort();

describe("a store that is wrapped", () => {
  it("can do whatever the store inside can: what faults are injected into runs streams and is scored again", () => {
    const inner = memoryStore();
    expect(members(wrapStore(inner, {}))).toEqual(members(inner));
    expect(members(faultyStore(inner, [], { clock: manualClock(), timeoutMs: 1 }))).toEqual(members(inner));
  });

  it("does in its own way what it is given, and the rest with the object that the methods are of", async () => {
    const wrapped = wrapStore(new OwnStore() as never, { close: () => {} });
    expect([wrapped.location, await wrapped.sessions(), wrapped.close(), wrapped.entries]).toEqual([
      "my own",
      [],
      undefined,
      undefined,
    ]);
  });
});
