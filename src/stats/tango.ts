import { findRoot } from "./numeric.ts";
import { criticalZ } from "./proportion.ts";
import type { Interval } from "./sample.ts";

/**
 * Tango's score interval of a paired difference of shares: the differences that a score test would not reject.
 *
 * @param b items that only the first condition passed
 * @param c items that only the second passed
 * @param n all items, above 0
 * @see Tango, Statistics in Medicine 17 (1998) 891, formula 9
 */
export function tangoInterval(b: number, c: number, n: number, level: number): Interval {
  const z = criticalZ(level);
  const estimate = (b - c) / n;
  const score = tangoScore(b, c, n);
  const end = (side: -1 | 1): number => {
    if (estimate === side) return side;
    const miss = (difference: number): number => score(difference) + side * z;
    const edge = side * (1 - 1e-12);
    return Math.sign(miss(estimate)) === Math.sign(miss(edge))
      ? side
      : findRoot(miss, Math.min(estimate, edge), Math.max(estimate, edge), 1e-13);
  };
  return { lower: end(-1), upper: end(1), level };
}

/**
 * Tango's score: the standardised distance of the data from a difference of shares. At 0 it is the root of McNemar's chi-squared.
 *
 * @example tangoScore(12, 5, 100)(0) // => 1.697749
 */
export const tangoScore =
  (b: number, c: number, n: number) =>
  (difference: number): number => {
    const share = secondAlone(b, c, n, difference);
    const variance = n * (2 * share + difference * (1 - difference));
    const distance = b - c - n * difference;
    if (variance <= 0) return distance === 0 ? 0 : Math.sign(distance) * Number.MAX_VALUE;
    return distance / Math.sqrt(variance);
  };

/** The most likely share of items that only the second passes, given the difference. */
function secondAlone(b: number, c: number, n: number, difference: number): number {
  const linear = -b - c + (2 * n - b + c) * difference;
  const constant = -c * difference * (1 - difference);
  return Math.max(0, (Math.sqrt(Math.max(0, linear * linear - 8 * n * constant)) - linear) / (4 * n));
}
