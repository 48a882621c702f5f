import { afterAll, describe, expect, it } from "vitest";
import { isLong } from "../runs.ts";
import { crucible, type Ended, scratch } from "./command.ts";
import { sharedCrucible } from "./shared-crucible.ts";

/** Threads have their turn in `npm run test:long`. */
const executors = isLong ? ["threads"] : ["inline"];

const here = scratch();
const crucibleShared = sharedCrucible();
afterAll(() => here.remove());

/** An experiment file with two conditions, and more where they are given. */
const file = (name: string, bad: string, more = "", conditions = ""): string =>
  here.file(
    `${name}.mjs`,
    `import { defineExperiment } from "crucible-harness";
const at = {};
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default defineExperiment({
  name: "${name}", dataset: Array.from({ length: 12 }, (_, id) => ({ id, list: [id, 3, 1, 2] })), metrics: ["accuracy"],
  conditions: [
    { name: "bad", run: ${bad} },
    ${conditions}
    { name: "good", run: ({ list }) => ({ accuracy: 1, first: list[0], output: "x" }) },
  ],
  config: { maxParallel: 3, errorHandling: { maxFailureRate: 0.99 } },
  ${more}
});`,
  );

/** Runs a file by the command. @returns also the rows that are stored, as `condition/item: status` */
async function runs(
  path: string,
  executor: string,
  run = crucible,
): Promise<Ended & { id: string; rows: string[]; lines: string[] }> {
  const ended = await run(["run", path, "--yes", "--json", "--executor", executor], here.path);
  const id = /exp_[\w-]+/.exec(ended.stdout + ended.stderr)![0];
  const { stdout } = await crucibleShared(["export", id, "--format", "jsonl", "--to", "-"], here.path);
  const lines = stdout.trim().split("\n").filter(Boolean);
  const all = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const rows = all.map(({ condition, itemId, finalStatus }) => `${condition}/${itemId}: ${finalStatus}`).sort();
  return { ...ended, id, rows, lines };
}

const failed = (rows: readonly string[]): string[] => rows.filter((row) => !row.endsWith("success"));

describe.each(executors)("an error that nobody waits for, %s", (executor) => {
  it("fails its own task and no other, also where that returns at once", async () => {
    const bad = `async ({ id }) => {
      const { EventEmitter } = await import("node:events");
      if (id === 0) void Promise.reject(new Error("stray"));
      if (id === 4) void wait(5).then(() => { throw new Error("stray"); });
      if (id === 6) setTimeout(() => { throw new Error("stray"); }, 5);
      if (id === 8) setImmediate(() => new EventEmitter().emit("error", new Error("stray")));
      if (id > 0) await wait(40);
      return { accuracy: 1 };
    }`;
    const atOnce = `({ id }) => { if (id % 4 === 0) void Promise.reject(new Error("at once")); return { accuracy: 1 }; }`;
    const path = file(`strays-${executor}`, bad, "", `{ name: "at once", run: ${atOnce} },`);
    const { code, rows, lines } = await runs(path, executor);
    const expected = [...[0, 4, 8].map((id) => `at once/${id}`), ...[0, 4, 6, 8].map((id) => `bad/${id}`)];
    expect([code, failed(rows)]).toEqual([0, expected.map((task) => `${task}: failed_permanent`)]);
    expect(lines.filter((line) => line.includes('"kind":"crash","message":"stray"'))).toHaveLength(4);
    expect(lines.filter((line) => line.includes('"kind":"crash","message":"at once"'))).toHaveLength(3);
  });

  it("fails the task whose scorer leaves it, and is said where stored answers are scored at once: never the run", async () => {
    const path = here.file(
      `scorers-${executor}.mjs`,
      `import { defineExperiment } from "crucible-harness";
import { backendOf } from "crucible-harness/backends";
import { scored, scorer } from "crucible-harness/scoring";
import { generate } from "crucible-harness/solver";
const backend = backendOf("model", (messages) => ({ content: messages.at(-1).content }));
let calls = 0;
const leaving = (when) => scorer("leaving", ({ output }) => {
  if (when(Number(output.content))) void Promise.reject(new Error("left"));
  return scored(1);
});
export default defineExperiment({
  name: "scorers", metrics: ["accuracy"], dataset: Array.from({ length: 12 }, (_, id) => ({ id: "i" + id, input: "" + id })),
  conditions: [
    { name: "always", solver: generate(), backend, scorers: [leaving(() => true)] },
    { name: "once", solver: generate(), backend, scorers: [leaving((id) => id === 7 && ++calls === 1)] },
  ],
  config: { maxParallel: 2, errorHandling: { maxFailureRate: 0.99 } },
});`,
    );
    const { code, rows, id } = await runs(path, executor);
    const bad = rows.filter((row) => row.startsWith("always/") || row.startsWith("once/i7:"));
    expect([code, failed(rows)]).toEqual([0, bad]);
    if (executor !== "inline") return;
    const again = await crucible(["score", id, "--json"], here.path);
    expect(again.code).toBe(0);
    expect(again.stdout + again.stderr).toContain(
      "once/i7/0 threw an uncaught error after its end; its result stands: left",
    );
  });

  it("changes nothing about a task that has ended, and is said", async () => {
    // thrown after its end on any machine: inline a hook tells of that; a thread does one task at a time, so the next one does
    const isOver = executor === "inline" ? "at.ended" : "at.task !== 4";
    const look = `const look = () => { if (${isOver}) throw new Error("much later"); setTimeout(look, 5); }; setTimeout(look, 5);`;
    const bad = `({ id }) => { at.task = id; if (id === 4) { ${look} } return wait(id === 4 ? 0 : 25).then(() => ({ accuracy: 1 })); }`;
    const hook = `hooks: { afterCondition: ({ name }, { id }) => { if (name === "bad" && id === 4) at.ended = true; } },`;
    const { code, rows, stderr } = await runs(file(`later-${executor}`, bad, hook), executor);
    expect([code, failed(rows)]).toEqual([0, []]);
    if (executor === "threads") return; // a thread says it with its next task, where there is one
    expect(stderr).toContain("bad/4/0 threw an uncaught error after its end; its result stands: much later");
  });
});

