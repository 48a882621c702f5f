import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const rows = [...readFileSync(join(root, "docs/promises.md"), "utf8").matchAll(/^\| (\d+) \|(.*)\|$/gm)].map(
  ([, number, rest]) => ({ number: Number(number), cells: rest!.split(" | ").map((cell) => cell.trim()) }),
);
const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
const folder = join(root, "test/architecture/public-names");
const names = new Set(
  readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), "utf8")
      .split("\n")
      .map((line) => line.replace(/^type /, "").trim()),
  ),
);

it("each of the original's 51 promises has a row that says whether it is kept, with exports and tests that exist", () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
  for (const { number, cells } of rows) {
    const [, exported, kept, tests] = cells as [string, string, string, string];
    expect([number, cells.length, /^(yes|in part|no)\b/.test(kept)]).toEqual([number, 4, true]);
    const missing = quoted(exported).filter((name) => !names.has(name));
    expect([number, missing, quoted(exported).length > 0]).toEqual([number, [], true]);
    const files = quoted(tests);
    expect([number, files.filter((file) => !existsSync(join(root, file))), files.length > 0]).toEqual([
      number,
      [],
      true,
    ]);
  }
});
