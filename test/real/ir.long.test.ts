import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { idIn } from "../support.ts";
import { crucible, scratch } from "./command.ts";

const here = scratch();
afterAll(() => here.remove());

const document = {
  id: "sums",
  backend: { id: "four" },
  pipeline: [{ name: "ask" }, { name: "grade" }],
  dataset: { name: "sums" },
  reliability: { ensemble: { strategy: "majority", models: ["four", "five", "four"] } },
  outputs: [{ name: "o", formats: ["json"] }],
  metadata: { crucible_harness: { repeat: 2 } },
};
here.file("sums.ir.json", JSON.stringify(document));
here.file(
  "registry.ts",
  `import { scripted } from "crucible-harness/backends";
import { match } from "crucible-harness/scoring";
import { generate } from "crucible-harness/solver";
export default {
  backends: { four: scripted(() => "4"), five: scripted(() => "5") },
  stages: { ask: { solver: () => generate() }, grade: { scorer: () => match() } },
  datasets: { sums: [{ id: "a", input: "2 + 2", target: "4" }, { id: "b", input: "1 + 3", target: "4" }] },
};`,
);
const run = (...args: string[]) => crucible(args, here.path);

describe("a document of crucible_ir on the command line", () => {
  it("runs with a registry, is written in the formats it asks for, and exported as it came", async () => {
    const ran = await run("run", "sums.ir.json", "--registry", "registry.ts", "--yes");
    expect(ran.code, ran.stderr).toBe(0);
    const id = idIn(join(here.path, "checkpoints"));
    const report = JSON.parse(readFileSync(join(here.path, "results", `${id}_report.json`), "utf8"));
    expect(JSON.stringify(report)).toContain("4 planned = 4 succeeded");
    const exported = await run("export", id, "--format", "ir", "--to", "-");
    expect(JSON.parse(exported.stdout)).toMatchObject(document);
    const resumed = await run("resume", id, "--yes");
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr).toContain("is complete");
  });

  it("runs on threads, which have the same registry", async () => {
    const ran = await run("run", "sums.ir.json", "--registry", "registry.ts", "--executor", "threads", "--yes");
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout + ran.stderr).toContain("4 succeeded");
  });

  it("is refused by a sentence without a registry, with a wrong one, and in any other place", async () => {
    const bare = await run("run", "sums.ir.json", "--yes");
    expect([bare.code, bare.stderr]).toEqual([2, expect.stringContaining("Give --registry registry.ts")]);
    here.file("empty.ts", "export default {};");
    const empty = await run("run", "sums.ir.json", "--registry", "empty.ts", "--yes");
    expect(empty.code).toBe(2);
    expect(empty.stderr).toContain("sums.ir.json: pipeline[0].name must be one of the registry's stages");
    const other = await run("run", "registry.ts", "--registry", "registry.ts", "--yes");
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("--registry is for documents")]);
  });
});
