import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it, vi } from "vitest";
import { templates } from "#src/cli/templates";
import { scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucible = sharedCrucible();
afterAll(() => here.remove());
const root = resolve(import.meta.dirname, "../..");
mkdirSync(join(here.path, "node_modules"));
symlinkSync(root, join(here.path, "node_modules/crucible-harness")); // as it is installed beside what is written

/** Every file below a folder with what it holds. */
const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(folder, path), readFileSync(path, "utf8")]),
  );

describe("crucible init", () => {
  const experiments = Object.keys(templates).filter((name) => name !== "supervision");

  it.each(experiments)("%s writes a folder whose npm start runs offline, and finds a difference", async (name) => {
    const written = await crucible(["init", name, name], here.path, { npm_config_user_agent: "pnpm/10" });
    expect(written).toMatchObject({ code: 0, stderr: "" });
    expect(written.stdout).toContain(`\nNext:\n  cd ${name}\n  pnpm start\n`); // the package is found from there, so nothing is installed
    const folder = join(here.path, name);
    const { scripts } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const [command, ...args] = scripts.start.split(" ");
    expect(command).toBe("crucible");
    const { code, stdout, stderr } = await crucible(args, folder);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/(\d+) planned = \1 succeeded/);
    expect(stdout).toMatch(/is better than|Best: /);
    expect(stdout).not.toMatch(/^! /m);
    const ignored = readFileSync(join(folder, ".gitignore"), "utf8").split("\n");
    expect(ignored).toEqual(expect.arrayContaining(["node_modules/", "checkpoints/", "results/", ".env"]));
  });

  it("supervision writes a tree that runs as it is", async () => {
    expect(await crucible(["init", "supervision", "tree"], here.path)).toMatchObject({ code: 0 });
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    await import(pathToFileURL(join(here.path, "tree/main.ts")).href);
    const said = log.mock.calls.join("\n");
    log.mockRestore();
    expect(said).toContain("squares: 0 1 4 9 16 25 36 49 64 81");
    expect(said).toMatch(/stopped: \w+$/);
  });

  it("writes to the folder it is called in, whose name becomes the package's", async () => {
    const folder = join(here.path, "My Évals");
    mkdirSync(folder);
    const { stdout } = await crucible(["init"], folder);
    expect(stdout).toMatch(/\nNext:\n {2}npm start\n/);
    expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name).toBe("my-vals");
  });

  it("overwrites nothing, names each file that is there, and then writes none", async () => {
    const folder = join(here.path, "taken");
    mkdirSync(folder);
    for (const name of ["package.json", ".gitignore", ".github"]) writeFileSync(join(folder, name), "mine");
    const before = filesIn(folder);
    const { code, stdout, stderr } = await crucible(["init", "ci", "taken"], here.path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(
      'crucible: folder must hold none of the files of the template, got "taken". .github/workflows/experiment.yml, .gitignore and package.json are there, and nothing was written. Name another folder: crucible init ci <folder> (crucible help init)\n',
    );
    expect(filesIn(folder)).toEqual(before);
    const inFile = await crucible(["init", "ci", "taken/package.json/below"], here.path);
    expect(inFile.code).toBe(2);
    symlinkSync("nothing", join(here.path, "dangling"));
    symlinkSync("loop", join(here.path, "loop"));
    for (const link of ["dangling", "loop"])
      expect((await crucible(["init", "ci", `${link}/below`], here.path)).stderr).toMatch(
        /\/\w+ is a link to nothing /,
      );
    expect(inFile.stderr).toMatch(
      /^crucible: folder must be a folder, .*package\.json is not a folder \(crucible help init\)\n$/,
    );
  });

  it.each([
    ["promts", 'Did you mean "prompts"?'],
    ["constructor", "For a folder of that name: crucible init functions <folder>"],
  ])("says of the unknown template %s which there are", async (name, hint) => {
    const { code, stderr } = await crucible(["init", name, "unknown"], here.path);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `crucible: template must be one of functions, prompts, ai-sdk, agent, ci, supervision, got "${name}". ${hint} (crucible help init)\n`,
    });
    expect(existsSync(join(here.path, "unknown"))).toBe(false);
  });

  it("has the files of every template in the package", () => {
    const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: string[] };
    const needed = Object.values(templates).flatMap(({ files }) => Object.values(files));
    expect(needed.filter((path) => !files.includes(path.split("/")[0]!) || !existsSync(join(root, path)))).toEqual([]);
    const stored = Object.keys(filesIn(join(root, "templates"))).map((path) => `templates/${path}`);
    expect(stored.filter((path) => !needed.includes(path))).toEqual([]);
  });
});
