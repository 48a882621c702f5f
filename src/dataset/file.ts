import { z } from "zod";
import { parseOptions } from "#src/kernel/parse";

export const maxUnpackedBytes = z
  .int()
  .positive()
  .default(2 ** 30)
  .describe("bytes that a compressed file may unpack to, against archives that are made to fill a disk; 1 GiB");

export const textFileOptions = z.strictObject({
  encoding: z
    .string()
    .refine(isEncoding, "must be an encoding that TextDecoder knows: windows-1252, utf-16le, shift_jis")
    .optional()
    .describe("how the bytes spell text; UTF-8 when absent, and what is not UTF-8 is refused"),
  maxUnpackedBytes,
});

const names = z.array(z.string().min(1)).min(1).readonly();

export const csvOptions = textFileOptions.extend({
  delimiter: z
    .string()
    .min(1)
    .refine((text) => !/["\r\n]/.test(text), "must hold no quote and no line end")
    .optional()
    .describe("what separates the columns; a tab for .tsv and a comma otherwise when absent"),
  header: z
    .union([z.boolean(), names])
    .default(true)
    .describe("whether the first line names the columns; else they are called column1, column2, or what the list says"),
  cast: z
    .boolean()
    .default(false)
    .describe(
      "whether cells that JSON would read as a number, true or false become that; all cells are text when false",
    ),
});

export const parquetOptions = z.strictObject({ maxUnpackedBytes });

type TextFileOptions = z.output<typeof textFileOptions>;
export type CsvOptions = z.output<typeof csvOptions>;

/** Where rows come from. Files are described here and read by the application, relative to the experiment file. */
export type DatasetFile<Row = unknown> = {
  readonly path: string;
  /** Never set; it carries the row's type. */
  readonly row?: Row;
} & (
  | ({ readonly kind: "jsonl" } & Partial<TextFileOptions>)
  | ({ readonly kind: "csv" } & Partial<CsvOptions>)
  | ({ readonly kind: "parquet" } & Partial<z.output<typeof parquetOptions>>)
);

/**
 * JSON Lines file, one value a line; a file called `.json` may be one list instead. `.gz` too. A relative path is relative to the experiment file.
 *
 * @throws ConfigError for an unknown encoding
 * @example jsonl("data/test.jsonl.gz").kind // => "jsonl"
 */
export const jsonl = <Row = Record<string, unknown>>(
  path: string,
  options: z.input<typeof textFileOptions> = {},
): DatasetFile<Row> => ({ kind: "jsonl", path, ...given(textFileOptions, options, "jsonl") });

/**
 * CSV file, `.gz` too; every value is text unless `cast` says otherwise. A relative path is relative to the experiment file.
 *
 * @throws ConfigError for an unknown encoding
 * @example csv("data/test.csv", { delimiter: ";", encoding: "windows-1252" }).kind // => "csv"
 */
export const csv = <Row = Record<string, string>>(
  path: string,
  options: z.input<typeof csvOptions> = {},
): DatasetFile<Row> => ({ kind: "csv", path, ...given(csvOptions, options, "csv") });

/** Parquet file, read by the package hyparquet. A relative path is relative to the experiment file. */
export const parquet = <Row = Record<string, unknown>>(
  path: string,
  options: z.input<typeof parquetOptions> = {},
): DatasetFile<Row> => ({ kind: "parquet", path, ...given(parquetOptions, options, "parquet") });

/** Whether `input` is what `jsonl()`, `csv()` and `parquet()` return. */
export const isDatasetFile = (input: unknown): input is DatasetFile =>
  typeof input === "object" && input !== null && "kind" in input && "path" in input && typeof input.path === "string";

/** The options that are set, checked. */
function given<S extends z.ZodObject>(schema: S, options: z.input<S>, place: string): Partial<z.output<S>> {
  const parsed = parseOptions(schema, options, place) as Partial<z.output<S>>;
  return Object.fromEntries(Object.entries(parsed).filter(([name]) => name in options)) as Partial<z.output<S>>;
}

function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label) !== undefined;
  } catch {
    return false;
  }
}
