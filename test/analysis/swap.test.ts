import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aggregateOf, sortColumn, statisticOf } from "#src/analysis/aggregate";
import type { Column } from "#src/analysis/column";
import { membersOf, swapStatistic } from "#src/analysis/swap-statistic";
import { noSwaps, type SwapSetting, swapTest } from "#src/analysis/swap-test";
import { aggregates } from "#src/experiment/metrics";
import { finish } from "#src/kernel/steps";
import { draws } from "../runs.ts";

const setting: SwapSetting = { draws: 200, seed: 3, smallestP: 0.05, steps: 1e7, cost: 1 };
const columnOf = (rows: readonly (readonly [item: number, value: number])[]): Column => ({
  length: rows.length,
  values: Float64Array.from(rows, ([, value]) => value),
  items: Uint32Array.from(rows, ([item]) => item),
});
const UNITS = 40;
const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: UNITS - 1 }), fc.integer({ min: -5, max: 20 })), {
  minLength: 2,
  maxLength: 60,
});
const paired = fc.array(fc.tuple(fc.integer({ min: -5, max: 9 }), fc.integer({ min: -5, max: 9 })), {
  minLength: 2,
  maxLength: UNITS,
});
const columnsOf = (pairs: readonly (readonly [number, number])[]): [Column, Column] => [
  columnOf(pairs.map(([x], item) => [item, x] as const)),
  columnOf(pairs.map(([, y], item) => [item, y] as const)),
];

describe("a statistic under swapped labels", () => {
  it.each(aggregates)("%s is that of the rows written out on their new sides", (aggregate) => {
    const statistic = statisticOf(aggregate);
    const masks = fc.array(fc.constantFrom(0, 1), { minLength: UNITS, maxLength: UNITS });
    fc.assert(
      fc.property(rows, rows, masks, (a, b, bits) => {
        const mask = noSwaps(UNITS);
        bits.forEach((bit, unit) => {
          mask[unit >>> 5]! |= bit << (unit & 31);
        });
        const { swapped } = swapStatistic(columnOf(a), columnOf(b), statistic, undefined, UNITS);
        const side = (which: 0 | 1): number => {
          const stays = which === 0 ? a : b;
          const comes = which === 0 ? b : a;
          const there = columnOf([
            ...stays.filter(([item]) => bits[item] === 0),
            ...comes.filter(([item]) => bits[item] === 1),
          ]);
          return aggregateOf(sortColumn(there, undefined), statistic, new Uint8Array(UNITS).fill(1));
        };
        const found = swapped(mask);
        for (const which of [0, 1] as const) {
          const expected = side(which);
          if (Number.isFinite(expected)) expect(found[which]).toBeCloseTo(expected, 9);
          else expect(Number.isFinite(found[which])).toBe(false);
        }
      }),
      draws(40, 80, 1),
    );
  });
});

describe("the label-swap test", () => {
  it.each(["median", "p90", "std", "max"] as const)(
    "of %s excludes 0 from its interval exactly where p says so",
    (aggregate) => {
      fc.assert(
        fc.property(paired, fc.double({ min: 0.001, max: 0.9, noNaN: true }), (pairs, alpha) => {
          const [a, b] = columnsOf(pairs);
          const { swapped } = swapStatistic(a, b, statisticOf(aggregate), undefined, UNITS);
          const found = finish(swapTest(swapped, membersOf([a], [b], undefined, UNITS), setting));
          if (!found.ok) return;
          const { p, arrangements, intervalAt } = found.value;
          expect(p).toBeGreaterThanOrEqual(1 / arrangements);
          if (Math.abs(p - alpha) < 1e-9) return;
          const interval = intervalAt(1 - alpha);
          if (!interval.ok) {
            expect(p).toBeGreaterThanOrEqual(alpha);
            return;
          }
          expect(interval.value.low > 0 || interval.value.high < 0).toBe(p < alpha);
        }),
        draws(40, 80, 2),
      );
    },
  );

  it("looks at all arrangements where they are few: 6 items that all differ one way have p = 2 / 64", () => {
    const [a, b] = columnsOf([1, 2, 3, 4, 5, 6].map((x) => [10 + x, x]));
    const { swapped } = swapStatistic(a, b, { kind: "mean" }, undefined, 6);
    expect(finish(swapTest(swapped, membersOf([a], [b], undefined, 6), setting))).toMatchObject({
      value: { p: 2 / 64, exact: true, pIsBound: false },
    });
  });

  it("says where p is but a bound, and draws on until it is small enough for the family", () => {
    const [a, b] = columnsOf(Array.from({ length: 24 }, (_, x) => [100 + x, x]));
    const { swapped } = swapStatistic(a, b, statisticOf("median"), undefined, UNITS);
    const members = membersOf([a], [b], undefined, UNITS);
    const found = finish(swapTest(swapped, members, { ...setting, smallestP: 0.0005 }));
    if (!found.ok) throw new Error(found.error);
    expect(found.value).toMatchObject({ arrangements: 8000, pIsBound: true, p: 1 / 8000 });
    expect(found.value.intervalAt(1 - 0.0005).ok).toBe(true);
    const cheap = finish(swapTest(swapped, members, { ...setting, smallestP: 0.0005, steps: 300 }));
    expect(cheap).toMatchObject({ value: { pIsBound: true, p: 1 / 300 } });
  });

  it("deals again what only one condition has, so that nothing in common is a test of two samples", () => {
    const a = columnOf(Array.from({ length: 12 }, (_, i) => [i, 10 + i]));
    const b = columnOf(Array.from({ length: 12 }, (_, i) => [12 + i, i]));
    const { swapped } = swapStatistic(a, b, { kind: "mean" }, undefined, UNITS);
    const found = finish(swapTest(swapped, membersOf([a], [b], undefined, UNITS), { ...setting, draws: 2000 }));
    if (!found.ok) throw new Error(found.error);
    expect(found.value.p).toBeLessThan(0.002); // of 2.7 million ways to deal, hardly any is so far apart
    expect(found.value.standardError).toBeCloseTo(Math.sqrt(2 / 12) * 6.07, 0); // standard deviation of the pool: 6.07
  });
});
