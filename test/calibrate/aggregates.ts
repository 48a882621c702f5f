import { type AnalyseOptions, analyse, type Comparison, judgeGates, type PlainRow } from "#src/analysis/index";
import type { Random } from "#src/kernel/random";
import { normal } from "#src/stats/distributions";
import type { Cell, Law } from "./cell.ts";
import { ALPHA, countsOfNull, covers, gauss, lognormals, normals, rowsOf, shareOf, type Values } from "./data.ts";

/** Draws that decide verdicts of percentiles: fewer than the default, more where p needs them. */
const DRAWS = 400;

type Share = 0.5 | 0.9 | 0.95 | 0.99;

interface Aggregated {
  readonly name: string;
  readonly metric: string;
  /** Of the values, where an interval of the level is held against it. */
  readonly truth?: (values: Values) => number;
  /** How far the number moves when one is added to all values. */
  readonly shiftedBy: (n: number) => number;
}

const percentile = (name: string, share: Share): Aggregated => ({
  name,
  metric: `y_${name}`,
  truth: ({ of }) => of(normal.quantile(share)),
  shiftedBy: () => 1,
});
const spread: Aggregated = { name: "std", metric: "y_std", shiftedBy: () => 0 };
const total: Aggregated = { name: "sum", metric: "y_sum", shiftedBy: (n) => n };

const nullLaw = { "false difference": { atMost: ALPHA } } as const;
const covered = { atLeast: 1 - ALPHA } as const;

/** Where a level and a difference have a closed interval: n(1 - q) of 10 and more. */
const isWide = ({ metric }: Aggregated, n: number): boolean => n >= (floors[metric] ?? 0);
const floors: Readonly<Record<string, number>> = {
  y_p50: 20,
  y_p90: 100,
  y_p95: 200,
  y_p99: 1000,
  y_std: Number.POSITIVE_INFINITY,
};

interface More {
  readonly repeats?: number;
  readonly clusterSize?: number;
  /** Share of the tasks of the second condition that have no value. */
  readonly missing?: number;
}

/** A number of all values of a condition that is not their mean; the second condition is the first, shifted by one. */
function aggregateCell(of: Aggregated, values: Values, n: number, more: More = {}): Cell {
  const { repeats = 1, clusterSize, missing = 0 } = more;
  const title = [
    ...(repeats > 1 ? [`${repeats} repeats`] : []),
    ...(clusterSize ? [`clusters of ${clusterSize}`] : []),
    ...(missing > 0 ? [`${missing} of one missing`] : []),
  ];
  const hasInterval = isWide(of, n) && title.length === 0;
  const hasLevel = hasInterval && of.truth !== undefined;
  return {
    name: `${[of.name, values.name, `${n} items`, ...title].join(", ")}`,
    sets: n >= 1000 ? 150 : n >= 300 ? 200 : 300,
    once: (random) => {
      const rows = drawn(random, values, n, more);
      const found = analysed(rows, { metrics: [of.metric] });
      const moved = hasInterval
        ? analysed(
            rows.map((row) => (row.condition === "c1" ? { ...row, y: (row.y as number) + 1 } : row)),
            { metrics: [of.metric] },
          )
        : undefined;
      return {
        "false difference": countsOfNull(found)["false difference"],
        "difference covered": hasInterval ? covers(found.comparisons[0]!.difference.interval, 0) : undefined,
        "shift covered": moved && coversShift(moved.comparisons[0]!, of.shiftedBy(n)),
        "level covered": hasLevel
          ? shareOf(found.summaries.map(({ estimate }) => covers(estimate.interval, of.truth!(values))))
          : undefined,
      };
    },
    laws: {
      ...nullLaw,
      ...(hasInterval ? { "difference covered": covered, "shift covered": "shown" } : {}), // labels are swapped as if nothing differed
      ...(hasLevel ? { "level covered": covered } : {}),
    },
  };
}

const analysed = (rows: readonly PlainRow[], options: AnalyseOptions) =>
  analyse(rows, { resamples: DRAWS, conditions: ["c0", "c1"], ...options }).metrics.at(-1)!;

