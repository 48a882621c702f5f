import { type Random, shuffled } from "#src/kernel/random";

/** What to draw, and how to look at a row. */
export interface Drawing<T> {
  readonly shuffle: boolean;
  /** At most this many; all when absent. */
  readonly limit?: number | undefined;
  /** Rows of equal strata keep their share of the limit. */
  readonly stratumOf?: ((row: T) => string) | undefined;
  /** How likely a row is to be drawn under the limit, against others; at least 0. */
  readonly weightOf?: ((row: T) => number) | undefined;
}

/** Shuffles, then limits. What is drawn keeps the order of the rows, or of the shuffle. */
export function draw<T>(
  rows: readonly T[],
  { shuffle, limit, stratumOf, weightOf }: Drawing<T>,
  random: Random,
): readonly T[] {
  const ordered = shuffle ? shuffled(rows, random) : rows;
  if (limit === undefined || limit >= ordered.length) return ordered;
  const choose = (from: readonly T[], n: number): readonly T[] =>
    weightOf ? heaviest(from, n, weightOf, random) : from.slice(0, n);
  if (!stratumOf) return choose(ordered, limit);
  const strata = grouped(ordered, stratumOf);
  const shares = sharesOf(
    strata.map(({ length }) => length),
    limit,
  );
  const kept = new Set(strata.flatMap((members, i) => choose(members, shares[i]!)));
  return ordered.filter((row) => kept.has(row));
}

/** How many of each stratum make the limit, by largest remainders. */
function sharesOf(sizes: readonly number[], limit: number): number[] {
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => (size * limit) / all);
  const shares = exact.map(Math.floor);
  const missing = limit - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = exact.map((share, i) => ({ i, rest: share - shares[i]! })).sort((a, b) => b.rest - a.rest);
  for (const { i } of byRemainder.slice(0, missing)) shares[i]! += 1;
  return shares;
}

/**
 * Draws n rows without putting back, each time with chances in proportion to the weights. Rows of weight 0 are never drawn.
 *
 * @returns rows in their order; fewer than n where fewer have a weight
 * @see Efraimidis and Spirakis 2006, Weighted random sampling with a reservoir
 */
function heaviest<T>(rows: readonly T[], n: number, weightOf: (row: T) => number, random: Random): readonly T[] {
  const arrivals = rows.map((row) => ({ row, at: -Math.log(1 - random()) / weightOf(row) })); // a race of exponential clocks
  const first = arrivals.filter(({ at }) => at < Number.POSITIVE_INFINITY).sort((a, b) => a.at - b.at);
  const kept = new Set(first.slice(0, n).map(({ row }) => row));
  return rows.filter((row) => kept.has(row));
}

/**
 * Rows of equal keys together, in the order in which the keys first come.
 *
 * @example grouped([1, 2, 3], (n) => String(n % 2)) // => [[1, 3], [2]]
 */
export function grouped<T>(rows: readonly T[], keyOf: (row: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const members = groups.get(key);
    if (members) members.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()];
}
