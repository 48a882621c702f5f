import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { idIn } from "../support.ts";
import { crucible, scratch } from "./command.ts";

const here = scratch();
afterAll(() => here.remove());

const file = here.file(
  "flaky.mjs",
  `import { defineExperiment } from "crucible-harness";
export default defineExperiment({
  name: "flaky", dataset: Array.from({ length: 20 }, (_, i) => ({ id: "i" + i })), metrics: ["accuracy"],
  conditions: [{ name: "a", run: ({ id }) => {
    if (id === "i3" && process.env.MENDED !== "yes") throw Object.assign(new Error("no such model"), { status: 404 });
    return { accuracy: 1 };
  } }],
  config: { errorHandling: { dlqEnabled: true, dlqPath: ${JSON.stringify(join(here.path, "failed.jsonl"))} } },
});`,
);

it("crucible dlq lists the tasks that failed permanently, and does them again", async () => {
  const flags = ["--checkpoints", join(here.path, "checkpoints"), "--out", join(here.path, "results")];
  const first = await crucible(["run", file, "--yes", ...flags], here.path);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("19 succeeded + 1 failed") });
  const letters = readFileSync(join(here.path, "failed.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(letters).toMatchObject([
    { itemId: "i3", item: { id: "i3" }, error: { kind: "not_found", status: 404 }, attempts: 1 },
  ]);

  const id = idIn(join(here.path, "checkpoints"));
  const listed = await crucible(["dlq", "list", id, "--checkpoints", join(here.path, "checkpoints")], here.path);
  expect(listed.stdout).toContain("a/i3/0  1 attempts  not_found: no such model");

  const again = await crucible(["dlq", "retry", id, "--yes", ...flags], here.path, { MENDED: "yes" });
  expect(again).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("20 succeeded + 0 failed"),
    stderr: expect.stringContaining("1 failed task is planned again"),
  });
});

it("crucible dlq retry of code that was repaired names what changed, and loses no dead letter before it is accepted", async () => {
  const folder = join(here.path, "repaired");
  const code = (fix: string): string => `import { defineExperiment } from "crucible-harness";
export default defineExperiment({
  name: "typo", dataset: Array.from({ length: 6 }, (_, i) => ({ id: "i" + i })), metrics: ["accuracy"],
  conditions: [{ name: "a", run: ({ id }) => { if (id === "i3") { ${fix} } return { accuracy: 1 }; } }],
});`;
  const flags = ["--checkpoints", join(folder, "checkpoints"), "--out", join(folder, "results")];
  const path = here.file("typo.mjs", code(`throw new Error("a typo");`));
  await crucible(["run", path, "--yes", ...flags], here.path);
  const id = idIn(join(folder, "checkpoints"));
  here.file("typo.mjs", code(""));
  const refused = await crucible(["dlq", "retry", id, "--yes", ...flags], here.path);
  expect(refused.code).toBe(2);
  const accept = /--accept-changed (\S+)/.exec(refused.stderr)![1]!;
  const listed = await crucible(["dlq", "list", id, "--checkpoints", join(folder, "checkpoints")], here.path);
  expect(listed.stdout).toContain("a/i3/0  1 attempts  unknown: a typo");
  const again = await crucible(["dlq", "retry", id, "--yes", ...flags, "--accept-changed", accept], here.path);
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("6 succeeded + 0 failed") });
});
