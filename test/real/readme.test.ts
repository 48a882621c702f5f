import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { crucible, scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const root = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const scripts: Record<string, string> = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts;
const here = scratch();
const crucibleShared = sharedCrucible();
afterAll(() => here.remove());

const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text]) => text!);
const elsewhere = ["--checkpoints", join(here.path, "checkpoints"), "--out", join(here.path, "results")];

describe("the README is a promise", () => {
  const commands = blocks("bash").join("").trim().split("\n");

  it.each(commands.filter((line) => line.startsWith("npx crucible ")))("%s", async (line) => {
    const args = line.replace("npx crucible ", "").split(" ");
    const flags = args[0] === "run" ? elsewhere : args[0] === "--version" ? [] : elsewhere.slice(0, 2);
    const run = args[0] === "--version" ? crucible : crucibleShared; // the command answers that before it loads its own
    expect(await run([...args, ...flags], root)).toMatchObject({ code: 0 });
  });

  it("npm start runs the example that it says it runs", async () => {
    const [node, main, ...args] = scripts.start!.split(" ");
    expect([node, main]).toEqual(["node", "dist/src/cli/main.js"]);
    const { code, stdout } = await crucible([...args, "--limit", "4", ...elsewhere], root);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/60 planned = 60 succeeded.*_report\.md, .*_report\.html/s),
    });
  });

  it("names only npm scripts that exist", () => {
    const named = [...readme.matchAll(/npm (?:run )?([a-z]+(?:-[a-z]+)?)/g)].map(([, name]) => name!);
    const known = new Set([...Object.keys(scripts), "ci", "run", "install"]);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it("shows an experiment that runs as it is printed, and says what is printed below it", async () => {
    const file = here.file("printed.ts", blocks("ts")[0]!);
    const { code, stdout } = await crucibleShared(["run", file, "--yes", ...elsewhere], here.path);
    const printed = readme.match(/```\n(28 planned[\s\S]*?)```/)![1]!;
    const said = printed
      .replace(/; [\d.]+ ms a task/, "")
      .trim()
      .split("\n");
    expect(code).toBe(0);
    expect(said).toHaveLength(4);
    const untimed = stdout.replace(/; [\d.]+ ms a task/, "");
    for (const line of said) expect(untimed).toContain(`${line}\n`);
  });

  it("shows the tree that a run has", async () => {
    const { defineExperiment, memoryStore, printRunTree, start } = await import("crucible-harness");
    let seen = "";
    const handle = start(
      defineExperiment({
        name: "tree",
        dataset: [{ id: "a" }],
        conditions: [
          {
            name: "only",
            run: async () => {
              seen = printRunTree((await handle.tree())!);
              return { tree: seen.length };
            },
          },
        ],
        metrics: ["tree"],
      }),
      { store: () => memoryStore(), formats: [] },
    );
    await handle.done;
    const names = (text: string): string[] =>
      text.split("\n").map((line) => line.replace(/^[ |`-]*/, "").split(/ {2}/)[0]!);
    const printed = readme.match(/```\n(experiment {2}[\s\S]*?)```/)![1]!.trim();
    expect(names(printed).map((name) => (name === "<condition>" ? "only" : name))).toEqual(names(seen).slice(0, -1));
    expect(names(seen).at(-1)).toBe("a/0");
  });
});
