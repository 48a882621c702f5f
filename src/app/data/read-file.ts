import { parseCsv } from "#src/dataset/csv";
import type { PlacedRow } from "#src/dataset/dataset";
import type { CsvOptions, DatasetFile } from "#src/dataset/file";
import { jsonlReader } from "#src/dataset/jsonl";
import { ConfigError } from "#src/kernel/errors";
import { parseJson } from "#src/kernel/json";
import { refuseOtherFormat } from "./other-format.ts";
import { textOf } from "./text.ts";
import { unpacked } from "./unpack.ts";

/** The kind of a data file by its name, in whatever case; nothing for other files. */
export function kindOfFile(path: string): DatasetFile["kind"] | undefined {
  const [, ending] = /\.(jsonl|ndjson|json|csv|tsv|parquet)(?:\.gz)?$/i.exec(path) ?? [];
  if (ending === undefined) return undefined;
  const kinds = { csv: "csv", tsv: "csv", parquet: "parquet" } as const;
  return kinds[ending.toLowerCase() as keyof typeof kinds] ?? "jsonl";
}

/** How a file is read: what `jsonl()`, `csv()` and `parquet()` take. */
export type ReadOptions = Partial<CsvOptions>;

/**
 * The rows of a data file.
 *
 * @param path its name, which says what it is
 * @param source its name in messages
 * @param kind by the name when absent
 * @throws ConfigError with the place where a file is malformed
 */
export async function readRows(
  bytes: Buffer,
  path: string,
  source: string,
  options: ReadOptions = {},
  kind: DatasetFile["kind"] | undefined = kindOfFile(path),
): Promise<PlacedRow[]> {
  const { maxUnpackedBytes, encoding, ...rest } = options;
  const plain = unpacked(bytes, path, source, maxUnpackedBytes);
  refuseOtherFormat(plain, source, kind === "parquet" ? "Parquet" : "text");
  if (kind === "parquet") return (await import("./read-parquet.ts")).readParquet(plain, source, maxUnpackedBytes);
  const pieces = textOf(plain, source, encoding);
  if (kind === "csv") {
    return parseCsv(whole(pieces, source), source, rest, /\.tsv(\.gz)?$/i.test(path) ? "\t" : ",");
  }
  const first = pieces.next().value ?? "";
  if (/\.json(\.gz)?$/i.test(path) && /^\s*\[/.test(first)) return parseList(first + whole(pieces, source), source);
  const reader = jsonlReader(source);
  reader.read(first);
  for (const piece of pieces) reader.read(piece);
  return reader.end();
}

/** All pieces as one text. @throws ConfigError where that is longer than a text can be */
function whole(pieces: Iterable<string>, source: string): string {
  try {
    return [...pieces].join("");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigError(source, "is too long to be read as one text", undefined, "JSON Lines may be longer");
  }
}

/** A JSON file that is one list of rows. */
function parseList(text: string, source: string): PlacedRow[] {
  try {
    return (parseJson(text) as unknown[]).map((row, i) => ({ row, place: `${source}[${i}]` }));
  } catch (error) {
    throw new ConfigError(source, `must be JSON (${(error as Error).message})`);
  }
}
