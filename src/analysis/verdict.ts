import type { Direction } from "#src/experiment/direction";
import type { Verdict } from "./analysis.ts";
import type { Quantity } from "./quantity.ts";

/**
 * The word for a difference that is there: better or worse where one way is, else higher or lower.
 *
 * @example wayOf(-2, "lower") // => "better"
 * @example wayOf(-2, "none") // => "lower"
 */
export function wayOf(difference: number, direction: Direction): "better" | "worse" | "higher" | "lower" {
  if (direction === "none") return difference > 0 ? "higher" : "lower";
  return difference > 0 === (direction === "higher") ? "better" : "worse";
}

/** The same seen from the other condition. @example turnedVerdict("better") // => "worse" */
export const turnedVerdict = (verdict: Verdict): Verdict => opposites[verdict] ?? verdict;

const opposites: Readonly<Partial<Record<Verdict, Verdict>>> = {
  better: "worse",
  worse: "better",
  higher: "lower",
  lower: "higher",
};

/** Whether a difference was found. @example isDifferent("equivalent") // => false */
export const isDifferent = (verdict: Verdict): boolean => verdict in opposites;

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
    return wayOf(difference.value, direction);
  }
  if (equivalenceP?.ok && equivalenceP.value < significanceLevel) return "equivalent";
  return pAdjusted.ok ? "not distinguishable" : "not tested";
}
