import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { err, ok } from "#src/kernel/result";

/** Every `// =>` line of the docstrings in src/analysis and src/reports, run. */
const folders = ["analysis", "reports"].map((name) => new URL(`../../src/${name}/`, import.meta.url));
const files = folders.flatMap((folder) => readdirSync(folder).map((name) => new URL(name, folder)));

for (const file of files) {
  const text = readFileSync(file, "utf8");
  for (const [, code = "", answer = ""] of text.matchAll(/@example (.+?) \/\/ => (.+?)(?: \*\/)?$/gm)) {
    it(`${file.pathname.split("/").slice(-2).join("/")}: ${code}`, async () => {
      const scope = { ...((await import(file.href)) as Record<string, unknown>), ok, err };
      const evaluate = (expression: string): unknown =>
        new Function(...Object.keys(scope), `return (${expression});`)(...Object.values(scope));
      expect(evaluate(code)).toEqual(evaluate(answer));
    });
  }
}
