import type { RunReport } from "crucible-harness";
import { expect } from "vitest";

/** Of examples/language-identification.ts over all paragraphs, at 20, 60 and 400 characters. */
const published: Readonly<Record<string, readonly number[]>> = {
  tinyld: [0.907, 0.972, 0.981],
  "cld3-asm": [0.806, 0.975, 0.976],
  eld: [0.897, 0.95, 0.953],
  franc: [0.84, 0.971, 0.99],
  "franc-min": [0.734, 0.782, 0.789],
};

/** The value of a metric by condition, as the report has it. */
export function estimates(report: RunReport, metric: string): Record<string, number> {
  const analysis = report.analysis.metrics.find((each) => each.metric.name === metric)!;
  return Object.fromEntries(
    analysis.summaries.map(({ condition, estimate }) => [
      condition,
      estimate.value.ok ? estimate.value.value : Number.NaN,
    ]),
  );
}

/** Expects the accuracies of five language identifiers to be near those that are published. */
export function expectPublished(found: Readonly<Record<string, number>>, within: number): void {
  for (const [model, values] of Object.entries(published)) {
    for (const [i, length] of [20, 60, 400].entries())
      expect(Math.abs(found[`${model} @ ${length}`]! - values[i]!), `${model} @ ${length}`).toBeLessThan(within);
  }
}
