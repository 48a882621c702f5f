import type { Direction } from "#src/experiment/direction";
import type { SettledStatistics } from "#src/experiment/options";
import { mapOk, ok, type Result } from "#src/kernel/result";
import type { Steps } from "#src/kernel/steps";
import type { Comparison, MetricValues } from "./analysis.ts";
import { chooseTest } from "./choose-test.ts";
import { type PairData, pairData } from "./pair-data.ts";
import { pairingOf } from "./pairing.ts";
import type { Pair } from "./pairs.ts";
import type { Interval, Quantity } from "./quantity.ts";
import type { Reading, WhyMissing } from "./reading.ts";
import type { Resamples } from "./resample.ts";
import { identicalReplies } from "./same.ts";
import type { Table } from "./table.ts";
import type { TestOutcome, TestSetting } from "./test-outcome.ts";
import { verdictOf } from "./verdict.ts";

/** A pair with its test, before p-values are adjusted. */
export interface Tested extends TestOutcome, Pick<Comparison, "pairing"> {
  readonly pair: Pair;
  readonly condition: string;
  readonly against: string;
  readonly design: Comparison["design"];
  readonly n: number;
  readonly dropped: Readonly<Record<string, number>>;
  /** What was decided otherwise than by the adjusted p. */
  readonly verdict?: Comparison["verdict"];
}

/** Tests every pair on one reading of one metric. */
export function* testPairs(
  pairs: readonly Pair[],
  reading: Reading,
  table: Table,
  why: WhyMissing,
  setting: TestSetting,
  resamples: Resamples,
): Steps<Tested[]> {
  const tested: Tested[] = [];
  for (const pair of pairs) {
    yield;
    const data = pairData(pair, reading, table, why);
    const compared = data.design === "paired" && reading.metric.aggregate === "mean" && !data.xClusters;
    yield;
    const pairing = compared ? yield* pairingOf(data) : undefined;
    yield;
    const outcome = yield* chooseTest(data, pair, reading, setting, resamples);
    yield;
    const isIdentical = data.design === "paired" && isSame(data) && table.sameReplies(pair.condition, pair.against);
    tested.push({
      n: data.n,
      dropped: data.dropped,
      ...(pairing ? { pairing } : {}),
      ...(isIdentical ? identicalReplies(outcome, data.n) : outcome),
      pair,
      condition: table.conditions[pair.condition]!,
      against: table.conditions[pair.against]!,
      design: data.design,
    });
  }
  return tested;
}

/** Whether every item has the same value in both; the order of repeats may cost the last digit. */
const isSame = ({ x, y }: PairData): boolean =>
  x.every((value, i) => Math.abs(value - y[i]!) <= 1e-12 * Math.max(Math.abs(value), Math.abs(y[i]!)));

/** What a family decides about one of its tests. */
export interface FamilyDecision {
  readonly pAdjusted: Quantity;
  /** Level of its interval: a p below it is what the family's interval calls different. */
  readonly level: number;
  /** Level of the family's strictest test. */
  readonly strictest: number;
  readonly equivalence: Comparison["equivalence"];
}

/** The comparison with what its family says of it, its power and its verdict. */
export function settleComparison(
  tested: Tested,
  { pAdjusted, level, strictest, equivalence }: FamilyDecision,
  direction: Direction,
  { confidenceInterval, significanceLevel }: SettledStatistics,
): Comparison {
  const { pair, detectable, intervalAt, discordant: __, equivalence: _, effect, ...rest } = tested;
  const interval = joint(intervalAt(1 - level), 1 - level, confidenceInterval);
  const ofEffect = tested.tested === "effect";
  return {
    ...rest,
    ...(pair.group === undefined ? {} : { group: pair.group }),
    difference: ofEffect ? tested.difference : { value: tested.difference.value, interval },
    effect: ofEffect ? { ...effect, interval } : effect,
    alone: intervalAt(confidenceInterval),
    pAdjusted,
    ...(equivalence ? { equivalence } : {}),
    detectable: detectable(strictest),
    verdict:
      tested.verdict ??
      verdictOf({
        difference: directionOf(tested),
        pAdjusted,
        equivalenceP: equivalence?.pAdjusted,
        direction,
        significanceLevel,
      }),
  };
}

/** What decides which condition is ahead: the number that was tested, counted from its null value. */
const directionOf = ({ tested, effect, difference }: TestOutcome): Quantity =>
  tested === "effect" ? mapOk(effect.value, (value) => value - 0.5) : difference.value;

/** An interval that was taken at a stricter level, so that those of its family have this one together. */
const joint = (found: Result<Interval>, taken: number, level: number): Result<Interval> =>
  found.ok && found.value.level === taken ? ok({ ...found.value, level }) : found;

/** Pairs whose verdict is another one in the other reading. */
export function changedVerdicts(
  used: MetricValues,
  other: MetricValues,
): { condition: string; against: string; from: Comparison["verdict"]; to: Comparison["verdict"] }[] {
  return used.comparisons.flatMap(({ condition, against, verdict }, i) => {
    const to = other.comparisons[i]!.verdict;
    return to === verdict ? [] : [{ condition, against, from: verdict, to }];
  });
}
