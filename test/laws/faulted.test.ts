import { defineExperiment, type Manifest, type Outcome } from "crucible-harness";
import { scripted } from "crucible-harness/backends";
import { exact } from "crucible-harness/scoring";
import { chain, generate, tool, useTools } from "crucible-harness/solver";
import { defaultFaults, explore, faults as injected, replay, simulateRun } from "crucible-harness/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { exportColumns, exportRow } from "#src/app/results/export-columns";
import { exitCodeOf } from "#src/cli/exit-code";
import { answerInRow } from "#src/experiment/stored-answer";
import { findingsOf } from "#src/reports/findings";
import { verdictSentences } from "#src/reports/verdict-words";
import { begin, finish, goOn, lastingStore, rowsOf, world } from "./harness.ts";

/** Says what its tool said; asks again after an error where it is `stubborn`. */
const model = (name: string) =>
  scripted(
    (messages) => {
      const said = messages.filter(({ role }) => role === "tool").map(({ content }) => content);
      const told = said.find((content) => !content.startsWith("Error"));
      if (told !== undefined) return told;
      if (said.length > 0 && name === "trusting") return said[0]!;
      return { content: "", toolCalls: [{ id: `${said.length}`, name: "look", arguments: {} }] };
    },
    { name },
  );
const look = tool({ name: "look", parameters: z.object({}), execute: (_, { state }) => state.target[0] });
const solver = chain(useTools([look]), generate());
const conditionOf = (name: string) => ({ name, solver, scorers: [exact()], backend: model(name) });
const broken = [{ target: "tool:look", fault: "error", probability: 0.5, times: 3 }] as const;
const lying = [{ target: "tool:look", fault: "corrupt", probability: 0.4 }] as const;
const crashing = [{ target: "actor", fault: "crash", probability: 0.5 }] as const;
const down = [{ target: "backend", fault: "error" }] as const;

const ITEMS = 16;
const define = (faults: object, more: object = {}) =>
  defineExperiment({
    name: "faulted",
    dataset: Array.from({ length: ITEMS }, (_, i) => ({
      id: `i${i}`,
      input: `number ${i}?`,
      target: String(1000 + 37 * i),
    })),
    conditions: ["trusting", "stubborn"].map(conditionOf),
    faults,
    metrics: ["accuracy"],
    statisticalAnalysis: { resamples: 100, multipleTestingCorrection: "none" },
    ...more,
  } as never);

const finished = async (experiment: ReturnType<typeof define>, more: object = {}) => {
  const here = world();
  const store = lastingStore();
  const report = await finish(here, begin(here, experiment, store, more));
  const rows: Outcome[] = [];
  for await (const row of store.outcomes()) rows.push(row);
  return { report, rows, store, manifest: (await store.manifest()) as Manifest };
};
/** What each item met at a level, by condition. */
const metBy = (rows: readonly Outcome[], level: string) =>
  ["trusting", "stubborn"].map((name) =>
    Object.fromEntries(
      rows
        .filter(({ condition }) => condition === `${name} @ ${level}`)
        .map(({ itemId, faults = [] }) => [itemId, faults.some(({ struck }) => struck > 0)]),
    ),
  );

