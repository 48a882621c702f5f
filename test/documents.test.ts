import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = resolve("test/.scratch/documents");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Blocks of the guide that only show a call, with names that are not defined there, have nothing to check. */
const isChecked = (block: string): boolean => /^\S.*; \/\/ => /m.test(block);

describe("docs/supervision.md", () => {
  it("says what is, in its first tree", async () => {
    const [block] = [...readFileSync("docs/supervision.md", "utf8").matchAll(/```ts\n([\s\S]*?)```/g)]
      .map(([, text]) => text!)
      .filter(isChecked);
    mkdirSync(folder, { recursive: true });
    const path = join(folder, "supervision.ts");
    writeFileSync(path, asModule(block!));
    const { checks } = (await import(path)) as { checks: [unknown, unknown][] };
    expect(checks.length).toBeGreaterThan(1);
    for (const [got, wanted] of checks) expect(got).toEqual(wanted);
  });
});

/** A block as a module whose `expression; // => value` lines are collected. */
function asModule(block: string): string {
  const checked = block.replace(
    /^(\S.*); \/\/ => (.*)$/gm,
    (_, got: string, wanted: string) => `checks.push([${got}, ${wanted}]);`,
  );
  return `import { expect } from "vitest";\nexport const checks: [unknown, unknown][] = [];\n${checked}`;
}

describe.each([
  "tutorial",
  "plain-statistics",
  "how-to/notebooks",
  "how-to/backends",
  "how-to/from-promptfoo",
  "how-to/from-evalite",
  "how-to/from-inspect",
  "cheat-sheet",
  "solvers",
  "scoring",
  "datasets",
  "ir",
  "simulation",
  "faults",
])("docs/%s.md", (name) => {
  const text = readFileSync(`docs/${name}.md`, "utf8");
  const blocks = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block!);

  it.each(blocks.map((block, i) => [i + 1, block] as const))("says what is, in block %i", async (i, block) => {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${name.replaceAll("/", "-")}-${i}.ts`);
    writeFileSync(path, asModule(block));
    const { checks } = (await import(path)) as { checks: [unknown, unknown][] };
    expect(checks.length).toBeGreaterThan(0);
    for (const [got, wanted] of checks) expect(got).toEqual(wanted);
  });
});

describe("llms.txt", () => {
  const linked = [...readFileSync("llms.txt", "utf8").matchAll(/\]\(([^)]+)\)/g)].map(([, path]) => path!);

  it("names documents that are there and in the package", () => {
    expect(linked.filter((path) => !existsSync(path))).toEqual([]);
    expect(linked.length).toBeGreaterThan(20);
    const { files } = JSON.parse(readFileSync("package.json", "utf8")) as { files: string[] };
    expect(files).toEqual(expect.arrayContaining(["docs", "llms.txt", "CHANGELOG.md"])); // README.md is in every package
  });
});
