import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { bundle } from "#src/execute/bundle";
import { scratch } from "../real/command.ts";

const here = scratch();
afterAll(() => here.remove());

/** An experiment of several files in a folder of its own. */
function project(name: string, answer = "forty-two"): string {
  const at = (path: string): string => join(name, path);
  mkdirSync(join(here.path, name, "lib"), { recursive: true });
  here.file(
    at("lib/answer.ts"),
    `export enum Level { Low = "low" }
     export const where = import.meta.url; export const answer = "${answer}" as const;`,
  );
  return here.file(
    at("experiment.ts"),
    `#!/usr/bin/env node
    import { readFileSync } from "node:fs";
    import { z } from "zod";
    import { answer, Level, where } from "./lib/answer.js";
    const schema: z.ZodType<string> = z.string();
    export default { name: schema.parse(answer), level: Level.Low, where, own: import.meta.dirname, isFile: typeof readFileSync };`,
  );
}

const load = async (path: string) =>
  ((await import(/* @vite-ignore */ pathToFileURL(path).href)) as { default: unknown }).default;

describe("the bundle of an experiment", () => {
  it("is kept where others may not write: it is run", async () => {
    const [cache, file] = [join(here.path, "cache"), project("kept")];
    const folder = join(cache, "crucible-harness/bundles");
    const { XDG_CACHE_HOME, HOME } = process.env;
    const before = { XDG_CACHE_HOME, HOME };
    process.env.XDG_CACHE_HOME = cache;
    try {
      expect((await bundle(file)).path).toContain(folder);
      chmodSync(folder, 0o777);
      expect((await bundle(file)).path).not.toContain(folder);
      process.env.HOME = join(here.path, "home");
      for (const invalid of ["", "relative"]) {
        process.env.XDG_CACHE_HOME = invalid; // its specification says that such a value counts as none
        expect((await bundle(file)).path).toContain(join(here.path, "home/.cache/crucible-harness/bundles"));
      }
    } finally {
      for (const [name, value] of Object.entries(before))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    }
  });

  it("is one module with its TypeScript compiled, whose files still know where they are", async () => {
    const { path, file } = await bundle(project("one"));
    expect(file).toBe(join(here.path, "one/experiment.ts"));
    expect(await load(path)).toEqual({
      name: "forty-two",
      level: "low",
      where: pathToFileURL(join(here.path, "one/lib/answer.ts")).href,
      own: join(here.path, "one"),
      isFile: "function",
    });
  });

  it("leaves packages where they are", async () => {
    const { path } = await bundle(project("packages"));
    const text = readFileSync(path, "utf8");
    expect(text).toMatch(/from "file:.*node_modules\/zod\/.*"/);
    expect(text).not.toContain("ZodError");
  });

  it("is the same code wherever it lies, and other code when anything in it differs", async () => {
    const [one, copy, other] = [project("a"), project("b"), project("c", "forty-three")];
    const { hash, path } = await bundle(one);
    expect((await bundle(copy)).hash).toBe(hash);
    expect((await bundle(copy)).path).not.toBe(path); // its files are elsewhere
    expect((await bundle(one)).path).toBe(path); // kept by its content
    expect((await bundle(other)).hash).not.toBe(hash);
    expect((await bundle(one, { level: "high" })).hash).not.toBe(hash);
  });

  it("is not made of a file that is missing or cannot be compiled: the sentence says where", async () => {
    await expect(bundle(join(here.path, "none.ts"))).rejects.toThrow(
      "none.ts must be an experiment file. There is no such file",
    );
    writeFileSync(join(here.path, "broken.ts"), "export default {\n  name: ,\n};");
    await expect(bundle(join(here.path, "broken.ts"))).rejects.toThrow(
      'broken.ts:2:9 cannot be compiled (Unexpected ",")',
    );
    here.file("lonely.ts", 'import x from "no-such-package"; export default x;');
    await expect(bundle(join(here.path, "lonely.ts"))).rejects.toThrow('Could not resolve "no-such-package"');
  });
});
