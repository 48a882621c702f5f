import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

type Packages = Readonly<Record<string, unknown>>;
const { exports, dependencies, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly [Field in "exports" | "dependencies" | "peerDependencies"]: Packages;
};

describe("the built package", () => {
  it("imports nothing but modules of Node and packages that it names", () => {
    const texts = readdirSync("dist/chunks").filter((file) => file.endsWith(".js"));
    const imported = texts.flatMap((file) => [
      ...readFileSync(`dist/chunks/${file}`, "utf8").matchAll(/^(?:import|export)\b[^"\n]*"([^."#][^"]*)";$/gm),
    ]);
    const packages = new Set(imported.map(([, path]) => /^(?:@[^/]+\/)?[^/]+/.exec(path!)![0]));
    expect(packages).toContain("commander");
    expect(packages).not.toContain("zod"); // its used part is in dist/chunks/zod.js, a file in the place of a hundred
    const isKnown = (name: string): boolean =>
      name.startsWith("node:") || name in { ...dependencies, ...peerDependencies };
    expect([...packages].filter((name) => !isKnown(name))).toEqual([]);
  });

  it("has no map that names a file which is not in it: maps hold their sources, and types have none", () => {
    const maps = readdirSync("dist", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".map"));
    expect(maps.length).toBeGreaterThan(100);
    const dangling = maps.filter((file) => {
      const { sources, sourcesContent = [] } = JSON.parse(readFileSync(`dist/${file}`, "utf8"));
      return sources.some((_: string, i: number) => typeof sourcesContent[i] !== "string");
    });
    expect(dangling).toEqual([]);
  });

  it("says which package is missing where a package manager has not installed it", () => {
    const folder = mkdtempSync(join(tmpdir(), "crucible-alone-"));
    try {
      cpSync("dist", join(folder, "dist"), { recursive: true });
      cpSync("package.json", join(folder, "package.json"));
      const { status, stderr } = spawnSync(process.execPath, ["dist/src/cli/main.js", "list"], {
        cwd: folder,
        encoding: "utf8",
      });
      expect([status, stderr]).toEqual([
        2,
        expect.stringMatching(
          /^crucible: the package \S+ must be installed beside crucible-harness\..*yarn add \S+ \(docs\/errors.md#before-anything-starts\)\n$/,
        ),
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("gives every function the name that its source gives it", async () => {
    const subpaths = Object.keys(exports).filter((subpath) => !subpath.endsWith(".json"));
    const modules = await Promise.all(subpaths.map((subpath) => import(`crucible-harness${subpath.slice(1)}`)));
    const functions = modules.flatMap((module) => Object.values(module)).filter((value) => typeof value === "function");
    expect(functions.length).toBeGreaterThan(100);
    expect(functions.map(({ name }) => name).filter((name) => /\$\d+$/.test(name))).toEqual([]);
  });
});
