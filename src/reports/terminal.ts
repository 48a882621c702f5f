import { finish, mapInSteps, type Steps } from "#src/kernel/steps";
import { escapeTerminal } from "./escape.ts";
import { atOnce, type Block, type Cell, type Renderer, type Report, type ReportTable, shortOf } from "./report.ts";
import type { VerdictPanel } from "./verdict-panel.ts";
import { verdictSentences } from "./verdict-words.ts";

/** The short form for a terminal: findings, results and comparisons as aligned text, no colours, nothing that moves the cursor. */
export const terminal: Renderer = atOnce(terminalSteps);

/** `terminal` in steps. */
export function* terminalSteps(report: Report): Steps<string> {
  const { title, experimentId, status, abstract, sections, verdict } = shortOf(report);
  const texts: string[][] = [];
  for (const section of sections) {
    texts.push([escapeTerminal(section.title), "-".repeat(widthOf(section.title))]);
    for (const block of section.blocks) texts.push(yield* blockLines(block));
    texts.push([""]);
  }
  const head = `${escapeTerminal(title)}  (${escapeTerminal(experimentId)}, ${status.replaceAll("_", " ")})`;
  return `${[
    head,
    "=".repeat(widthOf(head)),
    "",
    ...verdictLines(verdict).map(escapeTerminal),
    "",
    ...abstract.map(escapeTerminal),
    "",
    ...texts.flat(),
  ]
    .join("\n")
    .trimEnd()}\n`;
}

/** The verdict, a line each. */
export function verdictLines(verdict: VerdictPanel): string[] {
  const [head, ...sentences] = verdictSentences(verdict);
  return [
    verdict.facts.map(({ text, warning }) => (warning ? `! ${text}` : text)).join(" · "),
    ...(head === undefined ? [] : [head]),
    ...sentences.map((sentence) => `  ${sentence}`),
  ];
}

function* blockLines(block: Block): Steps<string[]> {
  yield;
  switch (block.kind) {
    case "paragraph":
      return [escapeTerminal(block.text), ""];
    case "warning":
      return [`! ${escapeTerminal(block.text)}`, ""];
    case "list":
      return [
        ...(block.title === undefined ? [] : [escapeTerminal(block.title)]),
        ...block.items.map((item) => `- ${escapeTerminal(item)}`),
        "",
      ];
    case "code":
      return block.text.split("\n").map((line) => `  ${escapeTerminal(line)}`);
    case "table":
      return [...(yield* tableLinesInSteps(block.table)), ""];
    case "figure":
      return [];
  }
}

/** A table as aligned text. */
export const tableLines = (table: ReportTable): string[] => finish(tableLinesInSteps(table));

function* tableLinesInSteps({ caption, columns, rows, notes }: ReportTable): Steps<string[]> {
  const grouped = rows.some(({ group }) => group !== undefined);
  const texts = yield* mapInSteps(rows, ({ group, cells }) =>
    [...(grouped ? [group ?? ""] : []), ...cells.map(({ text }) => text)].map(escapeTerminal),
  );
  const labels = [...(grouped ? ["Within"] : []), ...columns.map(({ label }) => label)].map(escapeTerminal);
  const right = [...(grouped ? [false] : []), ...columns.map(({ align }) => align === "right")];
  const widths = labels.map(widthOf);
  for (const row of texts) {
    yield;
    row.forEach((text, i) => {
      widths[i] = Math.max(widths[i]!, widthOf(text));
    });
  }
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => pad(cell, widths[i]!, right[i]!))
      .join("  ")
      .trimEnd();
  return [
    escapeTerminal(caption),
    line(labels),
    widths.map((width) => "-".repeat(width)).join("  "),
    ...(yield* mapInSteps(texts, line)),
    ...notes.map((note) => `  ${escapeTerminal(note)}`),
  ];
}

/** A table as wide as a terminal: without intervals where they do not fit, then with names cut. */
export function fittingTable(table: ReportTable, columns: number | undefined): string[] {
  const lines = tableLines(table);
  const fits = (all: readonly string[]): boolean =>
    columns === undefined || all.slice(0, table.rows.length + 3).every((line) => widthOf(line) <= columns);
  if (fits(lines)) return lines;
  const bare = withCells(table, (cell) =>
    cell.kind === "estimate" ? { kind: "number", text: cell.text.replace(/ \[.*$/, ""), value: cell.value } : cell,
  );
  const short = tableLines(bare);
  if (fits(short)) return short;
  return tableLines(
    withCells(bare, (cell) => (cell.kind === "text" ? { ...cell, text: inMiddle(cell.text, NAME) } : cell)),
  );
}

/** Columns that a name keeps in a narrow terminal. */
const NAME = 20;

const withCells = (table: ReportTable, change: (cell: Cell) => Cell): ReportTable => ({
  ...table,
  rows: table.rows.map((row) => ({ ...row, cells: row.cells.map(change) })),
});

/** A name without its middle. */
function inMiddle(name: string, columns: number): string {
  const characters = [...name];
  if (characters.length <= columns) return name;
  const half = Math.floor((columns - 1) / 2);
  return `${characters.slice(0, half).join("")}…${characters.slice(-half).join("")}`;
}

/** A line broken at blanks so that it fits; what follows is indented under it. A word that is wider stays whole. */
export function wrapped(text: string, columns: number | undefined): string[] {
  if (columns === undefined || columns < 20 || widthOf(text) <= columns) return [text];
  const [indent] = /^ */.exec(text)!;
  const lines: string[] = [];
  let line = "";
  let width = 0;
  for (const word of text.slice(indent.length).split(" ")) {
    const own = widthOf(word);
    if (line !== "" && width + 1 + own > columns) {
      lines.push(line);
      line = `${indent}  ${word}`;
      width = indent.length + 2 + own;
    } else if (line === "") {
      line = indent + word;
      width = indent.length + own;
    } else {
      line += ` ${word}`;
      width += 1 + own;
    }
  }
  return [...lines, line];
}

const pad = (text: string, width: number, right: boolean): string => {
  const blanks = " ".repeat(Math.max(0, width - widthOf(text)));
  return right ? blanks + text : text + blanks;
};

/** Columns that a text takes: wide characters two, joining ones none. */
export const widthOf = (text: string): number => {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (/\p{Mark}|\u200d|\ufe0f/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
};
