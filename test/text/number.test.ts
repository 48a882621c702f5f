import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstNumber, lastNumber, numberOf, numbersIn, sameNumber } from "#src/text/number";
import { show } from "#src/text/rational";
import { draws } from "../runs.ts";

const read = (text: string, decimal?: "," | "."): (string | undefined)[] =>
  numbersIn(text, decimal ? { decimal } : {}).map(({ value }) => (value === undefined ? undefined : show(value)));
const last = (text: string): string | undefined => read(text).at(-1);

fc.configureGlobal({ seed: 42 });

describe("numbers in a text", () => {
  it.each([
    // signs
    ["-5", "-5"],
    ["−5", "-5"],
    ["–5", "-5"],
    ["+5", "5"],
    ["x = - 5", "-5"],
    ["- 5 apples", "5"],
    ["10 - 5", "5"],
    ["-$5", "-5"],
    ["$-5", "-5"],
    // groups
    ["1,024", "1024"],
    ["1 000 000", "1000000"],
    ["7\u202F200", "7200"],
    ["7\u2009200", "7200"],
    ["7\u00A0200", "7200"],
    ["1'234'567", "1234567"],
    ["1’234", "1234"],
    ["9{,}500", "9500"],
    ["9\\,500", "9500"],
    ["1_000", "1000"],
    ["12,34,567", "1234567"],
    ["100 200 30", "30"],
    // decimals and exponents
    ["3.14.", "3.14"],
    [".5", "0.5"],
    ["5.", "5"],
    ["1e3", "1000"],
    ["1.5E-1", "0.15"],
    ["1.5 × 10^3", "1500"],
    ["1.5 x 10^3", "1500"],
    ["1.5*10**3", "1500"],
    ["1.5 \\times 10^{3}", "1500"],
    ["it is 1.5 × 10^3.", "1500"],
    ["2×10⁻²", "0.02"],
    ["10²", "100"],
    ["10^3", "1000"],
    // shares, money, scale
    ["20%", "20"],
    ["20 percent", "20"],
    ["¥500", "500"],
    ["500 €", "500"],
    ["US$72", "72"],
    ["USD 72", "72"],
    ["Rs.500", "500"],
    ["\\$460", "460"],
    ["5 million", "5000000"],
    ["$2.5M", "2500000"],
    ["10k", "10000"],
    ["2 dozen", "24"],
    ["1.5 lakh", "150000"],
    // fractions
    ["3/4", "0.75"],
    ["1/3", "1/3"],
    ["½", "0.5"],
    ["2½", "2.5"],
    ["2 1/2", "2.5"],
    ["-½", "-0.5"],
    ["\\frac{1}{3}", "1/3"],
    ["\\frac12", "0.5"],
    ["-\\frac{3}{4}", "-0.75"],
    ["1\\frac{1}{2}", "1.5"],
    ["\\dfrac{9}{3}", "3"],
    // what models write around numbers
    ["\\boxed{64}", "64"],
    ["$x=72$", "72"],
    ["\\boxed{$9{,}500}", "9500"],
    ["“72”", "72"],
    ["答案是72。", "72"],
    ["**18**.", "18"],
    ["#### 72", "72"],
    ["<<48/2=24>>24", "24"],
    ["(42)!", "42"],
    ["$18/day", "18"],
    ["18km", "18"],
    ["72°", "72"],
    ["18th", "18"],
    ["\\text{18}", "18"],
    ["72-year-old", "72"],
    ["5 m^2", "5"],
    ["5 m²", "5"],
    ["72 (by GPT-4)", "72"],
    ["CO_2: 72", "72"],
    ["<answer>5</answer>", "5"],
    // other scripts
    ["４２", "42"],
    ["٤٢", "42"],
    ["१२", "12"],
    ["١٬٢٣٤٫٥", "1234.5"],
    ["三十五", "35"],
    ["二〇二四", "2024"],
    ["一万二千", "12000"],
    ["__7__", "7"],
    ["5m²", "5"],
    ["𝟕𝟐", "72"],
    ["result: 三", "3"],
    // a sign of punctuation behind a fraction
    ["It is ½.", "0.5"],
    ["½, I think", "0.5"],
    ["\\frac{1}{2}, as it was", "0.5"],
    ["\\dfrac12.", "0.5"],
  ])("reads %j as %s", (text, number) => {
    expect(last(text)).toBe(number);
  });

  it.each([
    "3,14",
    "1,5",
    "1,2,3",
    "(3,4)",
    "(3, 4)",
    "1.234,56",
    "1.234.567",
    "0,123",
    "1.2.3",
    "12:30",
    "10-20",
    "2024-05-01",
    "1/2/2024",
    "48+24",
    "3×4",
    "5'11",
    "0x10",
    "5M",
    "10K",
    "2π",
    "\\frac{\\pi}{2}",
    "\\frac{\\sqrt{3}}{2}",
    "2^{n+1}",
    "\\frac{1}{2}\\pi",
    "\\pi/2",
    "\\sqrt{2}",
    "4\\sqrt{2}",
    "sqrt(2)",
    "log(5)",
    "±5",
    "--5",
    "2i",
    "3+2i",
    "5x5",
    "x/2",
    "2^n",
    "1/0",
    "1e999999",
    "[1, 2]",
    "-(5)",
    "5±1",
    "\\frac127",
    "\\frac{1}{2}7",
    "\\frac{x}{2}1,234",
  ])("takes %j for something that cannot be read, not for another number", (text) => {
    const said = read(`First 7, then ${text}`);
    expect(said[0]).toBe("7");
    expect(said.length).toBeGreaterThan(1);
    expect(said.at(-1)).toBeUndefined();
  });

  it.each(["GPT-4", "x^2", "H2O", "covid-19", "a_1", "B12", "v2"])("takes %j for a name", (text) => {
    expect(read(`First 7, then ${text}`)).toEqual(["7"]);
  });

  it("lets the reader say which sign is the decimal one", () => {
    expect(read("3,14 and 1.234,5 and 1.234", ",")).toEqual(["3.14", "1234.5", "1234"]);
    expect(read("1,234.5", ",")).toEqual([undefined]);
  });

  it("reads back every decimal, however its thousands are grouped", () => {
    const groups = fc.constantFrom("", ",", " ", "\u00A0", "\u2009", "\u202F", "'", "’", "{,}", "_");
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 15n),
        fc.nat(999),
        groups,
        fc.constantFrom("", "-", "−"),
        (whole, hundredths, group, sign) => {
          const written = `${sign}${String(whole).replace(/\B(?=(\d{3})+$)/g, group)}.${hundredths}`;
          const wanted =
            `${sign === "" || (whole === 0n && hundredths === 0) ? "" : "-"}${whole}.${hundredths}`.replace(
              /\.?0+$/,
              (zeros) => (zeros.includes(".") ? "" : zeros.replace(/0+$/, "")),
            );
          expect(last(`The answer is ${written}`)).toBe(show(numberOf(wanted)!.value!));
        },
      ),
    );
  });

  it("reads a number alike whatever ordinary signs stand beside it", () => {
    const number = fc.constantFrom(
      "7",
      "-7",
      "12.5",
      "-0.50",
      "1,234",
      "1,234,567.5",
      "3/4",
      "2½",
      "20%",
      "$12",
      "000",
      "½",
    );
    const before = fc.constantFrom(
      "",
      " ",
      "\n",
      "a ",
      "Of ",
      "x=",
      "x = ",
      "a: ",
      "(",
      "[",
      "| ",
      '"',
      "; ",
      "是",
      "**",
    );
    const behind = fc.constantFrom(
      "",
      " ",
      "\n",
      ".",
      ", ",
      ")",
      " a",
      " books",
      " X is",
      "]",
      "|",
      " - a",
      "!",
      " é",
      " (a)",
      ": a",
      " $",
    );
    fc.assert(
      fc.property(before, number, behind, (left, said, right) => {
        expect(last(left + said + right)).toBe(last(said));
      }),
      { numRuns: 3000 },
    );
  });

  it("finds the last number without a look at all others", () => {
    const piece = fc.constantFrom(
      "7",
      "-3",
      "1 000",
      "1.5 x 10^3",
      "3,14",
      "(3, 4)",
      "GPT-4",
      "½",
      "20%",
      "5 million",
      "2 1/2",
      "\\frac{1}{3}",
      "\\sqrt{2}",
      "10-20",
      " ",
      "\n",
      " and ",
      "apples ",
      "= ",
      ", ",
      ". ",
      "$",
      "(",
      ")",
      "x",
      "三",
      "为",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        expect(lastNumber(pieces.join(""))).toEqual(numbersIn(pieces.join("")).at(-1));
        expect(firstNumber(pieces.join(""))).toEqual(numbersIn(pieces.join(""))[0]);
      }),
      draws(500, 10_000, 42),
    );
  });

  it("never reads a number in what has no digit", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }).filter((text) => !/[\p{N}一二三四五六七八九十零〇]|frac/u.test(text)),
        (text) => {
          expect(read(text)).toEqual([]);
        },
      ),
    );
  });
});

