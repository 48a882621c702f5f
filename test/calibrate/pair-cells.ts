import { analyse } from "#src/analysis/analyse";
import type { Comparison } from "#src/analysis/analysis";
import { judgeGates } from "#src/analysis/gates";
import type { AnalyseOptions } from "#src/analysis/options";
import type { PlainRow } from "#src/analysis/row";
import { type Random, stream } from "#src/kernel/random";
import { normal } from "#src/stats/distributions";

/** One design whose error rate is known: how often it errs in N seeded data sets, and the most that chance explains. */
export interface Cell {
  readonly name: string;
  /** @returns share of data sets that err, and the greatest that is to be expected once in a thousand cells */
  run(seed: number, N: number): { readonly rate: number; readonly bound: number };
}

/** The one-sided 99.9 % bound of a share in N data sets. */
export const boundOf = (nominal: number, N: number): number =>
  nominal + 3.09 * Math.sqrt((nominal * (1 - nominal)) / N);

const gauss = (random: Random): number => normal.quantile(Math.min(1 - 1e-12, Math.max(1e-12, random())));

/** Errs in each data set or not; data sets without an answer do not err. */
function cell(name: string, nominal: number, errs: (random: Random, seed: number) => boolean): Cell {
  return {
    name,
    run(seed, N) {
      const random = stream(seed, "pair-cells", name);
      let count = 0;
      for (let i = 0; i < N; i++) count += Number(errs(random, i));
      return { rate: count / N, bound: boundOf(nominal, N) };
    },
  };
}

type Draw = (random: Random, item: number) => readonly [a: number, b: number];

/** Two values with a correlation of one half, changed by `shape`. */
const alike =
  (shape: (z: number) => number, shift = 0): Draw =>
  (random) => {
    const shared = gauss(random);
    const one = (): number => shape(Math.SQRT1_2 * shared + Math.SQRT1_2 * gauss(random));
    return [one(), one() + shift];
  };

function compared(
  random: Random,
  n: number,
  draw: Draw,
  options: Partial<AnalyseOptions> & Pick<AnalyseOptions, "metrics">,
  clusterOf?: (item: number) => number,
): Comparison {
  const rows = Array.from({ length: n }, (_, itemId): PlainRow[] => {
    const [a, b] = draw(random, itemId);
    const cluster = clusterOf ? { cluster: clusterOf(itemId) } : {};
    return [
      { condition: "a", itemId, v: a, w: 1 + Math.abs(a), ...cluster },
      { condition: "b", itemId, v: b, w: 1 + Math.abs(b), ...cluster },
    ];
  }).flat();
  return analyse(rows, { resamples: 400, ...options }).metrics.at(-1)!.comparisons[0]!;
}

const different = ({ p }: Comparison): boolean => p.ok && p.value < 0.05;
const misses = ({ difference: { interval } }: Comparison, truth: number): boolean =>
  interval.ok && (interval.value.low > truth || interval.value.high < truth);

const lognormal = alike(Math.exp);
const aggregateCells = ["v_median", "v_p90", "v_p95", "v_p99", "v_std", "v_sum"].flatMap((metric) =>
  [10, 20, 30, 50, 100].map((n) =>
    cell(`${metric}, lognormal, ${n} items: false difference`, 0.05, (random) =>
      different(compared(random, n, lognormal, { metrics: [metric] })),
    ),
  ),
);
const ratioCells = [8, 15, 30, 100].map((n) =>
  cell(`ratio of means, lognormal, ${n} items: false difference`, 0.05, (random) =>
    different(
      compared(random, n, lognormal, {
        metrics: ["v"],
        customMetrics: [{ name: "ratio", fn: ({ v, w }) => v! / w! }],
      }),
    ),
  ),
);
const shiftedCells = [
  ["v_median", 30],
  ["v_p90", 100],
  ["v_std", 100],
].map(([metric, n]) =>
  cell(`${metric}, lognormal, ${n} items: interval of a shift of 1 misses it`, 0.05, (random) =>
    misses(
      compared(random, n as number, alike(Math.exp, 1), { metrics: [metric as string] }),
      metric === "v_std" ? 0 : 1,
    ),
  ),
);

