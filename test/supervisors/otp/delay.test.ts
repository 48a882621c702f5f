import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manualClock } from "#src/testing/manual-clock";
import { DelayQueue } from "#supervisors/otp/delay";
import { draws } from "../../runs.ts";

describe("delay queue", () => {
  it("does things in the order in which they are due, ties in the order they were asked for, and never what was cancelled", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ delayMs: fc.nat(50), isCancelled: fc.boolean() }), { maxLength: 200 }),
        async (asked) => {
          const clock = manualClock();
          const queue = new DelayQueue(clock);
          const done: [number, number][] = [];
          const handles = asked.map(({ delayMs }, i) => queue.schedule(delayMs, () => done.push([clock.now(), i])));
          for (const [i, handle] of handles.entries()) if (asked[i]!.isCancelled) queue.cancel(handle);
          expect(clock.pending).toBe(asked.some(({ isCancelled }) => !isCancelled) ? 1 : 0); // one timer for all
          await clock.advance(50);
          const expected = asked.flatMap(({ delayMs, isCancelled }, i): [number, number][] =>
            isCancelled ? [] : [[delayMs, i]],
          );
          expect(done).toEqual(expected.sort(([a, i], [b, j]) => a - b || i - j));
          expect(clock.pending).toBe(0);
        },
      ),
      draws(50),
    ));

  it("leaves no timer when everything was cancelled", () => {
    const clock = manualClock();
    const queue = new DelayQueue(clock);
    const handles = [3, 1, 2].map((delayMs) => queue.schedule(delayMs, () => {}));
    for (const handle of handles) queue.cancel(handle);
    expect(clock.pending).toBe(0);
  });

  it("may be added to by what it does", async () => {
    const clock = manualClock();
    const queue = new DelayQueue(clock);
    const times: number[] = [];
    const tick = () => {
      times.push(clock.now());
      if (times.length < 3) queue.schedule(100, tick);
    };
    queue.schedule(100, tick);
    await clock.advance(1000);
    expect(times).toEqual([100, 200, 300]);
  });

  it("continues when one thing throws", async () => {
    const clock = manualClock();
    const queue = new DelayQueue(clock);
    let later = false;
    queue.schedule(1, () => {
      throw new Error("boom");
    });
    queue.schedule(2, () => {
      later = true;
    });
    await clock.advance(1).catch(() => {});
    await clock.advance(1);
    expect(later).toBe(true);
  });

  it("never does what is infinitely far away", async () => {
    const clock = manualClock();
    const queue = new DelayQueue(clock);
    queue.cancel(queue.schedule(Number.POSITIVE_INFINITY, () => {}));
    expect(clock.pending).toBe(0);
  });
});

describe("manual clock", () => {
  it("fires each timer at its own time, those set meanwhile included", async () => {
    const clock = manualClock(1000);
    const times: number[] = [];
    const tick = () => {
      times.push(clock.now());
      clock.setTimeout(tick, 40);
    };
    clock.setTimeout(tick, 40);
    await clock.advance(100);
    expect([times, clock.now()]).toEqual([[1040, 1080], 1100]);
  });

  it("settles promises between timers", async () => {
    const clock = manualClock();
    const order: string[] = [];
    clock.setTimeout(() => void Promise.resolve().then(() => order.push("promise")), 1);
    clock.setTimeout(() => order.push("timer"), 2);
    await clock.advance(2);
    expect(order).toEqual(["promise", "timer"]);
  });
});
