import { type Condition, defineExperiment, describe as describeExperiment, memoryStore, run } from "crucible-harness";
import { scripted } from "crucible-harness/backends";
import {
  includes,
  match,
  named,
  nameOf,
  pattern,
  type Scorer,
  scored,
  scorerNames,
  toScore,
} from "crucible-harness/scoring";
import { chain, generate, type Solver } from "crucible-harness/solver";
import { describe, expect, it } from "vitest";

const reply = "A: 5\nB: 6";
const defined = (scorers: readonly Scorer[], solver: Solver = generate(), metrics = ["accuracy"]) =>
  defineExperiment({
    name: "x",
    dataset: [{ id: "q1", input: "?", target: "5" }],
    conditions: [{ name: "a", solver, scorers, backend: scripted(() => reply) } as Condition],
    metrics,
  });
const rowOf = async (scorers: readonly Scorer[], solver?: Solver, metrics?: string[]) =>
  (await run(defined(scorers, solver, metrics), { store: () => memoryStore(), formats: [] })).results[0]!;
const own =
  (value: number): Scorer =>
  () =>
    scored(value);

describe("several scorers of one name", () => {
  it("keep a metric each: the first is accuracy, the others are numbered", async () => {
    const row = await rowOf([pattern(/A: (\d)/), pattern(/B: (\d)/)], undefined, ["accuracy", "pattern", "pattern1"]);
    expect(row.metrics).toMatchObject({ accuracy: 1, pattern: 1, pattern1: 0 });
    expect(row.output?.scores).toMatchObject({
      pattern: { value: "C", answer: "5" },
      pattern1: { value: "I", answer: "6" },
    });
  });

  it("keep a metric each where they have no name at all", async () => {
    const { metrics, output } = await rowOf([own(0.25), own(0.5), own(0.75)]);
    expect(metrics).toMatchObject({ accuracy: 0.25, score: 0.25, score1: 0.5, score2: 0.75 });
    expect(metrics).not.toHaveProperty("scores");
    expect(output?.scores).toEqual({ score: { value: 0.25 }, score1: { value: 0.5 }, score2: { value: 0.75 } });
  });

  it("are numbered past names that are taken", () => {
    const scorers = [named("match1", match()), match(), match(), includes()];
    expect(scorerNames(scorers)).toEqual(["match1", "match", "match2", "includes"]);
    expect(describeExperiment(defined(scorers)).conditions[0]?.scorers).toEqual([
      "match1",
      "match",
      "match2",
      "includes",
    ]);
  });

  it("may be given names", async () => {
    const row = await rowOf([named("first line", pattern(/A: (\d)/)), named("second line", pattern(/B: (\d)/))]);
    expect(row.metrics).toMatchObject({ accuracy: 1, "first line": 1, "second line": 0 });
    expect(nameOf(named("mine", match()))).toBe("mine");
    expect(() => named(" ", match())).toThrow('named must have a name, got " "');
  });

  it("count the first as accuracy also where names look like numbers", async () => {
    expect((await rowOf([named("2", own(0.2)), named("1", own(0.1))])).metrics.accuracy).toBe(0.2);
  });
});

describe("names that would collide", () => {
  it.each(["tokens", "latency", "cost", "completion", "scores"])("are refused: every task has %s", (name) => {
    expect(() => defined([match(), named(name, match())])).toThrow(
      `conditions[0].scorers[1] must have a name of its own, which tasks do not have already, got "${name}". Write named("other", scorer)`,
    );
  });

  it("are refused where a second scorer would be accuracy", () => {
    expect(() => defined([match(), named("accuracy", includes())])).toThrow(
      "conditions[0].scorers[1] must have a name",
    );
    expect(() => defined([named("accuracy", includes()), match()])).not.toThrow();
  });

  it("are refused where a record of another could have the metric", () => {
    expect(() => defined([named("counts.a", own(1)), named("counts", own(1))])).toThrow(
      'conditions[0].scorers[0] must have a name that no record of "counts" has, got "counts.a"',
    );
    expect(() => defined([match(), named("accuracy.a", own(1))])).toThrow('no record of "accuracy"');
  });
});

describe("scores that solvers leave", () => {
  const leaving = (name: string, score: unknown) => chain(generate(), (state) => state.setScore(name, score));

  it.each([
    [0.6, 0.6],
    ["C", 1],
    [{ value: "P", answer: "5" }, 0.5],
    [
      { a: 1, b: "I" },
      { a: 1, b: 0 },
    ],
    [{ value: { a: 1 } }, { a: 1 }],
  ])("are metrics: %j", async (score, metric) => {
    expect((await rowOf([match()], leaving("foo", score))).metrics.foo).toEqual(metric);
  });

  it("stand beside a scorer of the same name, numbered", async () => {
    const { metrics } = await rowOf([named("foo", own(0.25))], leaving("foo", 0.6));
    expect(metrics).toMatchObject({ accuracy: 0.25, foo: 0.25, foo1: 0.6 });
  });

  it("are unscored where they are none, and say so", async () => {
    const { metrics, output } = await rowOf([match()], leaving("foo", [{ deep: {} }]));
    expect(metrics).not.toHaveProperty("foo");
    expect(output?.scores).toMatchObject({
      foo: { value: null, unscored: 'a score must be a value, got [{"deep":{}}]' },
    });
    for (const none of [undefined, null, {}, () => 1, { value: null }, { a: { b: 1 } }])
      expect(toScore(none).value).toBeNull();
  });

  it("fail the task where they would stand for what every task has", async () => {
    const row = await rowOf([match()], leaving("tokens", 1));
    expect(row.result).toMatchObject({ ok: false, error: { message: expect.stringContaining('got "tokens"') } });
  });
});
