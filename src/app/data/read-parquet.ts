import * as zlib from "node:zlib";
import type { Compressors } from "hyparquet";
import type { PlacedRow } from "#src/dataset/dataset";
import { ConfigError } from "#src/kernel/errors";
import { decimalsOf, parsers } from "./parquet-values.ts";
import { tooLarge, UNPACKED_MOST } from "./unpack.ts";

/**
 * The rows of a Parquet file as plain JSON: whole numbers and decimals as numbers where they are exact and as text where not, dates
 * (`2026-01-31`) and times as ISO text to the digit that the file has, bytes that are not marked as text as base64.
 *
 * @param source name of the file, for messages
 * @throws ConfigError for bytes that are not a Parquet file, and where the package hyparquet is not installed
 */
export async function readParquet(bytes: Uint8Array, source: string, most = UNPACKED_MOST): Promise<PlacedRow[]> {
  const { parquetMetadataAsync, parquetReadObjects } = await parquetPackage(source);
  const file = Uint8Array.from(bytes).buffer; // its own memory: a Buffer may share
  const read = async (): Promise<Record<string, unknown>[]> => {
    const metadata = await parquetMetadataAsync(file);
    const decimals = decimalsOf(metadata.schema);
    const options = { file, metadata, utf8: false, parsers, compressors: compressors(source, most) };
    return (await parquetReadObjects(options)).map(decimals);
  };
  const rows = await read().catch((error: unknown) => {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(source, `must be a Parquet file (${(error as Error).message})`);
  });
  return rows.map((row, i) => ({ row: plain(row), place: `${source} row ${i + 1}` }));
}

async function parquetPackage(source: string): Promise<typeof import("hyparquet")> {
  try {
    return await import("hyparquet");
  } catch {
    throw new ConfigError(source, "needs the package hyparquet", undefined, "npm install hyparquet");
  }
}

/** Those of Node beside the package's own Snappy. A page unpacks to what its header says, and all together to no more than the limit. */
function compressors(source: string, most: number): Compressors {
  let total = 0;
  const within = (unpack: (input: Uint8Array, options: { maxOutputLength: number }) => Uint8Array) => {
    return (input: Uint8Array, length: number): Uint8Array => {
      total += length;
      if (total > most) throw tooLarge(source, most);
      return unpack(input, { maxOutputLength: Math.max(1, length) });
    };
  };
  return {
    GZIP: within(zlib.gunzipSync),
    BROTLI: within(zlib.brotliDecompressSync),
    ZSTD: within((input, options) => {
      if (typeof zlib.zstdDecompressSync === "function") return zlib.zstdDecompressSync(input, options);
      throw new ConfigError(source, "is compressed by ZSTD, which needs Node 22.15 or newer", process.version);
    }),
  };
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number | bigint>, plain);
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}
