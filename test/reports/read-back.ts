import { parse } from "csv-parse/sync";
import type { Report } from "#src/reports/report";
import type { TablesReadBack } from "#src/testing/renderer-contract";

const unescapeMarkdown = (text: string): string =>
  text
    .replace(/(?<!\\)<br>/g, " ")
    .replace(/\\([\\`*_{}[\]<>|~#&$.)+=-])/g, "$1")
    .replaceAll("\u200b", "")
    .trim();

/** Rows of all pipe tables. A group's own column is left out. */
export function readMarkdown(text: string): TablesReadBack {
  const tables: string[][][] = [];
  let rows: string[][] | undefined;
  let grouped = false;
  let head: string[] = [];
  for (const line of text.split("\n")) {
    if (!line.startsWith("| ")) {
      rows = undefined;
      continue;
    }
    const cells = line
      .slice(2, -2)
      .split(/(?<=(?<!\\)(?:\\\\)*) \| /)
      .map(unescapeMarkdown);
    if (!rows) {
      head = cells;
      rows = [];
      grouped = head[0] === "Within";
      tables.push(rows);
    } else if (cells.every((cell) => /^:?-+:?$/.test(cell))) {
      if (cells.length !== head.length) throw new Error("the rule has another number of cells than the heading");
    } else rows.push(grouped && cells.length === head.length ? cells.slice(1) : cells);
  }
  return tables;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
const unescapeHtml = (text: string): string =>
  text.replace(/<[^>]*>/g, "").replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name]!);

export const readHtml = (text: string): TablesReadBack =>
  [...text.matchAll(/<table class="data"[^>]*>([\s\S]*?)<\/table>/g)].map(([, table]) =>
    [...table!.matchAll(/<tr>(<th scope="row"[\s\S]*?)<\/tr>/g)].map(([, row]) =>
      [...row!.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map(([, cell]) => unescapeHtml(cell!)),
    ),
  );

const texWords: Readonly<Record<string, string>> = {
  textbackslash: "\\",
  textasciitilde: "~",
  textasciicircum: "^",
  textless: "<",
  textgreater: ">",
  textbar: "|",
  textquotedbl: '"',
  textasciigrave: "`",
  textquotesingle: "'",
  ldots: "…",
};
const unescapeTex = (text: string): string =>
  text
    .replace(/\$([-+<])\$/g, "$1")
    .replaceAll("$\\leq$", "≤")
    .replace(/\\num\{([^}]*)\}/g, "$1")
    .replace(/-\{\}/g, "-")
    .replace(/\\([a-z]+)\{\}/g, (_, word: string) => texWords[word] ?? "")
    .replace(/\\([&%$#_{}])/g, "$1")
    .replace(/[{}]/g, "")
    .replace(/\[(?:U\+[0-9A-F]+ ?)+\]/g, "")
    .trim();

export const readLatex = (text: string): TablesReadBack =>
  [
    ...text.matchAll(
      /\\begin\{longtable\}[\s\S]*?\\endfoot\n([\s\S]*?)\\end\{longtable\}|\\begin\{tabular\}[\s\S]*?\\midrule\n([\s\S]*?)\\bottomrule/g,
    ),
  ].map(([, long, short]) =>
    (long ?? short)!
      .split(" \\\\\n")
      .filter((line) => line.trim() !== "" && !line.includes("\\multicolumn"))
      .map((line) => line.split(/ & /).map(unescapeTex)),
  );

/** Cells of the tables, whatever else is in the CSV. */
export function readCsv(text: string): TablesReadBack {
  const records = parse(text, { columns: true }) as { table: string; row: string; column: string; text: string }[];
  const tables = new Map<string, string[][]>();
  for (const { table, row, column, text: cell } of records) {
    if (table === "items" || table === "decided" || column.endsWith("_alone")) continue;
    const rows = tables.get(table) ?? [];
    tables.set(table, rows);
    const cells = rows[Number(row)] ?? [];
    rows[Number(row)] = cells;
    cells.push(cell);
  }
  return [...tables.values()];
}

export const readJson = (text: string): TablesReadBack =>
  (JSON.parse(text) as Report).sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) =>
      block.kind === "table" ? [block.table.rows.map(({ cells }) => cells.map((cell) => cell.text))] : [],
    ),
  );

interface Notebook {
  cells: { cell_type: string; source: string[] }[];
}
export const readNotebook = (text: string): TablesReadBack =>
  readMarkdown(
    (JSON.parse(text) as Notebook).cells
      .filter(({ cell_type }) => cell_type === "markdown")
      .map(({ source }) => `${source.join("")}\n`)
      .join("\n"),
  );

/** Columns by the rule under the heading. */
export function readTerminal(text: string): TablesReadBack {
  const tables: string[][][] = [];
  const lines = text.split("\n");
  lines.forEach((line, i) => {
    if (!/^-+( {2}-+)+$/.test(line)) return;
    const widths = line.split("  ").map((part) => part.length);
    const grouped = lines[i - 1]!.startsWith("Within");
    const rows: string[][] = [];
    for (let at = i + 1; lines[at] && !lines[at]!.startsWith("  "); at++) {
      const cells: string[] = [];
      let from = 0;
      for (const width of widths) {
        const [cell, taken] = take(lines[at]!.slice(from), width);
        cells.push(cell.trim());
        from += taken + 2;
      }
      rows.push(grouped ? cells.slice(1) : cells);
    }
    tables.push(rows);
  });
  return tables;
}

/** The first characters that fill a width; wide ones count twice, marks not at all. */
function take(text: string, width: number): [string, number] {
  let [filled, taken] = [0, 0];
  for (const character of text) {
    const size = /\p{Mark}|\u200d|\ufe0f/u.test(character)
      ? 0
      : /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]|\p{Extended_Pictographic}/u.test(character)
        ? 2
        : 1;
    if (filled + size > width) break;
    filled += size;
    taken += character.length;
  }
  return [text.slice(0, taken), taken];
}

/** The properties of all test cases that have some, as the one table of gates. */
export function readJunit(text: string): TablesReadBack {
  const plainText = (value: string): string => unescapeHtml(value.replace(/&#(?:9|10|13);/g, " "));
  const rows = [...text.matchAll(/<properties>([\s\S]*?)<\/properties>/g)].map(([, properties]) =>
    [...properties!.matchAll(/<property name="[^"]*" value="([^"]*)"\/>/g)].map(([, value]) => plainText(value!)),
  );
  return rows.length > 0 ? [rows] : [];
}
