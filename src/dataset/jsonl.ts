import { ConfigFault } from "#src/kernel/fault";
import type { PlacedRow } from "./dataset.ts";

/**
 * The rows of a JSON Lines text. A byte order mark, CRLF and blank lines are accepted.
 *
 * @param source name of the file, for messages
 * @throws ConfigFault with the line number of the first line that is no JSON
 * @example parseJsonl('{"a":1}\n', "x.jsonl") // => [{ row: { a: 1 }, place: "x.jsonl:1" }]
 */
export function parseJsonl(text: string, source: string): PlacedRow[] {
  const rows: PlacedRow[] = [];
  let line = 0;
  for (const raw of text.replace(/^\uFEFF/, "").split("\n")) {
    line += 1;
    if (raw.trim() === "") continue;
    const place = `${source}:${line}`;
    try {
      rows.push({ row: JSON.parse(raw), place });
    } catch (error) {
      throw new ConfigFault(place, `must be one JSON value (${(error as Error).message})`, raw.trim());
    }
  }
  return rows;
}
