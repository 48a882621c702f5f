import type { CircuitState } from "./breaker.ts";

/** Whether tasks may start: all, one whose result decides, none for now, or none any more in this session. */
export type Intake = "open" | "trial" | "closed" | "draining";

/** Why tasks may not start. */
export interface IntakeReasons {
  /** The run stops: what runs may end, nothing new starts. */
  readonly draining: boolean;
  /** `pause()` was called, and `resume()` was not. */
  readonly paused: boolean;
  readonly circuit: CircuitState;
}

/**
 * Whether tasks may start. A run that drains stays so; one that is paused obeys the circuit as it is when the pause ends.
 *
 * @example intakeFor({ draining: false, paused: false, circuit: "halfOpen" }) // => "trial"
 * @example intakeFor({ draining: false, paused: true, circuit: "closed" }) // => "closed"
 */
export function intakeFor({ draining, paused, circuit }: IntakeReasons): Intake {
  if (draining) return "draining";
  if (paused || circuit === "open") return "closed";
  return circuit === "halfOpen" ? "trial" : "open";
}
