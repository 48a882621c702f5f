import { tangoScore } from "#src/stats/tango";
import { scoreOfShares } from "#src/stats/two-proportions";

/** The standardised distance of the data from a difference of shares. */
export type ShareScore = (difference: number) => number;

/** Items, or clusters, of the most extreme kind that are added, so that a lump that was not seen is not taken to be impossible. */
const ADDED = 2;

/**
 * Tango's score of a difference of pass rates whose items were answered several times, or come in clusters. Its model is one yes or no an item;
 * here counts are scaled so that the second moment of what it counts is that of the units: n / rho items, where rho is the sum of squares of the
 * units' differences over the sum of their sizes. It is 1 for items that differ all the way or not at all, 1 / k for k repeats that differ by
 * themselves, and the size of a cluster that differs as a whole. A t test of such differences, most of them 0, calls pairs at the margin
 * equal three times as often as it says.
 *
 * @param differences of item means, in [-1, 1]
 * @param labels cluster of each item, where items come in clusters
 * @see Rao & Scott, Biometrics 48 (1992) 577 (counts over their design effect); Tango, Statistics in Medicine 17 (1998) 891
 */
export function pairedShareScore(differences: readonly number[], labels?: readonly number[]): ShareScore {
  let [gained, lost] = [0, 0];
  for (const difference of differences) {
    if (difference > 0) gained += difference;
    else lost -= difference;
  }
  const rho = effectOf(differences, gained + lost, labels);
  return tangoScore(gained / rho, lost / rho, differences.length / rho);
}

/** The same of two shares of different items: the score of Farrington and Manning on counts over their design effect. */
export function independentShareScore(
  x: readonly number[],
  y: readonly number[],
  xLabels?: readonly number[],
  yLabels?: readonly number[],
): ShareScore {
  return scoreOfShares(countOf(x, xLabels), countOf(y, yLabels));
}

function countOf(values: readonly number[], labels?: readonly number[]): { successes: number; n: number } {
  const share = values.reduce((sum, value) => sum + value, 0) / values.length;
  const away = values.map((value) => value - share);
  const n = values.length / effectOf(away, values.length * share * (1 - share), labels);
  return { successes: share * n, n };
}

/** Sum of squares of units over what it would be of independent items that are a yes or a no. */
function effectOf(values: readonly number[], independent: number, labels?: readonly number[]): number {
  if (!labels) {
    const squares = values.reduce((sum, value) => sum + value * value, 0);
    return (squares + ADDED) / (independent + ADDED);
  }
  const clusters = new Map<number, { sum: number; size: number }>();
  values.forEach((value, i) => {
    const cluster = clusters.get(labels[i]!) ?? { sum: 0, size: 0 };
    cluster.sum += value;
    cluster.size += 1;
    clusters.set(labels[i]!, cluster);
  });
  let [squares, sizes] = [0, 0];
  for (const { sum, size } of clusters.values()) {
    squares += sum * sum;
    sizes += size * size;
  }
  const size = sizes / values.length; // of the cluster that an item is in, on average
  return (squares + ADDED * size * size) / (independent + ADDED * size);
}
