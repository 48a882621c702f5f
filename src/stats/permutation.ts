import { invariant } from "#src/kernel/errors";
import { type Random, randomInt, stream } from "#src/kernel/random";
import { err, ok, type Result } from "#src/kernel/result";
import { allFinite } from "./sample.ts";

export interface PermutationOptions {
  /** Random arrangements when there are too many to enumerate; default 9999 */
  readonly draws?: number;
  /** Enumerate all arrangements up to this many; default 1,000,000 */
  readonly enumerateUpTo?: number;
  /** Seed of the random arrangements; default 0 */
  readonly seed?: number | string;
}

export interface Permutation {
  /** The observed difference of means */
  readonly estimate: number;
  /** Arrangements looked at, the observed one among them */
  readonly arrangements: number;
  /** Whether these are all there are */
  readonly exact: boolean;
  /** Present when drawn at random */
  readonly seed?: number | string;
  /** In (0, 1]: count / arrangements, never 0, since the observed arrangement counts itself */
  readonly p: number;
  readonly pLess: number;
  readonly pGreater: number;
  readonly counts: { readonly twoSided: number; readonly less: number; readonly greater: number };
}

export type PermutationProblem = "too-few" | "not-finite";

/** Counts sums at least as far out as the observed one; sums that differ by rounding only are equal. */
function counter(observed: number, scale: number) {
  const slack = Math.max(1e-9 * Math.abs(observed), 1e-12 * scale);
  const counts = { twoSided: 0, less: 0, greater: 0 };
  const count = (sum: number): void => {
    if (Math.abs(sum) >= Math.abs(observed) - slack) counts.twoSided++;
    if (sum <= observed + slack) counts.less++;
    if (sum >= observed - slack) counts.greater++;
  };
  return { counts, count };
}

/**
 * Whether differences on the same items are symmetric around 0, by flipping their signs: exact for any distribution. Where differences
 * come in clusters, whole clusters flip.
 *
 * @param values one difference per item
 * @param options.clusters a label per item
 * @returns `too-few` without items
 * @see Fisher, The Design of Experiments, 1935, 21; Phipson & Smyth 2010 (why (b + 1) / (m + 1))
 * @example signFlipTest([1, 2, 3]) // => { ok: true, value: { estimate: 2, arrangements: 8, exact: true, p: 0.25, ... } }
 */
export function signFlipTest(
  values: readonly number[],
  options: PermutationOptions & { clusters?: readonly (string | number)[] } = {},
): Result<Permutation, PermutationProblem> {
  if (!allFinite(values)) return err("not-finite");
  if (values.length === 0) return err("too-few");
  const units = options.clusters ? sumsByCluster(values, options.clusters) : [...values];
  const observed = units.reduce((sum, value) => sum + value, 0);
  const scale = units.reduce((sum, value) => sum + Math.abs(value), 0);
  const { counts, count } = counter(observed, scale);
  const { enumerateUpTo = 1_000_000, draws = 9999, seed = 0 } = options;
  const exact = 2 ** units.length <= enumerateUpTo;
  if (exact) {
    const flip = (i: number, sum: number): void => {
      if (i === units.length) count(sum);
      else {
        flip(i + 1, sum + units[i]!);
        flip(i + 1, sum - units[i]!);
      }
    };
    flip(0, 0);
  } else {
    const random = stream(seed, "sign-flip");
    const blocks = signedSums(units);
    count(observed);
    for (let draw = 0; draw < draws; draw++) count(flippedSum(blocks, random));
  }
  return ok(summary(observed / values.length, counts, exact ? 2 ** units.length : draws + 1, exact, seed));
}

/** Every signed sum of each four units, so that a draw needs a quarter of the additions. */
function signedSums(units: readonly number[]): Float64Array[] {
  const blocks: Float64Array[] = [];
  for (let start = 0; start < units.length; start += 4) {
    const four = units.slice(start, start + 4);
    blocks.push(
      Float64Array.from({ length: 16 }, (_, signs) =>
        four.reduce((sum, unit, i) => sum + (signs & (1 << i) ? unit : -unit), 0),
      ),
    );
  }
  return blocks;
}

