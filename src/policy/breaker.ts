import { z } from "zod";

export const breakerOptions = z.strictObject({
  maxFailureRate: z
    .number()
    .gt(0)
    .max(1)
    .default(0.1)
    .describe("share of the window that may fail before the circuit opens; at 1 it never opens"),
  failureWindow: z
    .int()
    .positive()
    .default(100)
    .describe("ended tasks remembered; an attempt that will be retried is not an ended task"),
  minimumTasks: z
    .int()
    .positive()
    .optional()
    .describe("ended tasks before the circuit may open; the window, or the plan if smaller, when absent"),
  maxFailuresBeforeSuccess: z
    .int()
    .positive()
    .nullable()
    .default(20)
    .describe(
      "failed attempts, retried ones included, at which the circuit opens while none has succeeded in the whole run; null waits for ended tasks. Rate limits do not count",
    ),
  onOpen: z
    .enum(["abort", "pause"])
    .default("abort")
    .describe("what an open circuit means: the run ends resumable, or waits for a trial task"),
  coolDownMs: z
    .int()
    .nonnegative()
    .default(30_000)
    .describe("milliseconds an open circuit waits before one trial task"),
});
export type BreakerOptions = z.output<typeof breakerOptions>;

/** Where the circuit is: `closed` lets everything through, `open` nothing, `halfOpen` one trial task. */
export type CircuitState = "closed" | "open" | "halfOpen";

/** The last ended tasks in a ring: constant memory, constant time per task. */
export interface TaskWindow {
  /** One entry a task, `1` where it failed. */
  readonly ring: Uint8Array;
  /** Ended tasks so far, also those forgotten. */
  readonly ended: number;
  readonly failures: number;
}

export const emptyWindow = (options: BreakerOptions): TaskWindow => ({
  ring: new Uint8Array(options.failureWindow),
  ended: 0,
  failures: 0,
});

/** Remembers one task more and forgets the oldest beyond `failureWindow`. The ring is reused: the old window is spent. */
export function remember(window: TaskWindow, failed: boolean): TaskWindow {
  const slot = window.ended % window.ring.length;
  const forgotten = window.ended >= window.ring.length ? window.ring[slot]! : 0;
  window.ring[slot] = failed ? 1 : 0;
  return { ring: window.ring, ended: window.ended + 1, failures: window.failures - forgotten + (failed ? 1 : 0) };
}

/**
 * Whether the circuit should open: enough tasks ended, and more than `maxFailureRate` of those remembered failed.
 *
 * @param planned tasks of the run, which bounds the minimum
 * @see Nygard, Release It!, 2nd ed., "Circuit Breaker"
 */
export function shouldOpen(window: TaskWindow, options: BreakerOptions, planned: number): boolean {
  const remembered = Math.min(window.ended, window.ring.length);
  const minimum = options.minimumTasks ?? Math.min(options.failureWindow, planned);
  return window.ended >= minimum && window.failures / remembered > options.maxFailureRate;
}

/**
 * Whether the circuit should open because nothing has worked yet: a server that is not there is found out after some attempts, not after a
 * window of tasks.
 *
 * @param fruitless failed attempts since the run began, none of which succeeded
 * @example failsFromTheStart(20, breakerOptions.parse({})) // => true
 */
export const failsFromTheStart = (
  fruitless: number,
  { maxFailuresBeforeSuccess, maxFailureRate }: Pick<BreakerOptions, "maxFailuresBeforeSuccess" | "maxFailureRate">,
): boolean => maxFailureRate < 1 && maxFailuresBeforeSuccess !== null && fruitless >= maxFailuresBeforeSuccess;
