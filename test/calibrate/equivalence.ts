import { analyse, judgeGates, type PlainRow } from "#src/analysis/index";
import type { Random } from "#src/kernel/random";
import type { Cell } from "./cell.ts";
import { ALPHA, FEW_DRAWS, lognormals, normals, rowsOf, type Values } from "./data.ts";

/** Pass or fail on the same items: shares that only one passes. Half of the others fail both. */
const discordant = (random: Random, n: number, p10: number, p01: number): PlainRow[] =>
  Array.from({ length: n }, (_, itemId) => {
    const u = random();
    const rest = u < p10 + p01 + (1 - p10 - p01) / 2 ? 1 : 0;
    const [a, b] = u < p10 ? [1, 0] : u < p10 + p01 ? [0, 1] : [rest, rest];
    return [a, b].map((y, c) => ({ condition: `c${c}`, itemId, y: y! }));
  }).flat();

const metrics = [{ name: "y", direction: "higher" as const }];
const law = { "shown equivalent": { atMost: ALPHA } } as const;

/** A pass rate that lies at the margin below the other. */
const passCell = (margin: number, n: number, p01: number): Cell => ({
  name: `equivalence within ${margin}, pass rates, ${n} items, p01 ${p01}`,
  sets: 600,
  once: (random) => equivalent(discordant(random, n, p01 + margin, p01), margin),
  laws: law,
});

function equivalent(rows: readonly PlainRow[], margin: number) {
  const { comparisons } = analyse(rows, {
    metrics,
    conditions: [...new Set(rows.map(({ condition }) => condition))],
    baseline: "c0",
    equivalenceMargin: { y: margin },
    resamples: FEW_DRAWS,
  }).metrics[0]!;
  return { "shown equivalent": Number(comparisons.some(({ verdict }) => verdict === "equivalent")) };
}

/** All conditions but the baseline lie at the margin: any claim is false. */
const meanCell = (values: Values, k: number, n: number): Cell => ({
  name: `equivalence within 0.5, ${values.name}, k ${k}, ${n} items`,
  sets: k > 2 ? 300 : 500,
  once: (random) => equivalent(rowsOf(random, { values, k, n, rho: 0.5, shift: (c) => (c === 0 ? 0 : 0.5) }), 0.5),
  laws: law,
});

/** Of three repeats of the second condition one in ten fails, so that few items differ at all. */
const repeatedCell = (n: number): Cell => ({
  name: `equivalence within 0.1, pass rates, ${n} items of 3 repeats`,
  sets: 600,
  once: (random) => {
    const rows = Array.from({ length: n }, (_, itemId) =>
      [0, 1, 2].flatMap(() => [1, random() < 0.1 ? 0 : 1].map((y, c) => ({ condition: `c${c}`, itemId, y }))),
    ).flat();
    return equivalent(rows, 0.1);
  },
  laws: law,
});

/** Independent items. */
const apartCell = (n: number, share: number): Cell => ({
  name: `equivalence within 0.1, pass rates apart, ${n} items each, ${share}`,
  sets: 500,
  once: (random) =>
    equivalent(
      [share, share - 0.1].flatMap((rate, c) =>
        Array.from({ length: n }, (_, i) => ({ condition: `c${c}`, itemId: `${c} ${i}`, y: Number(random() < rate) })),
      ),
      0.1,
    ),
  laws: law,
});

export const equivalenceCells: readonly Cell[] = [
  ...[0.02, 0.05, 0.1].flatMap((margin) =>
    [30, 100, 200].flatMap((n) => [0, 0.02].map((p01) => passCell(margin, n, p01))),
  ),
  ...[2, 4, 8].map((k) => meanCell(normals, k, 30)),
  meanCell(lognormals, 2, 30),
  ...[10, 20, 100].map(repeatedCell),
  ...[0.5, 0.95].map((share) => apartCell(100, share)),
];

/** Passed although the truth lies at the margin: the pair was chosen beforehand, so one side of its own interval decides. */
const gateCell = (margin: number, n: number, p01: number): Cell => ({
  name: `gate ${margin}, pass rates at the margin, ${n} items, p01 ${p01}`,
  sets: 600,
  once: (random) => {
    const analysis = analyse(discordant(random, n, p01 + margin, p01), { metrics, resamples: FEW_DRAWS });
    const gate = { metric: "y", difference: ["c1", "c0"] as [string, string], notWorseThan: margin };
    return { "gate passed": Number(judgeGates([gate], analysis)[0]!.passed) };
  },
  laws: { "gate passed": { atMost: ALPHA / 2 } },
});

export const gateCells: readonly Cell[] = [0.05, 0.1].flatMap((margin) =>
  [10, 30, 100].flatMap((n) => [0, 0.1].map((p01) => gateCell(margin, n, p01))),
);
