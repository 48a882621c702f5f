import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { idIn } from "../support.ts";
import { crucible as crucibleAlone, scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

const here = scratch();
const crucible = sharedCrucible();
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
  expect(listed.stdout).toContain("a/i3/0  1 attempt  not_found: no such model");

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
  await crucibleAlone(["run", path, "--yes", ...flags], here.path); // the file changes
  const id = idIn(join(folder, "checkpoints"));
  here.file("typo.mjs", code(""));
  const refused = await crucible(["dlq", "retry", id, "--yes", ...flags], here.path);
  expect(refused.code).toBe(2);
  const accept = /--accept-changed "(\S+)"/.exec(refused.stderr)![1]!;
  expect(accept).toBe("conditions[0].code");
  const listed = await crucible(["dlq", "list", id, "--checkpoints", join(folder, "checkpoints")], here.path);
  expect(listed.stdout).toContain("a/i3/0  1 attempt  unknown: a typo");
  const again = await crucible(["dlq", "retry", id, "--yes", ...flags, "--accept-changed", accept], here.path);
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("6 succeeded + 0 failed") });
});

it("crucible run says why tasks failed, in the terminal and in every report; a task that is done again keeps what failed before", async () => {
  const folder = join(here.path, "why");
  const code = (failing: string): string => `import { defineExperiment } from "crucible-harness";
export default defineExperiment({
  name: "why", dataset: Array.from({ length: 12 }, (_, i) => ({ id: "i" + i })), metrics: ["accuracy"],
  conditions: ["a", "b"].map((name) => ({ name, run: ({ id }) => { ${failing} return { accuracy: 1 }; } })),
  config: { errorHandling: { maxFailureRate: 1 } },
});`;
  const flags = ["--checkpoints", join(folder, "checkpoints"), "--out", join(folder, "results")];
  const formats = ["markdown", "latex", "html", "jupyter", "csv", "json", "junit"];
  const failing = `if (id < "i3") throw new Error("no item of the name " + id + ", sk-abcdef0123456789");`;
  const path = here.file("why.mjs", code(failing));
  const run = await crucibleAlone(["run", path, "--yes", ...flags, "--formats", formats.join(",")], here.path);
  expect(run.stdout).toMatch(
    /Why tasks failed:\n {2}10 x unknown: no item of the name i\d+, \[redacted\] \(a: 5; b: 5\)\n/,
  );
  const id = idIn(join(folder, "checkpoints"));
  for (const extension of ["md", "tex", "html", "ipynb", "csv", "json", "xml"]) {
    const report = readFileSync(join(folder, "results", `${id}_report.${extension}`), "utf8");
    expect([extension, report]).toEqual([extension, expect.stringMatching(/no item of the name i\d+, /)]);
    expect([extension, report.includes("abcdef0123456789")]).toEqual([extension, false]);
  }

  const digest = await crucible(["digest", id, ...flags.slice(0, 2)], here.path);
  expect(digest.stdout).toMatch(
    /^ {4}10 {2}failed {4}unknown: no item of the name i\d+, \[redacted\]\n {18}a: 5; b: 5\n {18}e\.g\. i\d+ \([ab], task \d+\)\n/,
  );

  here.file("why.mjs", code(`if (id === "i0") throw new Error("still not there");`));
  const retried = ["dlq", "retry", id, "--yes", ...flags, "--accept-changed"];
  const again = await crucible([...retried, "conditions[0].code,conditions[1].code"], here.path);
  expect(again.stdout).toContain("Why tasks failed:\n  2 x unknown: still not there (a: 1; b: 1)\n");
  const exported = await crucible(["export", id, "--format", "jsonl", "--to", "-", ...flags.slice(0, 2)], here.path);
  const rows = exported.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(rows.filter(({ earlierErrors }) => earlierErrors)).toHaveLength(10);
  expect(rows.find(({ itemId, condition }) => itemId === "i0" && condition === "a")).toMatchObject({
    earlierErrors: [{ attempt: 1, error: { kind: "unknown", message: "no item of the name i0, [redacted]" } }],
    errorHistory: [{ attempt: 1, error: { kind: "unknown", message: "still not there" } }],
  });
  const listed = await crucible(["dlq", "list", id, ...flags.slice(0, 2)], here.path);
  expect(listed.stdout).toContain("a/i0/0  1 attempt (after 1 before it was done again)  unknown: still not there");
});