/** Runs it when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

describe("an experiment with levels of faults", () => {
  const levels = { clean: [], brokenTools: broken, lyingTools: lying };
  const inOrder = define(levels, { config: { maxParallel: 3 } });
  const straight = once(() => finished(inOrder));
  const full = once(() =>
    finished(
      define(
        { ...levels, downModel: down },
        { config: { errorHandling: { maxRetries: 1 } }, statisticalAnalysis: { resamples: 100 } },
      ),
    ),
  );

  it("meets the same faults at the same item in each condition, whatever the order of tasks", async () => {
    const [one, two] = [await straight(), await full()];
    for (const level of ["brokenTools", "lyingTools"]) {
      const [trusting, stubborn] = metBy(one.rows, level);
      expect(stubborn).toEqual(trusting);
      expect(new Set(Object.values(trusting!))).toEqual(new Set([true, false]));
      expect(metBy(two.rows, level)).toEqual([trusting, stubborn]);
    }
    expect(metBy(one.rows, "clean").flatMap((each) => Object.values(each))).not.toContain(true);
  });

  it("says what each condition loses, paired with itself, and whether it recovered, gave up or answered anyway", async () => {
    const { report, rows, manifest } = await full();
    const { faulted, metrics } = report.analysis;
    const struck = Object.values(metBy(rows, "brokenTools")[0]!).filter(Boolean).length;
    const lied = Object.values(metBy(rows, "lyingTools")[0]!).filter(Boolean).length;
    const none = { recovered: 0, worse: 0, gaveUp: 0, unknown: 0 };
    expect(faulted!.conditions).toMatchObject([
      { condition: "trusting @ brokenTools", ...none, met: struck, worse: struck },
      { condition: "trusting @ lyingTools", ...none, met: lied, worse: lied },
      { condition: "trusting @ downModel", ...none, met: ITEMS, gaveUp: ITEMS, unscored: 0 },
      { condition: "stubborn @ brokenTools", ...none, met: struck, recovered: struck },
      { condition: "stubborn @ lyingTools", ...none, met: lied, worse: lied },
      { condition: "stubborn @ downModel", ...none, met: ITEMS, gaveUp: ITEMS },
    ]);
    const { comparisons } = metrics[0]!;
    expect(comparisons.map(({ condition, against }) => `${condition} < ${against}`)).toEqual(
      faulted!.conditions.map(({ condition, clean }) => `${condition} < ${clean}`),
    );
    expect(comparisons[1]).toMatchObject({ design: "paired", n: ITEMS, verdict: "worse" });
    expect(comparisons[1]!.difference.value).toEqual({ ok: true, value: expect.closeTo(-lied / ITEMS) });
    expect(comparisons[2]!.difference.value).toEqual({ ok: true, value: -1 }); // who gives up has lost
    expect(report.analysis.families[0]!.intervals).toBe("95 % simultaneous over 6 pairs");
    // what one loses more than the other, at each level
    const { comparisons: losses, family } = faulted!.losses!;
    const more = (level: string) => losses.find((one) => one.level === level)!;
    expect(losses.map(({ condition, against }) => `${condition} < ${against}`)).toEqual(
      Array(3).fill("stubborn < trusting"),
    );
    expect(more("brokenTools")).toMatchObject({ n: ITEMS, verdict: "better", level: "brokenTools" });
    expect(more("brokenTools").difference.value).toEqual({ ok: true, value: expect.closeTo(struck / ITEMS) });
    expect(more("downModel").same).toMatchObject({ by: 0, items: ITEMS }); // both lose all: not a difference, nor a proof of none
    expect(family).toMatchObject({ size: 3, intervals: "95 % simultaneous over 3 pairs" });
    expect(verdictSentences(report.verdict).join(" ")).toMatch(
      /trusting loses [\d.]+ points more than stubborn under brokenTools \[/,
    );
    // ordered failures are a result, and open no circuit
    expect(report.status).toBe("completed");
    expect(manifest.faults).toBeUndefined();
    expect(verdictSentences(report.verdict)).toContain("Intervals of differences: 95 % simultaneous over 6 pairs.");
    expect(report.verdict.lines).toHaveLength(6);
    expect(report.verdict.lines[1]).toMatchObject({
      group: "trusting",
      heading: expect.stringMatching(/^lyingTools: worse by [\d.]+ points \[[\d., ]+\]$/),
      detail: expect.stringContaining(`${lied} of 16 tasks struck: 0 as good, ${lied} answered anyway, 0 gave up`),
    });
    expect(exitCodeOf(report)).toBe(0);
    // an answer that is scored again has met what it met
    const lie = rows.find(
      ({ condition, faults }) => condition.includes("lying") && faults!.some((met) => met.struck > 0),
    )!;
    expect(answerInRow(lie, true)!.faults).toEqual(lie.faults);
    const columns = exportColumns(manifest, { metrics: new Set(), outputs: new Set() });
    const struckIn = columns.find(({ name }) => name === "faultsStruck")!;
    const told = rows.reduce((sum, row) => sum + Number(struckIn.of(exportRow(row))), 0);
    expect(told).toBe(rows.flatMap(({ faults = [] }) => faults).reduce((sum, { struck: times }) => sum + times, 0));
    expect(told).toBeGreaterThan(2 * (struck + lied)); // and each attempt at a model that is down
  });

  it("has workers that crash at the same items in each condition, and are started again", async () => {
    const { report, rows } = await finished(define({ clean: [], crashes: crashing }));
    const crashed = (name: string) =>
      rows.flatMap(({ condition, itemId, errorHistory }) =>
        condition === `${name} @ crashes` && errorHistory.some(({ error }) => error.kind === "crash") ? [itemId] : [],
      );
    expect(crashed("stubborn").sort()).toEqual(crashed("trusting").sort());
    expect(crashed("trusting").length).toBeGreaterThan(2);
    const met = { met: crashed("trusting").length, recovered: crashed("trusting").length };
    expect(report.analysis.faulted!.conditions).toMatchObject([met, met]);
    expect(report.accounting.succeeded).toBe(4 * ITEMS);
  });

  it.each(["tasks", "condition"] as const)(
    "has a %s that crashes: tasks whose attempt was lost with it say so and are made again, and the clean condition meets nothing",
    async (actor) => {
      const { report, rows } = await finished(
        define(
          { clean: [], crashes: [{ target: `actor:${actor}`, fault: "crash", at: [1, 9] }] },
          { config: { maxParallel: 4 } },
        ),
      );
      expect(report.accounting.succeeded).toBe(4 * ITEMS);
      for (const name of ["trusting", "stubborn"]) {
        const struck = rows.filter(
          ({ condition, faults = [] }) => condition === `${name} @ crashes` && faults.length > 0,
        );
        const strikes = struck.flatMap(({ faults = [] }) => faults).reduce((sum, { struck: times }) => sum + times, 0);
        expect(strikes).toBeGreaterThanOrEqual(2); // the two attempts that ended, and those beside them
        expect(strikes).toBeLessThanOrEqual(8);
        expect(struck[0]!.faults![0]).toMatchObject({ rule: 0, on: `actor:${actor}` });
        const summary = report.analysis.faulted!.conditions.find(({ of }) => of === name)!;
        expect(summary).toMatchObject({ met: struck.length, recovered: struck.length });
      }
      expect(
        rows.filter(({ condition }) => condition.endsWith("@ clean")).flatMap(({ faults = [] }) => faults),
      ).toEqual([]);
      expect(report.analysis.faulted!.unmatched).toEqual([]);
    },
  );

  it("crashes the workers that a path means, and names one that means no task", async () => {
    const aimedAt = (path: string) =>
      define({ clean: [], crashes: [{ target: `actor:conditions/*/tasks/${path}`, fault: "crash" }] });
    const { rows } = await finished(aimedAt("i3#*"));
    const crashed = rows.filter(({ errorHistory }) => errorHistory.length > 0);
    expect(crashed.map(({ condition, itemId }) => `${condition} ${itemId}`).sort()).toEqual([
      "stubborn @ crashes i3",
      "trusting @ crashes i3",
    ]);
    const { report } = await finished(aimedAt("j3#*"));
    expect(report.analysis.faulted!.unmatched).toEqual([expect.stringContaining("no task has such a path")]);
  });

  it("meets the same crashes when a process is killed between answering and scoring", async () => {
    const kills = [1, 25].map((edge, session) => ["the process is killed at edge", session, edge] as const);
    const experiment = define({ clean: [], crashes: [{ ...crashing[0], probability: 1 }] });
    const { violation } = await replay([["items beyond the first", 0, 1], ...kills], (here) =>
      simulateRun(here, experiment),
    );
    expect(violation).toBeUndefined(); // its rows are those of a straight run
  });

  it("keeps every law over kills, crashes and refusals where its own pools and conditions crash too", async () => {
    const [trusting] = ["trusting"].map(conditionOf);
    const torn = [{ target: "actor:tasks", fault: "crash", at: [1, 3] }];
    const levels = { clean: [], torn, ended: [{ target: "actor:condition", fault: "crash", at: 2 }] };
    const experiment = define(levels, { conditions: [trusting] });
    const { found } = await explore((here) => simulateRun(here, experiment, { maxItems: 4 }), {
      seeds: 3,
      faults: defaultFaults,
    });
    expect(found?.violation).toBeUndefined(); // rows are those of a straight run, but for which attempts were under way
  });

  it("still opens its circuit at failures of another cause", async () => {
    const failing = { ...conditionOf("trusting"), backend: scripted(() => new Error("no such model")) };
    const { report } = await finished(define({ clean: [], brokenTools: broken }, { conditions: [failing] }));
    expect(report.status).toBe("aborted");
  });

  it("is stamped by faults that are injected beside its levels, and says where one of them names no actor", async () => {
    const faults = injected([
      { target: "store", fault: "delay", at: 1, forMs: 1 },
      { target: "actor", path: "services/colector", fault: "crash", at: 1 },
    ]);
    const { manifest, report } = await finished(define({ clean: [], lyingTools: lying }), { faults });
    expect(manifest.faults).toContain("delay store");
    expect(report.verdict.lines).toEqual([]);
    expect(report.aimless).toEqual([
      'the fault "crash services/colector at 1" never struck: no actor has that path. Did you mean "services/collector"?',
    ]);
    expect(exitCodeOf(report)).toBe(2);
  });

  it("has the rows of a straight run when it is stopped and resumed, and refuses other rules by name", async () => {
    const here = world();
    const store = lastingStore();
    const handle = begin(here, inOrder, store);
    await finish(here, handle, (step) => void (step === 6 && handle.abort()));
    const other = define({ clean: [], brokenTools: [{ ...broken[0], probability: 0.6 }], lyingTools: lying });
    await expect(finish(here, goOn(here, other, store))).rejects.toThrow("conditions[1].faults.rules[0].probability");
    await finish(here, goOn(here, inOrder, store));
    expect(await rowsOf(store)).toEqual(await rowsOf((await straight()).store));
  });

  it("names at its end fields that no result of a tool has", async () => {
    const shop = tool({ name: "look", parameters: z.object({}), execute: () => ({ goods: { price: 7 } }) });
    const conditions = ["trusting", "stubborn"].map((name) => ({
      ...conditionOf(name),
      solver: chain(useTools([shop]), generate()),
    }));
    const bad = [{ target: "tool:look", fault: "drop", fields: ["goods.prize"] }];
    const { report } = await finished(define({ clean: [], bad }, { conditions }));
    expect(report.analysis.faulted!.unmatched).toEqual([
      'The fault "drop of tool:look" of level bad never matched anything: no result of such a tool has such a field. Did you mean "goods.price"?',
    ]);
    expect(report.verdict.losses[0]).toBe("No task of stubborn or trusting was struck under bad");
    expect(exitCodeOf(report)).toBe(2);
  });

  it("says at its end which rule matched nothing, with the nearest right name, and does not end well", async () => {
    const own = { ...conditionOf("trusting"), solver: chain((state) => state.setTools([look]), generate()) };
    const bad = { clean: [], bad: [{ target: "tool:lok", fault: "error" }], lyingTools: lying };
    const { report } = await finished(define(bad, { conditions: [own] }));
    const sentence =
      'The fault "error of tool:lok" of level bad never matched anything: no tool of that name was called. Did you mean "look"?';
    expect(report.analysis.faulted!.unmatched).toEqual([sentence]);
    expect(findingsOf(report.analysis, { accounting: report.accounting }).warnings).toContainEqual(sentence);
    expect(exitCodeOf(report)).toBe(2);
  });
});
