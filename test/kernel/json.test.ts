import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outsideStrings, parseJson } from "#src/kernel/json";
import { draws } from "../runs.ts";
import { expectLinear } from "../support.ts";

fc.configureGlobal({ seed: 42 });

/** JSON texts whose whole numbers are of any length, with the value that is meant. */
const { node } = fc.letrec<{ node: { text: string; value: unknown } }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map((n) => ({
      text: String(n),
      value: Number.isSafeInteger(Number(n)) ? Number(n) : String(n),
    })),
    fc.constantFrom(true, false, null).map((value) => ({ text: String(value), value })),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((value) => !Number.isInteger(value) || Math.abs(value) > 1e21 || Object.is(value, 0))
      .map((value) => ({ text: JSON.stringify(value), value })),
    fc
      .oneof(
        fc.string({ unit: "grapheme" }),
        fc.constantFrom('\\"', "12345678901234567890", '": 12345678901234567890,'),
      )
      .map((value) => ({ text: JSON.stringify(value), value })),
    fc.array(tie("node")).map((nodes) => ({
      text: `[ ${nodes.map(({ text }) => text).join(" ,\n")}]`,
      value: nodes.map(({ value }) => value),
    })),
    fc.array(fc.tuple(fc.string(), tie("node"))).map((members) => ({
      text: `{${members.map(([key, { text }]) => `${JSON.stringify(key)}: ${text}`).join(",")}}`,
      value: Object.fromEntries(members.map(([key, { value }]) => [key, value])),
    })),
  ),
}));

describe("JSON", () => {
  it("gives back every value, and whole numbers beyond 2^53 as text of their digits, wherever they stand", () => {
    fc.assert(
      fc.property(node, ({ text, value }) => {
        expect(parseJson(text)).toEqual(value);
      }),
      draws(1000, 2000, 42),
    );
  });

  it("holds the same numbers as JSON.parse where a double can hold them, and no others as numbers", () => {
    expect(parseJson("[9007199254740991, 9007199254740992, 0.1234567890123456789, 1e22, -1e400, 5e-324]")).toEqual([
      9007199254740991,
      "9007199254740992",
      0.12345678901234568,
      1e22,
      "-1e400",
      5e-324,
    ]);
  });

  it("is refused where JSON.parse refuses it", () => {
    const alphabet = fc.constantFrom(...'{}[]:,"\\ -+.eE01', "1234567890123456789", "true", "null", '"a"', "x");
    const refused = (read: () => unknown): boolean => {
      try {
        read();
        return false;
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        return true;
      }
    };
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 12 }), (marks) => {
        const text = marks.join("");
        expect(refused(() => parseJson(text))).toBe(refused(() => JSON.parse(text)));
      }),
      draws(2000, 4000, 42),
    );
  });

  it.each<[what: string, text: (length: number) => string]>([
    ["a long string", (length) => JSON.stringify("x".repeat(length))],
    ["backslashes", (length) => JSON.stringify("\\".repeat(length / 2))],
    ["quotes", (length) => JSON.stringify('"'.repeat(length / 2))],
    ["digits", (length) => "1".repeat(length / 8)],
    ["numbers", (length) => `[${"1234567890123456789,".repeat(length / 80)}1]`],
    ["spaces", (length) => `1${" ".repeat(length)}`],
  ])("is read in linear time: %s", async (_, text) => {
    await expectLinear((json) => outsideStrings(json, (piece) => piece.replaceAll("NaN", "null")), text, 1_000_000);
    await expectLinear((json) => parseJson(`[1234567890123456789, ${json}]`), text, 1_000_000);
  });
});
