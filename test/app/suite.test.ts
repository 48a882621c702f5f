import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  listRuns,
  runSuite,
  type SuiteEntry,
  type SuiteOptions,
  startResumedSuite,
  startSuite,
} from "crucible-harness";
import { describe, expect, it, vi } from "vitest";
import { fetchLiveState, tell } from "#src/app/observe/live";
import { route } from "#src/viewer/routes";
import { openRuns } from "#src/viewer/runs";
import { calls, counted, denied, folder, names, quiet, type Run, statuses } from "./suites.ts";

describe("a suite", () => {
  it("runs each experiment as a run of its own, and never more tasks at a time than all may have together", async () => {
    const here = calls();
    const options = quiet({ maxParallel: 3, id: "night" });
    const report = await runSuite(
      names(4).map((name) => counted(here, name, undefined, { tags: [name === "e0" ? "first" : "other"] })),
      options,
    );
    expect([report.status, statuses(report)]).toEqual([
      "completed",
      { e0: "completed", e1: "completed", e2: "completed", e3: "completed" },
    ]);
    expect([here.of.length, here.peak, report.accounting.succeeded]).toEqual([16, 3, 16]);
    const runs = listRuns(options.checkpointDir!);
    expect(runs.map(({ experimentId, tags }) => [experimentId, tags]).sort()).toEqual([
      ["night.e0", ["first"]],
      ["night.e1", ["other"]],
      ["night.e2", ["other"]],
      ["night.e3", ["other"]],
    ]);
  });

  it("keeps its budget over all experiments, ends in the middle, and continues with a larger one", async () => {
    const here = calls();
    const paid: Run = (_, context) => {
      context.charge(1);
      return { accuracy: 1 };
    };
    const experiments = () => names(3).map((name) => counted(here, name, paid, { items: 5, estimate: 1 }));
    const options = quiet({ id: "money" });
    const first = await runSuite(experiments(), { ...options, maxTotal: 7, experimentsAtOnce: 1 });
    expect([first.status, first.cost, here.of.length]).toEqual(["budget_exhausted", 7, 7]);
    expect(statuses(first)).toEqual({ e0: "completed", e1: "budget_exhausted", e2: "not_started" });
    const same = await runSuite(experiments(), { ...options, maxTotal: 7 });
    expect([same.status, same.cost, here.of.length]).toEqual(["budget_exhausted", 7, 7]);
    const more = await startResumedSuite("money", { ...options, maxTotal: 15, experiments: experiments() }).done;
    expect([more.status, more.cost, here.of.length]).toEqual(["completed", 15, 15]);
    expect(new Set(here.of).size).toBe(15);
  });

  it("is looked at, changed, paused and stopped by its id from another process, and says who did what", async () => {
    const here = calls();
    let open: () => void = () => {};
    const gate = new Promise<void>((done) => {
      open = done;
    });
    const waits: Run = async () => {
      await gate;
      return { accuracy: 1 };
    };
    const options = quiet({ id: "nightly", observe: true, maxParallel: 4 });
    const directory = options.checkpointDir!;
    const suite = startSuite(
      [counted(here, "a", waits, { items: 9 }), counted(here, "b", waits, { items: 9 })],
      options,
    );
    const state = async () => (await fetchLiveState(directory, "nightly"))?.status;
    await vi.waitFor(() => expect(here.running).toBe(4), 20_000);
    await vi.waitFor(
      async () => expect(await state()).toMatchObject({ state: "running", accounting: { planned: 18 } }),
      20_000,
    );
    expect(await tell(directory, "nightly", "adjust", { limits: { maxParallel: 2 }, reason: "slow" })).toEqual({
      maxParallel: { from: 4, to: 2 },
    });
    await expect(tell(directory, "nightly", "adjust", { limits: { maxPerCondition: 1 } })).rejects.toThrow(
      "maxPerCondition is a limit of one experiment, and cannot be changed for a suite, got 1. Change it for its run: crucible adjust <suite>.<name>",
    );
    await expect(tell(directory, "nightly", "adjust", { limits: { maxTotal: 1 } })).rejects.toThrow(
      /^maxTotal cannot be given/,
    );
    await tell(directory, "nightly", "pause");
    expect((await state())?.state).toBe("paused");
    await tell(directory, "nightly", "resume");
    const runs = openRuns(directory);
    const reply = await route(new URL("/suite/nightly", "http://127.0.0.1"), runs);
    runs.close();
    expect("page" in reply && reply.page.main.text).toMatch(
      /Suite[\s\S]*nightly[\s\S]*running[\s\S]*0 of 2 experiments ended[\s\S]*nightly\.a/,
    );
    await tell(directory, "nightly", "drain", { reason: "enough" });
    open();
    const report = await suite.done;
    expect([report.status, here.of.length, report.accounting.succeeded]).toEqual(["interrupted", 4, 4]);
    expect(report.interventions?.map(({ what, reason }) => [what, reason])).toEqual([
      ["limits", "slow"],
      ["pause", undefined],
      ["continue", undefined],
    ]);
    expect(report.reason).toMatch(/asked to stop: enough$/);
    expect(readdirSync(directory).filter((name) => name.endsWith(".live"))).toEqual([]);
  });

  it("is run by one process at a time: two would each spend its budget", async () => {
    const options = quiet({ id: "once" });
    const first = startSuite([counted(calls(), "a")], options);
    for await (const fact of first.facts) if (fact.type === "experiment.started") break;
    await expect(runSuite([counted(calls(), "b")], options)).rejects.toThrow(/once.suite.json is being run by another/);
    await first.done;
    expect(readdirSync(options.checkpointDir!).sort()).toEqual(["once.a.db", "once.suite.json"]);
  });

  it("leaves the others going where one is refused, aborted or denied", async () => {
    const here = calls();
    const report = await runSuite(
      [
        counted(here, "good"),
        counted(here, "no data", undefined, { items: 0 }),
        counted(here, "aborts", denied, { hooks: { onError: () => "abort" } }),
        counted(here, "bad hook", undefined, {
          hooks: {
            beforeExperiment: () => {
              throw new Error("no");
            },
          },
        }),
        counted(here, "fine"),
      ],
      quiet({ experimentsAtOnce: 2 }),
    );
    expect(statuses(report)).toEqual({
      good: "completed",
      "no data": "refused",
      aborts: "aborted",
      "bad hook": "refused",
      fine: "completed",
    });
    expect(report.status).toBe("completed");
  });
});

