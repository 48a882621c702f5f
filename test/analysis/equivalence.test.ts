import { describe, expect, it } from "vitest";
import { type AnalyseOptions, analyse, judgeGates, type PlainRow } from "#src/analysis/index";
import { type Random, stream } from "#src/kernel/random";
import { runs } from "../runs.ts";

/** Pass rates of two conditions with the truth at the margin: `b` passes as much less often than `a`. */
interface Design {
  readonly units: number;
  readonly repeats?: number;
  readonly size?: number;
  readonly margin: number;
  /** What both give for the tasks of an item, or of a cluster with so many items. */
  readonly unit: (random: Random, size: number) => readonly (readonly [a: readonly number[], b: readonly number[]])[];
  readonly apart?: boolean;
}
const times = <T>(n: number, of: () => T): T[] => Array.from({ length: n }, of);
const coin = (random: Random, p: number): number => Number(random() < p);

function rowsOf({ units, repeats = 1, size = 1, unit, apart = false }: Design, random: Random): PlainRow[] {
  return Array.from({ length: units }, (_, u) =>
    unit(random, size).flatMap(([a, b], i) =>
      [a, b].flatMap((values, side) =>
        values.map((accuracy, repeat) => ({
          condition: "ab"[side]!,
          itemId: `${apart ? side : ""}${u}/${i}`,
          ...(repeats > 1 ? { repeat } : {}),
          ...(size > 1 ? { cluster: `${apart ? side : ""}${u}` } : {}),
          accuracy,
        })),
      ),
    ),
  ).flat();
}

/** Repeats that fail by themselves, items that fail as a whole, and both. */
const alone = (pa: number, margin: number, k: number) => (random: Random) => [
  [times(k, () => coin(random, pa)), times(k, () => coin(random, pa - margin))] as const,
];
const whole = (pa: number, margin: number, k: number) => (random: Random) => {
  const a = coin(random, pa);
  const b = a === 1 ? coin(random, 1 - margin / pa) : 0;
  return [[times(k, () => a), times(k, () => b)] as const];
};
const mixed = (pa: number, margin: number, k: number) => (random: Random) => {
  const passes = coin(random, pa);
  const lost = coin(random, margin / pa / 0.94);
  return [
    [
      times(k, () => coin(random, passes ? 0.97 : 0.03)),
      times(k, () => coin(random, passes && !lost ? 0.97 : 0.03)),
    ] as const,
  ];
};
const cluster =
  (pa: number, margin: number): Design["unit"] =>
  (random, size) => {
    const lost = random() < margin / 2 / pa;
    const rest = margin / 2 / pa / (1 - margin / 2 / pa);
    return times(size, () => {
      const a = coin(random, pa);
      return [[a], [a && !lost && random() >= rest ? 1 : 0]] as const;
    });
  };

const designs: Record<string, Design> = {
  "3 repeats that fail by themselves, 20 items": { units: 20, repeats: 3, margin: 0.1, unit: alone(1, 0.1, 3) },
  "3 repeats that fail by themselves, 60 items": { units: 60, repeats: 3, margin: 0.05, unit: alone(1, 0.05, 3) },
  "3 repeats that fail together, 30 items": { units: 30, repeats: 3, margin: 0.1, unit: whole(1, 0.1, 3) },
  "3 repeats that fail together, 60 items": { units: 60, repeats: 3, margin: 0.1, unit: whole(0.8, 0.1, 3) },
  "3 repeats of both kinds, 30 items": { units: 30, repeats: 3, margin: 0.1, unit: mixed(0.9, 0.1, 3) },
  "10 repeats of both kinds, 30 items": { units: 30, repeats: 10, margin: 0.1, unit: mixed(0.9, 0.1, 10) },
  "5 repeats of both kinds, 100 items": { units: 100, repeats: 5, margin: 0.05, unit: mixed(0.7, 0.05, 5) },
  "20 clusters of 5": { units: 20, size: 5, margin: 0.1, unit: cluster(0.8, 0.1) },
  "40 clusters of 5": { units: 40, size: 5, margin: 0.1, unit: cluster(0.8, 0.1) },
  "40 clusters that fail as a whole": {
    units: 40,
    size: 5,
    margin: 0.1,
    unit: (random, size) => {
      const b = coin(random, 0.9);
      return times(size, () => [[1], [b]] as const);
    },
  },
  "different items, 3 repeats": { units: 60, repeats: 3, margin: 0.1, unit: alone(0.95, 0.1, 3), apart: true },
  "different items, 3 repeats that fail together": {
    units: 60,
    repeats: 3,
    margin: 0.1,
    unit: (random) => {
      const [a, b] = [coin(random, 0.98), coin(random, 0.88)];
      return [
        [
          [a, a, a],
          [b, b, b],
        ],
      ];
    },
    apart: true,
  },
};
const RUNS = runs(40, 200);
/** One-sided 99.9 % binomial bound. */
const bound = (rate: number): number => rate + 3.09 * Math.sqrt((rate * (1 - rate)) / RUNS);