describe.each(executors)("an error that belongs to no task, %s", (executor) => {
  it("fails none: running tasks end, the run stops with a sentence, and is resumed", async () => {
    const path = here.file(
      `nobody-${executor}.mjs`,
      `import { AsyncResource } from "node:async_hooks";
import { defineExperiment } from "crucible-harness";
const nobody = AsyncResource.bind(() => void setTimeout(() => { throw new Error("of nobody"); }, 1)); // made before any task
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default defineExperiment({
  name: "nobody", dataset: Array.from({ length: 40 }, (_, id) => ({ id })), metrics: ["accuracy"],
  conditions: ["a", "b"].map((name) => ({ name, run: async ({ id }) => {
    if (id === 3 && name === "a" && !process.env.MENDED) nobody();
    await wait(20);
    return { accuracy: 1 };
  } })),
  config: { maxParallel: 3, randomSeed: 1 },
});`,
    );
    const { code, stderr, id, rows } = await runs(path, executor);
    expect([code, failed(rows)]).toEqual([3, []]);
    expect(rows.length).toBeLessThan(80);
    expect(stderr).toContain("an uncaught error was thrown outside of any task: of nobody. Resume when it is mended");
    const resumed = await crucible(["resume", id, "--yes"], here.path, { MENDED: "1" });
    expect([resumed.code, resumed.stdout + resumed.stderr]).toEqual([0, expect.stringContaining("80")]);
  });
});

if (!isLong)
  describe("an item that a condition changes", () => {
    it("is seen as it was by all others, inline as in threads", async () => {
      const path = file(
        "sorts",
        `({ list }) => { list.sort((x, y) => x - y); list.push(99); return { accuracy: 1, first: list[0], length: list.length }; }`,
        "repeat: 2,",
      );
      const seen = await Promise.all(
        ["inline", "threads"].map(async (executor) => {
          const { lines } = await runs(path, executor, crucibleShared);
          return lines
            .map((line) => JSON.parse(line) as { condition: string; itemId: string; metrics: Record<string, number> })
            .map(({ condition, itemId, metrics }) => `${condition}/${itemId}: ${metrics.first} ${metrics.length}`)
            .sort();
        }),
      );
      expect(seen[0]).toEqual(seen[1]);
      expect(seen[0]!.filter((row) => row.startsWith("good/7"))).toEqual([
        "good/7: 7 undefined",
        "good/7: 7 undefined",
      ]);
      expect(seen[0]!.filter((row) => row.startsWith("bad/7"))).toEqual(["bad/7: 1 5", "bad/7: 1 5"]);
    });
  });

if (!isLong)
  describe("a process that ends while its run continues", () => {
    it("by process.exit(0) in a condition does not end as if all were well, and says how to continue", async () => {
      const bad = `async ({ id }) => { await wait(20); if (id === 9) { process.removeAllListeners("exit"); process.exit(0); } return { accuracy: 1 }; }`;
      const path = file("exits", bad, `gates: [{ metric: "accuracy", condition: "good", atLeast: 2 }],`);
      const ended = await crucible(["run", path, "--yes"], here.path);
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(
        /crucible: (exp_[\w-]+) did not end normally, because process\.exit was called while it was active\. What had ended \(\d+ of 24 tasks\) is in .*\.db: crucible resume \1\n$/,
      );
    });
  });
