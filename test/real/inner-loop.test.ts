import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucible = sharedCrucible();
afterAll(() => here.remove());

const file = here.file(
  "loop.mjs",
  `export default {
    name: "loop",
    dataset: Array.from({ length: 20 }, (_, i) => ({ id: "q-" + i, n: i })),
    conditions: ["good", "bad", "odd"].map((name) => ({
      name,
      run: ({ n }) => {
        if (name === "odd" && n === 3) throw new Error("three");
        return { accuracy: name === "good" || n % 2, seen: String(process.env.SEEN) + " " + process.env.KEPT };
      },
    })),
    metrics: ["accuracy"],
    config: { maxParallel: 1, errorHandling: { maxRetries: 0 } },
    statisticalAnalysis: { baseline: "bad" },
    gates: [{ metric: "accuracy", difference: ["good", "bad"], notWorseThan: 0.1 }, { metric: "accuracy", condition: "good", atLeast: 0.9 }],
  };\n`,
);
const run = (id: string, ...args: string[]) => crucible(["run", file, "--yes", "--id", id, ...args], here.path);
/** What a run stored, row by row. */
const rowsOf = async (id: string): Promise<Record<string, unknown>[]> => {
  const { stdout } = await crucible(["export", id, "--format", "jsonl", "--to", "-"], here.path);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
};

describe("the inner loop", () => {
  it("runs the items and conditions that are named, and resumes and reproduces just those", async () => {
    const { code, stdout, stderr } = await run("named", "--item", "q-1,q-1?", "--condition", "g*d");
    expect({ code }).toEqual({ code: 0 });
    expect(stdout).toContain("11 planned = 11 succeeded");
    expect(stdout).toContain("Gates: 1 of 1 passed");
    expect(stderr).toContain("not judged, since --condition leaves out their conditions: 1 of 2 gates\n");
    expect(stderr).toContain("condition g*d (command line)");
    const rows = await rowsOf("named");
    expect(new Set(rows.map(({ condition }) => condition))).toEqual(new Set(["good"]));
    expect(await crucible(["resume", "named", "--yes"], here.path)).toMatchObject({ code: 0 });
    const { stdout: report } = await crucible(["report", "named", "--print"], here.path);
    expect(report).toContain("--item q-1,'q-1?'".replace("q-1,'q-1?'", "'q-1,q-1?'"));
    expect(report).toContain("--condition 'g*d'");
  });

  it("draws a sample by the seed, the same at each call", async () => {
    const ids = async (id: string, ...args: string[]) => {
      await run(id, "--sample", "5", "--condition", "good", ...args);
      return (await rowsOf(id)).map((row) => String(row.itemId ?? row.item_id ?? row.item)).sort();
    };
    const first = await ids("sample1");
    expect(first).toHaveLength(5);
    expect(await ids("sample2")).toEqual(first);
    expect(await ids("sample3", "--seed", "7")).not.toEqual(first);
    const both = await run("both", "--sample", "5", "--limit", "3");
    expect(both).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("sample must not be given beside limit (command line)"),
    });
  });

  it("ends at the first task that fails, and can be resumed without that", async () => {
    const { code, stdout } = await run("fast", "--fail-fast");
    expect(code).toBe(3);
    expect(stdout).toMatch(/aborted \(failFast: item "q-3" failed in "odd"/);
    const resumed = await crucible(["resume", "fast", "--yes"], here.path);
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining("60 planned = 59 succeeded + 1 failed") });
  });

  it("runs the named condition on threads, where the file defines more", async () => {
    const { code, stdout } = await run("threads", "--condition", "good", "--item", "q-1", "--executor", "threads");
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("1 planned = 1 succeeded") });
  });

  it.each([
    [["--condition", "god"], 'condition must name conditions of the experiment, got "god". Did you mean "good"?'],
    [["--item", "q-99"], 'datasetConfig.items must name items, got "q-99". Did you mean "q-9"?'],
    [["--sample", "0"], "--sample"],
    [["--item", " "], "--item"],
  ])("says what is wrong with %s", async (args, sentence) => {
    expect(await run("wrong", ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(sentence) });
  });
});

describe(".env", () => {
  it("sets the variables that are not set, says which, and hides those that are secrets", async () => {
    here.file(".env", '\uFEFF# mine\nSEEN="from the file"\nexport KEPT=file\nMY_API_KEY=abc123def456\nEMPTY=file\n');
    const { stderr } = await crucible(
      ["run", file, "--yes", "--id", "env", "--item", "q-1", "--condition", "good"],
      here.path,
      { KEPT: "shell", EMPTY: "" },
    );
    expect(stderr).toContain("from .env: MY_API_KEY, SEEN\n");
    const [row] = await rowsOf("env");
    expect(JSON.stringify(row)).toContain("from the file shell");
    const secret = here.file("secret.mjs", `throw new Error("it is " + process.env.MY_API_KEY);\n`);
    const said = await crucible(["run", secret, "--yes"], here.path);
    expect(said.stderr).toMatch(/it is \[redacted\]/);
    expect(said.stdout + said.stderr).not.toContain("abc123def456");
  });

  it("sets nothing by what is no name, and says so where experiments read it", async () => {
    const folder = join(here.path, "odd");
    mkdirSync(folder);
    writeFileSync(join(folder, ".env"), "GOOD_ONE=1\nBAD NAME=2\n3RD=3\n");
    const { stderr } = await crucible(["run", "nowhere.ts"], folder);
    expect(stderr).toContain('! .env: not set, since a variable cannot have such a name: "3RD", "BAD NAME"\n');
    writeFileSync(join(folder, ".env"), "");
    rmSync(join(folder, ".env"));
    symlinkSync(".env", join(folder, ".env")); // a link to itself
    const listed = await crucible(["list"], folder);
    expect(listed).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^! \.env must be a file that can be read/),
    });
    const refused = await crucible(["run", "nowhere.ts"], folder);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/^crucible: \.env must be a file/) });
  });

  it("is no file where it is a folder, as virtual environments are called", async () => {
    const folder = join(here.path, "python");
    mkdirSync(join(folder, ".env"), { recursive: true });
    writeFileSync(join(folder, "x.mjs"), "");
    expect(await crucible(["list"], folder)).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("crucible run --watch", () => {
  it("is refused beside --id, and for a file that is not there", async () => {
    const { code, stderr } = await crucible(["run", file, "--watch", "--id", "x"], here.path);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--watch must not be given beside --id"),
    });
    for (const [name, hint] of [
      ["nowhere.ts", ""],
      [".", ". It is a folder"],
    ] as const)
      expect(await crucible(["run", name, "--watch"], here.path)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`--watch must be given a file that is there, got "${name}"${hint}`),
      });
  });
});
