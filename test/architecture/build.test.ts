import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bundle } from "../bundle.ts";
import { temporaryFolder } from "../support.ts";

const root = temporaryFolder();
const at = (file: string): string => join(root, file);
const write = (file: string, text: string): void => {
  writeFileSync(at(file), text);
  utimesSync(at(file), 0, 0); // older than all that is built
};
const builtFiles = (): string[] =>
  readdirSync(at("dist"), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
const builtTexts = (): string =>
  builtFiles()
    .map((file) => readFileSync(at(join("dist", file)), "utf8"))
    .join();

describe("the build", () => {
  it("says what the sources say, however old they are, keeps nothing of a source that is gone, and makes no module twice", async () => {
    for (const folder of ["src", "actors", "supervisors"]) mkdirSync(at(folder));
    const exports = { "./a": { "crucible-harness-source": "./src/a.ts" } };
    write("package.json", JSON.stringify({ type: "module", exports }));
    write("src/shared.ts", `export class Shared { readonly said: string = "first"; }`);
    write("src/a.ts", `import { Shared } from "./shared.ts"; export const made: Shared = new Shared();`);
    write("src/b.ts", `export { Shared } from "./shared.ts";`);
    await bundle(root);
    expect(builtTexts().match(/first/g)).toHaveLength(1);
    const { made } = (await import(at("dist/src/a.js"))) as { made: object };
    const { Shared } = (await import(at("dist/src/b.js"))) as { Shared: new () => object };
    expect(made).toBeInstanceOf(Shared);

    write("src/shared.ts", `export class Shared { readonly said: string = "second"; }`);
    rmSync(at("src/b.ts"));
    await bundle(root);
    expect(builtTexts()).toContain("second");
    expect(builtTexts()).not.toContain("first");
    expect(builtFiles()).not.toContain(join("src", "b.js"));
  });
});
