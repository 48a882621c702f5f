import { type AnalyseOptions, analyse, bestGroups, type Comparison } from "#src/analysis/index";
import { adjustP } from "#src/stats/multiplicity";
import type { Cell, Law } from "./cell.ts";
import {
  ALPHA,
  coversTested,
  FEW_DRAWS,
  isFound,
  lognormals,
  nameOf,
  normals,
  passes,
  rowsOf,
  type Values,
} from "./data.ts";

/** How far apart conditions are that differ, and the mean of a condition that is so many steps away. */
interface Ladder {
  readonly values: Values;
  readonly valuesAt: (steps: number) => Values;
  readonly meanAt: (steps: number) => number;
}

const shares = (share: number): Ladder => ({
  values: passes(share),
  valuesAt: (steps) => passes(share - 0.12 * steps),
  meanAt: (steps) => share - 0.12 * steps,
});
const shifted = (values: Values, step: number): Ladder => ({
  values,
  valuesAt: (steps) => ({ ...values, of: (latent) => values.of(latent) - step * steps }),
  meanAt: (steps) => values.mean - step * steps,
});
const ladders = [shares(0.5), shares(0.9), shifted(normals, 0.5), shifted(lognormals, 1)];

export interface FamilyDesign {
  readonly k: number;
  readonly n: number;
  readonly rho: number;
  readonly ladder: Ladder;
  readonly sets: number;
  /** Steps of a condition. */
  readonly steps?: (condition: number) => number;
  readonly title?: string;
  readonly options?: Partial<AnalyseOptions>;
  readonly laws?: Readonly<Record<string, Law>>;
}

const familyLaws = { familywise: { atMost: ALPHA }, "all covered": { atLeast: 1 - ALPHA } } as const;

/** A family of pairs whose true differences are known: any false claim, all intervals at once, power beside Holm's. */
export function familyCell({
  k,
  n,
  rho,
  ladder,
  sets,
  steps = () => 0,
  title,
  options,
  laws = familyLaws,
}: FamilyDesign): Cell {
  const conditions = Array.from({ length: k }, (_, c) => c);
  const isNull = conditions.every((c) => steps(c) === steps(0));
  return {
    name: `k ${k}, ${ladder.values.name}, ${n} items, rho ${rho}${title ? `, ${title}` : ""}`,
    sets,
    once: (random) => {
      const valuesOf = conditions.map((c) => ladder.valuesAt(steps(c)));
      const latent: Values = { ...ladder.values, of: (z) => z };
      const rows = rowsOf(random, { values: latent, k, n, rho }).map((row) => ({
        ...row,
        y: valuesOf[Number(row.condition.slice(1))]!.of(row.y as number),
      }));
      const metric = analyse(rows, { metrics: [{ name: "y", direction: "higher" }], resamples: FEW_DRAWS, ...options })
        .metrics[0]!;
      const meanOf = (name: string): number => ladder.meanAt(steps(Number(name.slice(1))));
      const best = Math.max(...conditions.map((c) => ladder.meanAt(steps(c))));
      const trulyBest = conditions.map(nameOf).filter((name) => meanOf(name) === best);
      const groups = bestGroups(metric);
      return {
        ...countsOfFamily(metric.comparisons, ({ condition, against }) => meanOf(condition) - meanOf(against)),
        "best named":
          groups.length === 0 ? undefined : Number(trulyBest.every((name) => groups[0]!.best.includes(name))),
      };
    },
    laws: isNull ? laws : { ...laws, power: "shown", "power of Holm": "shown" },
  };
}

function countsOfFamily(comparisons: readonly Comparison[], truth: (one: Comparison) => number) {
  const holm = adjustP(
    comparisons.map(({ p }) => (p.ok ? p.value : 1)),
    "holm",
  );
  const isReal = comparisons.map((one) => Math.abs(truth(one)) > 1e-9);
  const found = comparisons.map(isFound);
  const share = (claims: readonly boolean[]): number | undefined => {
    const real = claims.filter((_, i) => isReal[i]);
    return real.length === 0 ? undefined : real.filter(Boolean).length / real.length;
  };
  const falseClaims = found.filter((claim, i) => claim && !isReal[i]).length;
  return {
    familywise: isReal.every(Boolean) ? undefined : Number(falseClaims > 0),
    "false discoveries": falseClaims / Math.max(1, found.filter(Boolean).length),
    "all covered": Number(comparisons.every((one) => coversTested(one, truth(one)) !== 0)),
    power: share(found),
    "power of Holm": share(holm.map((p) => p < ALPHA)),
  };
}

