import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/**
 * Every `// =>` line of the docstrings in src/stats, run. `...` in an expected object stands for fields that are not shown, and a
 * number is right to the digits that are.
 */
const folder = new URL("../../src/stats/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));
const scope: Record<string, unknown> = Object.assign(
  {},
  ...(await Promise.all(files.map((name) => import(new URL(name, folder).href)))),
);
const examples = files.flatMap((name) =>
  [
    ...readFileSync(new URL(name, folder), "utf8").matchAll(
      /^ *(?:\/\*\*|\*) @example (.+?) \/\/ => (.+?)(?: \*\/)?$/gm,
    ),
  ].map(([, code = "", answer = ""]) => ({ name, code, answer })),
);

const evaluate = (code: string): unknown =>
  new Function(...Object.keys(scope), `return (${code});`)(...Object.values(scope));

/** The expected value with every number that agrees to its shown digits replaced by the actual one. */
function withDigits(expected: unknown, actual: unknown): unknown {
  if (typeof expected === "number" && typeof actual === "number") {
    const digits = String(expected)
      .replace(/e.*$/, "")
      .replace(/^-?0*\.?0*|\./g, "").length;
    return digits < 15 && Number(actual.toPrecision(Math.max(1, digits))) === expected ? actual : expected;
  }
  if (typeof expected !== "object" || expected === null || ArrayBuffer.isView(expected)) return expected;
  const got = (actual ?? {}) as Record<string, unknown>;
  const entries = Object.entries(expected).map(([key, value]) => [key, withDigits(value, got[key])] as const);
  return Array.isArray(expected) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}

describe("examples in docstrings", () => {
  it("are there", () => expect(examples.length).toBeGreaterThan(50));

  for (const { name, code, answer } of examples) {
    it(`${name}: ${code}`, () => {
      const actual = evaluate(code);
      const expected = withDigits(evaluate(answer.replace(/,? \.\.\./g, "")), actual);
      if (answer.includes("...")) expect(actual).toMatchObject(expected as object);
      else expect(actual).toEqual(expected);
    });
  }
});
