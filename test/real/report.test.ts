import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { idIn } from "../support.ts";
import { scratch, start, until } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucible = sharedCrucible();
afterAll(() => here.remove());

/** Two conditions over 40 items; `plain` is right on 30 of them, `careful` on 36. From the 13th call on, tasks wait until the file `GO` is there, if it is named. @param asked the gate */
const gated = (name: string, asked: string): string =>
  here.file(
    name,
    `
import { appendFileSync, existsSync } from "node:fs";
import { defineExperiment } from "crucible-harness";
const right = { plain: 30, careful: 36 };
let calls = 0;
export default defineExperiment({
  name: "gated",
  dataset: Array.from({ length: 40 }, (_, i) => ({ id: "i" + i, i })),
  conditions: ["plain", "careful"].map((name) => ({
    name,
    run: async ({ i }) => {
      if (process.env.CALLS) appendFileSync(process.env.CALLS, name + "/" + i + "\\n");
      const call = ++calls;
      while (process.env.GO && call > 12 && !existsSync(process.env.GO)) await new Promise((done) => setTimeout(done, 20));
      return { accuracy: i < right[name] };
    },
  })),
  metrics: ["accuracy"],
  config: { maxParallel: 4 },
  gates: [
    { metric: "accuracy", condition: "careful", atLeast: ${asked} },
    { metric: "accuracy", difference: ["careful", "plain"], notWorseThan: 0 },
  ],
});`,
  );
const file = gated("gated.mjs", "0.9");

const flagsOf = (name: string) => [
  "--checkpoints",
  join(here.path, name, "checkpoints"),
  "--out",
  join(here.path, name, "results"),
];
const idOf = (name: string): string => idIn(join(here.path, name, "checkpoints"));
const reportFile = (name: string, extension: string): string =>
  readFileSync(join(here.path, name, "results", `${idOf(name)}_report.${extension}`), "utf8");

describe("quality gates", () => {
  it("let a pipeline continue when they are passed", async () => {
    const { code, stdout } = await crucible(["run", file, "--yes", ...flagsOf("passed")], here.path);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("Gates: 2 of 2 passed") });
    expect(reportFile("passed", "md")).toContain("| accuracy: careful | at least 90 % | 90.0 [");
  });

  it("are passed by the same replies, and missed by equal scores of too few items", async () => {
    const same = here.file(
      "same.ts",
      `
import { defineExperiment } from "crucible-harness";
export default defineExperiment({
  name: "same",
  dataset: Array.from({ length: 12 }, (_, i) => ({ id: "i" + i, i })),
  conditions: ["old", "new"].map((name) => ({
    name,
    run: ({ i }) => ({ accuracy: i < 9, ...(process.env.REPLIES && { completion: "reply " + i }) }),
  })),
  metrics: ["accuracy"],
  repeat: 2,
  gates: [{ metric: "accuracy", difference: ["new", "old"], notWorseThan: 0 }],
});`,
    );
    const identical = await crucible(["run", same, "--yes", ...flagsOf("identical")], here.path, { REPLIES: "1" });
    expect(identical).toMatchObject({ code: 0, stdout: expect.stringContaining("Gates: 1 of 1 passed") });
    expect(reportFile("identical", "md")).toContain("new and old are identical: the same reply on all 12 items");
    const equal = await crucible(["run", same, "--yes", ...flagsOf("equal")], here.path);
    expect(equal.code).toBe(100);
    expect(reportFile("equal", "md")).toContain(
      "too few items: no difference on 12, but up to 22.1 % of all may differ",
    );
  });

  it("stop it with exit code 100 when one is missed: at the end of the run, and of every report", async () => {
    const harder = gated("harder.mjs", "0.95");
    const job = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: here.file("summary.md", "before\n") };
    const ran = await crucible(["run", harder, "--yes", "--formats", "junit", ...flagsOf("missed")], here.path, job);
    expect(ran.stderr).toMatch(
      /^::error title=Gate missed::accuracy of careful: measured [\d.]+, asked at least 0\.95$/m,
    );
    expect(readFileSync(job.GITHUB_STEP_SUMMARY, "utf8")).toMatch(/^before\n[\s\S]*missed/);
    expect(reportFile("missed", "xml")).toMatch(/\.run" name="no task failed"><\/testcase>/);
    expect(reportFile("missed", "xml").replace(/ id="[^"]*"/, "")).not.toContain(idOf("missed")); // its names are the same in each run
    expect(ran).toMatchObject({
      code: 100,
      stdout: expect.stringContaining("Gates: 1 of 2 missed (accuracy of careful)"),
    });
    expect(reportFile("missed", "xml")).toMatch(/<testsuites [^>]* tests="4" failures="1" errors="0">/);

    const args = ["report", idOf("missed"), ...flagsOf("missed")];
    expect((await crucible([...args, "--json"], here.path)).code).toBe(100);
    const changed = await crucible([...args, "--json", "--file", file], here.path);
    expect({ code: changed.code, ...JSON.parse(changed.stdout) }).toMatchObject({
      code: 100, // by the gates that were asked before the first task
      gates: [{ passed: false }, { passed: true }, { gate: { atLeast: 0.9 }, passed: true, afterwards: true }],
    });
  });

  it("refuse a definition that could never be judged, before anything runs", async () => {
    const { code, stderr } = await crucible(
      ["run", gated("no-gate.mjs", "NaN"), "--yes", ...flagsOf("refused")],
      here.path,
    );
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("gates[0].atLeast") });
  });
});

