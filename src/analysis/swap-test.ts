import { type Random, type Stream, stream } from "#src/kernel/random";
import { err, ok, type Result } from "#src/kernel/result";
import type { Steps } from "#src/kernel/steps";
import { type Interval, interval } from "./quantity.ts";

/** One bit a unit: 1 where the labels change. Data as they are have no bit set. */
export type Mask = Int32Array;

/** @param units number of units, none of them swapped */
export const noSwaps = (units: number): Mask => new Int32Array(Math.ceil(units / 32));

/** 1 where the labels of the unit change, else 0. */
export const swapOf = (mask: Mask, unit: number): number => (mask[unit >>> 5]! >>> (unit & 31)) & 1;

function setSwap(mask: Mask, unit: number, bit: number): void {
  const word = mask[unit >>> 5]!;
  mask[unit >>> 5] = (word & ~(1 << (unit & 31))) | (bit << (unit & 31));
}

/** The statistic of both conditions after the labels of some units were swapped; NaN where it has no value. */
export type Swapped = (mask: Mask) => readonly [number, number];

/** Which units (items, or clusters) each condition has. */
export interface Members {
  readonly a: Uint8Array;
  readonly b: Uint8Array;
}

export interface SwapSetting {
  /** Arrangements to begin with; all where they are no more. */
  readonly draws: number;
  readonly seed: number;
  /** The smallest p that matters: draws continue for a pair that has hardly one as extreme. */
  readonly smallestP: number;
  /** Values that all draws of the pair may look at. */
  readonly steps: number;
  /** Values that a draw looks at. */
  readonly cost: number;
}

/** What swapped labels say about the difference of a statistic. */
export interface SwapInference {
  readonly p: number;
  /** Set where no arrangement was as extreme, so that p is the smallest that this many can show. */
  readonly pIsBound: boolean;
  /** Standard deviation of the difference if the labels mean nothing. */
  readonly standardError: number;
  readonly arrangements: number;
  readonly exact: boolean;
  readonly intervalAt: (confidence: number) => Result<Interval>;
}

/** Share of arrangements below which a pair gets more draws, and above which the first ones serve its interval. */
const RARE = 0.01;

/**
 * Whether a statistic differs between two conditions, by swapping their labels unit by unit: under the null hypothesis the two results of an
 * item could as well stand the other way round. Exact for any statistic and any distribution. Units that only one condition has are
 * assigned to the conditions at random, in the same numbers.
 *
 * The interval is the estimate plus and minus the size that swapped labels exceed with probability 1 - confidence, so that it excludes 0
 * exactly where p says so. It is exact where the conditions do not differ. Where they do, it is about right: on the wide side for sums,
 * since the difference adds to the spread of what is swapped, while percentiles of skewed values hold some 92 % instead of 95 %.
 *
 * @returns why there is none: no unit, a statistic without a value in more than one of a hundred draws
 * @see Pitman 1937; Phipson & Smyth 2010 (why the arrangement as it is counts itself, so that p is never 0)
 */
