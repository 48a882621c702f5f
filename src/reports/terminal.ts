import { finish, mapInSteps, type Steps } from "#src/kernel/steps";
import { escapeTerminal } from "./escape.ts";
import { atOnce, type Block, type Renderer, type Report, type ReportTable, shortOf } from "./report.ts";

/** The short form for a terminal: findings, results and comparisons as aligned text, no colours, nothing that moves the cursor. */
export const terminal: Renderer = atOnce(terminalSteps);

/** `terminal` in steps. */
export function* terminalSteps(report: Report): Steps<string> {
  const { title, experimentId, status, abstract, sections } = shortOf(report);
  const texts: string[][] = [];
  for (const section of sections) {
    texts.push([escapeTerminal(section.title), "-".repeat(widthOf(section.title))]);
    for (const block of section.blocks) texts.push(yield* blockLines(block));
    texts.push([""]);
  }
  const head = `${escapeTerminal(title)}  (${escapeTerminal(experimentId)}, ${status.replaceAll("_", " ")})`;
  return `${[head, "=".repeat(widthOf(head)), ...abstract.map(escapeTerminal), "", ...texts.flat()]
    .join("\n")
    .trimEnd()}\n`;
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

const pad = (text: string, width: number, right: boolean): string => {
  const blanks = " ".repeat(Math.max(0, width - widthOf(text)));
  return right ? blanks + text : text + blanks;
};

/** Columns that a text takes: wide characters two, joining ones none. */
const widthOf = (text: string): number => {
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
