import fc from "fast-check";
import { expect, it } from "vitest";
import { columns } from "#src/cli/columns";
import { widthOf } from "#src/reports/terminal";

it("every column begins at one place in all lines, whatever stands in it", () => {
  const cell = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom("模型", "日本語 v2", "a\nb", "", "é", "12/90"));
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 }), (rows) => {
      const lines = columns(
        ["Left", "Right", "Last"],
        rows.map(([a, b]) => [a, b, "end"]),
        [1],
      );
      expect(lines.length).toBe(rows.length + 1);
      const starts = lines.map((line) => widthOf(line.slice(0, line.length - (line === lines[0] ? 4 : 3))));
      expect(new Set(starts).size).toBe(1);
    }),
  );
});

it("there is nothing without rows", () => {
  expect(columns(["Run"], [])).toEqual([]);
});
