import { analyse, type PlainRow } from "#src/analysis/index";
import type { Cell } from "./cell.ts";
import {
  ALPHA,
  covers,
  FEW_DRAWS,
  isFound,
  lognormals,
  metricOf,
  normals,
  passes,
  rowsOf,
  shareOf,
  type Values,
} from "./data.ts";

interface Sliced {
  readonly values: Values;
  /** Items of each group. */
  readonly sizes: readonly number[];
  readonly k?: number;
  /** Whether both conditions differ, alike in all groups. */
  readonly shift?: number;
  readonly rho?: number;
}

/** Conditions differ alike in all groups, or not at all: the interaction is nowhere. */
const sliceCell = ({ values, sizes, k = 2, shift = 0, rho = 0.5 }: Sliced): Cell => ({
  name: `slices of ${sizes.join(", ")} items, ${values.name}, k ${k}${shift ? `, all differ by ${shift}` : ""}`,
  sets: k > 2 ? 150 : 300,
  once: (random) => {
    const rows = sizes.flatMap((n, group) =>
      rowsOf(random, { values, k, n, rho, shift: (c) => c * shift }).map(
        (row): PlainRow => ({ ...row, itemId: `${group} ${row.itemId}`, subject: `s${group}` }),
      ),
    );
    const { slices } = analyse(rows, { metrics: metricOf(values), by: ["subject"], resamples: FEW_DRAWS });
    const { interactions, comparisons, levels } = slices![0]!.metrics[0]!;
    return {
      "false interaction": Number(interactions.some(({ pAdjusted }) => pAdjusted.ok && pAdjusted.value < ALPHA)),
      "false difference": shift === 0 ? Number(comparisons.some(isFound)) : undefined,
      "all covered": Number(
        comparisons.every(({ difference, condition, against }) => {
          const steps = Number(condition.slice(1)) - Number(against.slice(1));
          return covers(difference.interval, steps * shift) !== 0;
        }),
      ),
      "level covered": shareOf(
        levels
          .filter(({ condition }) => condition === "c0")
          .map(({ estimate }) => covers(estimate.interval, values.mean)),
      ),
    };
  },
  laws: {
    "false interaction": { atMost: ALPHA },
    ...(shift === 0 ? { "false difference": { atMost: ALPHA } } : {}),
    "all covered": { atLeast: 1 - ALPHA },
    "level covered": "shown",
  },
});

/** Two groups whose differences point in opposite directions: the test of the interaction finds it. */
const crossedCell = (n: number): Cell => ({
  name: `slices of ${n} and ${n} items, differences of 0.8 both ways`,
  sets: 200,
  once: (random) => {
    const rows = [1, -1].flatMap((sign, group) =>
      rowsOf(random, { values: normals, k: 2, n, rho: 0.5, shift: (c) => 0.8 * c * sign }).map(
        (row): PlainRow => ({ ...row, itemId: `${group} ${row.itemId}`, subject: `s${group}` }),
      ),
    );
    const { slices } = analyse(rows, { metrics: ["y"], by: ["subject"], resamples: FEW_DRAWS });
    const [found] = slices![0]!.metrics[0]!.interactions;
    return { power: Number(found!.p.ok && found!.p.value < ALPHA) };
  },
  laws: { power: { atLeast: 0.8 } },
});

export const sliceCells: readonly Cell[] = [
  ...[passes(0.5), passes(0.9), normals, lognormals].flatMap((values) => [
    sliceCell({ values, sizes: [30, 30] }),
    sliceCell({ values, sizes: [15, 40, 100] }),
  ]),
  sliceCell({ values: passes(0.9), sizes: [8, 8, 8, 8, 8] }),
  sliceCell({ values: normals, sizes: [8, 8, 8, 8, 8] }),
  sliceCell({ values: normals, sizes: [30, 60], shift: 0.7 }),
  sliceCell({ values: normals, sizes: [30, 30], k: 3 }),
  crossedCell(30),
];
