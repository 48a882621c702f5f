import Mustache from "mustache";
import { escapeLatex } from "./escape.ts";
import { figureTex } from "./pgfplots.ts";
import type { Block, Cell, Column, Renderer, Report, ReportTable } from "./report.ts";

const preamble = `\\documentclass[11pt]{article}
\\usepackage[T1]{fontenc}
\\usepackage[utf8]{inputenc}
\\usepackage{textcomp}
\\usepackage[a4paper,margin=22mm]{geometry}
\\usepackage{booktabs,longtable,array,siunitx,pgfplots}
\\usepackage[hidelinks]{hyperref}
\\pgfplotsset{compat=1.17}
\\sisetup{detect-all,group-digits=none}
\\setlength{\\emergencystretch}{3em}
`;

const template = `<<#standalone>>
<<&preamble>>
\\title{<<title>>}
\\author{<<author>>}
\\date{<<date>>}
\\begin{document}
\\maketitle
\\begin{abstract}
<<#abstract>>
<<.>>

<</abstract>>
\\end{abstract}
<</standalone>>
<<#sections>>

\\section{<<title>>}
<<#blocks>>

<<&.>>
<</blocks>>
<</sections>>
<<#standalone>>
\\end{document}
<</standalone>>
`;

/** A standalone document: booktabs tables, siunitx columns, pgfplots figures. Compiles with a plain TeX Live. */
export const latex: Renderer = (report) => document(report, true);

/** The same without a preamble, to be `\\input` in a paper that loads booktabs, longtable, siunitx and pgfplots. */
export const latexFragment: Renderer = (report) => document(report, false);

function document(report: Report, standalone: boolean): string {
  const { title, author, version, date, experimentId, abstract, sections, partial } = report;
  const view = {
    standalone,
    preamble,
    title,
    author: [author, version && `version ${version}`].filter(Boolean).join(", "),
    date: `${date.slice(0, 10)}, run ${experimentId}${partial ? ", partial" : ""}`,
    abstract,
    sections: sections.map((section) => ({
      title: section.title,
      blocks: section.blocks.map((block) => blockTex(block, experimentId)).filter((text) => text !== ""),
    })),
  };
  return Mustache.render(template, view, {}, { escape: escapeLatex, tags: ["<<", ">>"] });
}

function blockTex(block: Block, run: string): string {
  switch (block.kind) {
    case "paragraph":
      return escapeLatex(block.text);
    case "warning":
      return `\\textbf{Note:} ${escapeLatex(block.text)}`;
    case "list":
      return ["\\begin{itemize}", ...block.items.map((item) => `\\item ${escapeLatex(item)}`), "\\end{itemize}"].join(
        "\n",
      );
    case "code":
      return `\\begin{flushleft}\\ttfamily\\small ${block.text.split("\n").map(breakable).join("\\\\\n")}\\end{flushleft}`;
    case "table":
      return tableTex(block.table, run);
    case "figure":
      return figureTex(block.figure);
  }
}

