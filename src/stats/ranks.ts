/** Ranks of a sample, and how much ties shorten them. */
export interface Ranks {
  /** From 1; tied values share the mean of theirs */
  readonly ranks: Float64Array;
  /** Sum of t^3 - t over runs of t tied values; 0 without ties */
  readonly tieSum: number;
}

/**
 * Midranks.
 * @example rankOf([10, 30, 10]).ranks // => Float64Array.of(1.5, 3, 1.5)
 */
export function rankOf(values: ArrayLike<number>): Ranks {
  const n = values.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(n);
  let tieSum = 0;
  for (let start = 0; start < n; ) {
    let end = start + 1;
    while (end < n && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + end + 1) / 2;
    const t = end - start;
    tieSum += t * t * t - t;
    start = end;
  }
  return { ranks, tieSum };
}

/**
 * Values without the noise that subtraction leaves: rounded to 12 digits of the largest number that went in, so that 0.3 - 0.1 and
 * 0.8 - 0.6 tie, as they do on paper.
 */
export function withoutNoise(values: readonly number[], largest: number): number[] {
  if (largest === 0 || !Number.isFinite(largest)) return [...values];
  const quantum = 10 ** (Math.floor(Math.log10(largest)) - 12);
  if (quantum === 0) return [...values];
  return values.map((value) => Math.round(value / quantum));
}

/**
 * The k-th smallest (from 1) of all sums a[i] + b[j], without making them: halving the range, counting with two pointers.
 *
 * @param a ascending
 * @param b ascending
 * @param half counts each unordered pair once, i <= j, for sums within one sample (a and b the same)
 */
export function kthPairSum(a: ArrayLike<number>, b: ArrayLike<number>, k: number, half = false): number {
  const countUpTo = (limit: number): number => {
    let count = 0;
    let j = b.length - 1;
    for (let i = 0; i < a.length; i++) {
      while (j >= 0 && a[i]! + b[j]! > limit) j--;
      if (j < 0) break;
      count += half ? Math.max(0, j - i + 1) : j + 1;
    }
    return count;
  };
  const smallestAbove = (limit: number): number => {
    let best = Number.POSITIVE_INFINITY;
    let j = b.length - 1;
    for (let i = 0; i < a.length; i++) {
      while (j >= 0 && a[i]! + b[j]! > limit) j--;
      if (j + 1 < b.length) best = Math.min(best, a[i]! + b[j + 1]!);
    }
    return best;
  };
  let low = a[0]! + b[0]!;
  let high = a[a.length - 1]! + b[b.length - 1]!;
  if (countUpTo(low) >= k) return low;
  const enough = 2 * Number.EPSILON * Math.max(Math.abs(low), Math.abs(high));
  while (high - low > enough) {
    const middle = low + (high - low) / 2;
    if (countUpTo(middle) >= k) high = middle;
    else low = middle;
  }
  return smallestAbove(low);
}

/** The median of all those sums. */
export function medianPairSum(a: ArrayLike<number>, b: ArrayLike<number>, count: number, half = false): number {
  const upper = kthPairSum(a, b, Math.floor(count / 2) + 1, half);
  return count % 2 === 1 ? upper : (kthPairSum(a, b, count / 2, half) + upper) / 2;
}

/** Ranks doubled where midranks are halves, so that sums of them are whole numbers. */
export function wholeRanks(ranks: ArrayLike<number>): { whole: number[]; unit: 1 | 2 } {
  const all = Array.from(ranks);
  const unit = all.every(Number.isInteger) ? 1 : 2;
  return { whole: all.map((rank) => rank * unit), unit };
}
