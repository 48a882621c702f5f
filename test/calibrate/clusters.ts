import { analyse, judgeGates, type PlainRow } from "#src/analysis/index";
import type { Random } from "#src/kernel/random";
import type { Cell, Law } from "./cell.ts";
import { ALPHA, countsOfNull, FEW_DRAWS, gauss, metricOf, normals, nullLaws, passes, type Values } from "./data.ts";

/** Sizes of clusters, from equal ones to one of half the items. */
const shapes: Readonly<Record<string, (clusters: number, random: Random) => number[]>> = {
  "of 5": (clusters) => Array<number>(clusters).fill(5),
  "of 1 to 9": (clusters, random) => Array.from({ length: clusters }, () => 1 + Math.floor(9 * random())),
  lognormal: (clusters, random) =>
    Array.from({ length: clusters }, () => Math.max(1, Math.round(4 * Math.exp(gauss(random))))),
  zipf: (clusters) => Array.from({ length: clusters }, (_, i) => Math.max(1, Math.round(40 / (i + 1)))),
  "one of half the items": (clusters) => [...Array<number>(clusters - 1).fill(5), 5 * (clusters - 1)],
};

interface Clustered {
  readonly values: Values;
  readonly k?: number;
  readonly sets?: number;
  readonly laws?: Readonly<Record<string, Law>>;
  /** Rows do not say which cluster an item belongs to, as a careless test would have it. */
  readonly forgotten?: true;
}

const lawsWithLevel = { ...nullLaws, "level covered": { atLeast: 1 - ALPHA } } as const;

/** Conditions that are alike; items of a cluster share one half of each condition's variance. */
export function clusterCell(
  shape: string,
  clusters: number,
  { values, k = 2, sets = 400, laws = lawsWithLevel, forgotten }: Clustered,
): Cell {
  return {
    name: `${clusters} clusters ${shape}, ${values.name}, k ${k}${forgotten ? ", forgotten" : ""}`,
    sets,
    once: (random) => {
      const rows = shapes[shape]!(clusters, random).flatMap((size, cluster) => {
        const effects = Array.from({ length: k }, () => Math.SQRT1_2 * gauss(random));
        return Array.from({ length: size }, (_, i) =>
          effects.map((effect, c): PlainRow => {
            const y = values.of(effect + Math.SQRT1_2 * gauss(random));
            return { condition: `c${c}`, itemId: `${cluster} ${i}`, ...(forgotten ? {} : { cluster }), y };
          }),
        ).flat();
      });
      const [found] = analyse(rows, { metrics: metricOf(values), resamples: FEW_DRAWS }).metrics;
      return countsOfNull(found!, values.mean);
    },
    laws,
  };
}

/** Whole clusters are lost with the probability that the gate just does not allow. */
const lostCell = (clusters: number, margin: number): Cell => ({
  name: `gate ${margin}, ${clusters} clusters of 5 lost whole at the margin`,
  sets: 600,
  once: (random) => {
    const rows = Array.from({ length: clusters }, (_, cluster) => {
      const lost = random() < margin;
      return Array.from({ length: 5 }, (__, i) =>
        [1, lost ? 0 : 1].map((y, c) => ({ condition: `c${c}`, itemId: 5 * cluster + i, cluster, y })),
      ).flat();
    }).flat();
    const gate = { metric: "y", difference: ["c1", "c0"] as [string, string], notWorseThan: margin };
    const analysis = analyse(rows, { metrics: [{ name: "y", direction: "higher" }], resamples: FEW_DRAWS });
    return { "gate passed": Number(judgeGates([gate], analysis)[0]!.passed) };
  },
  laws: { "gate passed": { atMost: ALPHA / 2 } },
});

export const clusterCells: readonly Cell[] = [
  ...Object.keys(shapes).flatMap((shape) =>
    [6, 12, 25, 50].map((clusters) => clusterCell(shape, clusters, { values: normals })),
  ),
  ...["of 5", "one of half the items"].flatMap((shape) => [
    clusterCell(shape, 12, { values: normals, k: 3, sets: 200, laws: nullLaws }),
    ...[passes(0.5), passes(0.98)].flatMap((values) =>
      [6, 20].map((clusters) => clusterCell(shape, clusters, { values })),
    ),
  ]),
  lostCell(6, 0.1),
  lostCell(20, 0.05),
];
