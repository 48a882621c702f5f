import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const page = readFileSync("docs/supervision/conformance.md", "utf8");
const texts = new Map<string, string>();
/** The text of a test file, its white space as one. */
const textOf = (file: string): string => {
  if (!texts.has(file)) texts.set(file, existsSync(file) ? readFileSync(file, "utf8").replace(/\s+/g, " ") : "");
  return texts.get(file)!;
};
const namedIn = (text: string) =>
  [...text.matchAll(/`(test\/[\w/.-]+\.test\.ts)` "([^"]+)"/g)].map(([, file, title]) => ({
    file: file!,
    title: title!,
  }));
const isFound = ({ file, title }: { file: string; title: string }): boolean => textOf(file).includes(title);
/** The rows of a table under a heading, without its head. */
const rowsOf = (text: string): string[] => text.split("\n").filter((line) => /^\| (?!case|---|OTP|suite)/.test(line));

describe("docs/supervision/conformance.md", () => {
  const suites = page
    .split("\n## ")
    .slice(1)
    .map((section) => ({ name: section.slice(0, section.indexOf("\n")), rows: rowsOf(section) }));

  it.each(suites)("has for each case a test that exists, or a reason: $name", ({ rows }) => {
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const named = namedIn(row);
      if (named.length === 0) expect(row, row).toMatch(/\| not applicable: \S.+ \|$/);
      expect(
        named.filter((one) => !isFound(one)),
        row,
      ).toEqual([]);
    }
  });

  it("counts the cases as they are", () => {
    const counts = suites.map(({ name, rows }) => {
      const without = rows.filter((row) => row.includes("| not applicable")).length;
      return { name, numbers: [rows.length, rows.length - without, without] };
    });
    for (const { name } of counts) expect(page).toContain(`| [${name}](`);
    const rows = page.split("\n").filter((line) => line.startsWith("| [") && line.includes("](#"));
    expect(rows.map((row) => row.split(") | ")[1])).toEqual(counts.map(({ numbers }) => `${numbers.join(" | ")} |`));
    const sum = (i: number) => counts.reduce((total, { numbers }) => total + numbers[i]!, 0);
    expect(page).toContain(`| all | ${sum(0)} | ${sum(1)} | ${sum(2)} |`);
  });

  it("has every case of supervisor_SUITE, DynamicSupervisor and PartitionSupervisor", () => {
    expect(suites.map(({ rows }) => rows.length)).toEqual([93, 5, 8, 41, 3, 12, 44, 37, 8, 17]);
  });
});

describe("docs/supervision/otp-table.md", () => {
  const rows = rowsOf(readFileSync("docs/supervision/otp-table.md", "utf8")).filter(
    (row) => !row.startsWith("| option |"),
  );

  it("has a test that exists in each row", () => {
    expect(rows.length).toBeGreaterThan(40);
    for (const row of rows) {
      expect(namedIn(row), row).not.toEqual([]);
      expect(
        namedIn(row).filter((one) => !isFound(one)),
        row,
      ).toEqual([]);
    }
  });
});
