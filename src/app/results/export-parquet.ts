import type { SchemaElement } from "hyparquet";
import { ConfigError } from "#src/kernel/errors";
import { type ExportColumn, type ExportRow, type ExportValue, exportRow, type Outcomes } from "./export-columns.ts";

/** Rows of a row group, and characters of text after which it ends earlier: what is held in memory. */
const GROUP_ROWS = 20_000;
const GROUP_CHARACTERS = 4 * 2 ** 20;

/**
 * Writes rows into a Parquet file, row group by row group.
 *
 * @returns rows written
 * @throws ConfigError when the package hyparquet-writer is not installed
 */
export async function writeParquet(
  path: string,
  outcomes: Outcomes,
  columns: readonly ExportColumn[],
): Promise<number> {
  const { fileWriter, ParquetWriter } = await parquetPackage();
  const writer = new ParquetWriter({ writer: fileWriter(path), schema: schemaOf(columns) });
  let rows: ExportRow[] = [];
  let characters = 0;
  let written = 0;
  const flush = async (): Promise<void> => {
    const columnData = columns.map((column) => ({ name: column.name, data: rows.map((row) => cell(column, row)) }));
    await writer.write({ columnData, rowGroupSize: Math.max(1, rows.length) });
    written += rows.length;
    rows = [];
    characters = 0;
  };
  for await (const outcome of outcomes) {
    const row = exportRow(outcome);
    rows.push(row);
    for (const value of Object.values(outcome.output ?? {}))
      characters += typeof value === "string" ? value.length : 64;
    if (rows.length >= GROUP_ROWS || characters >= GROUP_CHARACTERS) await flush();
  }
  if (rows.length > 0 || written === 0) await flush();
  await writer.finish();
  return written;
}

async function parquetPackage() {
  try {
    return await import("hyparquet-writer");
  } catch {
    throw new ConfigError(
      "--format parquet",
      "needs the package hyparquet-writer",
      undefined,
      "npm install hyparquet-writer",
    );
  }
}

function schemaOf(columns: readonly ExportColumn[]): SchemaElement[] {
  return [
    { name: "root", num_children: columns.length },
    ...columns.map(({ name, kind }): SchemaElement => ({ name, repetition_type: "OPTIONAL", ...typeOf[kind] })),
  ];
}

const typeOf: Readonly<Record<ExportColumn["kind"], Omit<SchemaElement, "name">>> = {
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  integer: { type: "INT64" },
  number: { type: "DOUBLE" },
  time: { type: "INT64", converted_type: "TIMESTAMP_MILLIS" },
};

function cell({ kind, of }: ExportColumn, row: ExportRow): Exclude<ExportValue, undefined> | bigint | Date | null {
  const value = of(row);
  if (value === undefined) return null;
  if (kind === "integer") return BigInt(value);
  return kind === "time" ? new Date(value) : value;
}
