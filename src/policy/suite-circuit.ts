/** The circuits of a suite's experiments, one after another. */
export interface SuiteCircuit {
  /** Circuits that opened without a task of any experiment having succeeded in between. */
  readonly opened: number;
  /** Tasks of all experiments that had succeeded when the last of them opened. */
  readonly succeeded: number;
}

export const noCircuits: SuiteCircuit = { opened: 0, succeeded: 0 };

/**
 * Counts one more experiment that its circuit breaker has stopped.
 *
 * @param succeeded tasks of all experiments that have succeeded so far
 * @example circuitOpened(circuitOpened(noCircuits, 0), 0).opened // => 2
 * @example circuitOpened(circuitOpened(noCircuits, 0), 9).opened // => 1
 */
export const circuitOpened = (before: SuiteCircuit, succeeded: number): SuiteCircuit => ({
  opened: succeeded > before.succeeded ? 1 : before.opened + 1,
  succeeded,
});
