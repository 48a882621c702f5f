import type { Cell, Kind, Rate } from "./cell.ts";

/** Data sets of a cell that a test suite can afford. */
const FEW_SETS = 20;

/** One cell of every kind, with the share of its data sets that makes few. */
export const shortForm = (kinds: readonly Kind[]): Map<Cell, number> =>
  new Map(
    kinds.flatMap(({ cells, short }) =>
      cells.filter(({ name }) => name === short).map((cell) => [cell, Math.min(1, FEW_SETS / cell.sets)] as const),
    ),
  );

/** By kind and rate: how many cells have it, from the lowest to the highest, and how many are outside: a table in Markdown. */
export function summaryLines(rates: readonly Rate[], kindOf: (cell: string) => string): string[] {
  const groups = new Map<string, Rate[]>();
  for (const rate of rates) {
    const key = `| ${kindOf(rate.cell)} | ${rate.rate} |`;
    groups.set(key, [...(groups.get(key) ?? []), rate]);
  }
  const rows = [...groups].map(([key, found]) => {
    const shares = found.filter(({ sets }) => sets > 0).map(({ share }) => share);
    const outside = found.filter(({ isOutside }) => isOutside).length;
    const range =
      shares.length === 0 ? "never given" : `${three(Math.min(...shares))} to ${three(Math.max(...shares))}`;
    return `${key} ${found.length} | ${range} | ${found.every(({ bound }) => bound === undefined) ? "shown" : outside} |`;
  });
  return ["| kind | rate | cells | from, to | outside |", "|---|---|---|---|---|", ...rows.sort()];
}

const three = (share: number): string => share.toFixed(3).replace(/^0/, "");
