import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adapt, type Concurrency, fullConcurrency, withMost } from "#src/policy/concurrency";

const end = fc.record({
  throttled: fc.boolean(),
  inFlight: fc.integer({ min: 1, max: 64 }),
  afterMs: fc.integer({ min: 0, max: 3000 }),
});
const storm = fc.array(end, { maxLength: 200 });
const most = fc.integer({ min: 1, max: 64 });

/** What is allowed after each end, with all slots in use unless something else is said. */
function adapted(
  most: number,
  events: readonly { throttled: boolean; inFlight?: number; afterMs?: number }[],
  state: Concurrency = fullConcurrency(most),
) {
  let nowMs = 0;
  const seen: Concurrency[] = [];
  for (const { throttled, inFlight = state.allowed, afterMs = 1 } of events) {
    nowMs += afterMs;
    state = adapt(state, { throttled, inFlight, nowMs });
    seen.push(state);
  }
  return { state, nowMs, seen, allowed: seen.map(({ allowed }) => allowed) };
}
const times = (count: number, throttled: boolean) => Array.from({ length: count }, () => ({ throttled }));

describe("tasks at once while a server says too many", () => {
  it("are never fewer than one and never more than allowed, whatever it says", () => {
    fc.assert(
      fc.property(most, storm, (limit, events) => {
        for (const { allowed } of adapted(limit, events).seen) {
          expect(allowed).toBeGreaterThanOrEqual(1);
          expect(allowed).toBeLessThanOrEqual(limit);
        }
      }),
      { seed: 42 },
    );
  });

  it("come back to all that are allowed when it says so no more, within twenty successes a slot", () => {
    fc.assert(
      fc.property(most, storm, (limit, events) => {
        const { state } = adapted(limit, events);
        const calm = adapted(limit, times(20 * limit, false), state).state;
        expect(calm).toMatchObject({ allowed: limit, startAfterMs: 0 });
      }),
      { seed: 42 },
    );
  });

  it("come back from one to all in some twenty rounds, since growth doubles with each", () => {
    let { state } = adapted(500, times(600, true));
    for (let round = 0; round < 24; round++) ({ state } = adapted(500, times(state.allowed, false), state));
    expect(state.allowed).toBe(500);
  });

  it("are fewer by one for each refusal, so that a server that carries five is left with five", () => {
    expect(adapted(500, times(495, true)).state.allowed).toBe(5);
  });

  it("are not fewer for one refusal in twenty-one", () => {
    const round = [{ throttled: true }, ...times(20, false)];
    const { state } = adapted(100, [...times(20, true), ...Array.from({ length: 50 }, () => round).flat()]);
    expect(state.slots).toBeCloseTo(80 + 50 * (20 * (1 / 20) - 1), -1);
    expect(state.allowed).toBeGreaterThanOrEqual(80);
  });

  it("are counted by those that were in use: slots that nobody needed were not refused", () => {
    expect(adapt(fullConcurrency(500), { throttled: true, inFlight: 30, nowMs: 0 }).allowed).toBe(29);
  });

  it("wait in between when the only one is refused, longer each time, never beyond half a second", () => {
    const { seen } = adapted(
      2,
      times(6, true).map((refused) => ({ ...refused, afterMs: 0 })),
    );
    expect(seen.map(({ startAfterMs }) => Math.round(startAfterMs))).toEqual([0, 100, 300, 500, 500, 500]);
  });

  it("follow a limit that is changed meanwhile, and keep what was learnt", () => {
    expect(withMost(fullConcurrency(8), 16)).toMatchObject({ allowed: 16, most: 16 });
    const { state } = adapted(8, times(3, true));
    expect(withMost(state, 16)).toMatchObject({ allowed: 5, most: 16 });
    expect(withMost(state, 2)).toMatchObject({ allowed: 2, most: 2 });
  });
});
