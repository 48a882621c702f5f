import type { Cell } from "./cell.ts";
import { familyCells } from "./family-cells.ts";

/** Every cell, by name; names are seeds and stay as they are. */
export const cells: readonly Cell[] = [...familyCells];
