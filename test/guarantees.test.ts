import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const page = readFileSync(resolve(root, "docs/guarantees.md"), "utf8");
/** Every `file` "title" of the page. */
const named = [...page.matchAll(/`(test\/[\w/.-]+\.test\.ts)` "([^"]+)"/g)].map(([, file, title]) => [file!, title!]);

describe("docs/guarantees.md", () => {
  it.each(named)("names a test that exists: %s, %s", (file, title) => {
    expect(existsSync(resolve(root, file))).toBe(true);
    expect(readFileSync(resolve(root, file), "utf8").replace(/\s+/g, " ")).toContain(title);
  });

  it("has a test for every failure mode that was reported elsewhere", () => {
    const numbers = [...page.matchAll(/^\| (\d+)\. .*`test\//gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: 29 }, (_, i) => i + 1));
  });
});
