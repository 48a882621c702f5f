import { gunzipSync } from "node:zlib";
import { parseCsv } from "#src/dataset/csv";
import type { DatasetFile, PlacedRow } from "#src/dataset/dataset";
import { parseJsonl } from "#src/dataset/jsonl";
import { ConfigFault } from "#src/kernel/fault";

/** The kind of a data file by its name; nothing for other files. */
export function kindOfFile(path: string): DatasetFile["kind"] | undefined {
  if (/\.(jsonl|ndjson|json)(\.gz)?$/.test(path)) return "jsonl";
  if (/\.csv(\.gz)?$/.test(path)) return "csv";
  return path.endsWith(".parquet") ? "parquet" : undefined;
}

/**
 * The rows of a data file.
 *
 * @param path its name, which says whether it is compressed
 * @param source its name in messages
 * @param kind by the name when absent
 * @throws ConfigFault with the place where a file is malformed
 */
export async function readRows(
  bytes: Buffer,
  path: string,
  source: string,
  kind: DatasetFile["kind"] | undefined = kindOfFile(path),
): Promise<PlacedRow[]> {
  if (kind === "parquet") return (await import("./read-parquet.ts")).readParquet(bytes, source);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  if (kind === "csv") return parseCsv(text, source);
  return text.trimStart().startsWith("[") && /\.json(\.gz)?$/.test(path)
    ? parseList(text, source)
    : parseJsonl(text, source);
}

/** A JSON file that is one list of rows. */
function parseList(text: string, source: string): PlacedRow[] {
  try {
    return (JSON.parse(text) as unknown[]).map((row, i) => ({ row, place: `${source}[${i}]` }));
  } catch (error) {
    throw new ConfigFault(source, `must be JSON (${(error as Error).message})`);
  }
}
