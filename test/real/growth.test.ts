import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucible = sharedCrucible();
afterAll(() => here.remove());

const file = here.file(
  "growing.mjs",
  `import { defineExperiment } from "crucible-harness";
export default defineExperiment({
  name: "growing", dataset: Array.from({ length: 30 }, (_, i) => ({ id: "i" + i, n: i })), metrics: ["accuracy"],
  conditions: ["a", "b"].map((name, k) => ({ name, run: ({ n }, context) => ({ accuracy: (n + k + context.repeat) % 3 > 0 }) })),
  gates: [{ metric: "accuracy", condition: "a", atLeast: 0.9 }],
});`,
);
const flags = ["--checkpoints", join(here.path, "checkpoints"), "--out", join(here.path, "results"), "--yes"];
const run = (...more: string[]) => crucible(["run", file, "--id", "my-run", ...flags, ...more], here.path);
const report = () => readFileSync(join(here.path, "results", "my-run_report.md"), "utf8");

it("crucible run --id does a run once, continues it where more is planned, and names that in the report", async () => {
  const first = await run("--limit", "20");
  expect([first.code, first.stdout]).toEqual([100, expect.stringContaining("40 planned = 40 succeeded")]);
  expect(report()).not.toContain("made larger");

  const again = await run("--limit", "20");
  expect([again.code, again.stderr]).toEqual([
    100,
    expect.stringContaining("my-run is complete: each of its tasks has ended, so none was done again"),
  ]);

  const grown = await run("--limit", "30", "--repeat", "2");
  expect(grown.stderr).toContain("80 of 120 tasks");
  expect([grown.code, grown.stdout]).toEqual([100, expect.stringContaining("120 planned = 120 succeeded")]);
  for (const text of [grown.stdout, report()])
    expect(text.replace(/\\/g, "")).toContain(
      "The run was made larger after results could be seen (optional stopping): items were 20, now 30; repeat was 1, now 2 (40 tasks, now 120), when 40 of 40 tasks had ended.",
    );

  const shrunk = await run("--limit", "10", "--repeat", "2");
  expect([shrunk.code, shrunk.stderr]).toEqual([2, expect.stringContaining("would be left out")]);
});