describe("the experiments of a suite", () => {
  const file = (name: string, tags: readonly string[] = []): string =>
    `export default { name: ${JSON.stringify(name)}, tags: ${JSON.stringify(tags)}, dataset: [{ id: ${JSON.stringify(name)} }], conditions: [{ name: "c", run: () => ({ accuracy: 1 }) }], metrics: ["accuracy"] };`;
  const here = folder();
  mkdirSync(join(here, "deep", "node_modules"), { recursive: true });
  writeFileSync(join(here, "a.experiment.mjs"), file("a", ["x"]));
  writeFileSync(join(here, "deep", "b.experiment.mjs"), file("b", ["x", "y"]));
  writeFileSync(join(here, "deep", "node_modules", "c.experiment.mjs"), file("c"));
  writeFileSync(join(here, "helper.mjs"), "throw new Error('is no experiment')");
  writeFileSync(join(here, "z.experiment.mjs"), "export default {");
  const _found = async (paths: readonly SuiteEntry[], more: SuiteOptions = {}): Promise<string[]> =>
    Object.keys(statuses(await runSuite(paths, quiet(more))));

  it("are run without the file that cannot be loaded, which is named", async () => {
    const report = await runSuite([here], quiet());
    expect(report.refused.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/z\.experiment\.mjs.*cannot be/),
    ]);
  });

  it("are refused as a whole where none is found or two have one name, and nothing is written", async () => {
    const empty = folder();
    const options = quiet();
    await expect(runSuite([empty], options)).rejects.toThrow(/must hold an experiment file/);
    await expect(runSuite([join(empty, "none")], options)).rejects.toThrow(/There is nothing at/);
    await expect(runSuite([join(empty, "*.ts")], options)).rejects.toThrow(/must match an experiment file/);
    const wrong = { ...options, durability: "normal" as never };
    await expect(runSuite([here], wrong)).rejects.toThrow(/durability must be one of/);
    await expect(runSuite([], options)).rejects.toThrow(/at least one experiment or path/);
    await expect(runSuite([{} as SuiteEntry], options)).rejects.toThrow(
      /experiments\[0\] must be an experiment or a path/,
    );
    const twice = [counted(calls(), "a"), join(here, "a.experiment.mjs")];
    await expect(runSuite(twice, options)).rejects.toThrow(/experiments\[0\] and .*a\.experiment\.mjs have the same/);
    expect(readdirSync(options.checkpointDir!)).toEqual([]);
  });
});
