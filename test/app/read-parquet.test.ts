import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Compressors } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { readParquet } from "#src/app/data/read-parquet";

type Columns = Parameters<typeof parquetWriteBuffer>[0]["columnData"];
const fileOf = (columnData: Columns, more: object = {}): Uint8Array =>
  new Uint8Array(parquetWriteBuffer({ columnData, ...more }));

describe("a Parquet file", () => {
  it("is rows of plain JSON, each with its number", async () => {
    const file = fileOf([
      { name: "question", data: ["2 + 2?", "Größe?"], type: "STRING" },
      { name: "answer", data: [4n, 2n ** 60n], type: "INT64" },
      { name: "seen", data: [new Date(Date.UTC(2026, 0, 1)), null], type: "TIMESTAMP" },
      { name: "easy", data: [true, false], type: "BOOLEAN" },
      { name: "choices", data: [["a", "b"], []], type: "JSON" },
    ]);
    expect(await readParquet(file, "q.parquet")).toEqual([
      {
        row: { question: "2 + 2?", answer: 4, seen: "2026-01-01T00:00:00.000Z", easy: true, choices: ["a", "b"] },
        place: "q.parquet row 1",
      },
      {
        row: { question: "Größe?", answer: "1152921504606846976", seen: null, easy: false, choices: [] },
        place: "q.parquet row 2",
      },
    ]);
  });

  it.each([
    ["SNAPPY", undefined],
    ["GZIP", { GZIP: (input: Uint8Array) => gzipSync(input) }],
    ["BROTLI", { BROTLI: (input: Uint8Array) => brotliCompressSync(input) }],
  ] as const)("may be compressed by %s", async (codec, compressors?: Compressors) => {
    const data = Array.from({ length: 3000 }, (_, i) => `row ${i % 7}`);
    const file = fileOf([{ name: "text", data, type: "STRING" }], { codec, compressors });
    expect((await readParquet(file, "x.parquet")).map(({ row }) => (row as { text: string }).text)).toEqual(data);
  });

  it("is refused where it is none, or torn", async () => {
    await expect(readParquet(Buffer.from("id,text\n1,a\n"), "x.parquet")).rejects.toThrow(
      "x.parquet must be a Parquet file (",
    );
    const whole = fileOf([{ name: "a", data: [1, 2, 3], type: "INT32" }]);
    await expect(readParquet(whole.subarray(0, whole.length - 5), "x.parquet")).rejects.toThrow(
      "must be a Parquet file",
    );
  });

  it("gives bytes that are not marked as text as base64, and text that is not UTF-8 not at all", async () => {
    const bytes = [new Uint8Array([0x89, 0x50, 0xff, 0xd8]), new Uint8Array([])];
    const file = fileOf([{ name: "png", data: bytes, type: "BYTE_ARRAY" }]);
    expect((await readParquet(file, "x")).map(({ row }) => row)).toEqual([{ png: "iVD/2A==" }, { png: "" }]);
    const torn = Buffer.from(
      fileOf([{ name: "q", data: ["Zuerich"], type: "STRING" }], { codec: "UNCOMPRESSED", statistics: false }),
    );
    torn[torn.indexOf("Zuerich") + 1] = 0xfc;
    await expect(readParquet(torn, "x.parquet")).rejects.toThrow(/^x\.parquet must be a Parquet file \(/);
  });

  it("gives decimals, and times finer than a millisecond, to their last digit", async () => {
    const schema = [
      { name: "root", num_children: 4 },
      { name: "price", type: "INT64", converted_type: "DECIMAL", scale: 2, precision: 18, repetition_type: "OPTIONAL" },
      {
        name: "wide",
        type: "FIXED_LEN_BYTE_ARRAY",
        type_length: 9,
        converted_type: "DECIMAL",
        scale: 3,
        precision: 20,
        repetition_type: "REQUIRED",
      },
      { name: "at", type: "INT64", converted_type: "TIMESTAMP_MICROS", repetition_type: "REQUIRED" },
      { name: "day", type: "INT32", converted_type: "DATE", repetition_type: "REQUIRED" },
    ];
    const file = fileOf(
      [
        { name: "price", data: [30n, -1999n, 12345678901234567n, null] },
        { name: "wide", data: [5n, -5n, 12345678901234567890n, 0n] },
        { name: "at", data: [1n, -1n, 1_700_000_000_000_000n, 1_700_000_000_123_456n] },
        { name: "day", data: [0, -1, 20_000, 1] },
      ] as never,
      { schema },
    );
    expect((await readParquet(file, "x")).map(({ row }) => row)).toEqual([
      { price: 0.3, wide: 0.005, at: "1970-01-01T00:00:00.000001Z", day: "1970-01-01" },
      { price: -19.99, wide: -0.005, at: "1969-12-31T23:59:59.999999Z", day: "1969-12-31" },
      { price: "123456789012345.67", wide: "12345678901234567.890", at: "2023-11-14T22:13:20.000Z", day: "2024-10-04" },
      { price: null, wide: 0, at: "2023-11-14T22:13:20.123456Z", day: "1970-01-02" },
    ]);
  });

  it("gives decimals within lists and records to their last digit too", async () => {
    const decimal = { type: "INT64", converted_type: "DECIMAL", scale: 2, precision: 18, repetition_type: "REQUIRED" };
    const schema = [
      { name: "root", num_children: 2 },
      { name: "prices", repetition_type: "REQUIRED", num_children: 1, converted_type: "LIST" },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", ...decimal },
      { name: "cost", repetition_type: "REQUIRED", num_children: 1 },
      { name: "total", ...decimal },
    ];
    const file = fileOf(
      [
        { name: "prices", data: [[30n, -1999n], []] },
        { name: "cost", data: [{ total: 12345678901234567n }, { total: 5n }] },
      ] as never,
      { schema },
    );
    expect((await readParquet(file, "x")).map(({ row }) => row)).toEqual([
      { prices: [0.3, -19.99], cost: { total: "123456789012345.67" } },
      { prices: [], cost: { total: 0.05 } },
    ]);
  });

  it("unpacks to no more than the limit", async () => {
    const data = [new Array(100_000).fill("a").join("")];
    const file = fileOf([{ name: "text", data, type: "STRING" }], {
      codec: "GZIP",
      compressors: { GZIP: (input: Uint8Array) => gzipSync(input) },
    });
    await expect(readParquet(file, "x.parquet", 1000)).rejects.toThrow(
      "x.parquet must not unpack to more than 1000 bytes",
    );
  });
});
