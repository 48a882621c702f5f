import { analyse } from "#src/analysis/index";
import type { Cell, Law } from "./cell.ts";
import {
  countsOfNull,
  FEW_DRAWS,
  grades,
  lognormals,
  metricOf,
  normals,
  passes,
  rareCounts,
  rowsOf,
  type Values,
} from "./data.ts";

/**
 * The interval of the mean of one condition. Of very skewed values it may miss the mean more often than it says only where a caution stands beside it.
 */
function level(values: Values, n: number, repeats: number, law: Law): Cell {
  return {
    name: `level, ${values.name}, ${n} items${repeats > 1 ? `, ${repeats} repeats` : ""}`,
    sets: 400,
    once: (random) => {
      const rows = rowsOf(random, { values, k: 1, n, rho: 0.5, repeats });
      const analysed = analyse(rows, { metrics: metricOf(values), resamples: FEW_DRAWS }).metrics[0]!;
      const found = countsOfNull(analysed, values.mean);
      return {
        "level covered": found["level covered"],
        "missed without a caution":
          analysed.summaries[0]!.caution === undefined && found["level covered"] !== undefined
            ? 1 - found["level covered"]
            : 0,
        "interval given": Number(found["level covered"] !== undefined),
      };
    },
    laws: { "level covered": law, "missed without a caution": { atMost: 0.05 }, "interval given": "shown" },
  };
}

const covered = { atLeast: 0.95 };

export const levelCells: readonly Cell[] = [
  ...[passes(0.02), passes(0.5), passes(0.98)].flatMap((values) =>
    [5, 8, 15, 100].flatMap((n) => [1, 3].map((repeats) => level(values, n, repeats, covered))),
  ),
  ...[grades, normals].flatMap((values) => [5, 30].map((n) => level(values, n, 1, covered))),
  ...[lognormals, rareCounts].flatMap((values) => [
    ...[5, 15, 30, 100].map((n) => level(values, n, 1, "shown")),
    level(values, 30, 3, "shown"),
  ]),
];
