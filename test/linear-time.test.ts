import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { isLong } from "./runs.ts";
import { growthOf, isQuick } from "./support.ts";

/**
 * Expressions that take longer than their text is long on some text, and may: nobody but the author of the program writes what they meet.
 * By file and source, each with its reason.
 */
const exempt: Readonly<Record<string, string>> = {
  "src/app/data/read-hub.ts \\/+$": "an environment variable of the user's own",
  "src/backends/openai-compatible.ts \\/+$": "an option of the user's own",
  "src/execute/redis.ts \\/\\/[^@]*@": "an option of the user's own",
  "src/solver/format-spec.ts \\B(?=(?:\\d{3})+$)": "a number as JavaScript prints it",
  "src/reports/latex-table.ts \\d+\\.\\d+e[+-]\\d+": "a number that was formatted before",
  "src/reports/results.ts ^-+|-+$": "hyphens never stand side by side there, by the line before",
  "src/text/number.ts ^[\\s\\p{P}\\p{S}]*(?:\\p{L}[\\p{L}_]{0,19}\\s?[=≈:]\\s?)?[\\s\\p{P}\\p{S}]*$":
    "at most 2,000 characters, by a line before",
  "src/text/number-lead.ts [+-]+$": "at most 12 characters stand before a number",
  "src/text/rational.ts ^([+-]?)(\\d*)\\.?(\\d*)(?:e([+-]?\\d{1,6}))?$": "at most 1,000 characters, by the line before",
};

interface Expression {
  readonly place: string;
  readonly key: string;
  readonly source: string;
  readonly flags: string;
}

/**
 * Characters, about. An exponential expression is slow on 16 to 24, one of the third power on 768, and neither is asked for more; a quadratic
 * one is slow on 6,144, or on the longest.
 */
const LENGTHS = [12, 16, 18, 20, 24, 48, 768, 6144, 24_576];

describe("regular expressions", () => {
  const all = [
    ...new Map(
      sourceFiles()
        .flatMap(expressionsOf)
        .map((each) => [`${each.key} ${each.flags}`, each]),
    ).values(),
  ];

  it("are found", () => {
    expect(all.length).toBeGreaterThan(100);
    expect(all.filter(({ key }) => key in exempt).map(({ key }) => key)).toEqual(
      expect.arrayContaining(Object.keys(exempt)),
    );
  });

  if (!isLong)
    it("take time in proportion to the text, whatever the text", async () => {
      const slow: string[] = [];
      for (const each of all) if (!(each.key in exempt)) slow.push(...(await slowOn(each, 4)));
      expect(slow).toEqual([]);
    });

  if (isLong)
    it("that are quadratic or exponential are noticed", async () => {
      const bad = [/\s+$/, /(a+)+$/, /ANSWER\s*:[\s*]*([^\n]+?)[\s*]*$/];
      for (const { source, flags } of bad)
        expect(await slowOn({ place: "here", key: "here", source, flags }), source).not.toEqual([]);
      expect(await slowOn({ place: "here", key: "here", source: "[a-z]+", flags: "" })).toEqual([]);
    });
});

function sourceFiles(): string[] {
  return readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .map((name) => `src/${name.replaceAll("\\", "/")}`)
    .sort();
}

/** Literals, and `new RegExp` of a text that is written there. */
function expressionsOf(file: string): Expression[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found: Expression[] = [];
  const add = (node: ts.Node, pattern: string, flags: string): void => {
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    found.push({ place: `${file}:${line}`, key: `${file} ${pattern}`, source: pattern, flags });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf("/");
      add(node, node.text.slice(1, end), node.text.slice(end + 1));
    } else if (ts.isNewExpression(node) && node.expression.getText() === "RegExp") {
      const [pattern, flags] = node.arguments ?? [];
      if (pattern && ts.isStringLiteralLike(pattern))
        add(node, pattern.text, flags && ts.isStringLiteralLike(flags) ? flags.text : "");
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/**
 * The texts on which an expression takes too long; at most one. Every match counts, as a replacement of all looks for them.
 *
 * @param share one of how many hostile texts it meets; another one for each expression
 */
async function slowOn({ place, source, flags }: Expression, share = 1): Promise<string[]> {
  const search = new RegExp(source, [...new Set(`${flags}g`)].join(""));
  const read = (text: string): void => {
    search.lastIndex = 0;
    text.replace(search, "");
  };
  for (const { name, make } of hostileTexts(source).filter((_, i) => (i + source.length) % share === 0)) {
    for (const length of LENGTHS) {
      if (isQuick(read, make(length))) continue;
      const growth = await growthOf(read, make, length);
      if (growth !== undefined) return [`${place} /${source}/ on ${name}: ${growth}`];
    }
  }
  return [];
}

interface Hostile {
  readonly name: string;
  /** @param length of the text, about */
  readonly make: (length: number) => string;
}

const marks = [
  " ",
  "\n",
  "\t",
  " \n",
  "a",
  "A",
  "1",
  "1,",
  "0.",
  ".",
  "-",
  "*",
  "_",
  "\\",
  "{",
  "}",
  "[",
  "(",
  "<",
  "<a>",
  '"',
  "'",
  "`",
  "$",
  ":",
  "/",
  "=",
  "|",
  "#",
  "é",
  "١",
];

/** Marks over and over, alone, after what the expression begins with and before what ends no match; and its own words over and over. */
function hostileTexts(source: string): Hostile[] {
  const words = [...new Set(source.replace(/\\[a-zA-Z]/g, " ").match(/[A-Za-z]{2,}:?/g) ?? [])].slice(0, 4);
  const own = [...new Set([...source.replace(/\\[a-zA-Z]/g, "")])].filter((char) => /[^\w\s]/.test(char));
  const units = [...new Set([...marks, ...own, ...words])];
  const repeated = (unit: string, length: number): string => unit.repeat(Math.ceil(length / unit.length));
  return units.flatMap((unit): Hostile[] => [
    { name: JSON.stringify(unit), make: (length) => `${repeated(unit, length)}!x` },
    ...words.flatMap((word) =>
      [":", ": a"].map((link) => ({
        name: `${word}${link} and ${JSON.stringify(unit)}`,
        make: (length: number) => `${word.replace(/:$/, "")}${link}${repeated(unit, length)}!x`,
      })),
    ),
    { name: `a and ${JSON.stringify(unit)}`, make: (length) => `a${repeated(unit, length)}a` },
  ]);
}
