import { widthOf } from "#src/reports/terminal";

/**
 * Rows under their headings, each column as wide as its widest text; the last one is not padded. Nothing without rows.
 *
 * @param right places of columns that are aligned to the right: numbers
 * @example columns(["Run", "Tasks"], [["a", "3"]]) // => ["Run  Tasks", "a    3"]
 */
export function columns(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  if (rows.length === 0) return [];
  const lines = [headings, ...rows].map((row) => row.map((text) => text.replace(/\s+/g, " ")));
  const widths = headings.map((_, column) => Math.max(...lines.map((row) => widthOf(row[column]!))));
  return lines.map((row) =>
    row
      .map((text, column) => {
        const blanks = " ".repeat(widths[column]! - widthOf(text));
        return right.includes(column) ? blanks + text : text + blanks;
      })
      .join("  ")
      .trimEnd(),
  );
}
