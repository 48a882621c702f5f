import { err, ok } from "#src/kernel/result";
import type { Pairing } from "./analysis.ts";
import type { PairData } from "./pair-data.ts";

/**
 * How much the pairing by item saves: the error of the mean difference beside what it would be on different items. In two passes and without
 * lists of its own, since there may be a million items.
 *
 * @returns nothing where fewer than two items are paired
 * @see Miller, "Adding Error Bars to Evals", arXiv 2411.00640 (2024), section 4
 */
export function pairingOf({ x, y }: Pick<PairData, "x" | "y">): Pairing | undefined {
  const n = x.length;
  if (n < 2) return undefined;
  let [meanX, meanY] = [0, 0];
  for (let i = 0; i < n; i++) {
    meanX += x[i]! / n;
    meanY += y[i]! / n;
  }
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [dx, dy] = [x[i]! - meanX, y[i]! - meanY];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  const error = (squares: number): number => Math.sqrt(Math.max(0, squares) / (n - 1) / n);
  return {
    correlation:
      xx > 0 && yy > 0 ? ok(Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)))) : err("a condition does not vary"),
    standardError: error(xx + yy - 2 * xy),
    standardErrorUnpaired: error(xx + yy),
  };
}
