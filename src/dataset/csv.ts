import { CsvError, parse } from "csv-parse/sync";
import { ConfigError, show } from "#src/kernel/errors";
import { parseJson } from "#src/kernel/json";
import type { PlacedRow } from "./dataset.ts";
import type { CsvOptions } from "./file.ts";

/** What separates columns where commas do not. */
const delimiters = [",", ";", "\t", "|"];

/**
 * The rows of a CSV text (RFC 4180) with a header line, as objects whose values are text. Rows without any content are left out.
 *
 * @param source name of the file, for messages
 * @param usual what separates columns where no delimiter is given
 * @throws ConfigError with the line number where quoting or the number of fields goes wrong, for two columns of one name, and for one
 * column that looks like several while no delimiter is given
 * @example parseCsv("a,b\n1,2\n", "x.csv") // => [{ row: { a: "1", b: "2" }, place: "x.csv:2" }]
 * @example parseCsv("1;yes\n", "x.csv", { delimiter: ";", header: ["n", "said"], cast: true })[0].row // => { n: 1, said: "yes" }
 */
export function parseCsv(
  text: string,
  source: string,
  { delimiter, header = true, cast = false }: Partial<CsvOptions> = {},
  usual = ",",
): PlacedRow[] {
  let names: readonly string[] = [];
  const begin = (first: string[], line: number): void => {
    names = namesOf(first, header, `${source}:${line}`);
    if (delimiter === undefined && first.length === 1) refuseHidden(first[0]!, usual, `${source}:${line}`);
  };
  if (delimiter === undefined) refuseHidden(quotedStart(text), usual, `${source}:1`);
  const records = read(text, source, delimiter ?? usual, begin);
  return records.slice(header === true ? 1 : 0).map(({ record, info }) => ({
    row: Object.fromEntries(record.map((cell, i) => [names[i]!, cast ? castCell(cell) : cell])),
    place: `${source}:${info.lines}`,
  }));
}

interface Read {
  readonly record: string[];
  readonly info: { readonly lines: number; readonly records: number };
}

/** @param begin is called with the first line that has content, before the others are read */
function read(text: string, source: string, delimiter: string, begin: (first: string[], line: number) => void): Read[] {
  try {
    return parse(text, {
      bom: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      info: true,
      delimiter,
      on_record: (read) => {
        const { record, info } = read as unknown as Read;
        if (info.records === 1) begin(record, info.lines);
        return read;
      },
    }) as unknown as Read[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = (error as CsvError & { lines?: number }).lines;
    throw new ConfigError(line === undefined ? source : `${source}:${line}`, `must be valid CSV (${error.message})`);
  }
}

/** What the columns are called. Of two with one name, one would be lost. */
function namesOf(first: readonly string[], header: boolean | readonly string[], place: string): readonly string[] {
  const names = header === true ? first : header === false ? first.map((_, i) => `column${i + 1}`) : header;
  if (names.length !== first.length)
    throw new ConfigError("csv.header", `must name the ${first.length} columns of ${place}`, names);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new ConfigError(place, "must name each column once", twice);
  return names;
}

/** One column that looks like several was most likely separated by something else than a comma. */
function refuseHidden(only: string, usual: string, place: string): void {
  const other = delimiters.find((each) => each !== usual && only.includes(each));
  if (!other) return;
  throw new ConfigError(
    place,
    `must have its columns separated by ${usual === "," ? "commas" : "tabs"}`,
    only,
    `Say csv(path, { delimiter: ${show(other)} }); { delimiter: ${show(usual)} } where it is one column`,
  );
}

/** A first column in quotes with what follows it, as far as the next quote: `"a";"`. No comma can stand there, so the parser would break. */
const quotedStart = (text: string): string => /^\uFEFF?"[^"\n]*"([;\t|,])"/.exec(text)?.[1] ?? "";

/** A cell as the value that JSON would read in it, where that is a number, true or false. */
function castCell(cell: string): unknown {
  if (cell === "true" || cell === "false") return cell === "true";
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(cell) ? parseJson(cell) : cell;
}
