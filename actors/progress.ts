import { fromTransition } from "xstate";
import type { Clock } from "#src/kernel/clock";
import type { OutcomesStored } from "./messages.ts";

/** How fast the run goes. */
export interface Pace {
  /** Ended tasks per second, recent ones weighing more; 0 before the first. */
  readonly tasksPerSecond: number;
  /** Tasks and milliseconds so far, those of long ago weighing less. */
  readonly tasks: number;
  readonly spanMs: number;
  /** The same tasks by condition. */
  readonly conditions: ReadonlyMap<string, number>;
  /** Of the last commit, by the monotonic clock. */
  readonly lastMs: number;
}

/** Tasks a second of one condition: those of all add up to the run's. */
export const paceOf = ({ conditions, spanMs }: Pace, condition: string): number =>
  rate(conditions.get(condition) ?? 0, spanMs);

const rate = (tasks: number, spanMs: number): number => (tasks * 1000) / Math.max(1, spanMs);

/** What was five seconds ago weighs half. */
const HALF_LIFE_MS = 5000;

/**
 * Keeps the pace of the run: weighted tasks over weighted time, so that the first commits weigh no more than the time they took (Eckner
 * 2019, "Algorithms for unevenly spaced time series").
 */
export const progressLogic = fromTransition(
  ({ pace, clock }: { pace: Pace; clock: Clock }, event: OutcomesStored) => {
    if (event.type !== "outcomes.stored") return { pace, clock };
    const lastMs = clock.monotonic();
    const elapsedMs = lastMs - pace.lastMs;
    const kept = 0.5 ** (elapsedMs / HALF_LIFE_MS);
    const tasks = kept * pace.tasks + event.outcomes.length;
    const spanMs = kept * pace.spanMs + elapsedMs;
    const conditions = new Map(Array.from(pace.conditions, ([name, own]) => [name, kept * own] as const));
    for (const { condition } of event.outcomes) conditions.set(condition, (conditions.get(condition) ?? 0) + 1);
    return { pace: { tasksPerSecond: rate(tasks, spanMs), tasks, spanMs, conditions, lastMs }, clock };
  },
  ({ input }: { input: { clock: Clock } }) => ({
    pace: { tasksPerSecond: 0, tasks: 0, spanMs: 0, conditions: new Map(), lastMs: input.clock.monotonic() },
    clock: input.clock,
  }),
);
