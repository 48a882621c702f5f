import { describe, expect, it } from "vitest";
import { parseCsv } from "#src/dataset/csv";

describe("a CSV text", () => {
  it("is a header and rows of text, each with its line", () => {
    expect(parseCsv("id,n\na,1\nb,2\n", "x.csv")).toEqual([
      { row: { id: "a", n: "1" }, place: "x.csv:2" },
      { row: { id: "b", n: "2" }, place: "x.csv:3" },
    ]);
  });

  it("may quote commas, quotes and line breaks", () => {
    const rows = parseCsv('q,a\n"one, ""two""\nthree",4\n', "x.csv");
    expect(rows.map(({ row }) => row)).toEqual([{ q: 'one, "two"\nthree', a: "4" }]);
  });

  it("may have a byte order mark, CRLF and blank lines", () => {
    expect(parseCsv("\uFEFFid\r\na\r\n\r\nb\r\n", "x.csv").map(({ row }) => row)).toEqual([{ id: "a" }, { id: "b" }]);
  });

  it("has no rows when it is empty or only a header", () => {
    expect(parseCsv("", "x.csv")).toEqual([]);
    expect(parseCsv("a,b\n", "x.csv")).toEqual([]);
  });

  it("is refused with the line where the number of fields goes wrong", () => {
    expect(() => parseCsv("a,b\n1,2\n3\n", "x.csv")).toThrow(/^x\.csv:3 must be valid CSV \(/);
  });

  it("is refused when a quote is never closed", () => {
    expect(() => parseCsv('a,b\n1,"2\n', "x.csv")).toThrow(/^x\.csv:\d must be valid CSV \(Quote Not Closed/);
  });

  it("is refused when two columns have one name: one of them would be lost", () => {
    expect(() => parseCsv("a,b,a\n1,2,3\n", "x.csv")).toThrow('x.csv:1 must name each column once, got "a"');
  });
});
