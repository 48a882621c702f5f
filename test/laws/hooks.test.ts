import type { Hooks } from "crucible-harness";
import { describe, expect, it } from "vitest";
import { digestBuilder } from "#src/analysis/failure-digest";
import { HOOK_LIMIT_MS } from "#src/experiment/hook-runner";
import type { HookConfig } from "#src/experiment/hooks";
import type { Manifest } from "#src/experiment/manifest";
import { reliability } from "#src/reports/reliability";
import { begin, finish, goOn, lastingStore, rowsOf, type Script, scripted, world } from "./harness.ts";

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

describe("what beforeExperiment returns", () => {
  type Answer = ReturnType<NonNullable<Hooks["beforeExperiment"]>>;
  const experimentWith = (
    here: ReturnType<typeof world>,
    hook: (config: HookConfig) => unknown,
    behaves: Script = () => "ok",
    more: object = {},
  ) =>
    scripted(here, behaves, {
      items: 12,
      conditions: 2,
      hooks: { beforeExperiment: (config) => hook(config) as Answer },
      config: { maxParallel: 6 },
      ...more,
    });
  const under = async (hook: (config: HookConfig) => unknown, behaves?: Script, more?: object) => {
    const here = world();
    const store = lastingStore();
    const report = await finish(here, begin(here, experimentWith(here, hook, behaves, more), store));
    return { here, report, rows: await rowsOf(store), manifest: (await store.manifest()) as Manifest };
  };

  it("acts on the run: parallelism, rate, timeout, retries and budget", async () => {
    expect((await under(() => undefined)).here.peak).toBe(6);
    expect((await under(({ config }) => ({ config: { ...config, maxParallel: 2 } }))).here.peak).toBe(2);
    const { here } = await under(() => ({ config: { rateLimit: 1 } }));
    expect(here.startsMs.at(-1)! - here.startsMs[0]!).toBeGreaterThan(10_000);
    const hangs: Script = (_, id) => (id === "i0" ? "hang" : "ok");
    const strict = { timeoutMs: 5, errorHandling: { maxRetries: 0, maxFailureRate: 0.9 } };
    const short = await under(() => ({ config: strict }), hangs);
    expect(short.report.accounting.failed).toBe(2);
    expect(short.here.calls.filter((call) => call.includes("/i0/"))).toHaveLength(2);
    expect((await under(() => ({ costBudget: { maxTotal: 2 } }))).report.status).toBe("budget_exhausted");
    const lifted = await under(() => ({ costBudget: { maxTotal: null } }), undefined, { costBudget: { maxTotal: 2 } });
    expect(lifted.report.status).toBe("completed");
  });

  it("changes no row, and stands in the manifest beside what was defined", async () => {
    const straight = await under(() => undefined);
    const { rows, manifest } = await under(({ config }) => ({ config: { ...config, maxParallel: 1 } }));
    expect(rows.toSorted()).toEqual(straight.rows.toSorted());
    expect(manifest.changedByHook).toEqual([{ path: "config.maxParallel", decided: 6, now: 1 }]);
    expect(manifest.experiment).toEqual(straight.manifest.experiment);
    expect(straight.manifest).not.toHaveProperty("changedByHook");
  });

  it("stands in the report with both values, and is the budget there", () => {
    const changes = [
      { path: "costBudget.maxTotal", decided: 2, now: 5 },
      { path: "config.rateLimit", now: 1 },
    ];
    const nothing = { planned: 0, succeeded: 0, failed: 0, skipped: 0, unscored: 0, pending: 0 };
    const none = { rows: 0, retries: 0, retriedTasks: 0, retriedLevels: {}, errors: {}, failedTasks: 0, doneAgain: 0 };
    const counts = {
      ...none,
      invalidMetrics: 0,
      cost: 1,
      costed: 1,
      tokens: 0,
      progress: [],
      spent: new Map(),
      digest: digestBuilder().digest(),
    };
    const text = JSON.stringify(
      reliability({ config: {}, costBudget: { maxTotal: 2 } }, [], nothing, counts, [], changes),
    );
    expect(text).toContain("costBudget.maxTotal 2 -> 5, config.rateLimit none -> 1");
    expect(text).toMatch(/"Budget".{0,60}of 5/);
  });

  it.each<[string, unknown, string]>([
    ["an impossible value", { config: { maxParallel: 0 } }, "config.maxParallel must be at least 1, got 0"],
    ["text for a number", { config: { timeoutMs: "fast" } }, "config.timeoutMs must be a number"],
    [
      "an unknown option",
      { config: { maxParalel: 2 } },
      'config.maxParalel is not an option. Did you mean "maxParallel"?',
    ],
    ["a misplaced option", { maxParallel: 2 }, "maxParallel is not read here, got 2. Return it in config"],
    ["a misplaced budget", { maxTotal: 2 }, "maxTotal is not read here, got 2. Return it in costBudget"],
    ["another seed", { config: { randomSeed: 7 } }, "config.randomSeed must stay 42"],
    ["another executor", { config: { executor: () => 1 } }, "config.executor must stay as it is"],
    ["another currency", { costBudget: { currency: "eur" } }, "costBudget.currency must stay"],
    ["a list for an object", { config: [] }, "config must be an object"],
  ])("is refused before any task where it is %s", async (_, answer, sentence) => {
    const here = world();
    const store = lastingStore();
    await expect(
      finish(
        here,
        begin(
          here,
          experimentWith(here, () => answer),
          store,
        ),
      ),
    ).rejects.toThrow(`hooks.beforeExperiment: ${sentence}`);
    expect(here.calls).toEqual([]);
  });

  it("is refused where a hook writes into the config that it sees", async () => {
    const wrong = under((seen) => {
      (seen.config as { maxParallel: number }).maxParallel = 1;
    });
    await expect(wrong).rejects.toThrow(/^hooks\.beforeExperiment failed, so nothing was run/);
  });

  it("is the same when the run is resumed, whatever the hook says then, which is a fact; a flag given since wins", async () => {
    const here = world();
    const store = lastingStore();
    let asks = 2;
    const seen: HookConfig[] = [];
    const hook = (config: HookConfig) => {
      seen.push(config);
      return { config: { maxParallel: asks }, costBudget: { maxTotal: 4 } };
    };
    const first = await finish(here, begin(here, experimentWith(here, hook), store));
    expect(first.status).toBe("budget_exhausted");
    asks = 5;
    here.peak = 0;
    const facts: string[] = [];
    const more = { overrides: { maxTotal: 100 } };
    const handle = goOn(here, experimentWith(here, hook), store, more);
    const listening = (async () => {
      for await (const fact of handle.facts) if (fact.type === "hook.failed") facts.push(fact.error);
    })();
    const second = await finish(here, handle);
    await listening;
    expect(second.status).toBe("completed");
    expect(here.peak).toBe(2);
    expect(seen.map(({ resumed, config }) => [resumed, config.maxParallel])).toEqual([
      [false, 6],
      [true, 6],
    ]);
    expect(facts[0]).toContain("asked for another config.maxParallel");
  });
});
