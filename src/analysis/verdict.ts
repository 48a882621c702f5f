import type { Direction } from "#src/experiment/metrics";
import type { Verdict } from "./analysis.ts";
import type { Quantity } from "./quantity.ts";

/** What a comparison is entitled to say. */
export interface Evidence {
  /** Condition minus against. */
  readonly difference: Quantity;
  readonly pAdjusted: Quantity;
  /** p of the test that the difference lies within the margin, when one was asked for. */
  readonly equivalenceP?: Quantity | undefined;
  readonly direction: Direction;
  readonly significanceLevel: number;
}

/**
 * Reads the evidence: a difference where the adjusted p is below the level, else equivalence where that was shown, else nothing.
 * No difference found is never read as "equal".
 *
 * @example verdictOf({ difference: ok(0.03), pAdjusted: ok(0.01), direction: "higher", significanceLevel: 0.05 }) // => "better"
 */
export function verdictOf({ difference, pAdjusted, equivalenceP, direction, significanceLevel }: Evidence): Verdict {
  if (difference.ok && pAdjusted.ok && pAdjusted.value < significanceLevel && difference.value !== 0) {
    return difference.value > 0 === (direction === "higher") ? "better" : "worse";
  }
  if (equivalenceP?.ok && equivalenceP.value < significanceLevel) return "equivalent";
  return pAdjusted.ok ? "not distinguishable" : "not tested";
}
