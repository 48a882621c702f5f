import type { Clock } from "#src/kernel/clock";
import { ConfigError } from "#src/kernel/errors";

/** A clock that stands still until a test turns it. XState takes it as `clock` too. */
export interface ManualClock extends Clock {
  /**
   * Lets `ms` milliseconds pass, timer by timer: each fires at its own time, with the promises settled that were ready before it. Timers
   * that fire may set timers that fire in the same advance (XState's `SimulatedClock` jumps over those).
   *
   * @throws ConfigError where 10,000 timers without a delay lead to one another: time stands still
   */
  advance(ms: number): Promise<void>;
  /** Fires timers until none is left, and returns the milliseconds that passed. */
  drain(): Promise<number>;
  /** Timers set and not yet fired. */
  readonly pending: number;
}

interface Timer {
  readonly dueMs: number;
  /** How many timers without a delay led to it, one after another. */
  readonly chain: number;
  readonly fn: () => void;
}

/** Timers without a delay that may lead to one another; more are a loop, such as a child that fails at once and restarts without limit. */
const LONGEST_CHAIN = 10_000;

/**
 * A clock to turn by hand. `now()` and `monotonic()` both begin at `startMs`.
 *
 * @example
 * const clock = manualClock();
 * clock.setTimeout(() => console.log(clock.now()), 100);
 * await clock.advance(250); // prints 100
 */
export function manualClock(startMs = 0): ManualClock {
  let nowMs = startMs;
  let chain = 0;
  const timers = new Set<Timer>(); // in the order they were set, which breaks ties

  const next = (): Timer | undefined => {
    let earliest: Timer | undefined;
    for (const timer of timers) if (!earliest || timer.dueMs < earliest.dueMs) earliest = timer;
    return earliest;
  };
  const stepTo = async (limitMs: number): Promise<void> => {
    for (;;) {
      await settled();
      const timer = next();
      if (!timer || timer.dueMs > limitMs) {
        chain = 0;
        return;
      }
      if (timer.chain > LONGEST_CHAIN) throw endless(nowMs);
      timers.delete(timer);
      nowMs = Math.max(nowMs, timer.dueMs);
      chain = timer.chain;
      timer.fn();
    }
  };

  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    setTimeout: (fn, delayMs) => {
      const timer: Timer = { dueMs: nowMs + Math.max(0, delayMs), chain: delayMs > 0 ? 0 : chain + 1, fn };
      timers.add(timer);
      return timer;
    },
    clearTimeout: (timer) => {
      timers.delete(timer as Timer);
    },
    advance: async (ms) => {
      const untilMs = nowMs + ms;
      await stepTo(untilMs);
      nowMs = untilMs;
    },
    drain: async () => {
      const beganMs = nowMs;
      await stepTo(Number.MAX_VALUE);
      return nowMs - beganMs;
    },
    get pending() {
      return timers.size;
    },
  };
}

const endless = (nowMs: number): ConfigError =>
  new ConfigError(
    "the manual clock",
    `cannot pass ${nowMs} ms: ${LONGEST_CHAIN} timers without a delay led to one another there`,
    undefined,
    "Give a child that fails at once a restartDelay, or a finite intensity",
  );

/** Resolves when every promise that could settle without time has: a macrotask comes after all microtasks. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
