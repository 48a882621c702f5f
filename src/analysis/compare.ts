import type { Direction } from "#src/experiment/direction";
import type { AnalysisOptions } from "#src/experiment/options";
import { err, mapOk, ok } from "#src/kernel/result";
import type { Comparison, MetricReading } from "./analysis.ts";
import { chooseTest } from "./choose-test.ts";
import { pairData } from "./pair-data.ts";
import { pairingOf } from "./pairing.ts";
import type { Pair } from "./pairs.ts";
import type { Quantity } from "./quantity.ts";
import type { Reading, WhyMissing } from "./reading.ts";
import type { Resamples } from "./resample.ts";
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
export function testPairs(
  pairs: readonly Pair[],
  reading: Reading,
  table: Table,
  why: WhyMissing,
  setting: TestSetting,
  resamples: Resamples,
): Tested[] {
  return pairs.map((pair) => {
    const data = pairData(pair, reading, table, why);
    const compared = data.design === "paired" && reading.metric.aggregate === "mean" && !data.xClusters;
    const pairing = compared ? pairingOf(data) : undefined;
    return {
      n: data.n,
      dropped: data.dropped,
      ...(pairing ? { pairing } : {}),
      ...chooseTest(data, pair, reading, setting, resamples),
      pair,
      condition: table.conditions[pair.condition]!,
      against: table.conditions[pair.against]!,
      design: data.design,
    };
  });
}

/** The comparison with its adjusted p, its power and its verdict. */
export function settleComparison(
  tested: Tested,
  pAdjusted: Quantity,
  alpha: number,
  direction: Direction,
  options: AnalysisOptions,
): Comparison {
  const { pair, detectable, intervalAt: _, ...rest } = tested;
  const { significanceLevel } = options;
  return {
    ...rest,
    ...(pair.group === undefined ? {} : { group: pair.group }),
    pAdjusted,
    detectable: detectable(alpha),
    verdict:
      tested.verdict ??
      verdictOf({
        difference: directionOf(tested),
        pAdjusted,
        equivalenceP: tested.equivalence?.p,
        direction,
        significanceLevel,
      }),
  };
}

/** What tells which condition is ahead: the number that was tested, counted from its null value. */
const directionOf = ({ tested, effect, difference }: TestOutcome): Quantity =>
  tested === "effect" ? mapOk(effect.value, (value) => value - 0.5) : difference.value;

/** Pairs whose verdict is another one in the other reading. */
export function changedVerdicts(
  used: MetricReading,
  other: MetricReading,
): { condition: string; against: string; from: Comparison["verdict"]; to: Comparison["verdict"] }[] {
  return used.comparisons.flatMap(({ condition, against, verdict }, i) => {
    const to = other.comparisons[i]!.verdict;
    return to === verdict ? [] : [{ condition, against, from: verdict, to }];
  });
}

/** Adjusts the p-values that exist, all together; a test without one stays without. */
export function adjustTogether(
  ps: readonly Quantity[],
  adjust: (ps: readonly number[]) => readonly number[],
): Quantity[] {
  const adjusted = adjust(ps.flatMap((p) => (p.ok ? [p.value] : [])));
  let next = 0;
  return ps.map((p) => (p.ok ? ok(adjusted[next++]!) : err(p.error)));
}
