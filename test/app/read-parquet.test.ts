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
});