describe("pass rates with the truth at the margin", () => {
  it.each(Object.entries(designs))("are called equal, and pass a gate, no more often than said: %s", (name, design) => {
    const random = stream(23, name);
    let [equal, passed] = [0, 0];
    for (let run = 0; run < RUNS; run++) {
      const options: AnalyseOptions = {
        metrics: ["accuracy"],
        equivalenceMargin: { accuracy: design.margin },
        resamples: 100,
      };
      const analysis = analyse(rowsOf(design, random), options);
      const [pair] = analysis.metrics[0]!.comparisons;
      const { p } = pair!.equivalence!;
      equal += Number(p.ok && p.value < 0.05);
      if (pair!.same) continue; // equal values are judged at alpha, by the share of items that may differ
      const gate = { metric: "accuracy", difference: ["b", "a"], notWorseThan: design.margin } as const;
      passed += Number(judgeGates([gate], analysis)[0]!.passed);
    }
    expect(equal / RUNS).toBeLessThan(bound(0.05));
    expect(passed / RUNS).toBeLessThan(bound(0.025));
  });
});

describe("pass rates that are equal", () => {
  it.each([
    ["repeats", { units: 200, repeats: 3, margin: 0.1, unit: alone(0.9, 0, 3) }],
    ["clusters", { units: 60, size: 5, margin: 0.1, unit: cluster(0.9, 0) }],
  ] as const)("are found equal where items are enough: %s", (name, design) => {
    const random = stream(29, name);
    let equal = 0;
    for (let run = 0; run < 40; run++) {
      const { metrics } = analyse(rowsOf(design, random), {
        metrics: ["accuracy"],
        equivalenceMargin: { accuracy: design.margin },
        resamples: 100,
      });
      equal += Number(metrics[0]!.comparisons[0]!.verdict === "equivalent");
    }
    expect(equal).toBeGreaterThan(32);
  });

  it("are adjusted over the pairs of their family", () => {
    const random = stream(31, "pairs");
    const rows = ["a", "b", "c", "d"].flatMap((condition) =>
      Array.from({ length: 150 }, (_, itemId) => ({ condition, itemId, accuracy: coin(random, 0.95) })),
    );
    const { metrics } = analyse(rows, { metrics: ["accuracy"], equivalenceMargin: { accuracy: 0.08 } });
    const pairs = metrics[0]!.comparisons.map(({ equivalence }) => equivalence!);
    expect(pairs).toHaveLength(6);
    for (const { p, pAdjusted } of pairs) expect(pAdjusted.ok && p.ok && pAdjusted.value >= p.value).toBe(true);
    const smallest = Math.min(...pairs.map(({ p }) => (p.ok ? p.value : 1)));
    expect(
      pairs.some(({ pAdjusted }) => pAdjusted.ok && Math.abs(pAdjusted.value - Math.min(1, 6 * smallest)) < 1e-12),
    ).toBe(true);
  });
});
