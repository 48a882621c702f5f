import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sqliteStore } from "crucible-harness";
import { afterAll, describe, expect, it } from "vitest";
import { idIn } from "../support.ts";
import { scratch, start } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucible = sharedCrucible();
afterAll(() => here.remove());

/** Answers leave a line each; the scorer kills its process when it is first asked, before anything else, and refuses once after that. */
const experiment = `
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { defineExperiment } from "crucible-harness";
import { backendOf, generate } from "crucible-harness/solver";
const note = (line) => appendFileSync(process.env.CALLS, line + "\\n");
let drawn = 0;
const model = backendOf("model", async () => {
  note("model");
  return { content: process.pid + " " + ++drawn, cost: 1 };
});
const first = (name) => {
  const file = process.env.CALLS + "." + name;
  const isFirst = !existsSync(file);
  if (isFirst) writeFileSync(file, "");
  return isFirst;
};
function judged(state) {
  if (first("killed")) process.kill(process.pid, "SIGKILL");
  note("judge " + state.output.content);
  if (first("busy")) throw Object.assign(new Error("busy"), { status: 429 });
  return { value: 1 };
}
export default defineExperiment({
  name: "stages",
  dataset: Array.from({ length: 3 }, (_, i) => ({ id: "i" + i, input: "?" })),
  conditions: [{ name: "a", solver: generate(), scorers: [judged], backend: model }],
  metrics: ["accuracy"],
  config: { maxParallel: 1, errorHandling: { initialDelayMs: 1 } },
});`;
const file = here.file("stages.mjs", experiment);

describe.each(["inline", "threads"])("a run of answers and scores in %s that is killed between the two", (executor) => {
  it("is resumed at the second: no answer is asked for again", async () => {
    const calls = join(here.path, `${executor}.calls`);
    const checkpoints = join(here.path, executor, "checkpoints");
    const flags = ["--yes", "--checkpoints", checkpoints, "--out", join(here.path, executor, "results")];
    const env = { CALLS: calls };
    const { ended } = start(["run", file, ...flags, "--executor", executor], here.path, env);
    await ended;
    const path = join(checkpoints, `${idIn(checkpoints)}.db`);
    const killed = sqliteStore(path, { mode: "read" });
    expect([[...killed.outcomes()].length, killed.answers().length]).toEqual([0, 1]);
    killed.close();
    const resumed = await crucible(["resume", idIn(checkpoints), ...flags], here.path, env);
    expect(resumed.code, resumed.stderr).toBe(0);
    const made = readFileSync(calls, "utf8").trim().split("\n");
    expect(made.filter((line) => line === "model")).toHaveLength(3);
    const store = sqliteStore(path, { mode: "read" });
    const rows = [...store.outcomes()];
    expect(store.answers()).toEqual([]);
    store.close();
    const answers = rows.map(({ output }) => `judge ${output?.completion}`);
    expect(made.filter((line) => line !== "model").sort()).toEqual([...answers, answers[0]].sort()); // the first was refused once
    expect(rows.map(({ cost, scoring }) => [cost, scoring?.attempts])).toEqual([
      [1, 2],
      [1, 1],
      [1, 1],
    ]);
    expect(existsSync(`${calls}.busy`)).toBe(true);
  });
});
