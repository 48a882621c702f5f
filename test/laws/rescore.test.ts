import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  defineExperiment,
  exportLabels,
  importLabels,
  memoryStore,
  type RunStore,
  rescore,
  run,
  startRescoring,
} from "crucible-harness";
import { describe, expect, it } from "vitest";
import { labelsIn } from "#src/app/results/labels-in";
import { backendOf } from "#src/backends/backend";
import type { Outcome } from "#src/experiment/outcome";
import { FailureError } from "#src/kernel/failure";
import { choice } from "#src/scoring/choice";
import { match } from "#src/scoring/match";
import { modelGraded } from "#src/scoring/model-graded";
import { named, type Score, type Scorer, scored } from "#src/scoring/scorer";
import { multipleChoice } from "#src/solver/choice";
import { generate } from "#src/solver/generate";
import { scoringStore, scoringsIn } from "#src/store/scoring-store";
import { sqliteStore } from "#src/store/sqlite";
import { temporaryFolder } from "../support.ts";

const folder = temporaryFolder();
let files = 0;

/** Where a run is kept, and the store for each that opens it. */
const places: Readonly<Record<string, () => () => RunStore>> = {
  memory: () => {
    const store = { ...memoryStore(), close: () => {} };
    return () => store;
  },
  SQLite: () => {
    const path = join(folder, `run${++files}.db`);
    return () => sqliteStore(path);
  },
};

const always = (value: "C" | "I", scorerName: string): Scorer => named(scorerName, () => scored(value));

/** A model that says the id of its item, and refuses to answer some. */
function asked(refused: readonly string[] = []) {
  const calls: string[] = [];
  const model = backendOf("model", async (messages) => {
    const [, id] = /item (\w+)/.exec(messages.at(-1)!.content)!;
    calls.push(id!);
    if (refused.includes(id!)) throw FailureError.of({ kind: "invalid_query", message: "no", status: 400 });
    return { content: `ANSWER: ${id}`, cost: 1 };
  });
  return { calls, model };
}

function experimentOf(model: ReturnType<typeof asked>["model"], scorers: readonly Scorer[], items = 4, more = {}) {
  return defineExperiment({
    name: "answers",
    dataset: Array.from({ length: items }, (_, i) => ({
      id: `i${i}`,
      input: `item i${i}`,
      target: `i${i % 2 === 0 ? i : "x"}`,
    })),
    conditions: ["a", "b"].map((name) => ({ name, solver: generate(), scorers: [...scorers], backend: model })),
    metrics: ["accuracy"],
    config: { errorHandling: { maxRetries: 2, initialDelayMs: 1, maxFailureRate: 0.99 } },
    ...more,
  });
}

const quiet = { formats: [] as never[] };

/** What is stored of the run itself. */
async function stored(open: () => RunStore): Promise<unknown> {
  const store = open();
  const rows: Outcome[] = [];
  for await (const row of store.outcomes()) rows.push(row);
  const all = { rows, manifest: await store.manifest(), sessions: await store.sessions() };
  await store.close();
  return all;
}

