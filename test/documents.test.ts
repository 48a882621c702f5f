import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = resolve("test/.scratch/documents");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A block as a module whose `expression; // => value` lines are collected. */
function asModule(block: string): string {
  const checked = block.replace(
    /^(\S.*); \/\/ => (.*)$/gm,
    (_, got: string, wanted: string) => `checks.push([${got}, ${wanted}]);`,
  );
  return `export const checks: [unknown, unknown][] = [];\n${checked}`;
}

describe.each(["solvers", "scoring", "datasets", "ir"])("docs/%s.md", (name) => {
  const text = readFileSync(`docs/${name}.md`, "utf8");
  const blocks = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block!);

  it.each(blocks.map((block, i) => [i + 1, block] as const))("says what is, in block %i", async (i, block) => {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${name}-${i}.ts`);
    writeFileSync(path, asModule(block));
    const { checks } = (await import(path)) as { checks: [unknown, unknown][] };
    expect(checks.length).toBeGreaterThan(0);
    for (const [got, wanted] of checks) expect(got).toEqual(wanted);
  });
});
