import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonlReader, parseJsonl } from "#src/dataset/jsonl";

fc.configureGlobal({ seed: 42 });

it("reads one value a line, and knows the line of each", () => {
  expect(parseJsonl('{"a":1}\n{"a":2}\n', "x.jsonl")).toEqual([
    { row: { a: 1 }, place: "x.jsonl:1" },
    { row: { a: 2 }, place: "x.jsonl:2" },
  ]);
});

it("accepts a byte order mark, CRLF and blank lines, and still counts lines as an editor does", () => {
  expect(parseJsonl('\uFEFF\r\n{"a":1}\r\n\r\n  \n"text"', "x.jsonl")).toEqual([
    { row: { a: 1 }, place: "x.jsonl:2" },
    { row: "text", place: "x.jsonl:5" },
  ]);
  expect(parseJsonl("", "x.jsonl")).toEqual([]);
});

it("gives back every value that JSON can hold", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 7 }), (values, size) => {
      const lines = values.map((value) => JSON.stringify(value)).filter((line) => !/\d{16,}(?![.\d])/.test(line)); // see kernel/json.ts
      const text = lines.join("\n");
      const reader = jsonlReader("x"); // cut anywhere
      for (let at = 0; at < text.length; at += size) reader.read(text.slice(at, at + size));
      for (const rows of [parseJsonl(text, "x"), reader.end()])
        expect(rows.map(({ row }) => JSON.stringify(row))).toEqual(lines);
    }),
  );
});

it("names the line that is not JSON, and shows it", () => {
  const text = '{"a":1}\n\n{"a":\n{"a":3}';
  expect(() => parseJsonl(text, "data/x.jsonl")).toThrow(
    /^data\/x\.jsonl:3 must be one JSON value \(.+\), got "\{\\"a\\":"$/,
  );
});
