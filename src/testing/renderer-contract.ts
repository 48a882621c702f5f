import { equal, ok } from "node:assert/strict";
import { type Cell, type Renderer, type Report, type ReportTable, tablesOf } from "#src/reports/report";
import type { Law } from "./backend-contract.ts";

/** Tables as they stand in a rendered text: the texts of all cells, unescaped, headings left out. */
export type TablesReadBack = readonly (readonly (readonly string[])[])[];

/** What a renderer needs to show that it keeps the contract. */
export interface RendererUnderTest {
  readonly renderer: Renderer;
  /** Parses what was rendered, as a program of that format would. */
  readonly readBack: (rendered: string) => TablesReadBack;
  /** Tables that the format prints; all of them when absent. */
  readonly prints?: (report: Report) => readonly ReportTable[];
  /** An ordinary report. */
  readonly report: Report;
  /** One whose names and outputs are made to break the format. */
  readonly hostile: Report;
}

/**
 * The laws of a Renderer.
 *
 * @example rendererContract({ renderer: mine, readBack: parseMine, report, hostile })
 */
export function rendererContract({ renderer, readBack, prints = tablesOf, report, hostile }: RendererUnderTest): Law[] {
  const same = (of: Report): void => {
    const printed = readBack(renderer(of));
    const tables = prints(of);
    equal(printed.length, tables.length, `printed ${printed.length} of ${tables.length} tables`);
    tables.forEach((table, t) => {
      equal(printed[t]!.length, table.rows.length, `${table.id}: rows`);
      table.rows.forEach(({ cells }, r) => {
        equal(printed[t]![r]!.length, cells.length, `${table.id}, row ${r}: cells`);
        cells.forEach((cell, c) => {
          sameCell(cell, printed[t]![r]![c]!, `${table.id}, row ${r}, ${table.columns[c]!.id}`);
        });
      });
    });
  };
  return [
    {
      name: "prints the same bytes for the same report",
      check: async () => equal(renderer(report), renderer(structuredClone(report))),
    },
    { name: "prints every cell of every table once, in order, with the same digits", check: async () => same(report) },
    { name: "escapes what would break the format, and still prints every cell", check: async () => same(hostile) },
    {
      name: "cuts texts of a million characters",
      check: async () => ok(renderer(hostile).length < 2_000_000, `${renderer(hostile).length} characters`),
    },
    {
      name: "prints a report without sections or items",
      check: async () => {
        const empty = { ...report, sections: [], items: { fields: [], items: [], omitted: 0 } };
        equal(readBack(renderer(empty)).length, 0);
      },
    },
  ];
}

/** Numbers to the digit; of texts what every format can hold. */
function sameCell(cell: Cell, printed: string, place: string): void {
  const expected = cell.kind === "text" ? essence(cell.text) : digitsOf(cell.text);
  equal(cell.kind === "text" ? essence(printed) : digitsOf(printed), expected, place);
}

const digitsOf = (text: string): string => text.replaceAll("−", "-").replace(/\s+/g, " ").trim();

/** Letters and digits: not every format has every other sign. */
const essence = (text: string): string => text.replace(/[^A-Za-z0-9]/g, "");
