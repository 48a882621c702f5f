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
  const told = separatorLine.exec(text);
  const separator = delimiter ?? told?.[1];
  let first: readonly string[] = [];
  let firstPlace = source;
  const begin = (record: string[], line: number): void => {
    [first, firstPlace] = [record, `${source}:${line}`];
    if (separator === undefined && record.length === 1) refuseHidden(record[0]!, usual, firstPlace);
  };
  if (separator === undefined) refuseHidden(quotedStart(text), usual, `${source}:1`);
  const records = read(told ? text.slice(told[0].length) : text, source, separator ?? usual, told ? 1 : 0, begin);
  const rows = records.slice(header === true ? 1 : 0);
  const names = namesOf(first.slice(0, filledColumns(first, rows, header)), header, firstPlace);
  return rows.map(({ record, info }) => ({
    row: Object.fromEntries(names.map((name, i) => [name, cast ? castCell(record[i]!) : record[i]!])),
    place: `${source}:${info.lines}`,
  }));
}

/** Excel's first line that says what separates columns: `sep=;`. */
const separatorLine = /^\uFEFF?"?sep=([,;\t|])"?[,;]{0,99}\r?\n/i;

/** How many columns there are without those at the end that have neither a name nor a value, as spreadsheets write them. */
function filledColumns(first: readonly string[], rows: readonly Read[], header: boolean | readonly string[]): number {
  if (header !== true) return first.length;
  let count = first.length;
  while (count > 1 && first[count - 1] === "" && rows.every(({ record }) => record[count - 1] === "")) count -= 1;
  return count;
}

interface Read {
  readonly record: string[];
  readonly info: { readonly lines: number; readonly records: number };
}

/**
 * @param linesBefore lines of the file before the text
 * @param begin is called with the first line that has content, before the others are read
 */
function read(
  text: string,
  source: string,
  delimiter: string,
  linesBefore: number,
  begin: (first: string[], line: number) => void,
): Read[] {
  try {
    return parse(text, {
      bom: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      info: true,
      delimiter,
      on_record: (read) => {
        const { record, info } = read as unknown as Read;
        const placed: Read = { record, info: { ...info, lines: info.lines + linesBefore } };
        if (info.records === 1) begin(record, placed.info.lines);
        return placed as never;
      },
    }) as unknown as Read[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = (error as CsvError & { lines?: number }).lines;
    const place = line === undefined ? source : `${source}:${line + linesBefore}`;
    const advice = /Quote/.test(error.message)
      ? 'Write a quote in a cell as two, "", and no blank before the first'
      : undefined;
    throw new ConfigError(place, `must be valid CSV (${error.message})`, undefined, advice);
  }
}

/** What the columns are called. Of two with one name, one would be lost. */
function namesOf(first: readonly string[], header: boolean | readonly string[], place: string): readonly string[] {
  const names = header === true ? first : header === false ? first.map((_, i) => `column${i + 1}`) : header;
  if (names.length !== first.length)
    throw new ConfigError("csv.header", `must name the ${first.length} columns of ${place}`, names);
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
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
