import { err, ok } from "#src/kernel/result";
import { aggregateOf, sortColumn, statisticOf } from "./aggregate.ts";
import type { PairData } from "./pair-data.ts";
import type { Pair } from "./pairs.ts";
import { type Estimate, noEstimate, type Quantity, quantity } from "./quantity.ts";
import type { Reading } from "./reading.ts";
import type { Resamples } from "./resample.ts";
import type { TestOutcome, TestSetting } from "./tests.ts";

const point = (reading: Reading, condition: number): Quantity => {
  const column = reading.columns[condition]!;
  const value = aggregateOf(
    sortColumn(column, undefined),
    statisticOf(reading.metric.aggregate),
    new Uint8Array(1 << 20).fill(1),
  );
  return quantity(value, "no value");
};

export function bootstrapEstimate(
  reading: Reading,
  condition: number,
  _level: number,
  _resamples: Resamples,
): Estimate {
  return { value: point(reading, condition), interval: err("not yet") };
}

export function bootstrapDifference(
  data: PairData,
  pair: Pair,
  reading: Reading,
  _setting: TestSetting,
  _resamples: Resamples,
): TestOutcome {
  const [a, b] = [point(reading, pair.condition), point(reading, pair.against)];
  return {
    test: "bootstrap",
    why: data.why,
    difference: { value: a.ok && b.ok ? ok(a.value - b.value) : err("no value"), interval: err("not yet") },
    p: err("not yet"),
    effect: { name: "ratio", ...noEstimate("not yet") },
    detectable: () => err("not yet"),
  };
}
