import {
  compare,
  defineExperiment,
  type ExperimentInput,
  memoryStore,
  type RunOptions,
  type RunStore,
  run,
} from "crucible-harness";
import { describe, expect, it } from "vitest";
import { priceTable } from "#src/backends/prices";
import { changeLines, pairLines } from "#src/cli/compare-lines";
import { declaredMetric } from "#src/experiment/metrics";
import { conclusions } from "#src/reports/results";

/** A stored run over items `from` to `to`, passed by the second condition where `passes` says so. */
async function stored(
  passes: (item: number) => boolean,
  { from = 0, to = 60, ...more }: { from?: number; to?: number } & Partial<Omit<ExperimentInput, "dataset">> = {},
  options: RunOptions = {},
): Promise<RunStore> {
  const store = { ...memoryStore(), close: () => {} };
  const experiment = defineExperiment({
    name: "compared",
    dataset: Array.from({ length: to - from }, (_, i) => ({ id: `i${from + i}`, number: from + i })),
    conditions: [
      { name: "steady", run: (item) => ({ accuracy: (item as { number: number }).number % 2 === 0 }) },
      { name: "tuned", run: (item) => ({ accuracy: passes((item as { number: number }).number) }) },
    ],
    metrics: ["accuracy"],
    ...more,
  });
  await run(experiment, { store: () => store, formats: [], ...options });
  return store;
}

describe("comparing runs", () => {
  it("pairs each condition with its namesake by item id", async () => {
    const before = await stored((item) => item % 4 === 0);
    const after = await stored((item) => item % 4 < 3, { from: 10, to: 70 });
    const { analysis, runs } = await compare([before, after]);
    const [steady, tuned] = analysis.metrics[0]!.comparisons;
    expect(tuned).toMatchObject({
      condition: `tuned (${runs[1]!.experimentId})`,
      against: `tuned (${runs[0]!.experimentId})`,
      design: "paired",
      test: "exact McNemar test",
      n: 50,
      dropped: { "not run": 20 },
      verdict: "better",
    });
    expect(steady).toMatchObject({ verdict: "not distinguishable", n: 50 });
  });

  it("says what differed between their manifests, and nothing else", async () => {
    const [a, b] = [
      await stored(() => true, { config: { randomSeed: 1 } }),
      await stored(() => true, { config: { randomSeed: 2 }, repeat: 2 }),
    ];
    const { differences } = await compare([a, b]);
    expect(differences).toEqual([
      { path: "experiment.config.randomSeed", values: [1, 2] },
      { path: "experiment.repeat", values: [1, 2] },
      { path: "seed", values: [1, 2] },
    ]);
  });

  it("warns when items of one id may not be the same items", async () => {
    const { notes } = await compare([await stored(() => true), await stored(() => true, { to: 40 })]);
    expect(notes.join()).toContain("The data sets differ");
  });

  it("refuses runs that have nothing in common, and one run twice", async () => {
    const one = await stored(() => true);
    const pass = () => ({ speed: 1 });
    const other = await stored(() => true, {
      conditions: [
        { name: "x", run: pass },
        { name: "y", run: pass },
      ],
      metrics: ["speed"],
    });
    const slow = await stored(() => true, { conditions: [{ name: "tuned", run: pass }], metrics: ["speed"] });
    await expect(compare([one, one])).rejects.toThrow("must not name a run twice");
    await expect(compare([one, other])).rejects.toThrow("must have a condition in common");
    await expect(compare([one, slow])).rejects.toThrow("must have a metric in common");
    await expect(compare([one])).rejects.toThrow("at least two");
  });

  it("tells what depends on the load of the machine or on the number of tasks as a change, and tests it not", async () => {
    const timed = (ms: number) => ({
      conditions: [
        {
          name: "a",
          run: (item: unknown) => ({
            accuracy: (item as { number: number }).number % 3 === 0,
            answerTime: ms + (item as { number: number }).number,
            tokens_per_second: 50 / ms,
            size: 3,
            latency: ms,
            effort: ms,
          }),
        },
      ],
      metrics: [
        "accuracy",
        "latency_p99",
        "tokens_per_second",
        { name: "effort", loadDependent: true },
        { name: "answerTime", loadDependent: false },
        "size_sum",
      ],
    });
    const [before, after] = [
      await stored(() => true, timed(10)),
      await stored(() => true, { ...timed(30), repeat: 2 }),
    ];
    const { analysis, circumstances } = await compare([before, after]);
    const told = analysis.metrics.map(({ metric, comparisons: [pair] }) => [
      metric.name,
      pair!.verdict,
      pair!.p.ok || pair!.p.error,
      pair!.pAdjusted.ok,
      pair!.difference.interval.ok,
    ]);
    expect(told).toEqual([
      ["accuracy", "not distinguishable", true, true, true],
      ...["latency_p99", "tokens_per_second", "effort"].map((name) => [
        name,
        "not tested",
        "one run each cannot separate it from the load of the machine",
        false,
        false,
      ]),
      ["answerTime", "higher", true, true, true],
      ["size_sum", "not tested", "a sum grows with the number of tasks", false, false],
    ]);
    expect(conclusions(analysis.metrics[1]!)).toEqual([
      expect.stringMatching(/^a \(.*\) and a \(.*\) differ by 20\.0+ ms; not tested: one run each/),
    ]);
    expect(circumstances.map(({ what, values }) => [what, ...values])).toEqual(
      expect.arrayContaining([
        ["repeats", "1", "2"],
        ["tasks", "60 of 60", "120 of 120"],
      ]),
    );
  });

  it("reads answers that are the same on every item as identical", async () => {
    const [a, b] = [await stored((item) => item % 4 === 0), await stored((item) => item % 4 === 0)];
    const { analysis } = await compare([a, b]);
    for (const sentence of conclusions(analysis.metrics[0]!)) expect(sentence).toMatch(/identical/);
  });

  it("tests a cost only where it is by the same prices, whatever their tables are called", async () => {
    const priced = (input: number) => ({ prices: priceTable({ model: { input, output: 1 } }) });
    const costly = {
      conditions: [{ name: "a", run: (item: unknown) => ({ cost: (item as { number: number }).number / 100 }) }],
      metrics: ["cost"],
    };
    const [first, same, other] = [
      await stored(() => true, costly, priced(1)),
      await stored(() => true, costly, priced(1)),
      await stored(() => true, costly, priced(2)),
    ];
    const verdictOf = async (runs: RunStore[]) => (await compare(runs)).analysis.metrics[0]!.comparisons[0]!;
    expect(await verdictOf([first!, same!])).toMatchObject({ verdict: "not distinguishable" });
    expect(await verdictOf([first!, other!])).toMatchObject({
      verdict: "not tested",
      p: { error: "the runs were not priced by the same table" },
    });
  });

  it("names metrics that are defined otherwise, and items that are not in all runs", async () => {
    const median = { metrics: [{ name: "accuracy", aggregate: "median" as const }] };
    const { analysis, notes } = await compare([
      await stored(() => true),
      await stored(() => true, { ...median, from: 10, to: 80 }),
    ]);
    expect(analysis.metrics[0]!.comparisons[0]).toMatchObject({ verdict: "not tested" });
    expect(notes.join("\n")).toContain('accuracy is defined otherwise in the runs (aggregate "mean" | "median")');
    expect(notes.join("\n")).toMatch(
      /10 of exp_\S+, 20 of exp_\S+ are not in all runs; the 50 that are, by their ids, are paired/,
    );
  });
});

