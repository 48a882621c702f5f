import type { Covered } from "./sim-coverage.ts";
import type { Simulation, World } from "./simulate.ts";

/** How a body ended in its world. */
export interface Ran<T> {
  readonly value: T | undefined;
  readonly violation: string | undefined;
  readonly cause: unknown;
}

/** What became of a simulation that has ended; what takes time to tell is worked out when it is read. */
export function simulationOf<T>({ value, violation, cause }: Ran<T>, world: World): Simulation<T> {
  const { coverage, draws, trace, clock } = world; // the world itself is let go of
  let covered: Covered | undefined;
  return {
    value,
    ...(violation === undefined ? {} : { violation, ...(cause === undefined ? {} : { cause }) }),
    get trace() {
      return trace.lines;
    },
    get digest() {
      return trace.digest;
    },
    decisions: draws.decisions,
    elapsedMs: clock.now(),
    get covered() {
      covered ??= coverage.covered();
      return covered;
    },
  };
}
