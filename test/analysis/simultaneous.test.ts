import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AnalyseOptions, type Analysis, analyse, type Comparison, type PlainRow } from "#src/analysis/index";
import { corrections } from "#src/experiment/options";
import { stream } from "#src/kernel/random";
import { draws } from "../runs.ts";

/** A data set of a kind, with differences, gaps and ties. */
interface Setup {
  readonly seed: number;
  readonly k: number;
  readonly items: number;
  readonly kind: "binary" | "continuous" | "ordinal" | "clustered" | "gaps";
}

const setups: fc.Arbitrary<Setup> = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  k: fc.integer({ min: 2, max: 5 }),
  items: fc.integer({ min: 2, max: 40 }),
  kind: fc.constantFrom("binary", "continuous", "ordinal", "clustered", "gaps"),
});

const metricOf = ({ kind }: Setup): AnalyseOptions["metrics"] =>
  kind === "ordinal" ? [{ name: "y", scale: "ordinal" }] : ["y"];

/** Values by condition and item, the same for the same setup. */
function valuesOf({ seed, k, items, kind }: Setup): (number | undefined)[][] {
  const random = stream(seed, "values");
  const shift = Array.from({ length: k }, () => (random() < 0.5 ? 0 : random()));
  return Array.from({ length: items }, () => {
    const hard = random();
    return shift.map((own) => {
      if (kind === "gaps" && random() < 0.2) return undefined;
      const value = hard + random() + own;
      return kind === "binary" ? Number(value > 1.2) : kind === "ordinal" ? Math.round(2 * value) : value;
    });
  });
}

const rowsOf = (values: readonly (readonly (number | undefined)[])[], names: readonly string[], kind: string) =>
  values.flatMap((row, item) =>
    row.flatMap((y, c): PlainRow[] =>
      y === undefined
        ? []
        : [{ condition: names[c]!, itemId: item, y, ...(kind === "clustered" ? { cluster: item % 7 } : {}) }],
    ),
  );

const namesOf = (k: number): string[] => Array.from({ length: k }, (_, c) => `c${c}`);

const analysed = (setup: Setup, more: Partial<AnalyseOptions> = {}, values = valuesOf(setup)): Analysis =>
  analyse(rowsOf(values, namesOf(setup.k), setup.kind), {
    metrics: metricOf(setup),
    conditions: namesOf(setup.k),
    resamples: 100,
    ...more,
  });

/** The interval of what was tested, and the number that it excludes where the pair differs. */
const testedOf = ({ tested, effect, difference }: Comparison) =>
  tested === "effect" ? { interval: effect.interval, nothing: 0.5 } : { interval: difference.interval, nothing: 0 };

const run = (law: (setup: Setup) => void, cases = draws(4, 16)) => fc.assert(fc.property(setups, law), cases);

describe("intervals of differences", () => {
  it("exclude no difference exactly where the adjusted p says different, whatever the correction and the level", () => {
    fc.assert(
      fc.property(
        setups,
        fc.constantFrom(...corrections),
        fc.constantFrom(0.01, 0.05, 0.2),
        fc.boolean(),
        (setup, multipleTestingCorrection, significanceLevel, against) => {
          const analysis = analysed(setup, {
            multipleTestingCorrection,
            significanceLevel,
            ...(against ? { baseline: "c0" } : {}),
          });
          for (const comparison of analysis.metrics[0]!.comparisons) {
            const { interval, nothing } = testedOf(comparison);
            const { pAdjusted } = comparison;
            if (!interval.ok || !pAdjusted.ok) {
              expect(comparison.verdict).toMatch(/^not/);
              continue;
            }
            const excludes = interval.value.low > nothing || interval.value.high < nothing;
            expect(excludes).toBe(pAdjusted.value < significanceLevel);
            expect(excludes).toBe(!comparison.verdict.startsWith("not"));
            expect(interval.value.level).toBeCloseTo(1 - significanceLevel, 12);
          }
        },
      ),
      draws(10, 20),
    );
  });

  it("are never narrower than that of the pair alone, and hold it within", () => {
    run((setup) => {
      for (const comparison of analysed(setup).metrics[0]!.comparisons) {
        const { interval } = testedOf(comparison);
        const { alone } = comparison;
        if (!interval.ok) continue;
        expect(alone.ok).toBe(true);
        if (!alone.ok) continue;
        expect(interval.value.low).toBeLessThanOrEqual(alone.value.low + 1e-9);
        expect(interval.value.high).toBeGreaterThanOrEqual(alone.value.high - 1e-9);
      }
    });
  });

  it("are mirrored when two conditions change places", () => {
    run((setup) => {
      const values = valuesOf(setup);
      const swapped = values.map(([a, b, ...others]) => [b, a, ...others]);
      const straight = analysed(setup).metrics[0]!.comparisons[0]!;
      const turned = analysed(setup, {}, swapped).metrics[0]!.comparisons[0]!;
      const { interval, nothing } = testedOf(straight);
      const other = testedOf(turned).interval;
      expect(other.ok).toBe(interval.ok);
      if (interval.ok && other.ok) {
        expect(other.value.low).toBeCloseTo(2 * nothing - interval.value.high, 8);
        expect(other.value.high).toBeCloseTo(2 * nothing - interval.value.low, 8);
      }
      expect([turned.p, turned.pAdjusted].map(roundedQuantity)).toEqual(
        [straight.p, straight.pAdjusted].map(roundedQuantity),
      );
    });
  });

  it("do not depend on the order in which conditions are given", () => {
    run((setup) => {
      const byPair = (analysis: Analysis) =>
        new Map(
          analysis.metrics[0]!.comparisons.map((one) => [
            [one.condition, one.against].sort().join(),
            JSON.stringify([roundedQuantity(one.p), roundedQuantity(one.pAdjusted), widthOf(one)]),
          ]),
        );
      const straight = byPair(analysed(setup));
      const reversed = byPair(analysed(setup, { conditions: namesOf(setup.k).reverse() }));
      expect([...reversed].sort()).toEqual([...straight].sort());
    });
  });

  it("are the same for two conditions that gave the same", () => {
    run((setup) => {
      const values = valuesOf(setup).map((row) => [row[0], ...row.slice(0, -1)]);
      const { comparisons } = analysed(setup, {}, values).metrics[0]!;
      const same = comparisons[0]!;
      if (same.difference.value.ok) expect(same.difference.value.value).toBe(0);
      expect(same.verdict).toMatch(/^not/);
      for (let c = 2; c < setup.k; c++) {
        const [first, second] = ["c0", "c1"].map((name) =>
          comparisons.find(({ condition, against }) => condition === `c${c}` && against === name),
        );
        expect({ ...first, against: "" }).toEqual({ ...second, against: "" });
      }
    });
  });
});

const roundedQuantity = (quantity: Comparison["p"]) =>
  quantity.ok ? Number(quantity.value.toPrecision(8)) : quantity.error;

const widthOf = (comparison: Comparison) => {
  const { interval } = testedOf(comparison);
  return interval.ok ? Number((interval.value.high - interval.value.low).toPrecision(7)) : interval.error;
};
