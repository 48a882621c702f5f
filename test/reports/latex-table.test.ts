import { expect, it } from "vitest";
import { finish } from "#src/kernel/steps";
import { textCell } from "#src/reports/cell";
import { tableTex } from "#src/reports/latex-table";
import type { ReportTable } from "#src/reports/report";

const tableOf = (columns: number, rows: number): ReportTable => ({
  id: "pairs",
  caption: "Pairs",
  columns: Array.from({ length: columns }, (_, i) => ({ id: `c${i}`, label: `Column ${i}`, align: "left" })),
  rows: Array.from({ length: rows }, () => ({
    key: {},
    cells: Array.from({ length: columns }, () => textCell("+3.2 [+1.1, +5.3]")),
  })),
  notes: ["A note."],
});
const sizesOf = (tex: string): string[] => tex.match(/\\(?:footnotesize|scriptsize|tiny)\\setlength/g) ?? [];

it("a table that a page takes in the smallest type only stands on a turned page in a larger one, in a document of our own", () => {
  for (const rows of [3, 40]) {
    const narrow = finish(tableTex(tableOf(4, rows), "run", true));
    expect(narrow).not.toContain("landscape");
    const wide = finish(tableTex(tableOf(8, rows), "run", true));
    expect(wide).toMatch(/^\\begin\{landscape\}\n[\s\S]*A note\.[\s\S]*\n\\end\{landscape\}$/);
    expect(sizesOf(wide)).toEqual(["\\scriptsize\\setlength"]);
    const inPaper = finish(tableTex(tableOf(8, rows), "run", false)); // of a paper we do not know what it loads
    expect(inPaper).not.toContain("landscape");
    expect(sizesOf(inPaper)).toEqual(["\\tiny\\setlength"]);
  }
});
