import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coloured, isColoured } from "#src/cli/colour";
import { fittingTable, widthOf, wrapped } from "#src/reports/terminal";

describe("colour in a terminal", () => {
  it.each([
    [{ TERM: "xterm" }, true, true],
    [{ TERM: "xterm" }, false, false],
    [{ TERM: "dumb" }, true, false],
    [{ TERM: "xterm", CI: "true" }, true, false],
    [{ TERM: "xterm", CI: "false" }, true, true],
    [{ TERM: "xterm", NO_COLOR: "1" }, true, false],
    [{ TERM: "xterm", NO_COLOR: "" }, true, true],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "1", CI: "true", TERM: "dumb" }, false, true],
    [{ FORCE_COLOR: "0", TERM: "xterm" }, true, false],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, true, false],
  ] as const)("%j, on a terminal: %s -> %s", (env, isTerminal, expected) => {
    expect(isColoured(env, isTerminal)).toBe(expected);
  });

  it("adds nothing to a line without a tone, and loses nothing of one that has it", () => {
    expect(coloured("text", undefined)).toBe("text");
    expect(coloured("text", "bad")).toBe("\u001b[31mtext\u001b[0m");
  });
});

describe("lines at the end of a run", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "漢", "é", "-", "9"), minLength: 1, maxLength: 12 });

  it("fit the terminal word by word, and hold every word once, in order", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), fc.integer({ min: 30, max: 120 }), (words, columns) => {
        const lines = wrapped(`  ${words.join(" ")}`, columns);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
        expect(lines.join(" ").trim().split(/\s+/).filter(Boolean)).toEqual(words);
      }),
    );
  });

  it("of a table lose intervals before they lose parts of names, and no number", () => {
    const estimate = { kind: "estimate", text: "90.71 [89.08, 92.12]", value: 0.9071, low: 0.89, high: 0.92 } as const;
    const name = "a name of more than twenty characters";
    const table = {
      id: "results",
      caption: "Results",
      columns: [
        { id: "condition", label: "Condition", align: "left" as const },
        { id: "metric-1", label: "accuracy (%)", align: "right" as const },
      ],
      rows: [{ key: {}, cells: [{ kind: "text" as const, text: name }, estimate] }],
      notes: [],
    };
    const row = (columns?: number): string => fittingTable(table, columns)[3]!;
    expect(row()).toBe(`${name}  90.71 [89.08, 92.12]`);
    expect(row(120)).toBe(row());
    expect(row(55)).toMatch(new RegExp(`^${name} +90\\.71$`));
    expect(row(40)).toMatch(/^a name of….* +90\.71$/);
  });
});
