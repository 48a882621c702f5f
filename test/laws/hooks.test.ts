import type { Hooks } from "crucible-harness";
import { describe, expect, it } from "vitest";
import { HOOK_LIMIT_MS } from "#src/experiment/hook-runner";
import { begin, finish, lastingStore, rowsOf, type Script, scripted, world } from "./harness.ts";

const script: Script = (_, itemId) => (itemId === "i1" ? "400" : "ok");

async function ran(hooks: Hooks<{ id: string }>) {
  const here = world();
  const store = lastingStore();
  const experiment = scripted(here, script, {
    items: 3,
    conditions: 1,
    hooks,
    config: { errorHandling: { maxFailureRate: 1 } },
  });
  const handle = begin(here, experiment, store);
  const failed: string[] = [];
  const listening = (async () => {
    for await (const fact of handle.facts) if (fact.type === "hook.failed") failed.push(`${fact.hook}: ${fact.error}`);
  })();
  const report = await finish(here, handle);
  await listening;
  return { report, failed, rows: await rowsOf(store) };
}

const ways = {
  throws: () => {
    throw new Error("boom");
  },
  "throws nothing": () => {
    throw undefined;
  },
  rejects: () => Promise.reject(new Error("boom")),
  "never comes back": () => new Promise<never>(() => {}),
};

describe.each(Object.entries(ways))("a hook that %s", (_, hook) => {
  it.each([
    ["beforeCondition", 3],
    ["afterCondition", 3],
    ["onError", 1],
    ["afterExperiment", 1],
  ] as const)("(%s) is told by its name and changes no row", async (name, calls) => {
    const straight = await ran({});
    const { report, failed, rows } = await ran({ [name]: hook });
    expect(report).toMatchObject({ status: "completed", accounting: { succeeded: 2, failed: 1 } });
    expect(rows).toEqual(straight.rows);
    expect(failed).toHaveLength(calls);
    for (const sentence of failed)
      expect(sentence).toMatch(new RegExp(`^${name}: (boom|threw|undefined|took longer than ${HOOK_LIMIT_MS} ms)`));
  });

  it("(beforeExperiment) that returns no config is refused before any task, unless it returns nothing", async () => {
    for (const value of [42, "text", [], true])
      await expect(ran({ beforeExperiment: () => value as never })).rejects.toThrow(
        /^hooks\.beforeExperiment must return its config, or nothing, got /,
      );
    for (const value of [undefined, null])
      expect((await ran({ beforeExperiment: () => value as never })).report.status).toBe("completed");
  });

  it("(beforeExperiment) stops the run before any task, since its config would be unknown", async () => {
    await expect(ran({ beforeExperiment: hook })).rejects.toThrow(
      /^hooks\.beforeExperiment failed, so nothing was run/,
    );
  });
});
