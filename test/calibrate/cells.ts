import { aggregateCells } from "./aggregates.ts";
import type { Kind } from "./cell.ts";
import { clusterCells } from "./clusters.ts";
import { equivalenceCells, gateCells } from "./equivalence.ts";
import { failureCells, failureRateCells } from "./failures.ts";
import { bestCells, familyCells, metricsCells } from "./families.ts";
import { levelCells } from "./levels.ts";
import { lossCells } from "./losses.ts";
import { ordinalCells } from "./ordinal.ts";
import { apartCells, overlapCells, pairedCells, reducerCells } from "./pairs.ts";
import { detectableCells, plannedCells } from "./power.ts";
import { sequentialCells } from "./sequential.ts";
import { sliceCells } from "./slices.ts";

/** The grid: one kind of cells a question. */
export const kinds: readonly Kind[] = [
  { name: "two conditions, same items", cells: pairedCells, short: "two alike, normal, 30 items, rho 0" },
  { name: "two conditions, different items", cells: apartCells, short: "two apart, normal, 30 and 30 items" },
  { name: "items that not all did", cells: overlapCells, short: "each skips 0.4, pass 0.5, 40 items" },
  { name: "reducers of repeats", cells: reducerCells, short: "reducer pass_at_1, 15 items" },
  { name: "levels", cells: levelCells, short: "level, normal, 30 items" },
  { name: "percentiles, spread, sums, ratios", cells: aggregateCells, short: "std, lognormal, 20 items" },
  { name: "clusters", cells: clusterCells, short: "12 clusters of 1 to 9, normal, k 2" },
  { name: "grades", cells: ordinalCells, short: "superiority of grades apart, 15 items each" },
  { name: "families", cells: familyCells, short: "k 3, normal, 30 items, rho 0" },
  { name: "several metrics", cells: metricsCells, short: "three metrics, k 2, family all" },
  { name: "best group", cells: bestCells, short: "k 3, normal, 30 items, rho 0.5, best: one best" },
  { name: "equivalence", cells: equivalenceCells, short: "equivalence within 0.5, normal, k 2, 30 items" },
  { name: "gates", cells: gateCells, short: "gate 0.1, pass rates at the margin, 30 items, p01 0" },
  {
    name: "failures that depend on the value",
    cells: failureCells,
    short: "half of what one would miss fails, 30 items",
  },
  { name: "failure rates", cells: failureRateCells, short: "failure rates, k 2, 0.3 of 100 items fail" },
  { name: "slices", cells: sliceCells, short: "slices of 30, 30 items, normal, k 2" },
  { name: "losses under faults", cells: lossCells, short: "losses of pass rates, .3 each, k 2, 40 items" },
  { name: "stopping early", cells: sequentialCells, short: "e_value, pass 0.5, k 2" },
  { name: "could detect", cells: detectableCells, short: "could detect: pass rates, 30 items, 0.3 differ" },
  { name: "planned sizes", cells: plannedCells, short: "planned: pass rates, p10 0.3, p01 0.1" },
];
