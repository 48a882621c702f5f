import { describe, expect, it } from "vitest";
import { defineExperiment } from "#src/experiment/define";
import { changedOptions, describe as describeExperiment } from "#src/experiment/describe";
import type { Gate } from "#src/experiment/gates";
import type { AnalysisOptions } from "#src/experiment/options";

const define = (gates: readonly unknown[], statisticalAnalysis: Partial<AnalysisOptions> = {}) =>
  defineExperiment({
    name: "gated",
    dataset: [1],
    conditions: ["a", "b", "c"].map((name, i) => ({ name, run: () => 1, factors: { even: i % 2 === 0 } })),
    metrics: ["accuracy"],
    customMetrics: [{ name: "twice", fn: ({ accuracy = 0 }) => 2 * accuracy }],
    statisticalAnalysis,
    gates: gates as Gate[],
  });
const level = { metric: "accuracy", condition: "a", atLeast: 0.8 };
const difference = { metric: "accuracy", difference: ["a", "b"], notWorseThan: 0.02 };

describe("gates of an experiment", () => {
  it("may ask for levels and for differences, also of metrics made from others", () => {
    expect(define([level, { metric: "twice", condition: "b", atMost: 1 }, difference]).gates).toHaveLength(3);
    expect(define([]).gates).toEqual([]);
  });

  it.each<[string, unknown, Partial<AnalysisOptions>?]>([
    [
      'gates[0].metric must be a metric of the experiment, got "acuracy". Did you mean "accuracy"?',
      { ...level, metric: "acuracy" },
    ],
    ['gates[0].condition must be the name of a condition, got "d"', { ...level, condition: "d" }],
    ['gates[0].difference[1] must be the name of a condition, got "d"', { ...difference, difference: ["a", "d"] }],
    ["gates[0] must have a condition with either atLeast or atMost", { ...level, atMost: 0.9 }],
    ["gates[0] must have a condition with either atLeast or atMost", { metric: "accuracy", atLeast: 1 }],
    ["gates[0] must have a condition with either atLeast or atMost", { metric: "accuracy", condition: "a" }],
    ["gates[0] must have a condition with either atLeast or atMost", { ...level, notWorseThan: 0.1 }],
    ["gates[0] must have notWorseThan beside difference", { metric: "accuracy", difference: ["a", "b"] }],
    ["gates[0] must have notWorseThan beside difference", { ...difference, atLeast: 0.5 }],
    ["gates[0].notWorseThan must be at least 0", { ...difference, notWorseThan: -0.1 }],
    ["gates[0].atLest is not an option. Did you mean", { metric: "accuracy", condition: "a", atLest: 1 }],
    [
      "gates[0].difference must be two conditions that statisticalAnalysis compares",
      { ...difference, difference: ["a", "a"] },
    ],
    ["gates[0].difference must be two conditions that statisticalAnalysis compares", difference, { baseline: "c" }],
    [
      "gates[0].difference must be two conditions that statisticalAnalysis compares",
      difference,
      { pairs: { within: "even" } },
    ],
  ])("refuses what could never be judged: %s", (message, gate, statistics) => {
    expect(() => define([gate], statistics)).toThrow(message);
  });

  it("are part of the description, and may change on resume", () => {
    const before = describeExperiment(define([level]));
    expect(before.gates).toEqual([level]);
    expect(changedOptions(before, describeExperiment(define([difference])))).toEqual([]);
  });
});
