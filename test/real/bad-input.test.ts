import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucible = sharedCrucible();
afterAll(() => here.remove());

/** An experiment file with some fields replaced. */
const experiment = (fields: string): string => `
import { defineExperiment, jsonl } from "crucible-harness";
export default defineExperiment({
  name: "x", dataset: [{ id: "a" }, { id: "b" }, { id: "c" }], conditions: [{ name: "one", run: () => ({ accuracy: 1 }) }], metrics: ["accuracy"],
  ${fields}
});`;

here.file("bad.jsonl", '{"id":"a"}\n{"id":\n');
here.file("twice.jsonl", '{"id":"a"}\n{"id":"b"}\n{"id":"a"}\n');
here.file("empty.jsonl", "\n");

const cases: [what: string, fields: string, sentence: string][] = [
  ["a missing data file", `dataset: jsonl("missing.jsonl")`, 'dataset must be a file that exists, got "missing.jsonl"'],
  ["a malformed line", `dataset: jsonl("bad.jsonl")`, "bad.jsonl:2 must be one JSON value"],
  ["an unknown option", `repeatt: 3`, 'repeatt is not an option. Did you mean "repeat"?'],
  [
    "an unknown nested option",
    `config: { timeoutMS: 3 }`,
    'config.timeoutMS is not an option. Did you mean "timeoutMs"?',
  ],
  ["a value out of range", `repeat: 0`, "repeat must be at least 1, got 0"],
  ["a duplicate id", `dataset: jsonl("twice.jsonl")`, 'twice.jsonl:3 repeats the id "a" of twice.jsonl:1'],
  ["an empty data set", `dataset: jsonl("empty.jsonl")`, "dataset must have at least one row"],
  [
    "a condition without run",
    `conditions: [{ name: "one" }]`,
    "conditions[0] must have a run function, or a solver with scorers",
  ],
  [
    "two conditions of one name",
    `conditions: [{ name: "a", run: () => 1 }, { name: "a", run: () => 1 }]`,
    'conditions[1].name must be unique; conditions[0] has it too, got "a"',
  ],
  ["no conditions", `conditions: []`, "conditions must have at least 1"],
  [
    "an unknown data set name",
    `dataset: "mmlu_200"`,
    'dataset must be a registered name, or the path of a .jsonl, .json, .csv, .tsv or .parquet file, got "mmlu_200"',
  ],
  [
    "a baseline that is not a condition",
    `statisticalAnalysis: { baseline: "ones" }`,
    'statisticalAnalysis.baseline must be the name of a condition, got "ones". Did you mean "one"?',
  ],
  ["a hook that is not a function", `hooks: { onError: 3 }`, "hooks.onError must be a function"],
];

describe("crucible run refuses in one sentence, with exit code 2 and nothing written", () => {
  it.each(cases)("%s", async (what, fields, sentence) => {
    const file = here.file(`${what.replaceAll(" ", "-")}.mjs`, experiment(fields));
    const out = join(here.path, what.replaceAll(" ", "-"));
    const { code, stdout, stderr } = await crucible(
      ["run", file, "--yes", "--out", join(out, "results"), "--checkpoints", join(out, "checkpoints")],
      here.path,
    );
    const said = stderr.split("\n").filter((line) => line.startsWith("crucible: "));
    expect(said, stderr).toHaveLength(1);
    expect(said[0]).toContain(sentence);
    expect({ code, stdout, stack: /^ {4}at /m.test(stderr) }).toEqual({ code: 2, stdout: "", stack: false });
    expect(existsSync(join(out, "results"))).toBe(false);
    expect(existsSync(join(out, "checkpoints")) ? await leftOvers(join(out, "checkpoints")) : []).toEqual([]);
  });

  it("a missing experiment file, an unknown command, an unknown flag, an unknown run", async () => {
    const missing = await crucible(["run", "nowhere.ts"], here.path);
    expect(missing).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("nowhere.ts must be an experiment file"),
    });
    const command = await crucible(["rum", "x.ts"], here.path);
    expect(command).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean run?") });
    const flag = await crucible(["run", "x.ts", "--max-paralel", "3"], here.path);
    expect(flag).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean --max-parallel?") });
    const value = await crucible(["run", "x.ts", "--max-parallel", "0"], here.path);
    expect(value).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--max-parallel must be at least 1, got 0"),
    });
    const id = await crucible(["resume", "exp_nothing"], here.path);
    expect(id).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`must be a run in ${join(here.path, "checkpoints")}, got "exp_nothing"`),
    });
  });
});

async function leftOvers(folder: string): Promise<string[]> {
  const { readdir } = await import("node:fs/promises");
  return readdir(folder);
}

describe("a command line", () => {
  const file = here.file("plain.mjs", experiment(""));
  const link = join(here.path, "link");
  symlinkSync(join(here.path, "nothing"), link);
  const out = (name: string): string[] => ["--checkpoints", join(here.path, name), "--out", join(here.path, name)];
  it.each([
    [
      "a flag with two values",
      ["run", file, "--repeat", "2", "--repeat", "3"],
      '--repeat must be given once, got ["2","3"]',
    ],
    ["a parameter with two values", ["run", file, "-T", "a=1", "-T", "a=2"], "The parameter a is given twice."],
    ["an empty list of formats", ["run", file, "--formats", ""], "--formats[0] must be one of"],
    ["a folder as an experiment", ["run", here.path], "must be an experiment file. It is a folder"],
    ["a file as the folder of runs", ["list", "--checkpoints", file], "checkpointDir must be a folder"],
    ["a file as the folder of a new run", ["run", file, "--checkpoints", file], "checkpointDir must be a folder"],
    [
      "a link to nothing as the folder of runs",
      ["list", "--checkpoints", link],
      "checkpointDir must be a folder, not a link to nothing",
    ],
    [
      "a link to nothing as the folder of a new run",
      ["run", file, "--checkpoints", link],
      "checkpointDir must be a folder, not a link to nothing",
    ],
    ["a suite of a folder without experiments", ["suite", here.path], "must hold an experiment file"],
    ["a suite of nothing", ["suite", join(here.path, "nope")], "There is nothing at"],
    ["an id with a slash", ["run", file, "--id", "a/b"], "experiment id must be 1 to 128 letters"],
  ])("with %s is refused in one sentence: exit 2", async (_, args, sentence) => {
    const ended = await crucible(args, here.path);
    expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(sentence) });
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
  });

  it("that says a flag twice with one value is as if it said it once", async () => {
    const args = ["run", file, "--yes", "--id", "same", "--repeat", "2", "--repeat", "2", ...out("same")];
    expect(await crucible(args, here.path)).toMatchObject({ code: 0 });
    for (const to of [here.path, join(file, "x.csv")]) {
      const ended = await crucible(["export", "same", "--to", to, ...out("same").slice(0, 2)], here.path);
      expect(ended).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("--to must be a file that can be written"),
      });
    }
    const nothing = await crucible(["replay", "same", "--only", "nonsense", ...out("same").slice(0, 2)], here.path);
    expect(nothing).toMatchObject({ code: 0, stdout: "", stderr: "no record of same is of that kind\n" });
  });
});