/** Clusters of the sizes whose errors are hardest to know. */
const shapes: Record<string, (clusters: number, random: Random) => number[]> = {
  "of 5": (c) => Array<number>(c).fill(5),
  "of 1 to 9": (c, random) => Array.from({ length: c }, () => 1 + Math.floor(9 * random())),
  lognormal: (c, random) => Array.from({ length: c }, () => Math.max(1, Math.round(4 * Math.exp(gauss(random))))),
  "one of half the items": (c) => [...Array<number>(c - 1).fill(5), 5 * (c - 1)],
};
const clusterCells = Object.entries(shapes).flatMap(([shape, sizes]) =>
  [6, 12, 25, 50].map((clusters) =>
    cell(`${clusters} clusters, ${shape}: false difference`, 0.05, (random) => {
      const labels = sizes(clusters, random).flatMap((size, label) => Array<number>(size).fill(label));
      const ofCluster = Array.from({ length: clusters }, () => [gauss(random), gauss(random)] as const);
      const draw: Draw = (r, item) => {
        const [a, b] = ofCluster[labels[item]!]!;
        return [a + gauss(r), b + gauss(r)];
      };
      return different(
        compared(random, labels.length, draw, { metrics: ["v"], resamples: 100 }, (item) => labels[item]!),
      );
    }),
  ),
);

/** Pass or fail on the same items with the given shares of either winning alone. */
const discordant =
  (p10: number, p01: number): Draw =>
  (random) => {
    const u = random();
    if (u < p10) return [1, 0];
    if (u < p10 + p01) return [0, 1];
    return u < p10 + p01 + (1 - p10 - p01) / 2 ? [1, 1] : [0, 0];
  };
const equivalenceCells = [0.05, 0.1].flatMap((margin) =>
  [30, 50, 100, 200].flatMap((n) =>
    [0, 0.02].map((p01) =>
      cell(`equivalence within ${margin}, ${n} items, p01 ${p01}: shown at the margin`, 0.05, (random) => {
        const found = compared(random, n, discordant(p01 + margin, p01), {
          metrics: ["v"],
          equivalenceMargin: { v: margin },
        });
        return found.equivalence?.p.ok === true && found.equivalence.p.value < 0.05;
      }),
    ),
  ),
);

const gateOf = (margin: number) => [{ metric: "v", difference: ["b", "a"] as [string, string], notWorseThan: margin }];
const gateCells = [
  ...[0.05, 0.1].flatMap((margin) =>
    [10, 30, 100].map((n) =>
      cell(`gate ${margin}, ${n} items at the margin: passed`, 0.025, (random) => {
        const draw = discordant(margin, 0);
        const rows = Array.from({ length: n }, (_, itemId) => {
          const [a, b] = draw(random, itemId);
          return [
            { condition: "a", itemId, v: a },
            { condition: "b", itemId, v: b },
          ];
        }).flat();
        return judgeGates(gateOf(margin), analyse(rows, { metrics: [{ name: "v", direction: "higher" }] }))[0]!.passed;
      }),
    ),
  ),
  ...[
    [6, 0.1],
    [20, 0.05],
  ].map(([clusters, margin]) =>
    cell(`gate ${margin}, ${clusters} clusters lost whole at the margin: passed`, 0.025, (random) => {
      const rows = Array.from({ length: clusters! }, (_, cluster) => {
        const lost = random() < margin!;
        return Array.from({ length: 5 }, (_, i) => [
          { condition: "a", itemId: 5 * cluster + i, cluster, v: 1 },
          { condition: "b", itemId: 5 * cluster + i, cluster, v: lost ? 0 : 1 },
        ]).flat();
      }).flat();
      return judgeGates(gateOf(margin!), analyse(rows, { metrics: [{ name: "v", direction: "higher" }] }))[0]!.passed;
    }),
  ),
];

const smallCells = [5, 8, 14].map((n) =>
  cell(`means, lognormal, ${n} items: false difference`, 0.05, (random) =>
    different(compared(random, n, lognormal, { metrics: ["v"] })),
  ),
);

/** Every kind of single comparison, where its error rate was once too high or could be. */
export const pairCells: readonly Cell[] = [
  ...aggregateCells,
  ...ratioCells,
  ...shiftedCells,
  ...clusterCells,
  ...equivalenceCells,
  ...gateCells,
  ...smallCells,
];
