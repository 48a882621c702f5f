import { describe, expect, it } from "vitest";
import { type AnalyseOptions, type Analysis, analyse, metricOver } from "#src/analysis/index";
import { withoutConclusions } from "#src/analysis/unfit";
import { stream } from "#src/kernel/random";
import { findingsOf } from "#src/reports/findings";
import { buildReport, renderers } from "#src/reports/index";
import { exampleManifest, outcome } from "./manifest.ts";

type Value = (item: number, random: () => number) => number | "failed";

/** Conditions by name with what they give for an item; `failed` for a task that came to nothing. */
function analysisOf(
  conditions: Readonly<Record<string, Value>>,
  items: number,
  { name = "accuracy", ...more }: Partial<AnalyseOptions> & { name?: string } = {},
): Analysis {
  const random = stream(1, "findings");
  const rows = Object.entries(conditions).flatMap(([condition, value]) =>
    Array.from({ length: items }, (_, item) => {
      const found = value(item, random);
      return found === "failed"
        ? { condition, itemId: item, finalStatus: "failed_permanent" as const }
        : { condition, itemId: item, [name]: found };
    }),
  );
  return analyse(rows, { metrics: [name], resamples: 100, ...more });
}
const passing =
  (chance: number): Value =>
  (_, random) =>
    random() < chance ? 1 : 0;
const said = (analysis: Analysis, faults?: string) => findingsOf(analysis, { accounting: analysis.accounting, faults });
const reportOf = (analysis: Analysis) =>
  buildReport({
    manifest: exampleManifest(
      analysis.conditions.map(({ name }) => name),
      analysis.metrics.map(({ metric }) => metric.name),
    ),
    analysis,
  });
const sentences = (analysis: Analysis): string =>
  said(analysis)
    .lists.flatMap(({ items }) => items)
    .join("\n");

describe("findings", () => {
  it("warn where conditions differ in how replies ended, and only there", () => {
    const ended = (cutOff: (item: number) => boolean) =>
      Array.from({ length: 40 }, (_, itemId) => [
        { condition: "short", itemId, accuracy: 1, finishReason: cutOff(itemId) ? "length" : "stop" },
        { condition: "long", itemId, accuracy: 1, finishReason: itemId === 39 ? "length" : "stop" },
      ]).flat();
    const warned = (rows: ReturnType<typeof ended>) =>
      said(analyse(rows, { metrics: ["accuracy"] })).warnings.join(" ");
    expect(warned(ended((item) => item < 12))).toContain(
      "1 of 40 replies of long and 12 of 40 replies of short were cut off (exact sign test over items, adjusted p = .00342): a difference between them may come from that.",
    );
    expect(warned(ended((item) => item === 0))).not.toContain("cut off");
  });

  it("say that no condition stands out of fifteen that toss coins", () => {
    const noise = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`variant ${i + 1}`, passing(0.7)]));
    const text = sentences(analysisOf(noise, 60));
    expect(text).toMatch(
      /^No condition stands out: the highest observed value, .* \(variant .*\), is not distinguishable from any of the other \d+/,
    );
    expect(text).not.toMatch(/ahead|is best|better than/);
  });

  it("name the best group, and what is behind", () => {
    const text = sentences(analysisOf({ a: passing(0.95), b: passing(0.94), c: passing(0.3), d: passing(0.2) }, 200));
    expect(text).toMatch(
      /^Best group, not distinguishable from the highest observed value, .* \([ab]\): (a and b|b and a)\. [ab] is better than c and d\.\n/,
    );
  });

  it("name one condition where it is better than each other", () => {
    const text = sentences(analysisOf({ a: passing(0.95), b: passing(0.4), c: passing(0.3), d: passing(0.2) }, 200));
    expect(text).toMatch(/^a is best, with .* %: better than each of the other 3\.\nb is worse than a by .* points/);
  });

  it("say how far the best is ahead of the next where pairs are too many for a sentence each", () => {
    const chances = Object.fromEntries(["a", "b", "c", "d", "e"].map((name, i) => [name, passing(0.95 - 0.15 * i)]));
    expect(sentences(analysisOf(chances, 300))).toMatch(
      /^a is best, with .* %: better than each of the other 4; closest: a is better than b by [\d.]+ points \[.*\] \(adjusted p < \.001\)\.$/,
    );
  });

  it("say of equal values that they are, never that one is ahead", () => {
    const same: Value = (item) => item % 2;
    expect(sentences(analysisOf({ a: same, b: same, c: same }, 40))).toMatch(
      /^No condition stands out: all 3 have the same value, 50\.0 %\./,
    );
    const tied = sentences(analysisOf({ a: same, b: same, c: () => 0 }, 40));
    expect(tied).toMatch(/^Best group, .* 50\.0 % \(a and b alike\): a and b\. These are better than c/);
  });

  it("are about the baseline where there is one", () => {
    const found = sentences(
      analysisOf({ base: passing(0.5), x: passing(0.95), y: passing(0.51), z: passing(0.9) }, 200, {
        baseline: "base",
      }),
    );
    expect(found).toMatch(
      /^2 of 3 are better than base: x and z; not distinguishable from it: y\.\nHighest observed: [xz] with /,
    );
    expect(found).toContain("only differences from the baseline were tested");
    const none = sentences(
      analysisOf({ base: passing(0.5), x: passing(0.5), y: passing(0.5) }, 30, { baseline: "base" }),
    );
    expect(none).toMatch(/^None of 2 is shown to be better than base\./);
  });

  it("put names that hold punctuation into quotes", () => {
    const text = sentences(analysisOf({ "6B, verified": passing(0.95), "6B, fine-tuned": passing(0.2) }, 100));
    expect(text).toMatch(/^"6B, fine-tuned" is worse than "6B, verified" by /);
  });

  it("say on how many items they rest while tasks are still to run", () => {
    const analysis = analysisOf({ a: passing(0.9), b: passing(0.2) }, 40, { planned: 400 });
    const { warnings, lists } = said(analysis);
    expect(warnings[0]).toMatch(/^Partial: 320 of 400 tasks/);
    expect(lists[0]!.items[0]).toMatch(/, on 40 items so far\.$/);
    expect(sentences(analysisOf({ a: passing(0.9), b: passing(0.2) }, 40))).not.toContain("so far");
  });
});

