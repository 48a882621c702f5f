import { fromTransition } from "xstate";
import type { Clock } from "#src/kernel/clock";
import type { OutcomesStored } from "./messages.ts";

/** How fast the run goes. */
export interface Pace {
  /** Ended tasks per second, recent ones weighing more; 0 before the first. */
  readonly tasksPerSecond: number;
  /** Of the last commit, by the monotonic clock. */
  readonly lastMs: number;
}

/** Half of the weight lies in the last five seconds. */
const HALF_LIFE_MS = 5000;

/** Keeps the pace of the run: an exponentially weighted rate over irregular commits (Eckner 2019, "Algorithms for unevenly spaced time series"). */
export const progressLogic = fromTransition(
  ({ pace, clock }: { pace: Pace; clock: Clock }, event: OutcomesStored) => {
    if (event.type !== "outcomes.stored") return { pace, clock };
    const nowMs = clock.monotonic();
    const spanMs = Math.max(1, nowMs - pace.lastMs);
    const kept = pace.tasksPerSecond === 0 ? 0 : 0.5 ** (spanMs / HALF_LIFE_MS);
    const tasksPerSecond = kept * pace.tasksPerSecond + (1 - kept) * ((event.outcomes.length * 1000) / spanMs);
    return { pace: { tasksPerSecond, lastMs: nowMs }, clock };
  },
  ({ input }: { input: { clock: Clock } }) => ({
    pace: { tasksPerSecond: 0, lastMs: input.clock.monotonic() },
    clock: input.clock,
  }),
);
