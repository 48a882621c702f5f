/**
 * What must be remembered of a stream of numbers to know its size, mean, spread and shape: a few numbers, however long the stream.
 * Two of them merge into the one of both streams, so rows can be read in any order and in parts.
 */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  /** Sums of the 2nd, 3rd and 4th powers of the deviations from the mean */
  readonly m2: number;
  readonly m3: number;
  readonly m4: number;
  /** Infinity when empty */
  readonly min: number;
  /** -Infinity when empty */
  readonly max: number;
}

export const noMoments: Moments = {
  n: 0,
  mean: 0,
  m2: 0,
  m3: 0,
  m4: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
};

/**
 * The moments of the stream and one more value.
 *
 * @see Welford 1962; Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments", 2008
 * @example addValue(noMoments, 3).mean // => 3
 */
export function addValue(moments: Moments, value: number): Moments {
  const n = moments.n + 1;
  const delta = value - moments.mean;
  const share = delta / n;
  const product = delta * share * moments.n;
  return {
    n,
    mean: moments.mean + share,
    m2: moments.m2 + product,
    m3: moments.m3 + product * share * (n - 2) - 3 * share * moments.m2,
    m4:
      moments.m4 +
      product * share * share * (n * n - 3 * n + 3) +
      6 * share * share * moments.m2 -
      4 * share * moments.m3,
    min: Math.min(moments.min, value),
    max: Math.max(moments.max, value),
  };
}

/**
 * The moments of two streams together.
 *
 * @see Pébay 2008, formulas 2.1 to 2.8
 * @example mergeMoments(addValue(noMoments, 1), addValue(noMoments, 3)).mean // => 2
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const delta = b.mean - a.mean;
  const share = delta / n;
  const product = delta * share * a.n * b.n;
  return {
    n,
    mean: a.mean + share * b.n,
    m2: a.m2 + b.m2 + product,
    m3: a.m3 + b.m3 + product * share * (a.n - b.n) + 3 * share * (a.n * b.m2 - b.n * a.m2),
    m4:
      a.m4 +
      b.m4 +
      product * share * share * (a.n * a.n - a.n * b.n + b.n * b.n) +
      6 * share * share * (a.n * a.n * b.m2 + b.n * b.n * a.m2) +
      4 * share * (a.n * b.m3 - b.n * a.m3),
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}

/**
 * The moments of some values.
 * @example momentsOf([1, 2, 3]).m2 // => 2
 */
export const momentsOf = (values: Iterable<number>): Moments => {
  let moments = noMoments;
  for (const value of values) moments = addValue(moments, value);
  return moments;
};