describe("failed tasks in the findings", () => {
  const failing =
    (every: number, otherwise: Value): Value =>
    (item, random) =>
      item % every === 0 ? "failed" : otherwise(item, random);

  it("give the level of those that ended and with failures counted as wrong, also where nothing was compared", () => {
    const text = sentences(analysisOf({ service: (item) => (item < 2 ? "failed" : 1) }, 40));
    expect(text.split("\n")[0]).toBe(
      "service 100.0 % of the 38 tasks with a value, 95.0 % if the 2 that failed count as wrong. There is no other condition to compare it with.",
    );
    expect(text).not.toContain("changes no conclusion");
    const none = sentences(analysisOf({ service: () => "failed" }, 3, { fields: ["accuracy"] }));
    expect(none).toContain("service has no value, 0.0 % if the 3 tasks that failed count as wrong. There is no other");
    const apart = analysisOf({ a: () => 1, b: (item) => (item < 1 ? "failed" : 1) }, 10, {
      conditions: [
        { name: "a", factors: { size: 1 } },
        { name: "b", factors: { size: 2 } },
      ],
      pairs: { within: "size" },
    });
    expect(sentences(apart).split("\n")[0]).toBe(
      "a 100.0 %; b 100.0 % of the 9 tasks with a value, 90.0 % if the one that failed counts as wrong. No two conditions were to be compared.",
    );
  });

  it("say of a metric over rows of which tasks it is, and that no reading counts the others", async () => {
    const analysis = analysisOf(
      { a: (item) => item % 7, b: (item) => (item % 4 ? (item * item) % 11 : "failed") },
      40,
      {
        name: "score",
        customMetrics: [
          metricOver({
            name: "middle",
            over: ["score"],
            direction: "none",
            fn: (rows) => Number(rows[rows.length >> 1]!.score),
          }),
        ],
      },
    );
    expect(analysis.metrics[1]!.otherReading).toBeUndefined();
    const reason = "A failed task has no row, and none can stand for it: there is no reading that counts it.";
    expect(said(analysis).lists[1]!.items.at(-1)).toBe(`middle is of the tasks that have score: b 30 of 40. ${reason}`);
    const text = renderers.markdown(await reportOf(analysis));
    expect(text).toContain(`middle is of the rows of tasks that ended. ${reason}`);
  });

  it("say which conclusions change when failures count", () => {
    const text = sentences(analysisOf({ a: () => 1, b: failing(2, () => 1) }, 60));
    expect(text).toMatch(/Counting them the other way changes 1 of 1 conclusions \(b against a: .* becomes worse\)/);
  });

  it("are a finding of their own where conditions fail unequally often", () => {
    const analysis = analysisOf({ a: passing(0.5), b: failing(3, passing(0.5)) }, 90);
    const last = said(analysis).lists.at(-1)!;
    expect(last.title).toBe("Failed tasks: 30 of 180");
    expect(last.items[0]).toBe(
      "b failed on more items than a: 30 of 90 against 0 of 90 (adjusted p < .001). Leaving failed tasks out is selective here.",
    );
    expect(analysis.failures!.comparisons[0]).toMatchObject({ test: "exact McNemar test", verdict: "worse", n: 90 });
  });

  it("are not called unequal by chance", () => {
    const analysis = analysisOf(
      { a: (item) => (item === 3 ? "failed" : 1), b: (item) => (item < 2 ? "failed" : 1) },
      90,
    );
    expect(said(analysis).lists.at(-1)!.items).toEqual([
      "b 2 of 90; a 1 of 90. No two conditions are shown to fail unequally often.",
    ]);
    expect(analysisOf({ a: passing(0.5), b: passing(0.5) }, 20)).not.toHaveProperty("failures");
  });
});

