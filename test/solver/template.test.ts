import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chain, fillTemplate, promptTemplate, systemMessage, TaskState } from "#src/solver/index";
import { expectLinear, repeated } from "../support.ts";

const values = {
  name: "Ada",
  n: 1.005,
  k: 42,
  ctx: { nested: "deep", at: [{ x: 7 }] },
  items: ["first", "second"],
  "a.b": "flat",
  größe: 3,
  none: null,
  text: "{name} {{k}}",
};

describe("templates", () => {
  it.each([
    ["{name} and {größe}", "Ada and 3"],
    ["{ctx[nested]} {ctx.nested} {items[0]} {ctx.at[0].x} {ctx[at][0][x]}", "deep deep first 7 7"],
    ["{a.b} {ctx}", 'flat {"nested":"deep","at":[{"x":7}]}'],
    [
      "{unknown} {ctx.gone} {items[9]} {items[-1]} {items.length} {ctx[constructor]} {name.length} {}",
      "{unknown} {ctx.gone} {items[9]} {items[-1]} {items.length} {ctx[constructor]} {name.length} {}",
    ],
    ['{"a": {"b": 1}} if (x) { return {name}; }', '{"a": {"b": 1}} if (x) { return Ada; }'],
    ['{{"a": 1}}', '{"a": 1}'],
    ['{{"a": {{"b": {k}}}}}', '{"a": {"b": 42}}'],
    ['{{"a": {"b": {k}}}}', '{"a": {"b": 42}}'],
    ["{{name}} {{{name}}} {{{{name}}}}", "{name} {Ada} {{name}}"],
    ["{{name} }} { {{ } {", "{Ada }} { {{ } {"],
    ["{text}", "{name} {{k}}"],
    ["{n:.2f}|{k:>6}|{k:06.1f}|{name:*^7}|{k:,d}|{k!s}", "1.00|    42|0042.0|**Ada**|42|42"],
    ["{name:d} {k:zz} {ctx:.2f} {k!r}", "{name:d} {k:zz} {ctx:.2f} {k!r}"],
  ])("%s gives %s", (template, filled) => {
    expect(fillTemplate(template, values)).toBe(filled);
  });

  // Python 3: [format(x, spec)] for each
  it.each([
    [2.5, ".0f", "2"],
    [3.5, ".0f", "4"],
    [0.125, ".2f", "0.12"],
    [1e22, ".1f", "10000000000000000000000.0"],
    [-1234567.891, ",.2f", "-1,234,567.89"],
    [1234.5, "+_.1f", "+1_234.5"],
    [-7, "05d", "-0007"],
    [255, "x", "ff"],
    [255, "X", "FF"],
    [5, "b", "101"],
    [0.256, ".1%", "25.6%"],
    [12345.678, ".2e", "1.23e+04"],
    [0.00001, "g", "1e-05"],
    [123456789, "g", "1.23457e+08"],
    [0.5, "g", "0.5"],
    [100, ".3g", "100"],
    [2.5, ".1g", "2"],
    ["abc", ".2", "ab"],
    ["ab", "<4s", "ab  "],
  ])("%j as %s is %s, as in Python", (value, spec, written) => {
    expect(fillTemplate(`{v:${spec}}`, { v: value })).toBe(written);
  });

  it("leave alone whatever has no braces, and JSON of any kind that names no value", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        fc.pre(!/\{\{|\{(name|k|n|text)\}/.test(json));
        expect(fillTemplate(json, values)).toBe(json);
      }),
    );
  });

  it("write a text of braces doubled as it was, whatever it is", () => {
    const balanced = fc.letrec<{ text: string }>((tie) => ({
      text: fc
        .array(
          fc.oneof(
            { maxDepth: 4 },
            fc.constantFrom("name", "k", ": ", "}{".slice(2), ""),
            tie("text").map((inner) => `{${inner}}`),
          ),
          { maxLength: 4 },
        )
        .map((parts) => parts.join("")),
    })).text;
    fc.assert(
      fc.property(balanced, (text) => {
        expect(fillTemplate(text.replaceAll("{", "{{").replaceAll("}", "}}"), values)).toBe(text);
      }),
    );
  });

  it("never fill in what a value says", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("{", "}", "name", "{k}", " ")), (parts) => {
        const given = parts.join("");
        expect(fillTemplate("<{v}>", { ...values, v: given })).toBe(`<${given}>`);
      }),
    );
  });

  it("keep what data say through several steps", async () => {
    const state = TaskState.from({ input: "{secret} {{x}}", metadata: { secret: "42", note: "{secret}" } });
    const solve = chain(systemMessage("{note}"), promptTemplate("{prompt} {{literal}}"), promptTemplate("Q: {prompt}"));
    const { messages } = await solve(state, () => ({ content: "" }));
    expect(messages.map(({ content }) => content)).toEqual(["{secret}", "Q: {secret} {{x}} {literal}"]);
  });

  it.each(["{", "}", "{{", "{a", "{a[", "{a[0]", "{{a}", "a}}", "{a:{"])(
    "of many %j take time in proportion to their length",
    async (piece) => {
      await expectLinear((template) => fillTemplate(template, values), repeated(piece), 300_000);
      const inside = repeated(piece.replace(/[{}]/g, "["));
      await expectLinear(
        (template) => fillTemplate(template, values),
        (length) => `{${inside(length)}}`,
        300_000,
      );
    },
  );
});
