/**
 * The only way to ask the time or to wait for it. XState takes the same object as its `clock`.
 * Tests turn a manual one by hand (`src/testing/manual-clock.ts`).
 */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Milliseconds with fractions on a clock that never goes back; for durations only. */
  monotonic(): number;
  setTimeout(fn: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

const { setTimeout, clearTimeout } = globalThis; // a task may put others in their place
const { now } = Date;
const monotonic = performance.now.bind(performance);

/** The machine's own clock. A delay beyond 2^31 - 1 ms, which Node would turn into 1 ms, waits in steps. */
export const systemClock: Clock = {
  now,
  monotonic,
  setTimeout: (fn, delayMs) => {
    if (delayMs <= LONGEST_DELAY_MS) return setTimeout(fn, delayMs);
    const timer = new LongTimer();
    const wait = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, LONGEST_DELAY_MS);
      timer.handle = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : fn()), stepMs);
    };
    wait(delayMs);
    return timer;
  },
  clearTimeout: (timer) => clearTimeout(timer instanceof LongTimer ? timer.handle : (timer as NodeJS.Timeout)),
};

const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** A timer that is set again and again until a delay beyond Node's own is over. */
class LongTimer {
  handle: NodeJS.Timeout | undefined;
}
