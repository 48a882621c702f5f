import { describe, expect, it } from "vitest";
import { aggregateOf, sortColumn, statisticOf } from "#src/analysis/aggregate";
import { bcaOf } from "#src/analysis/bca";
import { growingColumn } from "#src/analysis/column";
import { analyse } from "#src/analysis/index";
import { aggregates } from "#src/experiment/metrics";
import { stream } from "#src/kernel/random";
import { bootstrap, drawResamples } from "#src/stats/bootstrap";
import { quantile } from "#src/stats/descriptives";
import { runs } from "../runs.ts";

const columnOf = (values: readonly number[]) => {
  const column = growingColumn();
  values.forEach((value, item) => {
    column.push(item, value);
  });
  return column;
};
const exponential = (random: () => number): number => -Math.log(1 - random());

describe("a weighted aggregate", () => {
  it("is that of the values written out as often as their weight says", () => {
    const random = stream(1, "weights");
    for (let round = 0; round < 200; round++) {
      const values = Array.from({ length: 1 + Math.floor(random() * 12) }, () => Math.floor(random() * 20));
      const weights = Uint8Array.from(values, () => Math.floor(random() * 4));
      const written = values.flatMap((value, i) => Array<number>(weights[i]!).fill(value)).sort((a, b) => a - b);
      const sorted = sortColumn(columnOf(values), undefined);
      if (written.length === 0) {
        expect(aggregateOf(sorted, statisticOf("median"), weights)).toBeNaN();
        continue;
      }
      for (const aggregate of ["median", "p50", "p90", "p95", "p99"] as const) {
        const statistic = statisticOf(aggregate);
        const expected = quantile(written, statistic.kind === "quantile" ? statistic.share : 0.5);
        expect(aggregateOf(sorted, statistic, weights), `${aggregate} of ${written}`).toBeCloseTo(
          expected.ok ? expected.value : Number.NaN,
          10,
        );
      }
      const max = aggregateOf(sorted, { kind: "max" }, weights);
      expect(max).toBe(written.at(-1));
    }
  });

  it("sorts many values as few, negative ones and zeros too", () => {
    const random = stream(8, "sort");
    const values = Array.from({ length: 10_000 }, (_, i) =>
      i % 7 === 0 ? 0 : (random() - 0.5) * 10 ** Math.floor(random() * 20 - 10),
    );
    const sorted = sortColumn(columnOf(values), undefined);
    expect([...sorted.values]).toEqual([...values].sort((a, b) => a - b));
    expect([...sorted.units].map((unit) => values[unit])).toEqual([...sorted.values]);
  });

  it("knows every aggregate that an experiment can name", () => {
    const sorted = sortColumn(columnOf([1, 2, 3, 4]), undefined);
    const values = aggregates.map((aggregate) =>
      aggregateOf(sorted, statisticOf(aggregate), Uint8Array.of(1, 1, 1, 1)),
    );
    expect(values.map((value) => Number(value.toFixed(3)))).toEqual([2.5, 2.5, 1.291, 1, 4, 10, 2.5, 3.7, 3.85, 3.97]);
  });
});

describe("the BCa interval from shared replicates", () => {
  it("is that of the bootstrap of statistics, from the same draws", () => {
    const random = stream(2, "bca");
    const values = Array.from({ length: 40 }, () => exponential(random));
    const mean = (items: Uint32Array): number => items.reduce((sum, i) => sum + values[i]!, 0) / items.length;
    const resamples = drawResamples(40, { draws: 999, seed: 3 });
    const expected = bootstrap(mean, resamples, { ties: "midrank" });
    const leftOut = Float64Array.from(values, (_, out) =>
      mean(Uint32Array.from(values.keys()).filter((i) => i !== out)),
    );
    const found = bcaOf(mean(Uint32Array.from(values.keys())), {
      drawn: Float64Array.from(resamples.draws, mean),
      leftOut,
    });
    if (!expected.ok || !expected.value.bca.ok || !found.ok) throw new Error("no interval");
    const interval = found.value.intervalAt(0.95);
    if (!interval.ok) throw new Error(interval.error);
    expect(interval.value.low).toBeCloseTo(expected.value.bca.value.lower, 10);
    expect(interval.value.high).toBeCloseTo(expected.value.bca.value.upper, 10);
  });

  it("gives the p at which its own end touches the null value", () => {
    const random = stream(4, "inversion");
    const drawn = Float64Array.from({ length: 4000 }, () => 1 + random() + random() + random() - 1.5);
    const leftOut = Float64Array.from({ length: 50 }, () => 1 + 0.01 * exponential(random));
    const found = bcaOf(1, { drawn, leftOut });
    if (!found.ok) throw new Error(found.error);
    const interval = found.value.intervalAt(0.9);
    if (!interval.ok) throw new Error(interval.error);
    for (const end of [interval.value.low, interval.value.high]) {
      expect(found.value.p(end).value).toBeCloseTo(0.1, 2);
    }
  });

  it("keeps its level: no difference of 90th percentiles is found in about 5 % of null runs", () => {
    const random = stream(6, "null");
    const sets = runs(100, 400);
    let found = 0;
    for (let run = 0; run < sets; run++) {
      const rows = Array.from({ length: 150 }, (_, itemId) => {
        const hard = exponential(random);
        return ["a", "b"].map((condition) => ({ condition, itemId, latency: hard + exponential(random) }));
      }).flat();
      const p = analyse(rows, { metrics: ["latency_p90"], resamples: 400, seed: run }).metrics[0]!.comparisons[0]!.p;
      if (p.ok && p.value < 0.05) found += 1;
    }
    expect(found / sets).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / sets));
    expect(found / sets).toBeGreaterThan(0.01);
  });
});
