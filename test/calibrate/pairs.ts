import { analyse, type PlainRow } from "#src/analysis/index";
import type { Cell, Law } from "./cell.ts";
import {
  countsOfNull,
  FEW_DRAWS,
  gauss,
  grades,
  lognormals,
  metricOf,
  normals,
  nullLaws,
  passes,
  rareCounts,
  rowsOf,
  type Values,
} from "./data.ts";

const kinds = [passes(0.02), passes(0.5), passes(0.98), grades, normals, lognormals, rareCounts];

/** Two conditions that are alike, on the same items. */
function paired(values: Values, n: number, rho: number, repeats = 1, sets = 400): Cell {
  return {
    name: `two alike, ${values.name}, ${n} items, rho ${rho}${repeats > 1 ? `, ${repeats} repeats` : ""}`,
    sets,
    once: (random) => {
      const rows = rowsOf(random, { values, k: 2, n, rho, repeats });
      return countsOfNull(analyse(rows, { metrics: metricOf(values), resamples: FEW_DRAWS }).metrics[0]!);
    },
    laws: n > 5 ? nullLaws : { ...nullLaws, "difference covered": "shown" }, // five items can show no p below 1/16
  };
}

/** Few and many items, items that say nothing of one another's condition and items that say nearly all. */
const designs = [
  [5, 0],
  [8, 0.95],
  [15, 0.95],
  [30, 0],
  [100, 0.95],
] as const;

export const pairedCells: readonly Cell[] = kinds.flatMap((values) => [
  ...designs.map(([n, rho]) => paired(values, n, rho)),
  paired(values, 15, 0.5, 3),
]);

/** Two conditions that are alike, each on items of its own. */
function apart(values: Values, sizes: readonly [number, number], laws: Readonly<Record<string, Law>> = nullLaws): Cell {
  return {
    name: `two apart, ${values.name}, ${sizes.join(" and ")} items`,
    sets: 400,
    once: (random) =>
      countsOfNull(
        analyse(rowsApart(random, values, sizes), { metrics: metricOf(values), resamples: FEW_DRAWS }).metrics[0]!,
      ),
    laws,
  };
}

const rowsApart = (random: () => number, values: Values, sizes: readonly number[]): PlainRow[] =>
  sizes.flatMap((size, c) =>
    Array.from({ length: size }, (_, i) => ({ condition: `c${c}`, itemId: `${c} ${i}`, y: values.of(gauss(random)) })),
  );

/** No test of means is known to hold where few values are this skewed and groups are so unequal; the rate is told. */
const shown = { "false difference": "shown", "difference covered": "shown" } as const;

export const apartCells: readonly Cell[] = [
  ...kinds.flatMap((values) => [5, 30].map((n) => apart(values, [n, n]))),
  ...[passes(0.5), grades, normals].map((values) => apart(values, [10, 60])),
  apart(lognormals, [10, 100], shown),
];

/** Each condition leaves out items by chance: those that both have are compared. */
function overlapping(values: Values, n: number, skipped: number): Cell {
  return {
    name: `each skips ${skipped}, ${values.name}, ${n} items`,
    sets: 200,
    once: (random) => {
      const rows = rowsOf(random, { values, k: 3, n, rho: 0.5 }).filter(() => random() >= skipped);
      return countsOfNull(analyse(rows, { metrics: metricOf(values), resamples: FEW_DRAWS }).metrics[0]!);
    },
    laws: nullLaws,
  };
}

export const overlapCells: readonly Cell[] = [passes(0.5), lognormals].flatMap((values) =>
  [0.4, 0.6].map((skipped) => overlapping(values, 40, skipped)),
);

const reducers = ["pass_at_3", "pass_k_3", "at_least_2", "pass_at_1", "max", "median"] as const;

/** Repeats made one by a reducer before items are compared. */
export const reducerCells: readonly Cell[] = reducers.flatMap((reducer) =>
  [15].map((n): Cell => {
    const values = reducer === "max" || reducer === "median" ? lognormals : passes(0.5);
    return {
      name: `reducer ${reducer}, ${n} items`,
      sets: 300,
      once: (random) => {
        const rows = rowsOf(random, { values, k: 2, n, rho: 0.5, repeats: 3 });
        return countsOfNull(
          analyse(rows, { metrics: [{ name: "y", direction: "higher", reducer }], resamples: FEW_DRAWS }).metrics[0]!,
        );
      },
      laws: nullLaws,
    };
  }),
);
