import { type Exit, isNormal } from "#src/kernel/exit";

/** OTP's restart types: always, only after an abnormal exit, never. */
export type RestartType = "permanent" | "transient" | "temporary";

/** What becomes of the record of a child that exited by itself: started again, kept without a process, or dropped. */
export type RestartDecision = "restart" | "keep" | "drop";

/**
 * What an exit means for the child that made it.
 *
 * @example verdictOn("transient", { kind: "normal" }) // => "keep"
 * @example verdictOn("temporary", { kind: "killed" }) // => "drop"
 */
export function verdictOn(restart: RestartType, exit: Exit): RestartDecision {
  if (restart === "temporary") return "drop";
  return restart === "permanent" || !isNormal(exit) ? "restart" : "keep";
}

/** How many automatic restarts a supervisor tolerates: `intensity` within `period` seconds. */
export interface RestartLimit {
  /** Restarts tolerated in the window; the next one ends the supervisor. `Infinity` (not in OTP) never ends it. */
  readonly intensity: number;
  /** Seconds, as in OTP. */
  readonly period: number;
}

/** Whole seconds of a monotonic clock at which restarts were attempted, oldest first. */
export type Stamps = readonly number[];

/**
 * Counts one restart attempt and says whether it is still tolerated. The clock is read in whole seconds, as OTP reads it: two restarts
 * `e` seconds apart are together for sure when e <= period, apart for sure when e >= period + 1.
 *
 * @param nowMs milliseconds of a clock that never goes back
 * @returns the stamps to keep, and whether the restart may happen
 * @see supervisor:add_restart/1 in Erlang/OTP 25
 * @example countRestart([], 5_500, { intensity: 1, period: 5 }) // => { stamps: [5], tolerated: true }
 * @example countRestart([5], 9_900, { intensity: 1, period: 5 }) // => { stamps: [5, 9], tolerated: false }
 */
export function countRestart(
  stamps: Stamps,
  nowMs: number,
  limit: RestartLimit,
): { stamps: Stamps; tolerated: boolean } {
  if (limit.intensity === Number.POSITIVE_INFINITY) return { stamps, tolerated: true }; // nothing to remember: no growth
  const now = Math.floor(nowMs / 1000);
  const kept = [...stamps.filter((stamp) => stamp >= now - limit.period), now];
  return { stamps: kept, tolerated: kept.length <= limit.intensity };
}

/**
 * Whether a child's own restart budget allows one restart more. Not in OTP: a spent budget ends this child alone.
 *
 * @param restarts automatic restarts of this child so far
 * @example withinBudget(3, 3) // => false
 */
export const withinBudget = (restarts: number, budget: number | undefined): boolean =>
  budget === undefined || restarts < budget;
