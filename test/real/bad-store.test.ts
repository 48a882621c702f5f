import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openDatabase } from "#src/store/sqlite-driver";
import { idIn } from "../support.ts";
import { crucible, type Ended, scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucibleShared = sharedCrucible();
const disk = join(here.path, "disk");
/** A file system of 900 kB of our own; only root may have one. */
const mounted = mount(`tmpfs`, "-t", "tmpfs", "-o", "size=900k");
afterAll(() => {
  if (mounted) execFileSync("umount", ["-l", disk]);
  here.remove();
});

/** 300 rows of some 7 kB, more than the small disk holds; what a call costs is promised first. */
const file = here.file(
  "fat.mjs",
  `import { defineExperiment } from "crucible-harness";
export default defineExperiment({
  name: "fat", dataset: Array.from({ length: 300 }, (_, i) => ({ id: "i" + i })), metrics: ["accuracy"],
  conditions: [{ name: "a", estimatedCost: 0.01, run: async ({ id }) => {
    await new Promise((done) => setTimeout(done, 1));
    return { accuracy: 1, text: id.repeat(1500) };
  } }],
  costBudget: { maxTotal: 1000 }, config: { maxParallel: 5 },
});`,
);

const flagsOf = (checkpoints: string) => ["--yes", "--checkpoints", checkpoints, "--out", join(here.path, "results")];
/** Asked in another process: one that reads here would keep the disk busy. */
async function storedIn(folder: string): Promise<number> {
  const { stdout } = await crucible(["list", "--checkpoints", folder, "--json"], here.path);
  return JSON.parse(stdout).accounting.succeeded;
}

/** One sentence, no stack. */
function sentenceOf({ stderr }: Ended): string {
  expect(stderr).not.toMatch(/^ {4}at /m);
  const said = stderr.split("\n").filter((line) => line.startsWith("crucible: "));
  expect(said, stderr).toHaveLength(1);
  return said[0]!.replace(/ \(crucible help [^)]*\)$/, "");
}

describe.skipIf(!mounted)("a disk", () => {
  const checkpoints = join(disk, "checkpoints");

  it("that is full ends the run with one sentence and exit code 1; with room again it is resumed", async () => {
    const full = await crucible(["run", file, ...flagsOf(checkpoints)], here.path);
    expect(full.code).toBe(1);
    const id = idIn(checkpoints);
    expect(sentenceOf(full)).toMatch(
      /^crucible: the store at .* \(database or disk is full\); what was stored before is safe\. Mend that, then: crucible resume exp_/,
    );
    const kept = await storedIn(checkpoints);
    expect(kept).toBeGreaterThan(10);
    mount("remount", "-o", "remount,size=40m");
    const resumed = await crucible(["resume", id, ...flagsOf(checkpoints)], here.path);
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining("300 planned = 300 succeeded") });
    expect(resumed.stderr).toContain(`${300 - kept} of 300 tasks`);
  });

  it("that is read-only is told from one that another process writes to; reports are still read from it", async () => {
    mount("remount", "-o", "remount,ro");
    const id = idIn(checkpoints);
    const resumed = await crucibleShared(["resume", id, ...flagsOf(checkpoints)], here.path);
    expect([resumed.code, sentenceOf(resumed)]).toEqual([
      1,
      expect.stringMatching(/cannot be used \(.*(read-only|readonly|unable to open)/),
    ]);
    const started = await crucibleShared(["run", file, ...flagsOf(checkpoints)], here.path);
    expect([started.code, sentenceOf(started)]).toEqual([1, expect.stringContaining("cannot be used")]);
    const report = await crucibleShared(["report", id, "--print", "--checkpoints", checkpoints], here.path);
    expect(report).toMatchObject({ code: 0, stdout: expect.stringContaining("300 planned = 300 succeeded") });
  });
});

describe("a checkpoint file", () => {
  const whole = join(here.path, "whole");

  /** A folder with a copy of a finished run, changed. */
  function changed(name: string, change: (path: string) => void): { folder: string; id: string; path: string } {
    const [folder, id] = [join(here.path, name), idIn(whole)];
    const path = join(folder, `${id}.db`);
    mkdirSync(folder);
    copyFileSync(join(whole, `${id}.db`), path);
    change(path);
    return { folder, id, path };
  }

  const cases: [what: string, change: (path: string) => void, sentence: RegExp, code: number][] = [
    [
      "that is not a database",
      (path) => writeFileSync(path, "these are my notes".repeat(500)),
      /cannot be opened as the store of a run \(file is not a database\)\. It was left as it is$/,
      2,
    ],
    [
      "of a newer version",
      (path) => {
        const database = openDatabase(path);
        database.exec("PRAGMA user_version = 99");
        database.close();
      },
      /was written by a newer version \(layout 99; this version knows \d+\)\. Update crucible-harness to read it$/,
      2,
    ],
    [
      "with damaged pages",
      (path) => {
        const bytes = readFileSync(path);
        bytes.fill(0xa5, 4096 * 4, 4096 * 40);
        writeFileSync(path, bytes);
      },
      /cannot be used \((database disk image is malformed|a row is damaged: .*|.* is damaged: .*)\)/,
      1,
    ],
  ];

  it.each(cases)("%s is refused in one sentence, and left as it is", async (what, change, sentence, code) => {
    if (readdirSync(here.path).indexOf("whole") < 0)
      expect((await crucibleShared(["run", file, ...flagsOf(whole)], here.path)).code).toBe(0);
    const { folder, id, path } = changed(what.replaceAll(" ", "-"), change);
    const before = readFileSync(path);
    const resumed = await crucibleShared(["resume", id, ...flagsOf(folder)], here.path);
    expect(sentenceOf(resumed)).toMatch(sentence);
    expect(resumed.code).toBe(code);
    const report = await crucibleShared(["report", id, "--print", "--checkpoints", folder], here.path);
    expect(sentenceOf(report)).toMatch(sentence);
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

/** @returns whether this machine lets us */
function mount(device: string, ...options: string[]): boolean {
  try {
    mkdirSync(disk, { recursive: true });
    execFileSync("mount", [...options, ...(options.includes("-t") ? [device] : []), disk], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