describe.each(Object.keys(places))("stored answers in %s", (place) => {
  it("are scored once more: no answer is asked for, no score is overwritten, and each scoring is there by its name", async () => {
    const open = places[place]!();
    const { calls, model } = asked();
    const experiment = experimentOf(model, [match()]);
    const { experimentId } = await run(experiment, { ...quiet, store: open });
    expect(calls).toHaveLength(8);
    const before = await stored(open);
    const strict = await rescore(experimentId, { ...quiet, experiment, store: open, scorers: [always("I", "never")] });
    const lenient = await rescore(experimentId, {
      ...quiet,
      experiment,
      store: open,
      scorers: [always("C", "any")],
      name: "lenient",
    });
    expect(calls).toHaveLength(8);
    expect([strict.status, strict.cost, lenient.cost]).toEqual(["completed", 0, 0]);
    expect(strict.results.map(({ metrics }) => metrics.accuracy)).toEqual(Array(8).fill(0));
    expect(lenient.results.map(({ metrics }) => metrics.accuracy)).toEqual(Array(8).fill(1));
    expect(lenient.results[0]!.result).toMatchObject({
      ok: true,
      value: { completion: expect.stringMatching(/^ANSWER/), messages: [{}, {}] },
    });
    expect(await stored(open)).toEqual(before);
    const store = open();
    expect(scoringsIn(store)).toEqual(["lenient", "never"]);
    await store.close();
  });

  it("score as the run did where the scorers are its own, row by row, but for what answering cost", async () => {
    const open = places[place]!();
    const { model } = asked(["i3"]);
    const experiment = experimentOf(model, [match(), named("f", () => scored(0.5))], 5);
    const first = await run(experiment, { ...quiet, store: open });
    const again = await rescore(first.experimentId, { ...quiet, experiment, store: open });
    const seen = ({ results }: typeof first) =>
      results.map(({ condition, itemId, finalStatus, metrics, output }) => ({
        condition,
        itemId,
        finalStatus,
        metrics,
        output,
      }));
    expect(seen(again)).toEqual(seen(first));
    expect(again.accounting).toEqual(first.accounting);
    expect([first.cost, again.cost]).toEqual([8, 0]);
  });

  it("pay for the judge alone, who is asked again alone where busy, within a budget of its own", async () => {
    const open = places[place]!();
    const { calls, model } = asked();
    const experiment = experimentOf(model, [match()], 2);
    const { experimentId } = await run(experiment, { ...quiet, store: open });
    let judged = 0;
    const judge = backendOf("judge", async () => {
      if (++judged <= 2) throw FailureError.of({ kind: "rate_limited", message: "busy", status: 429 });
      return { content: "GRADE: C", cost: 0.25 };
    });
    const report = await rescore(experimentId, {
      ...quiet,
      experiment,
      store: open,
      scorers: [modelGraded({ model: judge }), always("C", "any")],
      name: "judged",
    });
    expect([calls.length, report.status, report.cost]).toEqual([4, "completed", 1]);
    expect(report.results.reduce((sum, { scoring }) => sum + scoring!.attempts, 0)).toBe(judged);
    const poor = await rescore(experimentId, {
      ...quiet,
      experiment,
      store: open,
      scorers: [modelGraded({ model: judge })],
      name: "poor",
      overrides: { maxParallel: 1, maxTotal: 0.5 },
    });
    expect(poor.status).toBe("budget_exhausted");
    expect(poor.cost).toBeLessThan(1);
    expect(poor.accounting.pending).toBe(4 - poor.cost / 0.25);
    const rest = await rescore(experimentId, {
      ...quiet,
      experiment,
      store: open,
      scorers: [modelGraded({ model: judge })],
      name: "poor",
    });
    expect([rest.status, rest.cost, rest.accounting.pending]).toEqual(["completed", 1, 0]);
  });

  it("can be stopped and resumed: each is scored once", async () => {
    const open = places[place]!();
    const { model } = asked();
    const experiment = experimentOf(model, [match()], 6);
    const { experimentId } = await run(experiment, { ...quiet, store: open });
    const graded: string[] = [];
    const handles: { drain(): void }[] = [];
    const counting = named("counting", (state) => {
      graded.push(state.sampleId);
      if (graded.length === 5) handles[0]?.drain();
      return scored("C");
    });
    const options = { ...quiet, experiment, store: open, scorers: [counting], overrides: { maxParallel: 1 } };
    const handle = startRescoring(experimentId, options);
    handles.push(handle);
    const stopped = await handle.done;
    expect(stopped.status).toBe("interrupted");
    expect(stopped.accounting.pending).toBeGreaterThan(0);
    expect(handle.status()).toMatchObject({ name: "answers", scoring: "counting" });
    const rest = await rescore(experimentId, options);
    expect([rest.status, rest.accounting.pending, rest.accounting.succeeded, graded.length]).toEqual([
      "completed",
      0,
      12,
      12,
    ]);
  });

  it("are scored without a worker where scorers answer at once, to the same rows: what fails or waits after all is left to one", async () => {
    const open = places[place]!();
    const { model } = asked();
    const experiment = experimentOf(model, [match()], 40);
    const { experimentId } = await run(experiment, { ...quiet, store: open });
    const seen = async (name: string, wait: (score: Score) => Score | Promise<Score>) => {
      const calls = new Map<string, number>();
      const odd = named("odd", ({ output }) => {
        const [, id] = output!.content.split(" ");
        calls.set(id!, (calls.get(id!) ?? 0) + 1);
        if (id === "i7") throw new TypeError("never");
        if (id === "i3") for (const from = performance.now(); performance.now() - from < 12; ); // the others come in another turn
        return id === "i9" ? Promise.resolve(scored(0.5)) : wait(scored(Number(id!.slice(1)) % 2));
      });
      const { results, accounting } = await rescore(experimentId, {
        ...quiet,
        experiment,
        store: open,
        scorers: [odd],
        name,
      });
      const rows = results.map(({ elapsedMs, startedAt, scoring, errorHistory, ...row }) => ({
        ...row,
        errors: errorHistory.map(({ at, ...error }) => error),
        scorings: scoring?.attempts,
      }));
      return { rows, accounting, calls };
    };
    const atOnce = await seen("at-once", (score) => score);
    const waiting = await seen("waiting", async (score) => score);
    expect(atOnce.rows).toEqual(waiting.rows);
    expect(atOnce.accounting).toMatchObject({ planned: 80, succeeded: 78, failed: 2 });
    const others = [...atOnce.calls].filter(([id]) => id !== "i7" && id !== "i9");
    expect(new Set(others.map(([, times]) => times))).toEqual(new Set([2])); // once a condition
    const more = (id: string): number => atOnce.calls.get(id)! - waiting.calls.get(id)!;
    expect(Math.max(more("i7"), more("i9"))).toBeLessThanOrEqual(2); // at most once a condition before a worker takes over
  });

  it("know what solvers marked and left for scorers, and which tasks failed before they answered", async () => {
    const open = places[place]!();
    const model = backendOf("model", async (messages) => {
      if (messages.at(-1)!.content.includes("q2")) throw FailureError.of({ kind: "invalid_query", message: "no" });
      return { content: "ANSWER: B" };
    });
    const looks = named("looks", (state) => scored(state.store.seen === "by the solver" ? "C" : "I"));
    const experiment = defineExperiment({
      name: "choices",
      dataset: ["q0", "q1", "q2"].map((id) => ({ id, input: `${id}?`, choices: ["x", "y"], target: "B" })),
      conditions: [
        {
          name: "a",
          solver: async (state, ask) => (await multipleChoice()(state, ask)).put("seen", "by the solver"),
          scorers: [choice(), looks],
          backend: model,
        },
      ],
      metrics: ["accuracy", "looks"],
      config: { errorHandling: { maxRetries: 0, maxFailureRate: 0.99 } },
    });
    const { experimentId } = await run(experiment, { ...quiet, store: open });
    const again = await rescore(experimentId, { ...quiet, experiment, store: open });
    expect(again.accounting).toMatchObject({ succeeded: 2, failed: 1, pending: 0 });
    expect(again.results.map(({ metrics }) => [metrics.choice, metrics.looks])).toEqual(
      again.results.map(({ finalStatus }) => (finalStatus === "success" ? [1, 1] : [undefined, undefined])),
    );
  });
});