export function* swapTest(swapped: Swapped, members: Members, setting: SwapSetting): Steps<Result<SwapInference>> {
  const units = members.a.length;
  const plain = swapped(noSwaps(units));
  const estimate = plain[0] - plain[1];
  if (!Number.isFinite(estimate)) return err("not finite");
  const paired: number[] = [];
  const alone: number[] = [];
  for (let unit = 0; unit < units; unit++) {
    if (members.a[unit] && members.b[unit]) paired.push(unit);
    else if (members.a[unit] || members.b[unit]) alone.push(unit);
  }
  if (paired.length + alone.length < 2) return err("too few items");
  const slack = 1e-9 * Math.max(Math.abs(plain[0]), Math.abs(plain[1]));
  const size = (mask: Mask): number => {
    const [a, b] = swapped(mask);
    const away = Math.abs(a - b);
    if (Number.isNaN(away)) return Number.POSITIVE_INFINITY; // as extreme as can be, so that p errs on the safe side
    return Math.abs(away - Math.abs(estimate)) <= slack ? Math.abs(estimate) : away;
  };
  const exact = alone.length === 0 && 2 ** paired.length <= Math.max(setting.draws, 4096);
  const mask = noSwaps(units);
  const random = stream(setting.seed, "swap");
  const first = exact
    ? yield* all()
    : yield* drawn(Math.max(100, Math.min(setting.draws, Math.floor(setting.steps / setting.cost))));
  const without = first.reduce((count, away) => count + Number(away === Number.POSITIVE_INFINITY), 0);
  if (without > RARE * first.length) return err(`${without} of ${first.length} draws have no value`);
  first.sort();
  const wanted = Math.min(Math.ceil(4 / setting.smallestP), Math.floor(setting.steps / setting.cost));
  const goOn = !exact && wanted > first.length && extreme(first) <= Math.max(1, RARE * first.length);
  const more = goOn ? joined(first, yield* drawn(wanted - first.length, false)) : undefined;
  const sizes = more ?? first;
  const count = extreme(sizes);
  const unmoved = sizes[sizes.length - 1]! <= slack;
  const tail = more?.slice(Math.floor((1 - 2 * RARE) * more.length)); // the rest of many draws is not kept
  const total = sizes.length;
  return ok({
    p: count / total,
    pIsBound: !exact && count === 1,
    standardError: unmoved
      ? 0
      : Math.sqrt(first.reduce((sum, away) => sum + (Number.isFinite(away) ? away * away : 0), 0) / first.length),
    arrangements: total,
    exact,
    intervalAt: (confidence) => {
      if (unmoved) return err("no swap of labels changes the difference");
      const alpha = 1 - confidence;
      const [from, of] = tail && alpha < 2 * RARE ? [tail, total] : [first, first.length];
      const beyond = Math.ceil(alpha * of) - 1;
      const reach = from[from.length - 1 - beyond];
      if (beyond < 1 || reach === undefined || !Number.isFinite(reach))
        return err("too few arrangements for an interval at this level");
      return interval(estimate - reach, estimate + reach, confidence, "swapped labels");
    },
  });

  /** Arrangements at least as far out as the data, themselves among them. */
  function extreme(sorted: Float64Array): number {
    let count = 0;
    for (let i = sorted.length - 1; i >= 0 && sorted[i]! >= Math.abs(estimate); i--) count += 1;
    return count;
  }

  /** Every arrangement there is. */
  function* all(): Steps<Float64Array> {
    const sizes = new Float64Array(2 ** paired.length);
    for (let arrangement = 0; arrangement < sizes.length; arrangement++) {
      yield;
      paired.forEach((unit, i) => {
        setSwap(mask, unit, (arrangement >>> i) & 1);
      });
      sizes[arrangement] = size(mask);
    }
    return sizes;
  }

  /** The data as they are, unless they were counted before, and the given number of random arrangements. */
  function* drawn(count: number, withData = true): Steps<Float64Array> {
    const sizes = new Float64Array(count + Number(withData));
    if (withData) sizes[count] = Math.abs(estimate);
    for (let draw = 0; draw < count; draw++) {
      yield; // the statistic may be a function of the user, which takes as long as it takes
      flip(mask, random);
      deal(mask, alone, members, random);
      sizes[draw] = size(mask);
    }
    return sizes;
  }
}

function joined(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both.sort();
}

/** A coin for each unit, 32 from one random number. */
function flip(mask: Mask, random: Stream): void {
  for (let from = 0; from < mask.length; from += coins.length) {
    const some = mask.length - from < coins.length ? coins.subarray(0, mask.length - from) : coins;
    random.fill(some);
    for (let i = 0; i < some.length; i++) mask[from + i] = (some[i]! * 2 ** 32) | 0;
  }
}

const coins = new Float64Array(1024);

/** Units that one condition has alone get their labels again, as many of each as before. */
function deal(mask: Mask, alone: readonly number[], { a }: Members, random: Random): void {
  let left = 0;
  for (const unit of alone) left += a[unit]!;
  for (let i = 0; i < alone.length; i++) {
    const unit = alone[i]!;
    const toA = random() * (alone.length - i) < left;
    if (toA) left -= 1;
    setSwap(mask, unit, Number(toA) ^ a[unit]!);
  }
}
