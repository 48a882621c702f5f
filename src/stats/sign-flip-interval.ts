import { invariant } from "#src/kernel/errors";

/** The sign-flip test of differences for every value that their centre could have, from all arrangements. */
export interface SignFlips {
  /** Two-sided p of the centre being 0, a multiple of 2 / 2^n */
  readonly p: number;
  /** The centres that the test does not reject at 1 - level: infinite where so few differences can reject none */
  interval(level: number): { lower: number; upper: number };
}

/** Differences up to which all arrangements are looked at. */
export const MOST_ENUMERATED = 14;

/**
 * Turns the sign-flip test around. Flipping the signs of a subset of differences makes their sum at least as large exactly if the mean
 * of the subset is not above the centre; so the means of all 2^n - 1 subsets, in order, are the p-values of all centres.
 *
 * @param differences 1 to 14 finite numbers
 * @see Hartigan, "Using Subsample Values as Typical Values", JASA 64 (1969)
 * @example signFlips([1, 2, 3, 4, 5, 6]).p // => 0.03125
 * @example signFlips([1, 2, 3, 4, 5, 6]).interval(0.95) // => { lower: 1, upper: 6 }
 */
export function signFlips(differences: readonly number[]): SignFlips {
  const n = differences.length;
  invariant(n > 0 && n <= MOST_ENUMERATED, `all signs can be flipped of 1 to ${MOST_ENUMERATED} differences, got ${n}`);
  const means = subsetMeans(differences);
  const half = 2 ** (n - 1);
  let [below, above] = [1, 1]; // the empty subset: the arrangement as it is
  for (const mean of means) {
    below += mean <= 0 ? 1 : 0;
    above += mean >= 0 ? 1 : 0;
  }
  return {
    p: Math.min(1, Math.min(below, above) / half),
    interval(level) {
      means.sort();
      const place = Math.ceil((1 - level) * half) - 1;
      return place < 1
        ? { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY }
        : { lower: means[place - 1]!, upper: means[means.length - place]! };
    },
  };
}

/** The mean of every subset but the empty one. What differs from 0 by rounding only is 0. */
function subsetMeans(differences: readonly number[]): Float64Array {
  const count = 2 ** differences.length;
  const noise = 1e-12 * differences.reduce((sum, value) => sum + Math.abs(value), 0);
  const sums = new Float64Array(count);
  const sizes = new Uint8Array(count);
  for (let subset = 1; subset < count; subset++) {
    const lowest = subset & -subset;
    sums[subset] = sums[subset ^ lowest]! + differences[31 - Math.clz32(lowest)]!;
    sizes[subset] = sizes[subset ^ lowest]! + 1;
  }
  return Float64Array.from({ length: count - 1 }, (_, i) => {
    const sum = sums[i + 1]!;
    return Math.abs(sum) <= noise ? 0 : sum / sizes[i + 1]!;
  });
}
