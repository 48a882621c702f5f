import { err, ok, type Result } from "#src/kernel/result";
import { type Estimate, type Interval, interval, noEstimate, type Quantity } from "./quantity.ts";
import type { TestOutcome, TestSetting } from "./test-outcome.ts";

/**
 * Differences that are all alike: the number they equal, or nothing where they vary. What rounding alone tells apart is alike.
 *
 * @example allAlike([0.5, 0.5], 1) // => 0.5
 * @example allAlike([0.5, 0.4], 1) // => undefined
 */
export function allAlike(differences: readonly number[], largest: number): number | undefined {
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const noise = Math.max(1e-9 * Math.abs(mean), 1e-12 * largest);
  if (!differences.every((value) => Math.abs(value - mean) <= noise)) return undefined;
  return Math.abs(mean) <= noise ? 0 : mean;
}

/** How far apart two values of a metric can be, as far as was seen: 1 within [0, 1]. What is NaN was not seen. */
export function reachOf(...sides: readonly Iterable<number>[]): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const values of sides)
    for (const value of values) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
  if (least >= 0 && most <= 1) return 1;
  return most > least ? most - least : Math.abs(most);
}

/**
 * A pair that differs by the same amount on every item. No item shows any spread, so that all that is unknown is the share of items that
 * differ otherwise: n items show none of a share of 1 - alpha^(1/n) with probability alpha only.
 *
 * - No difference: such an item differs by the greatest distance seen, one way or the other. The bound of that share, at alpha, bounds the size
 *   of the difference in both directions.
 * - The same difference: such an item differs by as much the other way. The bound is taken at alpha / 2, so that the interval excludes 0
 *   exactly where the sign test, whose p is 2 / 2^n, does.
 *
 * @param by the amount
 * @param n items, or clusters, two or more
 * @param reach greatest distance of two values
 */
export function sameEverywhere(
  by: number,
  n: number,
  reach: number,
  { confidenceInterval, margin }: TestSetting,
): Required<Pick<TestOutcome, "p" | "intervalAt" | "same" | "detectable">> & Pick<TestOutcome, "equivalence"> {
  const missed = (alpha: number): number => 1 - (by === 0 ? alpha : alpha / 2) ** (1 / n);
  const stray = by === 0 ? reach : 2 * Math.abs(by);
  const share = margin === undefined ? 0 : Math.max(0, margin - Math.abs(by)) / stray;
  return {
    p: ok(by === 0 ? 1 : Math.min(1, 2 ** (1 - n))),
    intervalAt: (confidence) => {
      const width = stray * missed(1 - confidence);
      return interval(by - width, by + width, confidence, "exact bound of the items that may differ otherwise");
    },
    same: { by, items: n, missed: missed(1 - confidenceInterval) },
    ...(margin === undefined ? {} : { equivalence: { margin, p: ok(share >= 1 ? 0 : (1 - share) ** n) } }),
    detectable: (alpha): Quantity => ok(stray * missed(alpha)),
  };
}

/**
 * A pair of which both gave the same replies on every item, and of which the metric is the same: nothing was there that could differ.
 *
 * @param items with a value in both
 */
export function identicalReplies(outcome: TestOutcome, items: number): TestOutcome {
  const { check: _, pIsBound: __, caution: ___, equivalence, means, ...rest } = outcome;
  const { effect, difference, tested } = rest;
  const zero = (confidence: number): Result<Interval> => interval(0, 0, confidence, REPLIES);
  const alike = ({ interval: found }: Estimate): Estimate => ({
    value: ok(0),
    interval: zero(found.ok ? found.value.level : CONFIDENCE),
  });
  const ofGrades = tested === "effect";
  return {
    ...rest,
    why: `${rest.why}, and both gave the same replies`,
    p: ok(1),
    ...(means ? { means: alike(means) } : {}),
    ...(ofGrades
      ? {}
      : {
          difference: alike(difference),
          intervalAt: zero,
          effect: { name: effect.name, ...noEstimate(REPLIES) },
        }),
    same: { by: 0, items, missed: 0, replies: true },
    ...(equivalence ? { equivalence: { ...equivalence, p: ok(0) } } : {}),
    detectable: () => err(REPLIES),
  };
}

const REPLIES = "the replies are the same";
/** Of an interval that is a point at any level. */
const CONFIDENCE = 0.95;