describe("what cannot be scored again is said", () => {
  const refusal = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "it was done",
      (error: Error) => error.message,
    );

  it("a scorer that needs what was not stored ends the scoring with a sentence that names it", async () => {
    const open = places.memory!();
    const model = backendOf("model", async () => ({ content: "ANSWER: B" }));
    const experiment = defineExperiment({
      name: "choices",
      dataset: [{ id: "q0", input: "?", choices: ["x", "y"], target: "B" }],
      conditions: [{ name: "a", solver: multipleChoice(), scorers: [choice()], backend: model }],
      metrics: ["accuracy"],
    });
    const { experimentId } = await run(experiment, { ...quiet, store: open });
    const store = open();
    const { scorers: _, ...older } = (await store.manifest())!;
    await store.putManifest(older); // as a version wrote it that kept nothing of the state
    const [row] = [...(store.outcomes() as Iterable<Outcome>)];
    const { solverState: __, ...output } = row!.output!;
    await store.forget([0]);
    await store.append([{ ...row!, output }]);
    const { status, reason } = await rescore(experimentId, { ...quiet, experiment, store: open });
    expect([status, reason]).toEqual([
      "aborted",
      'onError answered "abort" at a/q0/0: the scorer choice failed: needs what was not stored: state.choices as the solver left it, since rows of the version that ran it keep its messages alone',
    ]);
  });

  it("functions that return no text, other items, unknown scorers, a name that is taken, a run that there is not", async () => {
    const open = places.memory!();
    const { model } = asked();
    const experiment = experimentOf(model, [match()]);
    const { experimentId } = await run(experiment, { ...quiet, store: open });
    const options = { ...quiet, experiment, store: open };
    expect(await refusal(rescore(experimentId, { ...options, only: ["mtach"] }))).toBe(
      'scorer must be one of match, got "mtach". Did you mean "match"?',
    );
    const larger = experimentOf(model, [match()], 5);
    expect(await refusal(rescore(experimentId, { ...options, experiment: larger }))).toMatch(
      /^dataset must have the items of the run, in its order: it had 8 tasks on 4 items/,
    );
    await rescore(experimentId, { ...options, scorers: [always("C", "any")], name: "x" });
    expect(await refusal(rescore(experimentId, { ...options, scorers: [always("I", "none")], name: "x" }))).toBe(
      'name must be a new one: the scores of "x" are by other scorers, or by an earlier text of theirs, got "x". Take another, such as --name x-2',
    );
    expect(await refusal(rescore(experimentId, { ...options, name: "../x" }))).toMatch(
      /^name must be 1 to 128 letters/,
    );
    const functions = defineExperiment({
      name: "functions",
      dataset: [{ id: "q", input: "?", target: "4" }],
      conditions: [{ name: "a", run: () => ({ accuracy: 1, answer: "4" }) }],
      metrics: ["accuracy"],
    });
    const failing = places.memory!();
    const none = {
      ...functions,
      conditions: [{ ...functions.conditions[0]!, run: () => Promise.reject(new Error("no")) }],
    };
    const failed = await run(none, { ...quiet, store: failing });
    expect(
      await refusal(rescore(failed.experimentId, { ...quiet, experiment: none, store: failing, scorers: [match()] })),
    ).toBe(
      `${failed.experimentId} has no answers to score: none of its tasks has one. Resume the run first: crucible resume ${failed.experimentId}`,
    );
    const other = places.memory!();
    const made = await run(functions, { ...quiet, store: other });
    const again = { ...quiet, experiment: functions, store: other };
    expect(await refusal(rescore(made.experimentId, again))).toBe(
      "conditions.a has no scorers: it is a function. Name a file that exports a list of them by default: export default [match()]",
    );
    expect(await refusal(rescore(made.experimentId, { ...again, scorers: [match()] }))).toBe(
      "conditions.a has no answers to score: the rows of its tasks have no text called `completion`. Return { completion } from its function, beside what it measures",
    );
  });

  it("corrected targets are accepted by name, and named in the report", async () => {
    const open = places.memory!();
    const { model } = asked();
    const { experimentId } = await run(experimentOf(model, [match()], 2), { ...quiet, store: open });
    const dataset = ["i0", "i1"].map((id) => ({ id, input: `item ${id}`, target: id }));
    const options = { ...quiet, experiment: experimentOf(model, [match()], 2, { dataset }), store: open };
    expect(await refusal(rescore(experimentId, options))).toMatch(/^dataset must have the content that the run had/);
    const report = await rescore(experimentId, { ...options, acceptDataset: true });
    expect(report.results.map(({ metrics }) => metrics.accuracy)).toEqual([1, 1, 1, 1]);
    expect(report.decided.scoring).toMatchObject({ name: "match", answers: 4, dataset: {} });
  });
});

