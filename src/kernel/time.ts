import type { Clock } from "./clock.ts";

/** The time as this process tells it now, be it a test's: fake timers replace `Date` and `performance`. */
export const presentTime: Pick<Clock, "now" | "monotonic"> = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
