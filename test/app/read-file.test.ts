import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kindOfFile, type ReadOptions, readRows } from "#src/app/data/read-file";
import { textOf } from "#src/app/data/text";

fc.configureGlobal({ seed: 42 });

const rowsOf = async (content: string | Uint8Array, path: string, options?: ReadOptions) =>
  (await readRows(Buffer.from(content as Uint8Array), path, path, options)).map(({ row }) => row);

describe("the kind of a file", () => {
  it("is told by its ending in any case, compressed or not", () => {
    const endings = ["jsonl", "ndjson", "json", "csv", "tsv", "parquet"];
    for (const ending of [...endings, ...endings.map((each) => each.toUpperCase())])
      for (const path of [`a.${ending}`, `a.${ending}.gz`, `a.${ending}.GZ`])
        expect([path, kindOfFile(path)]).toEqual([path, expect.stringMatching(/^(jsonl|csv|parquet)$/)]);
    expect(["a.txt", "jsonl", "a.json.zip"].map(kindOfFile)).toEqual([undefined, undefined, undefined]);
  });
});

describe("text", () => {
  const encodings = { "utf-8": "utf8", "utf-16le": "utf16le", "windows-1252": "latin1" } as const;
  const letters = { "utf-8": "grapheme", "utf-16le": "grapheme", "windows-1252": "binary-ascii" } as const;

  it("is the same wherever its bytes are cut into pieces", () => {
    for (const [encoding, spelling] of Object.entries(encodings) as [keyof typeof encodings, BufferEncoding][])
      fc.assert(
        fc.property(
          fc.string({ unit: letters[encoding], minLength: 2 }),
          fc.integer({ min: 1, max: 9 }),
          (text, cut) => {
            const lines = `a${text}\nb${text}`;
            const bytes = Buffer.from(lines, spelling);
            const read = (size?: number) =>
              [...textOf(bytes, "x", encoding === "utf-8" ? undefined : encoding, size)].join("");
            expect(read(cut)).toBe(lines);
            expect(read()).toBe(lines);
          },
        ),
      );
  });

  it("of UTF-8 comes in pieces that end where lines end, so that no letter is cut", () => {
    const text = "é\n€€€€\n\n😀x\n";
    for (let size = 1; size <= Buffer.byteLength(text); size++) {
      const pieces = [...textOf(Buffer.from(text), "x", undefined, size)];
      expect(pieces.join("")).toBe(text);
      for (const piece of pieces) expect(piece).toMatch(/\n$/);
    }
  });

  it("is refused at the line and the byte where it is not UTF-8, whatever the size of the pieces", () => {
    const bytes = Buffer.from("question,answer\nZürich,1\nCaf\xe9 au lait,2\n", "latin1");
    const [first] = [Buffer.from("question,answer\nZürich,1\n")];
    const mixed = Buffer.concat([first!, Buffer.from("Caf\xe9 au lait,2\n", "latin1")]);
    for (const size of [1, 5, 1000])
      expect(() => [...textOf(mixed, "x.csv", undefined, size)]).toThrow(
        'x.csv:3 must be UTF-8, but its byte 4 (e9) is not. It looks like Windows-1252 ("Café au lait,2"): say { encoding: "windows-1252" }, or save it as UTF-8',
      );
    expect(() => [...textOf(bytes, "x.csv")]).toThrow("x.csv:2 must be UTF-8, but its byte 2 (fc) is not");
    expect(() => [...textOf(Buffer.from([0x61, 0xc3]), "x.csv")]).toThrow("x.csv:1 must be UTF-8");
  });

  it("is read in the encoding that is named, and refused where it is none of it", async () => {
    const latin = Buffer.from("q,a\nCaf\xe9 5\x80,1\n", "latin1");
    for (const encoding of ["windows-1252", "latin1", "ISO-8859-1"])
      expect(await rowsOf(latin, "x.csv", { encoding })).toEqual([{ q: "Café 5€", a: "1" }]);
    const wide = Buffer.from('\uFEFF{"q":"Größe 😀"}\n', "utf16le");
    expect(await rowsOf(wide, "x.jsonl", { encoding: "utf-16le" })).toEqual([{ q: "Größe 😀" }]);
    await expect(rowsOf(wide.subarray(0, -1), "x.jsonl", { encoding: "utf-16le" })).rejects.toThrow(
      "x.jsonl must be text in the encoding utf-16le",
    );
  });

  it.each([
    [
      "UTF-16 with its mark",
      Buffer.from("\uFEFFq,a\n1,2\n", "utf16le"),
      'It looks like UTF-16: say { encoding: "utf-16le" }',
    ],
    ["UTF-16 without", Buffer.from("q,a\n1,2\n", "utf16le"), 'say { encoding: "utf-16le" }'],
    ["UTF-16 the other way round", Buffer.from("\uFEFFq,a\n1,2\n", "utf16le").swap16(), 'say { encoding: "utf-16be" }'],
    ["a workbook", Buffer.from([0x50, 0x4b, 3, 4, 20, 0]), "It looks like a zip archive, as an .xlsx workbook is"],
    ["Parquet", Buffer.from("PAR1...."), "It looks like Parquet"],
  ])("is told from %s", async (_, bytes, hint) => {
    await expect(rowsOf(bytes, "x.csv")).rejects.toThrow(hint);
  });

  it("may begin with a byte order mark in every format", async () => {
    expect(await rowsOf('\uFEFF[{"a":1}]', "x.json")).toEqual([{ a: 1 }]);
    expect(await rowsOf('\uFEFF{"a":1}\n', "x.jsonl")).toEqual([{ a: 1 }]);
    expect(await rowsOf("\uFEFFa\n1\n", "x.csv")).toEqual([{ a: "1" }]);
    expect(await rowsOf("\uFEFFa\tb\n1\t2\n", "X.TSV")).toEqual([{ a: "1", b: "2" }]);
  });
});