/** The sum with random signs; one random number gives 32 of them. */
function flippedSum(blocks: readonly Float64Array[], random: Random): number {
  let sum = 0;
  let bits = 0;
  for (let i = 0; i < blocks.length; i++) {
    bits = i % 8 === 0 ? Math.floor(random() * 2 ** 32) : bits >>> 4;
    sum += blocks[i]![bits & 15]!;
  }
  return sum;
}

function sumsByCluster(values: readonly number[], clusters: readonly (string | number)[]): number[] {
  invariant(values.length === clusters.length, "every item needs a cluster");
  const sums = new Map<string | number, number>();
  values.forEach((value, i) => {
    sums.set(clusters[i]!, (sums.get(clusters[i]!) ?? 0) + value);
  });
  return [...sums.values()];
}

/**
 * Whether two independent samples come from one distribution, by dealing their values again into groups of the same sizes.
 *
 * @returns `too-few` if a sample is empty
 * @see Pitman, Supplement to the JRSS 4 (1937); Phipson & Smyth 2010
 * @example permutationTest([1, 2], [3, 4]) // => { ok: true, value: { estimate: -2, arrangements: 6, exact: true, p: 0.3333333, ... } }
 */
export function permutationTest(
  x: readonly number[],
  y: readonly number[],
  options: PermutationOptions = {},
): Result<Permutation, PermutationProblem> {
  if (!allFinite(x) || !allFinite(y)) return err("not-finite");
  if (x.length === 0 || y.length === 0) return err("too-few");
  const { enumerateUpTo = 1_000_000, draws = 9999, seed = 0 } = options;
  const pool = [...x, ...y];
  const [n1, n2, n] = [x.length, y.length, pool.length];
  const centre = pool.reduce((sum, value) => sum + value, 0) / n;
  const centred = pool.map((value) => value - centre);
  // With the total at 0, the difference of means is the first group's sum times a constant: comparing sums is enough.
  const observed = centred.slice(0, n1).reduce((sum, value) => sum + value, 0);
  const scale = centred.reduce((sum, value) => sum + Math.abs(value), 0);
  const { counts, count } = counter(observed, scale);
  const all = choose(n, n1);
  const exact = all <= enumerateUpTo;
  if (exact) {
    const deal = (i: number, left: number, sum: number): void => {
      if (left === 0) count(sum);
      else {
        if (n - i > left) deal(i + 1, left, sum);
        deal(i + 1, left - 1, sum + centred[i]!);
      }
    };
    deal(0, n1, 0);
  } else {
    const random = stream(seed, "permutation");
    count(observed);
    for (let draw = 0; draw < draws; draw++) {
      let sum = 0;
      for (let i = 0; i < n1; i++) {
        const j = i + randomInt(random, n - i); // a partial shuffle deals the first group
        const dealt = centred[j]!;
        centred[j] = centred[i]!;
        centred[i] = dealt;
        sum += dealt;
      }
      count(sum);
    }
  }
  return ok(summary(observed * (1 / n1 + 1 / n2), counts, exact ? all : draws + 1, exact, seed));
}

/** n over k, exact while it is below 2^53. */
function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= Math.min(k, n - k); i++) result = (result * (n - Math.min(k, n - k) + i)) / i;
  return Math.round(result);
}

function summary(
  estimate: number,
  counts: Permutation["counts"],
  arrangements: number,
  exact: boolean,
  seed: number | string,
): Permutation {
  const p = {
    p: counts.twoSided / arrangements,
    pLess: counts.less / arrangements,
    pGreater: counts.greater / arrangements,
  };
  return { estimate, arrangements, exact, ...(exact ? {} : { seed }), ...p, counts };
}
