import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { idIn } from "../support.ts";
import { crucible, crucibleCommand, scratch } from "./command.ts";

const here = scratch();
afterAll(() => here.remove());

const FULL = "/dev/full";

/** What a command does whose standard output is a file on a disk without room. */
function onFullDisk(...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const full = openSync(FULL, "w");
  const child = spawn(process.execPath, [...crucibleCommand, ...args, "--checkpoints", join(here.path, "ck")], {
    cwd: here.path,
    env: { ...process.env, NODE_OPTIONS: "", NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", full, "pipe"],
  });
  closeSync(full);
  let stderr = "";
  child.stderr!.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise((done) => child.on("close", (code) => done({ code, stderr })));
}

describe.skipIf(!existsSync(FULL))("standard output on a disk that is full", () => {
  it("ends a command that is read for what it prints with exit code 1 and a sentence", async () => {
    const file = here.file(
      "small.mjs",
      `import { defineExperiment } from "crucible-harness";
export default defineExperiment({ name: "small", dataset: [{ id: 1 }], metrics: ["accuracy"], conditions: [{ name: "a", run: () => ({ accuracy: 1 }) }] });`,
    );
    const run = await onFullDisk("run", file, "--yes", "--json", "--out", join(here.path, "results"));
    const sentence = /^crucible: what was printed is not complete \(ENOSPC: .*\)$/m;
    expect([run.code, run.stderr]).toEqual([1, expect.stringMatching(sentence)]);
    const id = idIn(join(here.path, "ck"));
    expect(await crucible(["report", id, "--checkpoints", "ck"], here.path)).toMatchObject({ code: 0 }); // the run itself is whole
    for (const command of [
      ["list"],
      ["list", "--json"],
      ["report", id, "--print"],
      ["export", id, "--to", "-"],
      ["--version"],
    ]) {
      const ended = await onFullDisk(...command);
      expect([command, ended.code, /^crucible: .*ENOSPC/m.test(ended.stderr)]).toEqual([command, 1, true]);
    }
  });
});