it("a store of an older layout opens for reading as before, and for scoring", async () => {
  const path = join(folder, "older.db");
  const { model } = asked();
  const experiment = experimentOf(model, [match()]);
  const { experimentId } = await run(experiment, { ...quiet, store: () => sqliteStore(path) });
  const { openDatabase } = await import("#src/store/sqlite-driver");
  const older = openDatabase(path);
  older.exec("DROP TABLE entry; PRAGMA user_version = 7");
  older.close();
  const copy = join(folder, "older-copy.db");
  copyFileSync(path, copy);
  const reader = sqliteStore(path, { mode: "read" });
  expect([scoringsIn(reader), [...reader.outcomes()].length, [...scoringStore(reader, "x").outcomes()].length]).toEqual(
    [[], 8, 0],
  );
  reader.close();
  const { status } = await rescore(experimentId, {
    ...quiet,
    experiment,
    store: () => sqliteStore(copy),
    scorers: [always("C", "any")],
  });
  expect(status).toBe("completed");
});

describe.each(Object.keys(places))("a run that grows in %s", (where) => {
  it("keeps labels and scores with the answers that they are of, and its new answers are scored under the same name", async () => {
    const open = places[where]!();
    const store = () => open();
    const { model } = asked();
    const options = { id: "grows", store, formats: [] };
    await run(experimentOf(model, [always("C", "first")], 2), options);
    const said: Scorer = named("said", ({ inputText }) => scored("C", { explanation: inputText }));
    const scoring = { store, scorers: [said], formats: [], experiment: experimentOf(model, [always("C", "first")], 2) };
    await rescore("grows", scoring);
    const [to, from] = [join(folder, `${where}-out.csv`), join(folder, `${where}-in.csv`)];
    const labelling = async <T>(work: (store: RunStore) => Promise<T>): Promise<T> => {
      const kept = open();
      return work(kept).finally(() => kept.close());
    };
    await labelling((kept) => exportLabels("grows", { store: kept, to }));
    const [head, ...lines] = readFileSync(to, "utf8").trim().split("\r\n");
    const labelled = lines.map((line) => {
      const cells = line.split(",");
      cells[4] = /item (\w+)/.exec(line)![1]!; // its item as its label
      return cells.join(",");
    });
    writeFileSync(from, [head, ...labelled].join("\r\n"));
    const who = { from, rater: "ada", rubric: "r", at: "2026-11-29T14:00:00Z" };
    expect(await labelling((kept) => importLabels("grows", { ...who, store: kept }))).toMatchObject({ added: 4 });

    await run(experimentOf(model, [always("C", "first")], 6), options);
    await labelling(async (kept) => {
      for (const { ordinal, label } of labelsIn(kept)) expect(kept.outcomeOf!(ordinal)!.itemId).toBe(label);
      const rows = [...scoringStore(kept, "said").outcomes()];
      expect(rows).toHaveLength(4);
      for (const { ordinal, itemId, output } of rows) {
        expect(kept.outcomeOf!(ordinal)!.itemId).toBe(itemId);
        expect(output).toMatchObject({
          completion: `ANSWER: ${itemId}`,
          scores: { said: { explanation: `item ${itemId}` } },
        });
      }
      expect(await importLabels("grows", { ...who, store: kept })).toMatchObject({ added: 0, known: 4 }); // names stay
    });
    const again = await rescore("grows", { ...scoring, experiment: experimentOf(model, [always("C", "first")], 6) });
    expect(again.accounting).toMatchObject({ planned: 12, succeeded: 12 });
  });
});
