import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { crucible, scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucibleShared = sharedCrucible();
afterAll(() => here.remove());

/** An experiment that does something to its own checkpoints at its 30th task, where HARM says what. */
const file = here.file(
  "harmed.mjs",
  `import { renameSync, rmSync, writeFileSync } from "node:fs";
import { defineExperiment } from "crucible-harness";
const store = ({ HARM_FOLDER }) => HARM_FOLDER + "/my-run.db";
const harms = {
  deleted: (env) => rmSync(store(env)),
  folder: (env) => rmSync(env.HARM_FOLDER, { recursive: true }),
  replaced: (env) => { writeFileSync(store(env) + ".new", "another file"); renameSync(store(env) + ".new", store(env)); },
  heap: () => { const kept = []; for (;;) kept.push(new Array(1e6).fill(kept.length)); },
  exit: () => process.exit(0),
};
let calls = 0;
export default defineExperiment({
  name: "harmed", dataset: Array.from({ length: 60 }, (_, i) => ({ id: "i" + i })), metrics: ["accuracy"],
  conditions: [{ name: "a", run: async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (++calls === 30) harms[process.env.HARM]?.(process.env);
    return { accuracy: 1 };
  } }],
  config: { maxParallel: 2 },
});`,
);

const folder = (name: string): string => join(here.path, name);
const run = (name: string, command: string[]) =>
  crucibleShared([...command, "--checkpoints", folder(name)], here.path, { HARM_FOLDER: folder(name) });
const begin = (name: string, harm: string, env: Record<string, string> = {}) =>
  crucible(
    ["run", file, "--id", "my-run", "--yes", "--out", folder("results"), "--checkpoints", folder(name)],
    here.path,
    { HARM_FOLDER: folder(name), HARM: harm, ...env },
  );
const resume = (name: string) => run(name, ["resume", "my-run", "--yes"]);
const left = (name: string): string[] => readdirSync(folder(name)).sort();

it("one file is left of a run, a resume, a report and a list, for its owner alone", async () => {
  const whole = ["my-run.db", "my-run.facts.ndjson"];
  await begin("clean", "exit");
  expect((await resume("clean")).code).toBe(0);
  expect(left("clean")).toEqual(whole);
  for (const command of [
    ["report", "my-run", "--print"],
    ["list"],
    ["export", "my-run", "--to", "-"],
    ["resume", "my-run"],
  ]) {
    expect((await run("clean", command)).code).toBe(0);
    expect([command, left("clean")]).toEqual([command, whole]);
  }
  expect(left("clean").map((name) => statSync(join(folder("clean"), name)).mode & 0o777)).toEqual([0o600, 0o600]);
});

describe("a store that during its run", () => {
  it.each(["deleted", "folder"])("is gone (%s) is written again, said, and resumed", async (harm) => {
    const harmed = await begin(harm, harm);
    expect([harmed.code, harmed.stderr]).toEqual([
      1,
      expect.stringMatching(
        /my-run\.db refused \d+ results? \(the store was deleted while its run was active; all its rows were written there again\).*crucible resume my-run/,
      ),
    ]);
    const resumed = await resume(harm);
    expect([resumed.code, resumed.stdout]).toEqual([0, expect.stringContaining("60 planned = 60 succeeded")]);
    expect(Number(/(\d+) of 60 tasks/.exec(resumed.stderr)![1])).toBeLessThan(40); // what was paid was not paid again
  });

  it("is replaced is written beside the other file", async () => {
    const harmed = await begin("replaced", "replaced");
    expect([harmed.code, harmed.stderr]).toEqual([
      1,
      expect.stringMatching(
        /the store was replaced by another file while its run was active; all its rows were written to .*my-run\.saved-\d+\.db/,
      ),
    ]);
  });
});

it("a process that ends without a word is explained by the resume", async () => {
  const died = await begin("heap", "heap", { NODE_OPTIONS: "--max-old-space-size=100" });
  expect(died.code).not.toBe(0);
  const resumed = await resume("heap");
  expect([resumed.code, resumed.stderr, resumed.stdout]).toEqual([
    0,
    expect.stringContaining("the process before this one ended without a word: it was killed, or out of memory"),
    expect.stringContaining("60 planned = 60 succeeded"),
  ]);
});
