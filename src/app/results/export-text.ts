import { type Outcome, toTaskResult } from "#src/experiment/outcome";
import { csvField } from "#src/reports/escape";
import { type ExportColumn, type ExportRow, exportRow, type Outcomes } from "./export-columns.ts";

/** Characters gathered before they are handed on. */
const CHUNK = 64 * 1024;

/** A header, then one line a row (RFC 4180). Texts that a spreadsheet would take for formulas get an apostrophe before them. */
export async function* csvChunks(outcomes: Outcomes, columns: readonly ExportColumn[]): AsyncGenerator<string> {
  yield `${columns.map(({ name }) => csvField(name)).join(",")}\r\n`;
  yield* chunks(outcomes, (outcome) => {
    const row = exportRow(outcome);
    return `${columns.map((column) => csvText(column, row)).join(",")}\r\n`;
  });
}

function csvText({ kind, of }: ExportColumn, row: ExportRow): string {
  const value = of(row);
  if (value === undefined) return "";
  if (typeof value === "string") return csvField(value);
  return kind === "time" ? new Date(value).toISOString() : String(value);
}

/** One task result a line, with everything that was stored. */
export const jsonlChunks = (outcomes: Outcomes, experimentId: string): AsyncGenerator<string> =>
  chunks(outcomes, (outcome) => `${JSON.stringify(toTaskResult(experimentId, outcome))}\n`);

async function* chunks(outcomes: Outcomes, line: (outcome: Outcome) => string): AsyncGenerator<string> {
  let gathered = "";
  for await (const outcome of outcomes) {
    gathered += line(outcome);
    if (gathered.length < CHUNK) continue;
    yield gathered;
    gathered = "";
  }
  if (gathered !== "") yield gathered;
}
