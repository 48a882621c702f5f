import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeDocument } from "#src/cli/print";

const folder = resolve(import.meta.dirname, "../../src/cli");

describe("what the command prints", () => {
  it("goes through one place, which escapes what a terminal would obey and keeps standard output for it", () => {
    const others = readdirSync(folder).filter((name) => !["print.ts", "main.ts"].includes(name));
    const own = others.filter((name) =>
      /console\.|process\.stdout\.write|process\.stdout(?=[,) ])/.test(readFileSync(join(folder, name), "utf8")),
    );
    expect(own.filter((name) => name !== "commands.ts")).toEqual([]); // which hears that its reader has gone
  });

  it("keeps the lines of a document in a terminal, and nothing in them that it would obey", () => {
    const odd = fc.constantFrom(
      "\u001b[2J",
      "\u001b]0;x\u0007",
      "\u009b31m",
      "\u0085",
      "\u202e",
      "\u2028",
      "\r",
      "\r\n",
      "\n",
      "ü😀",
      "a,b",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(odd, fc.string({ unit: "binary" }))), (pieces) => {
        const text = pieces.join("");
        const shown = escapeDocument(text);
        expect(shown).not.toMatch(/[^\P{Cc}\r\n]|\r(?!\n)|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        expect(shown.split("\n").length).toBe(text.split("\n").length);
      }),
    );
    expect(escapeDocument('a,"ü"\r\n😀\n')).toBe('a,"ü"\r\n😀\n');
  });
});
