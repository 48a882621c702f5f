import { ok } from "#src/kernel/result";
import { interval, type Quantity } from "./quantity.ts";
import type { TestOutcome, TestSetting } from "./test-outcome.ts";

/**
 * Differences that are all alike: the number they equal, or nothing where they vary. What rounding alone tells apart is alike.
 *
 * @example allAlike([0.5, 0.5], 1) // => 0.5
 * @example allAlike([0.5, 0.4], 1) // => undefined
 */
export function allAlike(differences: readonly number[], largest: number): number | undefined {
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const noise = Math.max(1e-9 * Math.abs(mean), 1e-12 * largest);
  if (!differences.every((value) => Math.abs(value - mean) <= noise)) return undefined;
  return Math.abs(mean) <= noise ? 0 : mean;
}

/** How far apart two values of a metric can be, as far as was seen: 1 within [0, 1]. */
export function reachOf(x: readonly number[], y: readonly number[]): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const values of [x, y])
    for (const value of values) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
  if (least >= 0 && most <= 1) return 1;
  return most > least ? most - least : Math.abs(most);
}

/**
 * A pair that differs by the same amount on every item. Then no item shows any spread, and what remains is how many others there may
 * be: at most a share of 1 - alpha^(1/n), since n items of which that many are other show none with probability alpha only.
 *
 * - No difference: an item that was missed differs by the greatest distance seen, one way or the other.
 * - The same difference: an item that was missed differs by as much the other way, so that the interval excludes 0 exactly where the
 *   sign test, whose p is 2 / 2^n, does.
 *
 * @param by the amount
 * @param n items, or clusters, two or more
 * @param reach greatest distance of two values
 */
export function sameEverywhere(
  by: number,
  n: number,
  reach: number,
  { confidenceInterval, margin }: TestSetting,
): Required<Pick<TestOutcome, "p" | "intervalAt" | "same" | "detectable">> & Pick<TestOutcome, "equivalence"> {
  const missed = (alpha: number): number => 1 - (alpha / 2) ** (1 / n);
  const stray = by === 0 ? reach : 2 * Math.abs(by);
  const share = margin === undefined ? 0 : Math.max(0, margin - Math.abs(by)) / stray;
  return {
    p: ok(by === 0 ? 1 : Math.min(1, 2 ** (1 - n))),
    intervalAt: (confidence) => {
      const width = stray * missed(1 - confidence);
      return interval(by - width, by + width, confidence, "exact bound of the items that may differ otherwise");
    },
    same: { by, items: n, missed: missed(1 - confidenceInterval) },
    ...(margin === undefined ? {} : { equivalence: { margin, p: ok(share >= 1 ? 0 : (1 - share) ** n) } }),
    detectable: (alpha): Quantity => ok(stray * missed(alpha)),
  };
}
