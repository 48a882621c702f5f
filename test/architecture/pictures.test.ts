import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

const documents = [
  "README.md",
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const shown = documents.flatMap((document) =>
  [...readFileSync(document, "utf8").matchAll(/!\[([^\]]*)\]\(([^)]+)\)/g)].map(([, words, path]) => ({
    words: words!,
    path: join(dirname(document), path!),
  })),
);

it("pictures in documents are there, small, and said in words; those that no document shows are not kept", () => {
  expect(shown.length).toBeGreaterThan(3);
  for (const { words, path } of shown) {
    expect(words.length, path).toBeGreaterThan(40);
    expect(statSync(path).size, path).toBeLessThan(100 * 1024);
  }
  const kept = readdirSync("docs/pictures").map((name) => `docs/pictures/${name}`);
  expect([...new Set(shown.map(({ path }) => path))].sort()).toEqual(kept.sort());
});
