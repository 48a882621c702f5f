import { ConfigError } from "#src/kernel/errors";
import { parseJson } from "#src/kernel/json";
import type { PlacedRow } from "./dataset.ts";

/**
 * The rows of a JSON Lines text. A byte order mark, CRLF and blank lines are accepted; whole numbers beyond 2^53 become text of their digits.
 *
 * @param source name of the file, for messages
 * @throws ConfigError with the line number of the first line that is not JSON
 * @example parseJsonl('{"a":1}\n', "x.jsonl") // => [{ row: { a: 1 }, place: "x.jsonl:1" }]
 */
export function parseJsonl(text: string, source: string, parse: (line: string) => unknown = parseJson): PlacedRow[] {
  const reader = jsonlReader(source, parse);
  reader.read(text);
  return reader.end();
}

/** What is meant by lines that are nearly JSON. */
function adviceOf(line: string): string | undefined {
  const text = line.trim();
  if (/^[[{]$/.test(text)) return "Write each row on one line, or all of them as one list in a file that ends in .json";
  if (/[}\]],$/.test(text)) return "Lines end without a comma";
  if (/\}\s{0,9}\{/.test(text)) return "Write each row on a line of its own";
  if (/[:[,]\s{0,9}-?(?:NaN|Infinity)\b/.test(text)) return "JSON knows no NaN and no Infinity: write null, or text";
  return undefined;
}

/** Reads JSON Lines that come in pieces, cut anywhere. */
export function jsonlReader(source: string, parse: (line: string) => unknown = parseJson) {
  const rows: PlacedRow[] = [];
  let line = 0;
  let begun = "";
  const add = (raw: string): void => {
    line += 1;
    const text = line === 1 ? raw.replace(/^\uFEFF/, "") : raw;
    if (text.trim() === "") return;
    const place = `${source}:${line}`;
    try {
      rows.push({ row: parse(text), place });
    } catch (error) {
      throw new ConfigError(place, `must be one JSON value (${(error as Error).message})`, text.trim(), adviceOf(text));
    }
  };
  return {
    read(piece: string): void {
      const lines = piece.split("\n");
      lines[0] = begun + lines[0];
      begun = lines.pop()!;
      lines.forEach(add);
    },
    end(): PlacedRow[] {
      add(begun);
      return rows;
    },
  };
}