describe("crucible report --short", () => {
  it("prints the verdict, results and gates for a pull request, all else folded, and writes nothing", async () => {
    const before = readdirSync(join(here.path, "passed", "results"));
    const { code, stdout } = await crucible(["report", idOf("passed"), "--short", ...flagsOf("passed")], here.path);
    expect(code).toBe(0);
    expect([...stdout.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual(["Results", "Quality gates"]);
    expect(stdout).toMatch(/\*\*accuracy \(%\) ↑, higher is better\*\*\n\n- [\s\S]*\n## Results/);
    expect([...stdout.matchAll(/<summary>(.*)<\/summary>/g)].map(([, title]) => title)).toEqual([
      "Findings",
      "Failed and wrong tasks",
      "Comparisons",
    ]);
    expect(stdout.slice(0, stdout.indexOf("<details>")).split("\n").length).toBeLessThan(40);
    expect(readdirSync(join(here.path, "passed", "results"))).toEqual(before);
  });
});

describe("a report of an active run", () => {
  it("is marked partial in every format, and does not disturb the run", async () => {
    const calls = join(here.path, "going.calls");
    const go = join(here.path, "going.go");
    const env = { CALLS: calls, GO: go };
    const flags = flagsOf("going");
    const { child, ended } = start(["run", file, "--yes", "--formats", "json", ...flags], here.path, env);
    const made = (): number => {
      try {
        return readFileSync(calls, "utf8").trim().split("\n").length;
      } catch {
        return 0;
      }
    };
    await until(() => made() >= 12, "12 calls");
    const args = ["report", idOf("going"), "--formats", "markdown,html,latex,jupyter,json,junit", ...flags];
    const looked = await crucible([...args, "--json"], here.path);
    expect(child.exitCode).toBe(null); // it really was going on
    expect(JSON.parse(looked.stdout)).toMatchObject({ partial: true });
    for (const extension of ["md", "html", "tex", "ipynb"])
      expect(reportFile("going", extension)).toMatch(/Partial: \d+ of 80 tasks are still to run/);
    expect(JSON.parse(reportFile("going", "json"))).toMatchObject({ partial: true, status: "running" });
    expect(reportFile("going", "xml")).toContain('<error type="partial" message="running: tasks are still to run"/>');

    writeFileSync(go, "");
    expect((await ended).code).toBe(0);
    expect(made()).toBe(80);
    expect(JSON.parse(reportFile("going", "json"))).toMatchObject({ partial: false, status: "completed" });
  });
});
