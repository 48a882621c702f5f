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

/** Answers by their length, and a judge that takes the longer one but for an item where it goes by position. */
const lengths = here.file(
  "lengths.mjs",
  `
import { defineExperiment } from "crucible-harness";
import { backendOf, generate } from "crucible-harness/solver";
import { includes } from "crucible-harness/scoring";
const backend = backendOf("models", async ([message], { model } = {}) => {
  if (model !== "judge") return { content: "x".repeat({ small: 1, mid: 2, big: 3 }[model]) };
  const [, item, first, second] = /item (\\d+)[^]*A\\]: (.*)\\n\\[Answer B\\]: (.*)\\n/.exec(message.content);
  if (item === "1") return { content: "GRADE: A" };
  return { content: "GRADE: " + (first.length > second.length === (item !== "2") ? "A" : "B") };
});
export default defineExperiment({
  name: "answers",
  dataset: Array.from({ length: 6 }, (_, i) => ({ id: "i" + i, input: "item " + i, target: "x" })),
  conditions: ["small", "mid", "big"].map((model) => ({ name: model, model, backend, solver: generate(), scorers: [includes()] })),
  metrics: ["accuracy"],
});`,
);

describe("crucible pairs", () => {
  it("has a model that the run's backend knows compare its answers, grows with the run, and prints strengths", async () => {
    const stores = ["--checkpoints", join(here.path, "pairs")];
    const flags = [...stores, "--out", join(here.path, "results"), "--formats", "json"];
    const made = await crucible(["run", lengths, "--id", "p", "--yes", "--limit", "4", ...flags], here.path);
    expect(made.code, made.stderr).toBe(0);
    const pairs = ["pairs", "p", "--judge", "judge", "--yes", ...flags];
    const first = await crucible(pairs, here.path);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toContain("12 planned = 12 succeeded");
    expect(first.stdout).toMatch(/\njudge +12 +75\.0 \[/); // 3 of 12 verdicts by position
    expect(first.stdout).toMatch(/\nbig +\d\.\d\d \[/);

    await crucible(["run", lengths, "--id", "p", "--yes", ...flags], here.path);
    const grown = await crucible([...pairs, "--json"], here.path);
    const { accounting, judges } = JSON.parse(grown.stdout.trim().split("\n").at(-1)!);
    expect(accounting).toMatchObject({ planned: 18, succeeded: 18 });
    expect(judges.pairwise[0].strengths.map(({ name }: { name: string }) => name)).toEqual(["big", "mid", "small"]);

    for (const [args, sentence] of [
      [
        ["resume", "p-pairs", ...stores],
        "must be that of crucible pairs, which judges the answers of p. Go on with: crucible pairs p",
      ],
      [["pairs", "p", ...stores], "judge must be said: who compares the answers"],
      [
        ["pairs", "p", "--file", here.file("odd-judge.mjs", "export default [{ backend: 3 }]"), ...stores],
        "must be a judge, { name, backend, model }, or a backend",
      ],
    ] as const) {
      const refused = await crucible([...args], here.path);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(sentence)]);
    }
  });
});