describe("a text that is a number", () => {
  it("may have a currency, a name, a unit and punctuation around it", () => {
    for (const text of ["42", "$42", "42 km", "42 km per hour", "x = 42", "“42.”", "\\boxed{42}", "42 m^2", "USD 42"]) {
      expect(numberOf(text)?.value, text).toEqual({ over: 42n, under: 1n });
    }
    for (const text of ["", "three", "42 or 43", "about 42 or so, as I said before", "4 apples and 3 pears", "3,14"])
      expect(numberOf(text), text).toBeUndefined();
  });

  it("has no words behind it where units are not wanted", () => {
    expect(numberOf("5 some text", { units: false })).toBeUndefined();
    expect(numberOf("5abc", { units: false })).toBeUndefined();
    expect(numberOf("$5.00.", { units: false })?.value).toEqual({ over: 5n, under: 1n });
  });
});

describe("equal numbers", () => {
  const same = (a: string, b: string, tolerance?: { absolute?: number; relative?: number }): boolean =>
    sameNumber(numberOf(a)!, numberOf(b)!, tolerance);
  it("are whole ones that are exactly equal, and others up to the last bits of a float", () => {
    expect([same("7006650", "7006652"), same("9007199254740993", "9007199254740992"), same("72.0", "72")]).toEqual([
      false,
      false,
      true,
    ]);
    expect([same("0.30000000000000004", "0.3"), same("0.3333333333333333", "1/3"), same("0.3333", "1/3")]).toEqual([
      true,
      true,
      false,
    ]);
  });
  it("are within the tolerance that was asked for", () => {
    expect([
      same("0.4", "0.3", { absolute: 0.1 }),
      same("0.31", "0.3", { absolute: 0.01 }),
      same("0.42", "0.3", { absolute: 0.1 }),
    ]).toEqual([true, true, false]);
    expect([same("101", "100", { relative: 0.01 }), same("102", "100", { relative: 0.01 })]).toEqual([true, false]);
  });
  it("are shares and their parts", () => {
    expect([
      same("20%", "20"),
      same("20%", "0.2"),
      same("20%", "20 percent"),
      same("20%", "2000%"),
      same("5‰", "0.005"),
      same("5‰", "0.5%"),
    ]).toEqual([true, true, true, false, true, true]);
  });
});
