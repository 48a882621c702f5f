import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adapt, type Concurrency, fullConcurrency } from "#src/policy/concurrency";

const storm = fc.array(fc.record({ throttled: fc.boolean(), afterMs: fc.integer({ min: 0, max: 3000 }) }), {
  maxLength: 200,
});
const most = fc.integer({ min: 1, max: 64 });

function adapted(most: number, events: readonly { throttled: boolean; afterMs: number }[]) {
  let state: Concurrency = fullConcurrency(most);
  let nowMs = 0;
  const seen: number[] = [];
  for (const { throttled, afterMs } of events) {
    nowMs += afterMs;
    state = adapt(state, throttled, nowMs);
    seen.push(state.allowed);
  }
  return { state, nowMs, seen };
}

describe("tasks at once while a server says too many", () => {
  it("are never fewer than one and never more than allowed, whatever it says", () => {
    fc.assert(
      fc.property(most, storm, (limit, events) => {
        for (const allowed of adapted(limit, events).seen) {
          expect(allowed).toBeGreaterThanOrEqual(1);
          expect(allowed).toBeLessThanOrEqual(limit);
        }
      }),
      { seed: 42 },
    );
  });

  it("come back to all that are allowed when it says so no more", () => {
    fc.assert(
      fc.property(most, storm, (limit, events) => {
        const { state, nowMs } = adapted(limit, events);
        let calm = state;
        for (let i = 0; i < limit * limit; i++) calm = adapt(calm, false, nowMs + i);
        expect(calm.allowed).toBe(limit);
      }),
      { seed: 42 },
    );
  });

  it("are halved once a second, however many refusals a burst brings", () => {
    const { seen } = adapted(
      64,
      [0, 10, 10, 10, 1000, 10].map((afterMs) => ({ throttled: true, afterMs })),
    );
    expect(seen).toEqual([32, 32, 32, 32, 16, 16]);
  });
});
