import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crucible, crucibleCommand, scratch } from "./command.ts";

const here = scratch();
afterAll(() => here.remove());

const secret = "hush-hush-4711-x";
const file = here.file(
  "secretive.mjs",
  `import { defineExperiment } from "crucible-harness";
export default ({ apiKey }) => defineExperiment({
  name: "secretive", dataset: [{ id: "a" }, { id: "b" }], metrics: ["accuracy"],
  conditions: [{ name: "a", run: () => {
    if (process.env.DIES) process.kill(process.pid, "SIGKILL");
    return { accuracy: apiKey === ${JSON.stringify(secret)} ? 1 : 0 };
  } }],
});`,
);

/** Runs `crucible` in a pseudo terminal of util-linux's `script`, and types the answer once the question is shown. */
const inTerminal = (args: readonly string[], answer: string): Promise<{ code: number | null; shown: string }> =>
  new Promise((done) => {
    const words = [process.execPath, ...crucibleCommand, ...args].map((word) => `'${word}'`).join(" ");
    const child = spawn("script", ["-qefc", words, "/dev/null"], {
      cwd: here.path,
      env: { ...process.env, NODE_OPTIONS: "", NODE_NO_WARNINGS: "1", SHELL: "/bin/sh" },
    });
    let shown = "";
    let isTyped = false;
    child.stdout.on("data", (chunk) => {
      shown += chunk;
      if (isTyped || !shown.includes("is not stored: ")) return;
      isTyped = true;
      child.stdin.write(answer);
    });
    child.on("close", (code) => done({ code, shown }));
  });

const isThere = spawnSync("script", ["--version"]).stdout?.includes("util-linux") === true;

// without util-linux's `script` there is no pseudo terminal to type in
describe.skipIf(!isThere)("a secret that is asked for in a terminal when a run is resumed", () => {
  const folder = join(here.path, "checkpoints");
  const files = (): string[] => readdirSync(folder).sort();
  const resume = (answer: string) => inTerminal(["resume", "secretive", "--yes"], answer);

  beforeAll(async () => {
    const begun = ["run", file, "--id", "secretive", "--yes", "-T", `apiKey=${secret}`];
    await crucible(begun, here.path, { DIES: "1" });
    expect(files()).toContain("secretive.db-wal"); // it was killed
  });

  it.each([
    ["Ctrl-C", "\u0003"],
    ["Ctrl-C within it", `${secret}\u0003`],
    ["Ctrl-D", "\u0004"],
  ])("is not shown, and with %s the run is left as it was: one sentence, exit 130", async (_, answer) => {
    const { code, shown } = await resume(answer);
    expect([code, shown]).toEqual([
      130,
      expect.stringContaining("crucible: the question was left without an answer, so nothing was run"),
    ]);
    expect(shown).not.toMatch(/hush|^ +at /m);
  });

  it("is refused where it is empty, with what else can be done", async () => {
    expect(await resume("\r")).toEqual({
      code: 2,
      shown: expect.stringMatching(/-T apiKey must be given again.*set the environment variable CRUCIBLE_T_API_KEY/),
    });
  });

  it("reaches the experiment, and neither the terminal nor any file", async () => {
    const { code, shown } = await resume(`${secret}\r`);
    expect([code, shown]).toEqual([0, expect.stringMatching(/2 planned = 2 succeeded[\s\S]*: a; 100\.0 %/)]);
    const everywhere = files().map((name) => readFileSync(join(folder, name), "latin1"));
    const results = readdirSync(join(here.path, "results"));
    const reports = results.map((name) => readFileSync(join(here.path, "results", name), "utf8"));
    expect(results.length).toBeGreaterThan(0);
    for (const text of [shown, ...everywhere, ...reports]) expect(text).not.toContain(secret);
  });
});
