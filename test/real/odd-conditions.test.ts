import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { crucible, scratch } from "./command.ts";

const here = scratch();
afterAll(() => here.remove());

/** What conditions, or libraries that they use, do to the process that they share. */
const file = here.file(
  "odd.mjs",
  `import { defineExperiment } from "crucible-harness";
const odd = {
  folder: () => process.chdir("/"),
  handlers: () => { process.removeAllListeners("uncaughtException"); process.removeAllListeners("unhandledRejection"); },
  code: () => { process.exitCode = 7; },
  console: () => { console.log = console.error = null; },
  output: () => { process.stdout.write = process.stderr.write = () => { throw new Error("no output"); }; },
  chance: () => { Math.random = () => { throw new Error("no chance"); }; },
  immediate: () => { globalThis.setImmediate = () => { throw new Error("no turn"); }; },
  context: (_, context) => { for (const name of ["itemId", "attempt", "condition", "repeat"]) try { context[name] = "another"; } catch {} },
  signal: (_, context) => context.signal.dispatchEvent(new Event("abort")),
};
export default defineExperiment({
  name: "odd", dataset: [{ id: "a" }, { id: "b" }, { id: "c" }], metrics: ["accuracy"],
  conditions: [
    ...Object.entries(odd).map(([name, act]) => ({ name, run: (item, context) => { act(item, context); return { accuracy: 1 }; } })),
    { name: "good", run: async () => { await new Promise((done) => setTimeout(done, 5)); return { accuracy: 1 }; } },
  ],
  config: { maxParallel: 2 },
});`,
);

describe("a condition that changes the process that it shares", () => {
  it("changes no row, no file and no exit code of the run", async () => {
    const flags = ["--checkpoints", "ck"];
    const { code, stdout, stderr } = await crucible(
      ["run", file, "--yes", "--id", "odd", "--out", "out", ...flags],
      here.path,
    );
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("    at ")]);
    expect(stdout).toContain("30 planned = 30 succeeded");
    expect(stdout).toContain(`Reports: ${join("out", "odd_report.md")}\n`);
    expect(readdirSync(join(here.path, "out"))).toEqual(["odd_report.md"]);
    expect(readdirSync(join(here.path, "ck")).sort()).toEqual(["odd.db", "odd.facts.ndjson"]);
    const exported = await crucible(["export", "odd", "--format", "jsonl", "--to", "-", ...flags], here.path);
    const rows = exported.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(exported.stdout).not.toContain("another");
    expect(new Set(rows.map(({ condition, itemId }) => `${condition}/${itemId}`)).size).toBe(30);
  });
});
