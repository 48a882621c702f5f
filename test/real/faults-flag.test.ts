import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sqliteStore } from "crucible-harness";
import { afterAll, describe, expect, it } from "vitest";
import { idIn } from "../support.ts";
import { scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucible = sharedCrucible();
afterAll(() => here.remove());

const file = here.file(
  "steady.mjs",
  `import { defineExperiment } from "crucible-harness";
export default defineExperiment({
  name: "steady", dataset: Array.from({ length: 40 }, (_, i) => ({ id: "i" + i })), metrics: ["accuracy"],
  conditions: [{ name: "a", run: () => ({ accuracy: 1 }) }],
  config: { errorHandling: { initialDelayMs: 1, maxFailureRate: 1 } },
});`,
);
const schedule = here.file(
  "faults.json",
  JSON.stringify([
    { target: "executor", fault: "reject", probability: 0.3 },
    { target: "actor", path: "services/collector", fault: "crash", at: 2 },
  ]),
);

async function faulted(name: string, seed: string) {
  const folder = join(here.path, name);
  const flags = ["--yes", "--checkpoints", folder, "--out", folder];
  const ended = await crucible(["run", file, "--faults", schedule, "--seed", seed, ...flags], here.path);
  const id = idIn(folder);
  const store = sqliteStore(join(folder, `${id}.db`), { mode: "read" });
  const attempts = [...store.outcomes()].map((outcome) => `${outcome.itemId}: ${outcome.attempts}`).sort();
  const stamp = store.manifest()?.faults;
  store.close();
  return { ended, attempts, stamp, report: readFileSync(join(folder, `${id}_report.md`), "utf8") };
}

describe("crucible run --faults faults.json --seed 7", () => {
  it("injects them, the same for the same seed, and stamps store and report", async () => {
    const [first, again, other] = await Promise.all([faulted("one", "7"), faulted("two", "7"), faulted("three", "8")]);
    expect(first.ended).toMatchObject({ code: 0, stdout: expect.stringContaining("40 planned = ") });
    expect(first.ended.stderr).toContain("injecting faults, seed 7: reject executor with probability 0.3; crash");
    expect(first.stamp).toBe("seed 7: reject executor with probability 0.3; crash services/collector at 2");
    expect(first.report).toContain("Faults were injected into this run (seed 7: reject executor");
    expect(first.attempts.filter((line) => !line.endsWith(": 1")).length).toBeGreaterThan(3);
    expect(again.attempts).toEqual(first.attempts);
    expect(other.attempts).not.toEqual(first.attempts);
  });

  it("says of each rule that never struck why, and the nearest name that there is", async () => {
    const rules = [
      { target: "actor", path: "services/colector", fault: "crash", at: 1 },
      { target: "actor", path: "services/collector", event: "outcome.stored", fault: "drop", at: 1 },
      { target: "executor", fault: "reject", at: 1000 },
      { target: "executor", fault: "delay", probability: 1e-9 },
      { target: "backend", fault: "reject", at: 1 },
      { target: "executor", fault: "delay", at: 1, forMs: 1 },
    ];
    const idle = here.file("idle.json", JSON.stringify(rules));
    const folder = join(here.path, "idle");
    const { code, stderr } = await crucible(
      ["run", file, "--faults", idle, "--yes", "--checkpoints", folder, "--out", folder],
      here.path,
    );
    expect(code).toBe(2); // nothing is called services/colector
    expect(stderr.split("\n").filter((line) => line.includes("never struck"))).toEqual([
      'the fault "crash services/colector at 1" never struck: no actor has that path. Did you mean "services/collector"?',
      'the fault "drop services/collector (outcome.stored) at 1" never struck: no event of that type came to an actor of that path. Did you mean "outcome.store"?',
      'the fault "reject executor at 1000" never struck: it counted 40 calls in this session',
      'the fault "delay executor with probability 1e-9" never struck: it counted 40 calls in this session, and chance chose none',
      'the fault "reject backend at 1" never struck: no model call was made',
    ]);
  });

  it("draws no conclusion in the terminal, the report or its short form, however clear the numbers are", async () => {
    const clear = here.file(
      "clear.mjs",
      `import { defineExperiment } from "crucible-harness";
export default defineExperiment({
  name: "clear", dataset: Array.from({ length: 40 }, (_, i) => ({ id: "i" + i })), metrics: ["accuracy"],
  conditions: [{ name: "a", run: () => ({ accuracy: 0 }) }, { name: "b", run: () => ({ accuracy: 1 }) }],
  config: { errorHandling: { initialDelayMs: 1, maxFailureRate: 0.99 } },
  gates: [{ metric: "accuracy", condition: "a", atLeast: 1 }],
});`,
    );
    const folder = join(here.path, "clear");
    const flags = ["--checkpoints", folder, "--out", folder];
    const ended = await crucible(["run", clear, "--yes", "--faults", schedule, "--seed", "7", ...flags], here.path);
    const id = idIn(folder);
    const short = await crucible(["report", id, "--short", ...flags], here.path);
    const report = readFileSync(join(folder, `${id}_report.md`), "utf8");
    expect(ended.code).toBe(0); // a gate is not judged
    for (const text of [ended.stdout, short.stdout, report]) {
      expect(text).toContain("it says nothing about the conditions, and no gate was judged");
      expect(text).not.toMatch(/(better|worse) than|is best|best group|stands out|adjusted p [=<]/i);
    }
  });

  it("refuses an invalid file, and a rule that is wrong, before anything is run", async () => {
    const flags = ["--yes", "--checkpoints", join(here.path, "refused")];
    const missing = await crucible(["run", file, "--faults", "nowhere.json", ...flags], here.path);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("--faults must be a file") });
    const wrong = here.file("wrong.json", JSON.stringify([{ target: "store", fault: "explode", at: 1 }]));
    const refused = await crucible(["run", file, "--faults", wrong, ...flags], here.path);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("faults[0].fault must be one of") });
    expect(readdirSync(here.path)).not.toContain("refused");
  });
});
