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
import { describe, expect, it } from "vitest";
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
