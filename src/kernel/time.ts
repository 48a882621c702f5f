import type { Clock } from "./clock.ts";

/** The time as this process tells it now, be it a test's: fake timers replace `Date` and `performance`. */
export const presentTime: Pick<Clock, "now" | "monotonic"> = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** Digits below are noise of the clock, and a number of 17 digits costs more to store and to check than an attempt's whole record. */
export const wholeMicroseconds = (ms: number): number => Math.round(ms * 1000) / 1000;
