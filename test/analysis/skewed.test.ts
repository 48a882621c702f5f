import { describe, expect, it } from "vitest";
import { analyse } from "#src/analysis/index";
import { stream } from "#src/kernel/random";
import { normal } from "#src/stats/distributions";
import { runs } from "../runs.ts";

const gauss = (random: () => number): number => normal.quantile(Math.min(1 - 1e-12, Math.max(1e-12, random())));
const draws = {
  normal: { of: gauss, mean: 0, least: 0.95 },
  lognormal: { of: (random: () => number) => Math.exp(gauss(random)), mean: Math.exp(0.5), least: 0.9 },
  exponential: { of: (random: () => number) => -Math.log1p(-random()), mean: 1, least: 0.94 },
};
const RUNS = runs(200, 800);

describe("levels", () => {
  const levels = (kind: keyof typeof draws, items: number) => {
    const random = stream(41, `${kind}/${items}`);
    const { of, mean } = draws[kind];
    let [held, marked] = [0, 0];
    for (let run = 0; run < RUNS; run++) {
      const rows = Array.from({ length: items }, (_, itemId) => ({ condition: "a", itemId, score: of(random) }));
      const [summary] = analyse(rows, { metrics: ["score"], resamples: 100 }).metrics[0]!.summaries;
      const { interval } = summary!.estimate;
      held += Number(interval.ok && interval.value.low <= mean && mean <= interval.value.high);
      marked += Number(summary!.caution !== undefined);
    }
    return { held: held / RUNS, marked: marked / RUNS };
  };

  it.each([
    ["normal", 8],
    ["normal", 30],
    ["exponential", 15],
    ["exponential", 30],
    ["lognormal", 15],
    ["lognormal", 30],
  ] as const)("of %s values hold their mean, %i items", (kind, items) => {
    const { held, marked } = levels(kind, items);
    const { least } = draws[kind];
    expect(held).toBeGreaterThan(least - 3.09 * Math.sqrt((least * (1 - least)) / RUNS));
    if (kind === "normal" && items >= 15) expect(marked).toBeLessThan(0.08);
    if (items < 15) expect(marked).toBe(1); // so few cannot show that they are not skewed
    if (kind === "lognormal") expect(marked).toBeGreaterThan(0.6); // 90 % is not 95 %: it is said
  });
});

describe("tests of means", () => {
  const sets = runs(100);

  it("say that differences are skewed where t errs for them, and nothing where they are not", () => {
    const cautions = (b: (random: () => number) => number, apart: boolean): number => {
      const random = stream(43, String(b));
      let marked = 0;
      for (let run = 0; run < sets; run++) {
        const rows = [
          ...Array.from({ length: apart ? 10 : 30 }, (_, i) => ({ condition: "a", itemId: `${i}`, score: b(random) })),
          ...Array.from({ length: apart ? 100 : 30 }, (_, i) => ({
            condition: "b",
            itemId: apart ? `b${i}` : `${i}`,
            score: 1 + gauss(random) / 10,
          })),
        ];
        marked += Number(
          analyse(rows, { metrics: ["score"], resamples: 100 }).metrics[0]!.comparisons[0]!.caution !== undefined,
        );
      }
      return marked / sets;
    };
    for (const apart of [false, true]) {
      expect(cautions(draws.lognormal.of, apart)).toBeGreaterThan(apart ? 0.3 : 0.55);
      expect(cautions(gauss, apart)).toBeLessThan(0.12);
    }
  });
});
