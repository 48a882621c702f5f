import { err } from "#src/kernel/result";
import type { PairData } from "./pair-data.ts";
import { type Estimate, noEstimate, type Quantity } from "./quantity.ts";
import type { TestOutcome, TestSetting } from "./tests.ts";

export function clusteredMean(
  _values: readonly number[],
  _clusters: readonly number[],
  _level: number,
): { interval: Estimate["interval"]; standardError: Quantity } {
  return { interval: err("not yet"), standardError: err("not yet") };
}

export function clusteredDifference(data: PairData, _setting: TestSetting): TestOutcome {
  return {
    test: "cluster-robust t test",
    why: data.why,
    difference: noEstimate("not yet"),
    p: err("not yet"),
    effect: { name: "Cohen's dz", ...noEstimate("not yet") },
    detectable: () => err("not yet"),
  };
}
