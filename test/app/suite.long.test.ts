import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  defineExperiment,
  runSuite,
  type SuiteEntry,
  type SuiteOptions,
  startResumedSuite,
  startSuite,
} from "crucible-harness";
import { describe, expect, it } from "vitest";
import { match } from "#src/scoring/index";
import { type Calls, calls, counted, denied, folder, names, quiet, type Run, statuses } from "./suites.ts";

describe("a suite", () => {
  it("is the same again under its id: what has ended is not run again, and what was left is done", async () => {
    const here = calls();
    let isDenied = true;
    const some: Run = (item, context) => (isDenied && item.id !== "e10" ? denied(item, context) : { accuracy: 1 });
    const errorHandling = { maxFailureRate: 0.5, minimumTasks: 2, failureWindow: 2 };
    const experiments = () => [
      counted(here, "e0"),
      counted(here, "e1", some, { items: 40, config: { maxParallel: 1, errorHandling } }),
    ];
    const options = quiet({ id: "again" });
    const first = await runSuite(experiments(), options);
    expect([first.status, statuses(first)]).toEqual(["completed", { e0: "completed", e1: "aborted" }]);
    expect(first.experiments[1]!.reason).toMatch(/circuit breaker opened/);
    isDenied = false;
    const done = here.of.length;
    const second = await startResumedSuite("again", { ...options, experiments: experiments() }).done;
    expect(statuses(second)).toEqual({ e0: "completed", e1: "completed" });
    expect(here.of.slice(done)).not.toContain("e00");
    expect(here.of.length - done).toBe(first.accounting.pending);
    await expect(startResumedSuite("again", options).done).rejects.toThrow(
      /must be given again: those of again were given in code/,
    );
    await expect(startResumedSuite("agian", options).done).rejects.toThrow(/Did you mean "?again/);
  });

  it("refuses a budget over calls without a price before the first is made, experiment by experiment", async () => {
    const here = calls();
    const unpriced = defineExperiment({
      name: "unpriced",
      dataset: [{ id: 1, input: "x" }],
      conditions: [{ name: "c", model: "no-such-model", solver: async (state) => state, scorers: [match()] }],
      metrics: ["accuracy"],
    });
    const report = await runSuite([unpriced, counted(here, "free")], quiet({ maxTotal: 1 }));
    expect(statuses(report)).toEqual({ unpriced: "refused", free: "completed" });
    expect(report.experiments[0]!.reason).toMatch(/no price for no-such-model/);
  });

  it("stops where circuits open one after another and nothing succeeds in between; and only then", async () => {
    const errorHandling = { maxRetries: 0, failureWindow: 2, minimumTasks: 2 };
    const suite = (good: string, here: Calls) =>
      names(6).map((name) =>
        counted(here, name, name === good ? undefined : denied, {
          items: 4,
          config: { maxParallel: 1, errorHandling },
        }),
      );
    const options = quiet({ experimentsAtOnce: 1, maxOpenCircuits: 2 });
    const dead = await runSuite(suite("", calls()), options);
    expect([dead.status, statuses(dead)]).toEqual([
      "aborted",
      { e0: "aborted", e1: "aborted", e2: "not_started", e3: "not_started", e4: "not_started", e5: "not_started" },
    ]);
    expect(dead.reason).toMatch(/circuit breakers of 2 experiments opened one after another/);
    expect(dead.experiments[2]!.reason).toContain(dead.reason!);
    const alive = await runSuite(suite("e1", calls()), options);
    expect(statuses(alive)).toMatchObject({
      e0: "aborted",
      e1: "completed",
      e2: "aborted",
      e3: "aborted",
      e4: "not_started",
    });
  });

  it("drains, pauses, and is aborted as a whole; no further experiment starts", async () => {
    for (const [verb, status] of [
      ["drain", "interrupted"],
      ["abort", "aborted"],
    ] as const) {
      const here = calls();
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      /** All tasks but the first last until the suite has been looked at. */
      const lasting = async () => {
        if (here.of.length > 1) await held;
        return { accuracy: 1 };
      };
      const handle = startSuite(
        names(3).map((name) => counted(here, name, lasting, { items: 50, config: { maxParallel: 1 } })),
        quiet({ experimentsAtOnce: 1 }),
      );
      for await (const fact of handle.facts)
        if (fact.type === "experiment.fact" && fact.fact.type === "task.settled") break;
      handle.pause();
      expect(handle.status().state).toBe("paused");
      handle.resume();
      expect(handle.status().experiments.map((one) => one.status)).toEqual(["running", "waiting", "waiting"]);
      const { children, value } = await handle.tree();
      expect([value, children[0]!.id, children[0]!.children[0]!.children[0]!.id]).toEqual([
        "running",
        "experiments",
        "experiment",
      ]);
      handle[verb]("enough");
      release();
      const report = await handle.done;
      expect([report.status, report.reason, statuses(report)]).toEqual([
        status,
        "enough",
        { e0: status, e1: "not_started", e2: "not_started" },
      ]);
    }
  });

  it("lets runs take turns for slots: none waits for the whole of another", async () => {
    const here = calls();
    await runSuite(
      names(2).map((name) => counted(here, name, undefined, { items: 30 })),
      quiet({ maxParallel: 2 }),
    );
    const firstOf = (name: string): number => here.of.findIndex((id) => id.startsWith(name));
    expect(Math.max(firstOf("e0"), firstOf("e1"))).toBeLessThan(40); // the second one loads while the first runs
    const both = here.of.slice(Math.max(firstOf("e0"), firstOf("e1")));
    const turns = both.filter((id, i) => i > 0 && id.slice(0, 2) !== both[i - 1]!.slice(0, 2)).length;
    expect(turns).toBeGreaterThan(2);
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
  const found = async (paths: readonly SuiteEntry[], more: SuiteOptions = {}): Promise<string[]> =>
    Object.keys(statuses(await runSuite(paths, quiet(more))));

  it("are the files of a folder named so, single files, and what a pattern matches, each once", async () => {
    expect(await found([here])).toEqual(["a", "b"]);
    expect(await found([join(here, "deep", "*.mjs"), join(here, "deep")])).toEqual(["b"]);
    expect(await found([join(here, "a.experiment.mjs")])).toEqual(["a"]);
  });

  it("are chosen by name and by tag", async () => {
    expect(await found([here], { names: ["A"] })).toEqual(["a"]);
    expect(await found([here], { tags: ["y"] })).toEqual(["b"]);
    await expect(found([here], { tags: ["z"] })).rejects.toThrow(
      /tags must be tags of an experiment.*Did you mean "x"/,
    );
    await expect(found([here], { names: ["q"] })).rejects.toThrow(/names must be contained in the name/);
  });

  it("are found again by a resume, with what was asked of them", async () => {
    const options = quiet({ id: "files" });
    await runSuite([here], { ...options, tags: ["x"], repeat: 2 });
    const report = await startResumedSuite("files", options).done;
    expect([statuses(report), report.accounting.planned]).toEqual([{ a: "completed", b: "completed" }, 4]);
  });
});

describe("the aggregates of a suite", () => {
  const right =
    (n: number): Run =>
    ({ id }) => ({ accuracy: Number(id.slice(2)) < n });
  const suite = () => [counted(calls(), "e0", right(2), { items: 4 }), counted(calls(), "e1", right(8), { items: 8 })];
  const meanOf = async (weights: SuiteOptions["weights"], experiments = suite()) => {
    const report = await runSuite(experiments, quiet(weights === undefined ? {} : { weights }));
    const of = report.aggregates.find(({ metric }) => metric === "accuracy")!;
    return of.estimate.value.ok ? of.estimate.value.value : of.estimate.value.error;
  };

  it("are weighted means over the experiments that have the metric and the condition", async () => {
    expect(await meanOf(undefined)).toBe(0.75);
    expect(await meanOf("items")).toBeCloseTo(10 / 12, 12);
    expect(await meanOf({ e0: 3, e1: 1 })).toBe(0.625);
    expect(await meanOf({ e0: 0, e1: 0 })).toBe("all weights are 0");
    await expect(meanOf({ e0: 1 })).rejects.toThrow(/weights must have a weight for every experiment.*"e1"/);
    await expect(meanOf({ e0: 1, e1: 1, e9: 1 })).rejects.toThrow(/weights must name experiments of the suite/);
  });

  it("have no value where one of the experiments has none, and say which", async () => {
    const broken = counted(calls(), "e2", denied, { hooks: { onError: () => "abort" } });
    expect(await meanOf(undefined, [...suite(), broken])).toBe("e2 is not complete (aborted)");
    expect(await meanOf({ e0: 1, e1: 1, e2: 0 }, [...suite(), broken])).toBe(0.75);
  });
});