/** A table that may run over pages: caption above, no vertical rules, label after the caption. */
function tableTex({ id, caption, columns, rows, notes }: ReportTable, run: string): string {
  const numeric = columns.map((_, c) => rows.length > 0 && rows.every(({ cells }) => isPlain(cells[c])));
  const spec = columns
    .map((column, c) =>
      numeric[c]
        ? `S[table-format=${format(rows.map(({ cells }) => cells[c]!.text))}]`
        : kindOf(column, c, columns, rows),
    )
    .join("");
  const head = `${columns.map(({ label }) => `{${escapeLatex(label)}}`).join(" & ")} \\\\`;
  const lines: string[] = [];
  let group: string | undefined;
  for (const row of rows) {
    if (row.group !== undefined && row.group !== group) {
      lines.push(
        `${lines.length > 0 ? "\\addlinespace\n" : ""}\\multicolumn{${columns.length}}{l}{\\textit{${escapeLatex(row.group)}}} \\\\`,
      );
      group = row.group;
    }
    lines.push(`${row.cells.map((cell, c) => (numeric[c] ? cell.text : cellTex(cell))).join(" & ")} \\\\`);
  }
  return [
    `\\begingroup${sizeOf(columns, rows)}`,
    `\\begin{longtable}{@{}${spec}@{}}`,
    `\\caption{${escapeLatex(caption)}}\\label{tab:${escapeLabel(run)}:${id}} \\\\`,
    `\\toprule\n${head}\n\\midrule\n\\endfirsthead`,
    `\\toprule\n${head}\n\\midrule\n\\endhead`,
    "\\bottomrule\n\\endfoot",
    ...lines,
    "\\end{longtable}",
    ...(notes.length > 0 ? [`\\noindent\\scriptsize ${notes.map(escapeLatex).join(" ")}\\par`] : []),
    "\\endgroup",
  ].join("\n");
}

/** The largest type in which the table fits the width of a page, by the lengths of its texts. */
function sizeOf(columns: readonly Column[], rows: ReportTable["rows"]): string {
  const lengths = columns.map(({ label }, c) => {
    const longest = Math.max(label.length, ...rows.map(({ cells }) => cells[c]!.text.length));
    return longest > LONG ? 24 : longest;
  });
  const characters = lengths.reduce((sum, length) => sum + length + 2, 0);
  if (characters <= 100) return "\\footnotesize\\setlength{\\tabcolsep}{4pt}";
  return characters <= 125 ? "\\scriptsize\\setlength{\\tabcolsep}{3pt}" : "\\tiny\\setlength{\\tabcolsep}{2.5pt}";
}

/** Characters beyond which a text is set in a column that breaks lines. */
const LONG = 32;

/** Whether siunitx can read the cell: a plain number. */
const isPlain = (cell: Cell | undefined): boolean =>
  cell?.kind === "number" && /^[+-]?\d+(\.\d+)?(e[+-]\d+)?$/.test(cell.text);

/** Digits before and after the point of the widest number, with its sign and exponent. @example format(["-1.25", "10"]) // => "-2.2" */
function format(texts: readonly string[]): string {
  const parts = texts.map((text) => /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-])(\d+))?$/.exec(text)!);
  const most = (at: number): number => Math.max(...parts.map((part) => part[at]?.length ?? 0));
  const sign = parts.some((part) => part[1]) ? "+" : "";
  return `${sign}${most(2)}.${most(3)}${most(5) > 0 ? `e-${most(5)}` : ""}`;
}

/** Long texts may break; short ones keep to one line. */
function kindOf({ align }: Column, place: number, columns: readonly Column[], rows: ReportTable["rows"]): string {
  const longest = Math.max(0, ...rows.map(({ cells }) => cells[place]!.text.length));
  if (longest > LONG) return `>{\\raggedright\\arraybackslash}p{${columns.length <= 2 ? "0.68" : "0.2"}\\linewidth}`;
  return align === "right" ? "r" : "l";
}

/** Brackets would start an optional argument after a line end, so they stand in braces; minus signs are set as such. */
function cellTex(cell: Cell): string {
  if (cell.kind === "text" || cell.kind === "absent")
    return cell.text.startsWith("[") ? `{}${escapeLatex(cell.text)}` : escapeLatex(cell.text);
  return cell.text
    .replace(/</g, "$<$")
    .replace(/(?<![\d.])-(?=\d)/g, "$-$")
    .replace(/e([+-])(\d+)/, (_, sign, digits) => `e$${sign}$${digits}`);
}

const escapeLabel = (text: string): string => text.replace(/[^A-Za-z0-9-]/g, "-");

/** A line of code that may break after slashes and at blanks. */
const breakable = (line: string): string => escapeLatex(line).replaceAll("/", "/\\allowbreak{}");
