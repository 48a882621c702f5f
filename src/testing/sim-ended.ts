import type { Clock } from "#src/kernel/clock";
import type { Decision, Draws } from "./draws.ts";
import type { Coverage, Covered } from "./sim-coverage.ts";
import type { Trace } from "./sim-trace.ts";

/** What became of a simulation. */
export interface Simulation<T = unknown> {
  readonly value: T | undefined;
  /** The first law that was broken, in a sentence; absent where all held. */
  readonly violation?: string;
  /** What was thrown, where the violation is something that was. */
  readonly cause?: unknown;
  /** Who did what when, a line each: `  12 ms  app/worker  job.done`. */
  readonly trace: readonly string[];
  /** Of the trace: equal for equal traces. */
  readonly digest: string;
  /** Everything that was drawn and was not the calm choice. */
  readonly decisions: readonly Decision[];
  /** Virtual milliseconds that passed. */
  readonly elapsedMs: number;
  readonly covered: Covered;
}

/** How a body ended in its world. */
export interface Ran<T> {
  readonly value: T | undefined;
  readonly violation: string | undefined;
  readonly cause: unknown;
}

/** What is read of a world once it has ended. */
interface Ended {
  readonly coverage: Coverage;
  readonly draws: Draws;
  readonly trace: Trace;
  readonly clock: Clock;
}

/** What became of a simulation that has ended; what takes time to tell is worked out when it is read. */
export function simulationOf<T>(
  { value, violation, cause }: Ran<T>,
  { coverage, draws, trace, clock }: Ended, // and not the world, which is let go of
): Simulation<T> {
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