const grid = (
  k: number,
  sets: number,
  more: readonly (Partial<FamilyDesign> & { n: number; rho: number })[],
  from = ladders,
): Cell[] => from.flatMap((ladder) => more.map((one) => familyCell({ k, ladder, sets, ...one })));

const halfDiffer = { steps: (c: number) => c % 2, title: "half differ" };
const baseline = { options: { baseline: "c0" }, title: "baseline" };
const only = (name: "holm" | "hochberg" | "hommel" | "bonferroni"): Partial<FamilyDesign> => ({
  options: { multipleTestingCorrection: name },
  title: `${name}, half differ`,
  steps: halfDiffer.steps,
  // intervals of methods by steps hold one by one, and not together
  laws: { familywise: { atMost: ALPHA }, "all covered": name === "bonferroni" ? { atLeast: 1 - ALPHA } : "shown" },
});

/** Fifty conditions cost some hundred milliseconds a data set: 200 of them, whose bound is .110 for .05. */
export const familyCells: readonly Cell[] = [
  ...grid(3, 250, [
    { n: 8, rho: 0.5 },
    { n: 30, rho: 0 },
    { n: 100, rho: 0.95 },
  ]),
  ...grid(3, 200, [{ n: 30, rho: 0.5, ...halfDiffer }]),
  ...grid(8, 200, [{ n: 30, rho: 0.5, ...baseline }]),
  ...grid(15, 200, [
    { n: 30, rho: 0 },
    { n: 100, rho: 0.5 },
  ]),
  ...grid(15, 100, [{ n: 100, rho: 0.5, ...halfDiffer }], [ladders[0]!, ladders[2]!]),
  ...grid(50, 200, [{ n: 30, rho: 0.5 }], [ladders[0]!]),
  ...grid(50, 200, [{ n: 100, rho: 0 }], [ladders[1]!, ladders[2]!]),
  ...(["holm", "hochberg", "hommel", "bonferroni"] as const).map((name) =>
    familyCell({ k: 6, n: 60, rho: 0.5, ladder: ladders[2]!, sets: 200, ...only(name) }),
  ),
  familyCell({
    k: 6,
    n: 60,
    rho: 0.5,
    ladder: ladders[2]!,
    sets: 200,
    title: "bh, half differ",
    steps: halfDiffer.steps,
    options: { multipleTestingCorrection: "bh" },
    laws: { "false discoveries": { atMost: ALPHA }, familywise: "shown" },
  }),
];

const bestLaw = { "best named": { atLeast: 1 - ALPHA } };

/** Whether those that may be the best hold all that truly are. */
export const bestCells: readonly Cell[] = [
  shares(0.5),
  shares(0.9),
  shifted(normals, 0.5),
  shifted(lognormals, 1),
].flatMap((ladder) =>
  [
    { k: 3, n: 30, title: "one best", steps: (c: number) => Number(c > 0) },
    { k: 6, n: 30, title: "two best", steps: (c: number) => (c < 2 ? 0 : 1 + (c % 2)) },
    { k: 6, n: 100, title: "all alike", steps: () => 0 },
  ].map(({ title, ...one }) =>
    familyCell({ ...one, title: `best: ${title}`, rho: 0.5, ladder, sets: 200, laws: bestLaw }),
  ),
);

/** Several metrics of identical conditions: each is a family of its own, or all are one. */
const metricsCell = (k: number, family: "metric" | "all"): Cell => ({
  name: `three metrics, k ${k}, family ${family}`,
  sets: 300,
  once: (random) => {
    const [first, second, third] = [passes(0.5), normals, lognormals].map((values) =>
      rowsOf(random, { values, k, n: 25, rho: 0.5 }),
    );
    const rows = first!.map(({ y, ...row }, i) => ({ ...row, y, v: second![i]!.y, w: third![i]!.y }));
    const { metrics } = analyse(rows, {
      metrics: ["y", "v", "w"].map((name) => ({ name, direction: "higher" })),
      resamples: FEW_DRAWS,
      family,
    });
    const anyOf = (names: readonly string[]): number =>
      Number(metrics.some(({ metric, comparisons }) => names.includes(metric.name) && comparisons.some(isFound)));
    return { "primary familywise": anyOf(["y"]), familywise: anyOf(["y", "v", "w"]) };
  },
  laws: { "primary familywise": { atMost: ALPHA }, familywise: family === "all" ? { atMost: ALPHA } : "shown" },
});

export const metricsCells: readonly Cell[] = ([2, 4] as const).flatMap((k) =>
  (["metric", "all"] as const).map((family) => metricsCell(k, family)),
);
