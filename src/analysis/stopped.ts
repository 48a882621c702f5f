import type { Direction } from "#src/experiment/direction";
import type { SettledSequential } from "#src/experiment/sequential";
import { err, ok } from "#src/kernel/result";
import type { Analysis, Omnibus, Verdict } from "./analysis.ts";
import type { Tested } from "./compare.ts";
import type { Pair } from "./pairs.ts";
import type { Quantity } from "./quantity.ts";
import { interval } from "./quantity.ts";
import type { Reading } from "./reading.ts";
import type { Table } from "./table.ts";
import { wayOf } from "./verdict.ts";
import { alphaOfPair, beginWatch, type Decision, decisionOf, type Watch, type Watched, watchItem } from "./watched.ts";
import type { WatchedPair } from "./watched-metric.ts";

/** Why a number for a fixed count of items is not given. */
export const INVALID = "invalid: the run stopped early";

/** Goes through the items of a reading as the run did: in their order. */
export function watchReading(watch: Watch, reading: Reading, table: Table): Watched {
  let watched = beginWatch(watch);
  for (let item = 0; item < table.items.length && watched.unfit === undefined; item++) {
    const values = reading.means.map((means) => means[item]!);
    watched = watchItem(watch, watched, values);
  }
  return watched;
}

/** What was watched, as numbers. */
export function watchedSummary(
  watch: Watch,
  watched: Watched,
  table: Table,
  metric: string,
  stoppedEarly: boolean,
): NonNullable<Analysis["sequential"]> {
  const { sequential, margin, pairs } = watch;
  return {
    metric,
    ...sequential,
    alphaOfPair: alphaOfPair(sequential.alpha, pairs.length),
    stoppedEarly,
    ...(watched.unfit === undefined ? {} : { unfit: watched.unfit }),
    pairs: pairs.map((pair, i): WatchedPair => {
      const sequence = watched.sequences[i]!;
      const { lower, upper, level } = sequence.interval;
      return {
        condition: table.conditions[pair.condition]!,
        against: table.conditions[pair.against]!,
        ...(pair.group === undefined ? {} : { group: pair.group }),
        n: sequence.n,
        difference: {
          value: sequence.n > 0 ? ok(sequence.mean) : err("no item has a value in both"),
          interval: interval(lower, upper, level, CONFIDENCE_SEQUENCE),
        },
        logE: sequence.logE,
        p: sequence.runningP,
        decision: decisionOf(sequence, margin),
      };
    }),
  };
}

const CONFIDENCE_SEQUENCE = "empirical Bernstein confidence sequence, which holds at all n at once";

/** The comparison of the watched metric in a run that stopped early: by what was watched. */
export function anytimeValid(
  tested: Tested,
  pair: WatchedPair,
  direction: Direction,
  { method }: SettledSequential,
): Tested {
  const byE = method === "e_value";
  return {
    ...withoutP(tested),
    test: byE ? "e-value by betting" : "confidence sequence",
    why: "it may be looked at after every item, and the run stopped when it had decided",
    design: "paired",
    difference: pair.difference,
    intervalAt: () => pair.difference.interval, // it holds for all pairs at once already
    p: byE ? ok(pair.p) : err("the confidence sequence decides"),
    n: pair.n,
    verdict: verdictOf(pair.decision, pair.difference.value, direction),
  };
}

function verdictOf(decision: Decision, difference: Quantity, direction: Direction): Verdict {
  if (decision === "equivalent") return "equivalent";
  if (decision === "open" || !difference.ok) return "not distinguishable";
  return wayOf(difference.value, direction);
}

/** A comparison whose p-values are not valid. */
export const withoutP = ({ check, equivalence, effect, pIsBound: _, ...tested }: Tested): Tested => ({
  ...tested,
  p: err(INVALID),
  intervalAt: () => tested.difference.interval,
  ...(check ? { check: { ...check, p: err(INVALID) } } : {}),
  ...(equivalence ? { equivalence: { ...equivalence, p: err(INVALID) } } : {}),
  effect: { ...effect, interval: err(INVALID) },
  detectable: () => err(INVALID),
});

/** A test over all conditions whose p is not valid. */
export const withoutOmnibusP = (omnibus: Omnibus): Omnibus => ({ ...omnibus, p: err(INVALID) });

/** What a reader must know about the watching, in a sentence. */
export function watchedNote({
  metric,
  alpha,
  method,
  stoppedEarly,
  unfit,
  pairs,
}: NonNullable<Analysis["sequential"]>): string {
  const how = method === "e_value" ? "e-values by betting" : "confidence sequences";
  const what = `${metric} was watched item by item, in the order of the plan, by ${how} at level ${alpha} over ${pairs.length === 1 ? "one pair" : `${pairs.length} pairs`}`;
  if (unfit !== undefined) return `${what}; that stopped, because ${unfit}.`;
  if (stoppedEarly)
    return `${what}, and the run stopped when all were decided. P-values for a fixed number of items are invalid in such a run and are not given; intervals of metrics that were not watched are too narrow.`;
  const decided = pairs.filter(({ decision }) => decision !== "open").length;
  return `${what}: ${decided} of ${pairs.length} decided. P-values for a fixed number of items hold, because the run did not stop on the way; a claim from either may be a false alarm.`;
}

/** Pairs of a reading that can be watched. */
export const watchOf = (
  reading: Pick<Reading, "metric" | "failedAs">,
  conditions: readonly string[],
  pairs: readonly Pair[],
  sequential: SettledSequential,
  margin: number | undefined,
): Watch => ({
  metric: reading.metric.name,
  conditions,
  pairs,
  sequential,
  failedAs: reading.failedAs === 0 ? 0 : "missing",
  margin,
});
