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

  it("leaves out rows without any content, however many columns they have, and still counts their lines", () => {
    const rows = parseCsv("a,b\n1,2\n,\n , \n3,4\n", "x.csv");
    expect(rows.map(({ place }) => place)).toEqual(["x.csv:2", "x.csv:5"]);
    expect(() => parseCsv("a,b,c\n1,2,3\n,\n", "x.csv")).toThrow(/^x\.csv:3 must be valid CSV \(/);
  });

  it("may be separated by something else, which is asked for where one column looks like several", () => {
    for (const delimiter of [";", "\t", "|"]) {
      const text = `question${delimiter}answer\nOne, two?${delimiter}3,5\n`;
      expect(parseCsv(text, "x.csv", { delimiter })[0]?.row).toEqual({ question: "One, two?", answer: "3,5" });
      expect(() => parseCsv(text, "x.csv")).toThrow(
        `x.csv:1 must have its columns separated by commas, got ${JSON.stringify(`question${delimiter}answer`)}. Say csv(path, { delimiter: ${JSON.stringify(delimiter)} })`,
      );
      expect(() => parseCsv(`"a"${delimiter}"b"\n"1"${delimiter}"2"\n`, "x.csv")).toThrow(
        "x.csv:1 must have its columns",
      );
      const one = parseCsv(`question${delimiter}answer\n1\n`, "x.csv", { delimiter: "," });
      expect(one[0]?.row).toEqual({ [`question${delimiter}answer`]: "1" });
    }
  });

  it("is asked for commas where tabs are usual", () => {
    expect(() => parseCsv("a,b\n1,2\n", "x.tsv", {}, "\t")).toThrow(
      'x.tsv:1 must have its columns separated by tabs, got "a,b". Say csv(path, { delimiter: "," }); { delimiter: "\\t" } where it is one column',
    );
    expect(parseCsv('"a"\t"b"\n1\t2\n', "x.tsv", {}, "\t")[0]?.row).toEqual({ a: "1", b: "2" });
  });

  it("may say itself what separates its columns, as Excel writes it", () => {
    for (const start of ["sep=;\r\n", '"sep=;"\n', "\uFEFFsep=;\n", "SEP=;\n"])
      expect(parseCsv(`${start}id;q\n1;"x\ny"\n2;z\n`, "x.csv")).toEqual([
        { row: { id: "1", q: "x\ny" }, place: "x.csv:4" },
        { row: { id: "2", q: "z" }, place: "x.csv:5" },
      ]);
    expect(parseCsv("sep=,\nid,q\n1,x\n", "x.csv", { delimiter: "," })[0]!.row).toEqual({ id: "1", q: "x" });
    expect(() => parseCsv("sep=;\nid;q\n1\n", "x.csv")).toThrow(/^x\.csv:3 must be valid CSV/);
  });

  it("loses columns at its end that have neither name nor value, and no others", () => {
    expect(parseCsv("id,q,,\n1,a,,\n", "x.csv")[0]!.row).toEqual({ id: "1", q: "a" });
    expect(() => parseCsv("id,q,,\n1,a,b,\n2,a,b,c\n", "x.csv")).toThrow(/must name each column once/);
    expect(parseCsv(",q\n0,a\n", "x.csv")[0]!.row).toEqual({ "": "0", q: "a" });
  });

  it("may have no header line: columns are numbered, or called what a list says", () => {
    expect(parseCsv("1,2\n3,4\n", "x.csv", { header: false }).map(({ row }) => row)).toEqual([
      { column1: "1", column2: "2" },
      { column1: "3", column2: "4" },
    ]);
    expect(parseCsv("1,2\n", "x.csv", { header: ["a", "b"] })[0]).toEqual({
      row: { a: "1", b: "2" },
      place: "x.csv:1",
    });
    expect(() => parseCsv("1,2\n", "x.csv", { header: ["a"] })).toThrow(
      'csv.header must name the 2 columns of x.csv:1, got ["a"]',
    );
    expect(() => parseCsv("1,2\n", "x.csv", { header: ["a", "a"] })).toThrow("x.csv:1 must name each column once");
  });

  it("is cast where that is asked for, and only what JSON would read as number, true or false", () => {
    const cells = [
      "1",
      "-2.5",
      "1e3",
      "true",
      "007",
      "+1",
      " 1",
      "1,5",
      "0x10",
      "NaN",
      "TRUE",
      "12345678901234567890",
      "1e999",
    ];
    const text = `n,x\n${cells.map((cell) => `"${cell}",x`).join("\n")}`;
    const cast = parseCsv(text, "x.csv", { cast: true }).map(({ row }) => (row as { n: unknown }).n);
    expect(cast).toEqual([1, -2.5, 1000, true, ...cells.slice(4)]);
  });

  it("keeps columns whatever they are called", () => {
    const [first] = parseCsv("__proto__,constructor,\n1,2,3\n", "x.csv");
    expect(Object.entries(first!.row as object)).toEqual([
      ["__proto__", "1"],
      ["constructor", "2"],
      ["", "3"],
    ]);
  });
});