describe("whether a metric depends on the load of the machine", () => {
  it.each([
    ...[
      "latency",
      "latency_p99",
      "duration",
      "time",
      "time_ms",
      "wallTime",
      "elapsed_s",
      "ttft",
      "tokensPerSecond",
    ].map((n) => [n, true]),
    ...["accuracy", "sentiment", "timeliness", "first_time_right", "cost", "tokens", "latent"].map((n) => [n, false]),
  ] as [string, boolean][])("is known by its name: %s %s", (name, known) => {
    expect(declaredMetric(name).loadDependent ?? false).toBe(known);
  });
});

describe("two runs item by item", () => {
  const answering = (name: string, answer: (item: number) => string, ids = [0, 1, 2, 3, 4, 5]) =>
    stored(() => true, {
      name,
      conditions: [
        {
          name: "tuned",
          run: (row) => {
            const { number } = row as { number: number };
            if (!ids.includes(number)) throw new Error("no");
            return { accuracy: answer(number) === "right", answer: answer(number) };
          },
        },
      ],
      to: 6,
      config: { errorHandling: { maxRetries: 0 } },
    });

  it("says of each item what became of it, those that changed most first, and counts the rest", async () => {
    const before = await answering("before", (item) => (item < 3 ? "right" : "wrong"), [0, 1, 2, 3, 4]);
    const after = await answering("after", (item) =>
      item === 0 ? "wrong" : item === 4 ? "right" : item === 3 ? "other" : "right",
    );
    const { items, analysis, runs } = await compare([before, after]);
    expect(items!.counts).toEqual([
      { condition: "tuned", better: 1, worse: 1, answer: 1, alone: 1, same: 2, higher: 0, lower: 0 },
    ]);
    expect(items!.changes.map(({ item, kind, by }) => [item, kind, by])).toEqual(
      expect.arrayContaining([
        ["i0", "worse", -1],
        ["i4", "better", 1],
        ["i3", "answer", 0],
        ["i5", "alone", undefined],
      ]),
    );
    expect(items!.changes.map(({ kind }) => kind).slice(2)).toEqual(["answer", "alone"]);
    const [, lost] = items!.changes.find(({ item }) => item === "i0")!.sides;
    expect(lost).toMatchObject({ value: 0, text: "wrong", status: "success" });
    expect(items!.changes.at(-1)!.sides[0]).toMatchObject({ value: null, status: "failed_permanent" });

    const comparison = await compare([before, after]);
    const table = pairLines(analysis.metrics[0]!, comparison).join("\n");
    expect(table).toMatch(/Condition +A +B +B minus A +Adjusted p +Items +What it says/);
    expect(table).toMatch(/^ {2}tuned +\d/m);
    for (const { experimentId } of runs) expect(table).not.toContain(experimentId);
    const lines = changeLines(items!, 2).join("\n");
    expect(lines).toMatch(/tuned +1 +1 +1 +2 +1$/m);
    expect(lines).toMatch(/i4 +tuned +0 wrong +1 right$/m);
    expect(lines).toContain("2 more changes");
  });

  it("calls nothing better where it is not known which way is", async () => {
    const sized = (size: number) =>
      stored(() => true, { conditions: [{ name: "a", run: () => ({ size }) }], metrics: ["size"], to: 3 });
    const { items } = await compare([await sized(1), await sized(2)]);
    expect(items!.changes.map(({ kind, by }) => [kind, by])).toEqual(Array.from({ length: 3 }, () => ["higher", 1]));
  });
});