describe("numbers beyond 2^53", () => {
  it("are text of their digits in every format", async () => {
    const id = "1234567890123456789";
    expect(await rowsOf(`{"id":${id}}\n`, "x.jsonl")).toEqual([{ id }]);
    expect(await rowsOf(`[{"id":${id}},{"id":[5,-${id}]}]`, "x.json")).toEqual([{ id }, { id: [5, `-${id}`] }]);
    expect(await rowsOf(`id\n${id}\n5\n`, "x.csv", { cast: true })).toEqual([{ id }, { id: 5 }]);
  });
});

describe("a compressed file", () => {
  const packed = gzipSync('{"a":1}\n{"a":2}\n');

  it("is unpacked, whatever it holds and is called", async () => {
    for (const path of ["x.jsonl.gz", "x.JSONL.GZ", "x.jsonl"])
      expect(await rowsOf(packed, path)).toEqual([{ a: 1 }, { a: 2 }]);
    expect(await rowsOf(gzipSync("a\tb\n1\t2\n"), "x.tsv.gz")).toEqual([{ a: "1", b: "2" }]);
    expect(await rowsOf(Buffer.concat([packed, gzipSync('{"a":3}')]), "x.jsonl.gz")).toHaveLength(3);
  });

  it("is refused with its name where it is damaged, or none", async () => {
    for (let length = 2; length < packed.length; length++)
      await expect(rowsOf(packed.subarray(0, length), "x.jsonl.gz")).rejects.toThrow(
        /^x\.jsonl\.gz must be a whole gzip file \(.+\)\. It is damaged: get it again$/,
      );
    await expect(rowsOf("no gzip", "x.jsonl.gz")).rejects.toThrow(
      "x.jsonl.gz must be compressed by gzip, as its name says. It is not: rename it",
    );
  });

  it("is refused where it unpacks to more than the limit", async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000));
    expect(bomb.length).toBeLessThan(6000);
    await expect(rowsOf(bomb, "x.jsonl.gz", { maxUnpackedBytes: 1_000_000 })).rejects.toThrow(
      "x.jsonl.gz must not unpack to more than 1000000 bytes. Set maxUnpackedBytes where it is meant to be so large",
    );
  });
});

describe("a file that is something else than its name says", () => {
  const others = {
    "a pointer of Git LFS": "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12345\n",
    "a page of HTML": "\n<!DOCTYPE html><html><body>Not found</body></html>",
    "a zip archive": "PK\x03\x04\x14\0\x06\0[Content_Types].xml",
    "compressed by Zstandard": "\x28\xb5\x2f\xfd",
    "compressed by bzip2": "BZh91AY",
    "compressed by xz": "\xfd7zXZ\0",
  };
  it.each(Object.entries(others))("is refused by what it is: %s", async (what, content) => {
    for (const name of ["a.csv", "a.jsonl", "a.json", "a.tsv", "a.parquet"])
      await expect(rowsOf(Buffer.from(content, "latin1"), name)).rejects.toThrow(`It looks like ${what}`);
    await expect(rowsOf(gzipSync(Buffer.from(content, "latin1")), "a.csv.gz")).rejects.toThrow(what);
  });

  it("is Parquet under the name of text", async () => {
    await expect(rowsOf("PAR1", "a.csv")).rejects.toThrow("a.csv must be text. It looks like Parquet");
  });
});

describe("lines that are nearly JSON", () => {
  it.each([
    ['{"a":1},\n{"a":2}', "Lines end without a comma"],
    ['{"a":1}{"a":2}', "Write each row on a line of its own"],
    ['{"a":NaN}', "JSON knows no NaN"],
    ['{"a":-Infinity}', "JSON knows no NaN"],
    ['{\n  "a": 1\n}\n', "Write each row on one line"],
  ])("are refused with what is meant, %j", async (content, advice) => {
    await expect(rowsOf(content, "a.jsonl")).rejects.toThrow(advice);
  });

  it.each([
    ['\n{"a":1}\r\n   \n{"a":2}\n\n', [{ a: 1 }, { a: 2 }]],
    ['{"a":"x\u2028y"}\n{"a":"\u0085z"}\n', [{ a: "x\u2028y" }, { a: "\u0085z" }]],
    ['{"a":"x\\ud800y"}', [{ a: "x\ud800y" }]],
    ['{"__proto__":{"x":1}}', [JSON.parse('{"__proto__":{"x":1}}')]],
  ])("are read where they are JSON, %j", async (content, rows) => {
    expect(await rowsOf(content, "a.jsonl")).toEqual(rows);
  });
});
