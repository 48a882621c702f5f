import { mapInSteps, type Steps } from "#src/kernel/steps";
import { escapeLatex } from "./escape.ts";
import type { Cell, Column, ReportTable, TableRow } from "./report.ts";

/** Rows up to which a table stays on one page. */
const ONE_PAGE = 24;

/**
 * A booktabs table with its caption above and its label after the caption; one that is long runs over pages.
 *
 * @param mayTurn whether a table that fits a page in its smallest type only may stand on a page of its own, turned
 */
export function* tableTex(table: ReportTable, run: string, mayTurn: boolean): Steps<string> {
  const { id, caption, columns, rows, notes } = table;
  const numeric = yield* mapInSteps(columns, (_, c) => rows.length > 0 && rows.every(({ cells }) => isPlain(cells[c])));
  const spec = (yield* mapInSteps(columns, (column, c) => columnSpec(column, c, table, numeric[c]!))).join("");
  const head = `${columns.map(({ label }) => `{${escapeLatex(label)}}`).join(" & ")} \\\\`;
  const title = `\\caption{${escapeLatex(caption)}}\\label{tab:${run.replace(/[^A-Za-z0-9-]/g, "-")}:${id}}`;
  const below =
    notes.length > 0 ? [`\\par\\smallskip\\noindent\\scriptsize ${notes.map(escapeLatex).join(" ")}\\par`] : [];
  const characters = charactersOf(columns, rows);
  const isTurned = mayTurn && characters > SMALL;
  const size = sizeOf(isTurned ? characters / TURNED : characters);
  const [before, after] = isTurned ? [["\\begin{landscape}"], ["\\end{landscape}"]] : [[], []];
  yield;
  const lines = yield* rowLines(rows, columns, numeric);
  if (rows.length <= ONE_PAGE) {
    return [
      ...before,
      `\\begin{table}[htbp]\\centering${size}`,
      title,
      ...noWider(
        [
          `\\begin{tabular}{@{}${spec}@{}}`,
          `\\toprule\n${head}\n\\midrule`,
          ...lines,
          "\\bottomrule",
          "\\end{tabular}",
        ].join("\n"),
      ),
      ...below,
      "\\end{table}",
      ...after,
    ].join("\n");
  }
  return [
    ...before,
    `\\begingroup${size}`,
    `\\begin{longtable}{@{}${spec}@{}}`,
    `${title} \\\\`,
    `\\toprule\n${head}\n\\midrule\n\\endfirsthead`,
    `\\toprule\n${head}\n\\midrule\n\\endhead`,
    "\\bottomrule\n\\endfoot",
    ...lines,
    "\\end{longtable}",
    ...below,
    "\\endgroup",
    ...after,
  ].join("\n");
}

/** A box of LaTeX that is made smaller where it is wider than the page. */
export const noWider = (box: string): string[] => [
  `\\sbox0{${box}}%`,
  "\\ifdim\\wd0>\\linewidth\\resizebox{\\linewidth}{!}{\\usebox0}\\else\\usebox0\\fi",
];

function* rowLines(
  rows: readonly TableRow[],
  columns: readonly Column[],
  numeric: readonly boolean[],
): Steps<string[]> {
  const lines: string[] = [];
  let group: string | undefined;
  for (const row of rows) {
    yield;
    if (row.group !== undefined && row.group !== group) {
      const space = lines.length > 0 ? "\\addlinespace\n" : "";
      lines.push(`${space}\\multicolumn{${columns.length}}{@{}l}{\\textit{${escapeLatex(row.group)}}} \\\\`);
      group = row.group;
    }
    lines.push(`${row.cells.map((cell, c) => (numeric[c] ? cell.text : cellTex(cell))).join(" & ")} \\\\`);
  }
  return lines;
}

/** Characters of a row, by the lengths of its texts. */
function charactersOf(columns: readonly Column[], rows: readonly TableRow[]): number {
  const lengths = columns.map(({ label }, c) => {
    const longest = Math.max(label.length, ...rows.map(({ cells }) => cells[c]!.text.length));
    return longest > LONG ? 24 : longest;
  });
  return lengths.reduce((sum, length) => sum + length + 2, 0);
}

/** Characters of a row that fit the width of a page in footnotesize, and in scriptsize. */
const [LEGIBLE, SMALL] = [100, 125];
/** How much wider a turned page is. */
const TURNED = 1.5;

/** The largest type in which a row of this many characters fits the width of a page. */
function sizeOf(characters: number): string {
  if (characters <= LEGIBLE) return "\\footnotesize\\setlength{\\tabcolsep}{4pt}";
  return characters <= SMALL ? "\\scriptsize\\setlength{\\tabcolsep}{3pt}" : "\\tiny\\setlength{\\tabcolsep}{2.5pt}";
}

/** Characters beyond which a text is set in a column that breaks lines. */
const LONG = 32;

/** Whether siunitx can align the cell: a number without exponent. */
const isPlain = (cell: Cell | undefined): boolean => cell?.kind === "number" && /^[+-]?\d+(\.\d+)?$/.test(cell.text);

/** Numbers aligned at the point; long texts may break; short ones keep to one line. */
function columnSpec({ align }: Column, place: number, { columns, rows }: ReportTable, numeric: boolean): string {
  const texts = rows.map(({ cells }) => cells[place]!.text);
  if (numeric) return `S[table-format=${format(texts)}]`;
  if (texts.some((text) => text.length > LONG)) {
    const share = columns.length <= 2 ? "0.68" : columns.length < 8 ? "0.2" : "0.12";
    return `>{\\raggedright\\arraybackslash}p{${share}\\linewidth}`;
  }
  return align === "right" ? "r" : "l";
}

/** Digits before and after the point of the widest number, with a place for its sign. @example format(["-1.25", "10"]) // => "+2.2" */
export function format(texts: readonly string[]): string {
  const parts = texts.map((text) => /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text)!);
  const most = (at: number): number => Math.max(...parts.map((part) => part[at]?.length ?? 0));
  return `${parts.some((part) => part[1]) ? "+" : ""}${most(2)}.${most(3)}`;
}

/** A bracket would start an optional argument after a line end, so it stands behind an empty group; numbers get real minus signs. */
function cellTex(cell: Cell): string {
  if (cell.kind === "text" || cell.kind === "absent") {
    return cell.text.startsWith("[") ? `{}${escapeLatex(cell.text)}` : escapeLatex(cell.text);
  }
  return cell.text
    .replace(/\d+\.\d+e[+-]\d+/g, "\\num{$&}")
    .replace(/</g, "$<$")
    .replace(/≤/g, "$\\leq$")
    .replace(/(?<![\d.e])-(?=\d)/g, "$-$");
}
