import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { idIn } from "../support.ts";
import { crucible, scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucibleShared = sharedCrucible();
afterAll(() => here.remove());

/** An experiment that stops by itself after some tasks, and is resumed where STOPS is not set. */
const code = (helper: string, more = ""): string => `import { defineExperiment } from "crucible-harness";
const PROMPT = Number(process.env.LOOKUP ?? 1);
${helper}
export default ({ extra = "0" } = {}) => defineExperiment({
  name: "flags", dataset: Array.from({ length: 12 }, (_, i) => ({ id: "i" + i })), metrics: ["k"], ${more}
  hooks: { onError: () => "abort" },
  conditions: [{ name: "a", run: ({ id }, { repeat }) => {
    if (process.env.STOPS === "yes" && id === "i3" && repeat === 1) throw new Error("stop here");
    return { k: PROMPT + helped() + Number(extra) };
  } }],
});`;

const flags = (name: string): string[] => ["--checkpoints", join(here.path, name, "checkpoints")];
const idOf = (name: string): string => idIn(join(here.path, name, "checkpoints"));
const begin = (name: string, file: string, ...more: string[]) =>
  crucibleShared(["run", file, "--yes", ...flags(name), ...more], here.path, { STOPS: "yes" });
/** In a process that has not loaded the file yet: it is another one by now, or reads another variable. */
const goOn = (name: string, more: string[] = [], env: Record<string, string> = {}) =>
  crucible(["resume", idOf(name), "--yes", ...flags(name), ...more], here.path, env);

it("what was asked of a run is stored with it, holds when it is resumed, and is how to reproduce it", async () => {
  const file = here.file("asked.mjs", code("const helped = () => 0;"));
  const out = join(here.path, "asked results");
  const asked = [
    "--repeat",
    "4",
    "--limit",
    "6",
    "--formats",
    "markdown,csv",
    "-T",
    "extra=5",
    "--executor",
    "threads",
  ];
  const first = await begin("asked", file, ...asked, "--out", "asked results");
  expect([first.code, first.stdout]).toEqual([3, expect.stringContaining("24 planned")]);
  rmSync(join(out, `${idOf("asked")}_report.csv`));
  const resumed = await crucibleShared(["resume", idOf("asked"), "--yes", ...flags("asked")], here.path);
  expect([resumed.code, resumed.stdout]).toEqual([0, expect.stringContaining("24 planned = 24 succeeded")]);
  expect(readFileSync(join(out, `${idOf("asked")}_report.csv`), "utf8")).toContain("Plan digest");
  const exported = await crucibleShared(["export", idOf("asked"), "--to", "-", ...flags("asked")], here.path);
  expect(
    exported.stdout
      .trim()
      .split("\n")
      .slice(1)
      .every((line) => line.includes(",thread")),
  ).toBe(true);
  const command = /crucible run .*/.exec(readFileSync(join(out, `${idOf("asked")}_report.md`), "utf8"))![0];
  for (const words of [
    `crucible run ${file} --seed 42`,
    "--repeat 4",
    "--limit 6",
    "--formats markdown,csv",
    `--out '${out}'`,
    "--executor threads",
    "-T extra=5",
  ])
    expect(command).toContain(words);
});

it("code and environment outside the functions of conditions are compared, and named with both values and the flag that accepts them", async () => {
  const file = here.file("outside.mjs", code("const helped = () => 0;"));
  expect((await begin("outside", file, "--repeat", "2")).code).toBe(3);

  const variable = await goOn("outside", [], { LOOKUP: "2" });
  expect([variable.code, variable.stderr]).toEqual([
    2,
    expect.stringMatching(
      /environment\.LOOKUP differs from the stored run.*it was null and is "2".*--accept-changed environment\.LOOKUP/,
    ),
  ]);

  here.file("outside.mjs", code("const helped = () => 9; // another comment"));
  const helper = await goOn("outside");
  expect([helper.code, helper.stderr]).toEqual([
    2,
    expect.stringMatching(/code differs from the stored run.*it was "\w{32}" and is "\w{32}".*--accept-changed code /),
  ]);
  const parameter = await goOn("outside", ["-T", "extra=1", "--accept-changed", "code"]);
  expect([parameter.code, parameter.stderr]).toEqual([2, expect.stringContaining("parameters.extra differs")]);

  here.file("outside.mjs", code("const helped = () => 0; // only a comment"));
  expect((await goOn("outside")).code).toBe(0);
});

it("a change of how to run needs no word, and the report names that the file has another text", async () => {
  const file = here.file("limits.mjs", code("const helped = () => 0;"));
  expect((await begin("limits", file, "--repeat", "2", "--out", join(here.path, "limits"))).code).toBe(3);
  here.file("limits.mjs", code("const helped = () => 0;", "config: { maxParallel: 2 },"));
  const resumed = await goOn("limits");
  expect([resumed.code, resumed.stdout]).toEqual([
    0,
    expect.stringMatching(/Changed after the first task: code was "\w+", now "\w+"/),
  ]);
});
