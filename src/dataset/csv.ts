import { CsvError, parse } from "csv-parse/sync";
import { ConfigFault } from "#src/kernel/fault";
import type { PlacedRow } from "./dataset.ts";

/**
 * The rows of a CSV text (RFC 4180) with a header line, as objects whose values are text.
 *
 * @param source name of the file, for messages
 * @throws ConfigFault with the line number where quoting or the number of fields goes wrong, and for two columns of one name
 * @example parseCsv("a,b\n1,2\n", "x.csv") // => [{ row: { a: "1", b: "2" }, place: "x.csv:2" }]
 */
export function parseCsv(text: string, source: string): PlacedRow[] {
  try {
    const records = parse(text, {
      bom: true,
      columns: (names: string[]) => distinct(names, source),
      skip_empty_lines: true,
      info: true,
    }) as {
      record: Record<string, string>;
      info: { lines: number };
    }[];
    return records.map(({ record, info }) => ({ row: record, place: `${source}:${info.lines}` }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = (error as CsvError & { lines?: number }).lines;
    throw new ConfigFault(line === undefined ? source : `${source}:${line}`, `must be valid CSV (${error.message})`);
  }
}

/** Of two columns with one name, one would be lost. */
function distinct(names: readonly string[], source: string): string[] {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new ConfigFault(`${source}:1`, "must name each column once", twice);
  return [...names];
}
