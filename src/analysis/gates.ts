import type { Direction } from "#src/experiment/direction";
import { type Gate, isDifferenceGate } from "#src/experiment/gates";
import { ok } from "#src/kernel/result";
import type { Analysis, Comparison, Same } from "./analysis.ts";
import { type Estimate, noEstimate } from "./quantity.ts";

/** What became of a gate. */
export interface GateResult {
  readonly gate: Gate;
  /** A gate whose number does not exist is missed. */
  readonly passed: boolean;
  /** The level, or the difference with its interval. */
  readonly measured: Estimate;
  /** Why it is missed although nothing worse was measured, where that is so: `too few items: ...`. */
  readonly why?: string;
  /** Added after the first task: reported, and not counted. */
  readonly afterwards?: true;
}

/**
 * Holds gates against results: a level by its measured value, a difference by that end of its interval which is the worse one. The interval
 * is that of the pair alone: a gate is one comparison, fixed beforehand.
 *
 * @example judgeGates([{ metric: "accuracy", condition: "a", atLeast: 0.8 }], analysis)[0]?.passed // true when a reached 0.8
 */
export const judgeGates = (gates: readonly Gate[], { metrics }: Pick<Analysis, "metrics">): GateResult[] =>
  gates.map((gate) => {
    const analysed = metrics.find(({ metric }) => metric.name === gate.metric);
    if (!analysed) return { gate, passed: false, measured: noEstimate("not measured") };
    if (isDifferenceGate(gate)) {
      const { measured, same } = differenceOf(analysed.comparisons, gate.difference);
      const passed = isNotWorse(measured, gate.notWorseThan, analysed.metric.direction);
      return { gate, passed, measured, ...(same?.by === 0 && !passed ? { why: tooFew(same) } : {}) };
    }
    const summary = analysed.summaries.find(({ condition }) => condition === gate.condition);
    const measured = summary?.estimate ?? noEstimate("not measured");
    const { value } = measured;
    const passed =
      value.ok &&
      (gate.atLeast === undefined || reaches(value.value, gate.atLeast)) &&
      (gate.atMost === undefined || reaches(gate.atMost, value.value));
    return { gate, passed, measured };
  });

/** Whether `value` is at least `bound`; sums of many numbers are not exact to the last digit. */
const reaches = (value: number, bound: number): boolean => value >= bound - 1e-12 * Math.max(1, Math.abs(bound));

function isNotWorse({ interval }: Estimate, margin: number, direction: Direction): boolean {
  if (!interval.ok || direction === "none") return false;
  return direction === "higher" ? reaches(interval.value.low, -margin) : reaches(margin, interval.value.high);
}

/** A gate was declared before any result was seen, so that the interval of its pair alone is right. */
const single = ({ means, difference, alone }: Comparison): Estimate =>
  means ?? { value: difference.value, interval: alone };

/** Equal values on items that are too few to exclude the loss. */
const tooFew = ({ items, missed }: Same): string =>
  `too few items: no difference on ${items}, but up to ${Number((100 * missed).toPrecision(3))} % of all may differ`;

/** The difference of two conditions, whichever of them the comparison counts from. */
function differenceOf(
  comparisons: readonly Comparison[],
  [condition, against]: readonly [string, string],
): { measured: Estimate; same?: Same } {
  const straight = comparisons.find((one) => one.condition === condition && one.against === against);
  const turned = comparisons.find((one) => one.condition === against && one.against === condition);
  const found = straight ?? turned;
  if (!found) return { measured: noEstimate("not compared") };
  const { value, interval } = single(found);
  const same = found.same ? { same: found.same } : {};
  if (straight) return { measured: { value, interval }, ...same };
  return {
    measured: {
      value: value.ok ? ok(0 - value.value) : value,
      interval: interval.ok
        ? ok({ ...interval.value, low: 0 - interval.value.high, high: 0 - interval.value.low })
        : interval,
    },
    ...same,
  };
}