describe("a run with injected faults", () => {
  it("has no findings, no p-value and no conclusion", () => {
    const analysis = withoutConclusions(
      analysisOf({ a: passing(0.9), b: passing(0.1), c: (item) => (item < 9 ? "failed" : 1) }, 60),
      "faults were injected",
    );
    const { warnings, lists, notes } = said(analysis, "executor rejects");
    expect(warnings).toEqual([
      "Faults were injected into this run (executor rejects): it says nothing about the conditions, and no gate was judged.",
    ]);
    expect([lists, notes]).toEqual([[], []]);
    const every = [
      ...analysis.metrics.flatMap(({ comparisons, otherReading }) => [
        ...comparisons,
        ...(otherReading?.comparisons ?? []),
      ]),
      ...analysis.failures!.comparisons,
    ];
    expect(every.length).toBeGreaterThan(6);
    for (const { verdict, p, pAdjusted } of every)
      expect([verdict, p.ok, pAdjusted.ok]).toEqual(["not tested", false, false]);
    expect(analysis.metrics.flatMap(({ omnibus }) => omnibus).every(({ p }) => !p.ok)).toBe(true);
  });
});

describe("numbers without spread", () => {
  const cost = { metrics: ["cost"], name: "cost" };

  it("are called identical on so many items, with no p, interval or correlation", async () => {
    const analysis = analysisOf({ a: (item) => item / 7, b: (item) => item / 7 }, 40, cost);
    // 1 - 0.05^(1/40)
    expect(sentences(analysis)).toBe(
      "b and a have identical values on all 40 items; up to 7.22 % of all items may differ.",
    );
    const text = renderers.markdown(await reportOf(analysis));
    expect(text).toContain("| b | a | 0 | n/a (identical values) | n/a (identical values) |");
    expect(text).toMatch(/\| 40 \| identical values \|/);
    expect(text).not.toContain("correlate");
  });

  it("are said by item in a sum too", async () => {
    const sums = { metrics: ["cost_sum"], name: "cost" };
    const analysis = analysisOf({ a: () => 0.009, b: () => 0.000375 }, 40, sums);
    expect(sentences(analysis)).toBe("b is better than a: always 0.008625 lower, on all 40 items.");
    const text = renderers.markdown(await reportOf(analysis));
    expect(text).toContain("| a | 40 | 0.3600 |");
    expect(text).not.toMatch(/0\.36000000|\[0\.36/);
  });

  it("are said to differ by that amount always, on so many items", async () => {
    const analysis = analysisOf({ a: (item) => 0.01 + (item % 3), b: (item) => 0.001375 + (item % 3) }, 40, cost);
    expect(sentences(analysis)).toBe("b is better than a: always 0.008625 lower, on all 40 items.");
    const text = renderers.markdown(await reportOf(analysis));
    expect(text).toContain("| b | a | -0.008625 | n/a (always the same difference) |");
    expect(text).not.toContain("correlate");
    const neutral = analysisOf({ a: () => 1, b: () => 3 }, 40, { metrics: ["score"], name: "score" });
    expect(sentences(neutral)).toBe("b is always 2 higher than a, on all 40 items.");
    expect(sentences(analysisOf({ a: () => 1, b: () => 3 }, 3, { metrics: ["score"], name: "score" }))).toContain(
      "b is always 2 higher than a, on all 3 items, too few to tell.",
    );
  });
});

describe("grades", () => {
  it("are compared by how likely one is the higher, never by a difference of means", () => {
    const grades =
      (add: number): Value =>
      (item, random) =>
        1 + ((item + Math.floor(3 * random())) % 4) + add;
    const metrics = [{ name: "grade", scale: "ordinal", direction: "higher" }] as const;
    const better = sentences(analysisOf({ a: grades(0), b: grades(1) }, 60, { metrics, name: "grade" }));
    expect(better).toMatch(
      /^b is better than a: it tends to be graded higher, P = \.\d\d \[\.\d\d, (\.\d\d|1\.00)\] \(adjusted p < \.001\)\.$/,
    );
    const worse = sentences(analysisOf({ a: grades(1), b: grades(0) }, 60, { metrics, name: "grade" }));
    expect(worse).toMatch(/^b is worse than a: it tends to be graded lower, P = \.[5-9]\d \[\.[5-9]\d, /);
    const open = sentences(analysisOf({ a: grades(0), b: grades(0) }, 60, { metrics, name: "grade" }));
    expect(open).toMatch(/^b and a are not distinguishable by their grades: P = \.\d\d/);
  });
});

describe("tasks that were retried", () => {
  it("stand beside the others under Reliability", async () => {
    const rows = Array.from({ length: 10 }, (_, item) =>
      outcome(
        { condition: "a", itemId: `q${item}`, attempts: item < 4 ? 2 : 1, metrics: { accuracy: item === 0 ? 0 : 1 } },
        item,
      ),
    );
    const analysis = analyse(rows, { metrics: ["accuracy"] });
    const report = await buildReport({ manifest: exampleManifest(["a"], ["accuracy"]), analysis, results: rows });
    expect(renderers.markdown(report)).toContain(
      "| accuracy of retried tasks | 75.0 % over 4 tasks; of the others 100.0 % over 6 tasks |",
    );
  });
});

describe("power", () => {
  const spread: Value = (_, random) => Math.exp(random() * 3);
  const skew: AnalyseOptions["customMetrics"] = [
    { name: "share", direction: "higher", fn: ({ latency_p95, latency }) => latency! / latency_p95! },
  ];

  it("is told of means, and not of what swapped labels test nor of grades: there it depends on how values differ", async () => {
    const analysis = analysisOf({ a: spread, b: spread }, 60, {
      metrics: ["latency", "latency_p50", "latency_p95", "latency_std", "latency_sum"],
      name: "latency",
      customMetrics: skew,
    });
    const known = analysis.metrics.map(({ comparisons }) => comparisons[0]!.detectable.ok);
    expect(known).toEqual([true, false, false, false, true, false]);
    const text = renderers.markdown(await reportOf(analysis));
    const reason = "what swapped labels find depends on how the values differ, not on the size of the difference alone";
    const none = ["p50", "p95", "std"].map((name) => `latency_${name} (${reason})`);
    expect(text).toMatch(
      /Power: smallest true difference .* if values spread as they do here, at level 0\.05\. latency: [\d.]+ ms; latency_sum: [\d.]+ ms; not known for /,
    );
    expect(text).toContain(`not known for ${none.join("; ")}; share (${reason}).`);
    for (const { metric, comparisons } of analysis.metrics)
      if (!comparisons[0]!.detectable.ok)
        expect(
          sentences({ ...analysis, metrics: analysis.metrics.filter((one) => one.metric === metric) }),
        ).not.toContain("could detect");
    const grades = analysisOf({ a: (item) => item % 5, b: (item) => (item * 3) % 5 }, 60, {
      metrics: [{ name: "grade", scale: "ordinal", direction: "higher" }],
      name: "grade",
    });
    expect(grades.metrics[0]!.comparisons[0]!.detectable.ok).toBe(false);
  });
});

describe("the correction", () => {
  const spread: Value = (_, random) => Math.exp(random() * 3);
  const metrics = ["latency", "latency_p95"];
  const told = async (more: Partial<AnalyseOptions>): Promise<string> =>
    renderers.markdown(
      await reportOf(analysisOf({ a: spread, b: spread, c: spread }, 60, { metrics, name: "latency", ...more })),
    );

  it("is said as it is: min-p of means, Bonferroni's bound of what is none, and between joined metrics", async () => {
    const bound = "Bonferroni's bound (min-p needs means over enough items)";
    const own = await told({});
    expect(own).toContain(
      `P-values are adjusted by single-step min-p over the 3 pairs of each metric by itself: latency is primary, latency_p95 is secondary. Those of latency_p95 by ${bound}.`,
    );
    expect(own).toContain(`Adjusted by single-step min-p over 3 tests.`);
    expect(own).toContain(`Adjusted by ${bound} over 3 tests.`);
    const joined = await told({ family: "all" });
    expect(joined).toContain(
      `P-values are adjusted by single-step min-p over one family: 6 tests (3 pairs x 2 metrics), metrics added up by Bonferroni's inequality. Those of latency_p95 by ${bound}.`,
    );
    expect(joined).toContain(
      "Adjusted by single-step min-p, metrics added up by Bonferroni's inequality, over 6 tests.",
    );
    expect(await told({ metrics: ["latency_p95"] })).toContain(`P-values are adjusted by ${bound} over 3 tests`);
    expect(await told({ multipleTestingCorrection: "holm" })).not.toContain("Bonferroni");
  });
});

it("says that so few items of so many conditions are adjusted by Bonferroni's bound, with numbers in groups of three digits", async () => {
  const coins = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`variant ${i + 1}`, passing(0.7)]));
  const text = renderers.markdown(await reportOf(analysisOf(coins, 40)));
  expect(text).toContain(
    "P-values are adjusted by Bonferroni's bound (min-p needs means over enough items) over 1,225 tests (1,225 pairs x 1 metric).",
  );
  expect(text).toContain("95 % simultaneous over 1,225 pairs");
  expect(text).not.toMatch(/single-step min-p|\b1225 (tests|pairs)/);
});

describe("names and ties that a sentence could get wrong", () => {
  const same: Value = (item) => item % 2;

  it("counts only conditions with a value, and calls none the highest where all are alike", () => {
    expect(sentences(analysisOf({ a: same, b: () => "failed", c: same }, 20))).toContain(
      "No condition stands out: the 2 with a value have the same value, 50.0 %.",
    );
    expect(sentences(analysisOf({ a: same, b: same, c: same }, 40, { baseline: "a" }))).not.toContain("observed");
    const tied = sentences(analysisOf({ a: () => 0, b: same, c: same }, 40, { baseline: "a" }));
    expect(tied).toContain("Highest observed: b and c with 50.0 %");
  });

  it("keeps a metric of a very long name in its own family", async () => {
    const name = "m".repeat(300);
    const spread: Value = (_, random) => random();
    const long = { metrics: ["accuracy", `${name}_p95`], name };
    const analysis = analysisOf({ a: spread, b: spread, c: spread }, 30, { ...long, fields: ["accuracy"] });
    expect(renderers.markdown(await reportOf(analysis))).toContain("Adjusted by Bonferroni's bound");
  });
});
