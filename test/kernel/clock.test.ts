import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Clock } from "#src/kernel/clock";
import { manualClock } from "#src/testing/manual-clock";

const LONGEST_OF_NODE_MS = 2 ** 31 - 1;

describe("the system's clock", () => {
  let systemClock: Clock;
  beforeEach(async () => {
    vi.useFakeTimers();
    vi.resetModules(); // it keeps the timers that are there when it is loaded
    ({ systemClock } = await import("#src/kernel/clock"));
  });
  afterEach(() => void vi.useRealTimers());

  it("fires once, after the delay", () => {
    const fired = vi.fn();
    systemClock.setTimeout(fired, 50);
    vi.advanceTimersByTime(49);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(fired).toHaveBeenCalledTimes(1);
  });

  it("waits out a delay longer than Node's timers can count", () => {
    const fired = vi.fn();
    systemClock.setTimeout(fired, 3 * LONGEST_OF_NODE_MS);
    vi.advanceTimersByTime(3 * LONGEST_OF_NODE_MS - 1);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledTimes(1);
  });

  it("can be told not to fire, also in the middle of a long delay", () => {
    const fired = vi.fn();
    const timer = systemClock.setTimeout(fired, 2 * LONGEST_OF_NODE_MS);
    vi.advanceTimersByTime(LONGEST_OF_NODE_MS + 5);
    systemClock.clearTimeout(timer);
    vi.advanceTimersByTime(2 * LONGEST_OF_NODE_MS);
    expect(fired).not.toHaveBeenCalled();
    expect(() => systemClock.clearTimeout(undefined)).not.toThrow();
  });

  it("measures durations apart from the date", () => {
    const before = systemClock.monotonic();
    vi.setSystemTime(0);
    vi.advanceTimersByTime(20);
    expect(systemClock.now()).toBe(20);
    expect(systemClock.monotonic() - before).toBe(20);
  });
});

it("keeps the timers and the time of when it was loaded, whatever a task puts in their place", async () => {
  vi.resetModules();
  const { systemClock } = await import("#src/kernel/clock");
  vi.useFakeTimers({ now: 0 });
  const fired = new Promise<void>((resolve) => systemClock.setTimeout(resolve, 1));
  const now = systemClock.now();
  vi.useRealTimers();
  await fired;
  expect(now).toBeGreaterThan(1e12);
});

describe("the clock of the tests", () => {
  it("fires timers at their own times, in the order they are due and then were set", async () => {
    const clock = manualClock(1000);
    const log: [string, number][] = [];
    const note = (name: string) => () => log.push([name, clock.now()]);
    clock.setTimeout(note("late"), 20);
    clock.setTimeout(note("early"), 10);
    clock.setTimeout(note("also late"), 20);
    await clock.advance(19);
    expect(log).toEqual([["early", 1010]]);
    await clock.advance(100);
    expect(log.slice(1)).toEqual([
      ["late", 1020],
      ["also late", 1020],
    ]);
    expect(clock.monotonic()).toBe(1119);
  });

  it("fires timers that were set by timers and by promises on the way", async () => {
    const clock = manualClock();
    const times: number[] = [];
    clock.setTimeout(() => {
      void Promise.resolve().then(() => clock.setTimeout(() => times.push(clock.now()), 5));
    }, 10);
    await clock.advance(15);
    expect(times).toEqual([15]);
    expect(clock.pending).toBe(0);
  });

  it("says that time stands still, where timers without a delay lead to one another without end", async () => {
    const clock = manualClock(5);
    const again = () => void clock.setTimeout(again, 0);
    again();
    const sentence =
      /^the manual clock cannot pass 5 ms: 10000 timers without a delay led to one another there\. Give .* a restartDelay/;
    await expect(clock.advance(1)).rejects.toThrow(sentence);
    await expect(clock.drain()).rejects.toThrow(sentence);
    const busy = manualClock();
    let fired = 0;
    for (let n = 0; n < 20_000; n++) busy.setTimeout(() => fired++, 0); // many at once are no loop
    let ticks = 0;
    const tick = () => void (++ticks < 200 && busy.setTimeout(tick, 1)); // nor is a long one that lets time pass
    tick();
    await busy.advance(300);
    expect([fired, ticks, busy.pending]).toEqual([20_000, 200, 0]);
  });
  it("drains: fires until nothing waits, and says how long that took", async () => {
    const clock = manualClock();
    let left = 3;
    const again = (): void => {
      left -= 1;
      if (left > 0) clock.setTimeout(again, 100);
    };
    clock.setTimeout(again, 100);
    const cleared = clock.setTimeout(() => expect.unreachable("it was cleared"), 50);
    clock.clearTimeout(cleared);
    expect(await clock.drain()).toBe(300);
    expect(left).toBe(0);
  });
});