/** The second condition is above the first by the shift. */
const coversShift = ({ condition, difference }: Comparison, shift: number): number | undefined =>
  covers(difference.interval, condition === "c1" ? shift : -shift);

/** Clusters share an effect on both conditions and one on each. */
function drawn(random: Random, values: Values, n: number, { repeats = 1, clusterSize, missing = 0 }: More): PlainRow[] {
  if (!clusterSize)
    return rowsOf(random, { values, k: 2, n, rho: 0.5, repeats }).filter(
      ({ condition }) => condition === "c0" || random() >= missing,
    );
  const effects = Array.from({ length: Math.ceil(n / clusterSize) }, () => [
    gauss(random),
    gauss(random),
    gauss(random),
  ]);
  return Array.from({ length: n }, (_, itemId) => {
    const cluster = Math.floor(itemId / clusterSize);
    const [both, ...own] = effects[cluster]!;
    return own.map((effect, c) => ({
      condition: `c${c}`,
      itemId,
      cluster,
      y: values.of(0.5 * both! + 0.5 * effect + Math.SQRT1_2 * gauss(random)),
    }));
  }).flat();
}

const p50 = percentile("p50", 0.5);
const p90 = percentile("p90", 0.9);
const p95 = percentile("p95", 0.95);
const p99 = percentile("p99", 0.99);

/** A ratio of two means, made of the metrics of a condition. */
const ratioCell = (n: number): Cell => ({
  name: `ratio of means, lognormal, ${n} items`,
  sets: 300,
  once: (random) => {
    const rows = rowsOf(random, { values: lognormals, k: 2, n, rho: 0.5 }).map((row) => ({
      ...row,
      w: 1 + gauss(random) ** 2,
    }));
    const found = analysed(rows, {
      metrics: ["y", "w"],
      customMetrics: [{ name: "ratio", fn: (metrics) => metrics.y! / metrics.w! }],
    });
    return {
      "false difference": countsOfNull(found)["false difference"],
      "difference covered": covers(found.comparisons[0]!.difference.interval, 0),
    };
  },
  laws: { ...nullLaw, "difference covered": "shown" },
});

/** A gate on an aggregate whose truth lies at the margin. */
const gateCell = (of: Aggregated, n: number, law: Law): Cell => ({
  name: `gate on ${of.name} at its margin, lognormal, ${n} items`,
  sets: 300,
  once: (random) => {
    const rows = rowsOf(random, { values: lognormals, k: 2, n, rho: 0.5, shift: (c) => 0.5 * c });
    const analysis = analyse(rows, {
      metrics: [{ name: "y", aggregate: of.name as "p90", direction: "lower" }],
      resamples: DRAWS,
    });
    const gate = { metric: "y", difference: ["c1", "c0"] as [string, string], notWorseThan: 0.5 };
    return { "gate passed": Number(judgeGates([gate], analysis)[0]!.passed) };
  },
  laws: { "gate passed": law },
});

export const aggregateCells: readonly Cell[] = [
  ...[p50, p90, p95, p99, spread, total].flatMap((of) =>
    [10, 20, 50, 100].map((n) => aggregateCell(of, lognormals, n)),
  ),
  ...[p90, p99, spread, total].flatMap((of) => [30].map((n) => aggregateCell(of, normals, n))),
  ...[p50, p99, total].map((of) => aggregateCell(of, lognormals, 30, { repeats: 3 })),
  ...[p50, p99, spread, total].map((of) => aggregateCell(of, lognormals, 60, { clusterSize: 5 })),
  ...[p50, p90, total].map((of) => aggregateCell(of, lognormals, 30, { missing: 0.3 })),
  aggregateCell(p90, lognormals, 300),
  aggregateCell(p95, lognormals, 300),
  aggregateCell(spread, lognormals, 300),
  aggregateCell(p99, lognormals, 1000),
  ...[8, 15, 30, 100].map(ratioCell),
  ...[p50, p90].map((of) => gateCell(of, 100, { atMost: ALPHA / 2 })),
  ...[p95, p99].map((of) => gateCell(of, 30, { atMost: ALPHA / 2 })),
];
