import { err, ok } from "#src/kernel/result";
import type { Steps } from "#src/kernel/steps";
import type { Pairing } from "./analysis.ts";
import type { PairData } from "./pair-data.ts";

/**
 * How much the pairing by item saves: the error of the mean difference beside what it would be on different items. What rounding alone tells apart does not vary.
 *
 * @returns nothing where fewer than two items are paired
 * @see Miller, "Adding Error Bars to Evals", arXiv 2411.00640 (2024), section 4
 */
export function* pairingOf({ x, y }: Pick<PairData, "x" | "y">): Steps<Pairing | undefined> {
  const n = x.length;
  if (n < 2) return undefined;
  const ofX = spreadOf(x);
  yield;
  const ofY = spreadOf(y);
  yield;
  const varies = ofX.deviation > 0 && ofY.deviation > 0;
  const correlation = varies ? Math.max(-1, Math.min(1, crossed(x, ofX, y, ofY) / (n - 1))) : 0;
  yield;
  const differences = new Float64Array(n);
  for (let i = 0; i < n; i++) differences[i] = x[i]! - y[i]!;
  return {
    correlation: varies ? ok(correlation) : err("a condition does not vary"),
    standardError: spreadOf(differences, Math.abs(ofX.mean) + Math.abs(ofY.mean)).deviation / Math.sqrt(n),
    standardErrorUnpaired: Math.hypot(ofX.deviation, ofY.deviation) / Math.sqrt(n),
  };
}

interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** Products of the standardised values of each item, added up. */
function crossed(x: readonly number[], ofX: Spread, y: readonly number[], ofY: Spread): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += ((x[i]! - ofX.mean) / ofX.deviation) * ((y[i]! - ofY.mean) / ofY.deviation);
  return sum;
}

/**
 * Mean and standard deviation, of values of any size; 0 where rounding alone tells the values apart, such as 0.1 + 0.2 and 0.3.
 *
 * @param size of the numbers that the values were made from; their mean when absent
 */
function spreadOf(values: ArrayLike<number>, size?: number): Spread {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]! / n;
  let widest = 0;
  for (let i = 0; i < n; i++) widest = Math.max(widest, Math.abs(values[i]! - mean));
  if (widest <= 1e-12 * (size ?? Math.abs(mean))) return { mean, deviation: 0 };
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((values[i]! - mean) / widest) ** 2; // squares of very large and very small numbers are none
  return { mean, deviation: widest * Math.sqrt(squares / (n - 1)) };
}
