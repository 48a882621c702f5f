import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AnalyseOptions, analyse, type PlainRow } from "#src/analysis/index";
import { levelsInSlices, levelsOf } from "#src/analysis/levels";
import { draws } from "../runs.ts";

const row = fc.record({
  condition: fc.constantFrom("a", "b", "c"),
  itemId: fc.integer({ min: 0, max: 9 }),
  accuracy: fc.constantFrom(0, 1),
  latency: fc.double({ min: 0.1, max: 100, noNaN: true }),
  finalStatus: fc.constantFrom("success", "success", "failed_permanent"),
}) satisfies fc.Arbitrary<PlainRow>;

describe("levels without pairs", () => {
  const options: AnalyseOptions = {
    metrics: ["accuracy", "latency", "latency_p99"],
    conditions: ["a", "b", "c"],
    fields: ["accuracy", "latency"],
    resamples: 100,
  };

  it("are bit for bit those of the analysis, whatever the rows are, at once and in slices", async () => {
    const counted = fc.constantFrom("missing" as const, 0 as const);
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), counted, async (rows, failedAs) => {
        const levels = levelsOf(rows, { ...options, failedAs });
        const whole = analyse(rows, { ...options, failedAs });
        expect(levels).toEqual(
          whole.metrics.map(({ metric, kind, failedAs: counts, summaries }) => ({
            metric,
            kind,
            failedAs: counts,
            summaries,
          })),
        );
        expect(await levelsInSlices(rows, { ...options, failedAs })).toEqual(levels);
      }),
      draws(8),
    );
  });
});
