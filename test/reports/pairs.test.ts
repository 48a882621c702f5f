import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyse } from "#src/analysis/index";
import type { MetricInput } from "#src/experiment/metrics";
import { stream } from "#src/kernel/random";
import { byGroup, sortedPairs } from "#src/reports/pairs";
import { turned } from "#src/reports/words";
import { draws } from "../runs.ts";

/** Rows of the given number of conditions with a yes or no, a time, a grade; drawn by a seed. */
function rowsOf(conditions: number, items: number, seed: number) {
  const random = stream(seed, "pairs");
  return Array.from({ length: items }, (_, itemId) => {
    const hard = random();
    return Array.from({ length: conditions }, (_, c) => ({
      condition: `c${c}`,
      itemId,
      length: c % 2,
      accuracy: random() < 0.4 + 0.1 * c + 0.2 * hard ? 1 : 0,
      latency: 10 + 5 * c * random() + 20 * hard,
      grade: Math.ceil(5 * random() ** (1 / (1 + c))),
    }));
  }).flat();
}

const metrics: MetricInput[] = ["accuracy", "latency", { name: "grade", scale: "ordinal" }];

describe("a pair seen from the other side", () => {
  it("is what its conditions in the other order come to: difference, both intervals, effect, verdict", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 20, max: 60 }), (seed, items) => {
        const rows = rowsOf(2, items, seed);
        const of = (conditions: string[]) => analyse(rows, { conditions, metrics, resamples: 100 }).metrics;
        const there = of(["c0", "c1"]);
        of(["c1", "c0"]).forEach(({ comparisons }, m) => {
          const [expected, found] = [comparisons[0]!, turned(there[m]!.comparisons[0]!)];
          expect([found.condition, found.against, found.verdict]).toEqual([
            expected.condition,
            expected.against,
            expected.verdict,
          ]);
          const numbers = ({ difference, alone, effect }: typeof found) => {
            const ends = [difference.interval, alone, effect.interval].map((one) =>
              one.ok ? [one.value.low, one.value.high] : [],
            );
            return [difference.value, effect.value].map((one) => (one.ok ? one.value : 0)).concat(ends.flat());
          };
          numbers(found).forEach((value, i) => {
            expect(value).toBeCloseTo(numbers(expected)[i]!, 6);
          });
        });
      }),
      draws(4, 20),
    );
  });
});

describe("the pairs of a report", () => {
  it("are all there once, the better first in each, those of the best before all others", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 4 }), (seed, conditions) => {
        for (const analysed of analyse(rowsOf(conditions, 12, seed), { metrics, resamples: 100 }).metrics) {
          const pairs = sortedPairs(analysed, undefined);
          const key = ({ condition, against }: (typeof pairs)[0]) => [condition, against].sort().join(" ");
          expect(pairs.map(key).sort()).toEqual(analysed.comparisons.map(key).sort());
          const sign = analysed.metric.direction === "lower" ? -1 : 1;
          for (const { difference, effect, tested, verdict } of pairs) {
            expect(["worse", "lower"]).not.toContain(verdict);
            if (tested === "effect" && effect.value.ok) expect(effect.value.value).toBeGreaterThanOrEqual(0.5);
            else if (difference.value.ok) expect(sign * difference.value.value).toBeGreaterThanOrEqual(0);
          }
        }
      }),
      draws(3, 20),
    );
  });

  it("stay minus the baseline where that was compared with, the best first", () => {
    const [analysed] = analyse(rowsOf(5, 40, 7), { metrics: ["accuracy"], baseline: "c2", resamples: 100 }).metrics;
    const pairs = sortedPairs(analysed!, "c2");
    expect(pairs.every(({ against }) => against === "c2")).toBe(true);
    const differences = pairs.map(({ difference }) => (difference.value.ok ? difference.value.value : Number.NaN));
    expect(differences).toEqual(differences.toSorted((a, b) => b - a));
  });

  it("keep the groups within which they were compared together", () => {
    const conditions = [0, 1, 2, 3].map((c) => ({ name: `c${c}`, factors: { length: c % 2 } }));
    const [analysed] = analyse(rowsOf(4, 20, 3), {
      metrics: ["accuracy"],
      conditions,
      pairs: { within: "length" },
    }).metrics;
    const pairs = sortedPairs(analysed!, undefined);
    expect(byGroup(pairs).flat()).toEqual(pairs);
    expect(new Set(pairs.map(({ group }) => group)).size).toBe(2);
  });
});
