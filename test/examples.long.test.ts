import { memoryStore, run } from "crucible-harness";
import { expect, it } from "vitest";
import experiment from "../examples/language-identification.ts";
import { estimates, expectPublished } from "./published-accuracies.ts";

it("examples/language-identification.ts finds the accuracies of five identifiers at three lengths, and compares 30 pairs", async () => {
  const report = await run(experiment, { store: () => memoryStore(), formats: [] });
  expect(report).toMatchObject({ status: "completed", accounting: { planned: 21_150, succeeded: 21_150 } });
  expectPublished(estimates(report, "accuracy"), 0.0011);
  for (const { comparisons } of report.analysis.metrics) expect(comparisons).toHaveLength(30);
});
