import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sqliteStore } from "crucible-harness";
import { afterAll, describe, expect, it } from "vitest";
import { scratch, start } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucible = sharedCrucible();
afterAll(() => here.remove());

/** The model leaves a line for each answer. */
const file = here.file(
  "run.mjs",
  `
import { appendFileSync } from "node:fs";
import { defineExperiment } from "crucible-harness";
import { backendOf, generate } from "crucible-harness/solver";
import { named, scored } from "crucible-harness/scoring";
const model = backendOf("model", async () => {
  appendFileSync(process.env.CALLS, "model\\n");
  return { content: "ANSWER: 4" };
});
export default defineExperiment({
  name: "to be scored",
  dataset: Array.from({ length: 4 }, (_, i) => ({ id: "i" + i, input: "2 + 2?", target: String(4 + (i % 2)) })),
  conditions: [{ name: "a", solver: generate(), backend: model, scorers: [named("first", (state, [target]) => scored(state.output.content.endsWith(target) ? "C" : "I"))] }],
  metrics: ["accuracy"],
});`,
);
/** One that kills its process at the third answer, once. */
const rules = here.file(
  "rules.mjs",
  `
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { named, scored } from "crucible-harness/scoring";
let seen = 0;
export default [
  named("always", () => {
    const mark = process.env.CALLS + ".killed";
    if (++seen === 3 && !existsSync(mark)) {
      writeFileSync(mark, "");
      process.kill(process.pid, "SIGKILL");
    }
    appendFileSync(process.env.CALLS, "scorer\\n");
    return scored("C");
  }),
];`,
);

describe("crucible score", () => {
  it("scores stored answers, is killed and resumed, and says in reports and comparisons which scores are shown and whether they are old", async () => {
    const env = { CALLS: join(here.path, "calls") };
    const stores = ["--checkpoints", join(here.path, "checkpoints")];
    const flags = [...stores, "--out", join(here.path, "results"), "--formats", "markdown"];
    const made = await crucible(["run", file, "--id", "r", "--yes", ...flags], here.path, env);
    expect(made.code, made.stderr).toBe(0);
    const scoring = ["score", "r", "--file", rules, "--max-parallel", "1", ...flags];
    const killed = await start(scoring, here.path, env).ended;
    expect(killed.code).not.toBe(0);
    const resumed = await crucible(scoring, here.path, env);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stdout).toContain("Scoring always: 4 stored answers of this run");
    const calls = readFileSync(env.CALLS, "utf8").trim().split("\n");
    expect(calls.filter((line) => line === "model")).toHaveLength(4);
    const store = sqliteStore(join(here.path, "checkpoints", "r.db"), { mode: "read" });
    expect([...store.entries.all("scoring/always/result")]).toHaveLength(4);
    expect([...store.outcomes()].map(({ metrics }) => metrics.first).sort()).toEqual([0, 0, 1, 1]);
    store.close();
    expect(existsSync(join(here.path, "results", "r_report.md"))).toBe(true);
    expect(readFileSync(join(here.path, "results", "r_always_report.md"), "utf8")).toMatch(
      /^# to be scored, scoring always/,
    );

    const compared = await crucible(["compare", "r", "r@always", ...stores], here.path, env);
    expect(compared.stdout).toContain(
      "a, accuracy: 2 of 4 verdicts changed: 2 from wrong to right, 0 from right to wrong",
    );
    const own = await crucible(["report", "r", "--print", ...stores], here.path, env);
    expect(own.stdout).toContain("There are others of the same answers: always");
    expect(own.stdout).not.toContain("older");

    writeFileSync(file, readFileSync(file, "utf8").replace("endsWith(target)", "includes(target)"));
    const unnamed = await crucible(["report", "r", "--print", ...stores], here.path, env);
    expect(unnamed.stdout).toContain("The scores may be older than their scorers");
    const changed = here.file("changed.mjs", readFileSync(file, "utf8")); // a process loads a file once
    const named = await crucible(["report", "r", "--print", "--file", changed, ...stores], here.path, env);
    expect(named.stdout).toContain("The scores are older than the code of first");
    const list = await crucible(
      ["report", "r", "--print", "--scoring", "always", "--file", rules, ...stores],
      here.path,
      env,
    );
    expect(list.stdout).not.toContain("older");

    for (const [args, sentence] of [
      [
        ["report", "r", "--print", "--scoring", "alwys", ...stores],
        'scoring must be one of always, got "alwys". Did you mean "always"?',
      ],
      [["score", "q", ...stores], "experiment id must be a run in"],
      [
        ["score", "r", "--file", here.file("none.mjs", "export default []"), ...stores],
        "must have at least one scorer",
      ],
      [
        ["score", "r", "--file", here.file("odd.mjs", "export default [4]"), ...stores],
        "must be a scorer, which is a function",
      ],
    ] as const) {
      const refused = await crucible([...args], here.path, env);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(sentence)]);
    }
  });
});
