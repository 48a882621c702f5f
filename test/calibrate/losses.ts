import { analyse } from "#src/analysis/index";
import type { Cell } from "./cell.ts";
import { ALPHA, covers, FEW_DRAWS, gauss, isFound, lognormals, normals, passes, type Values } from "./data.ts";

/** Conditions that lose the same under faults, or each by so much more than the first. */
interface LossDesign {
  readonly k: number;
  readonly levels?: number;
  readonly n: number;
  /** Values without faults, and under them of a condition. */
  readonly clean: Values;
  readonly faulted: (condition: number) => Values;
  readonly rho: number;
  readonly clusterOf?: (item: number) => number;
  readonly repeats?: number;
  readonly sets?: number;
  readonly title: string;
}

const named = (condition: number, level: string) => `c${condition} @ ${level}`;
const rule = { target: "tool", fault: "error" } as const;

/** Whose losses are held against each other, item by item: false claims, and all intervals of the family at once. */
function lossCell(design: LossDesign): Cell {
  const { k, n, clean, faulted, rho, clusterOf, levels = 1, repeats = 1, sets = k === 2 ? 800 : 200, title } = design;
  const all = Array.from({ length: k }, (_, c) => c);
  const bad = Array.from({ length: levels }, (_, level) => `bad${level}`);
  const loss = (c: number): number => faulted(c).mean - clean.mean;
  const conditions = all.flatMap((c) =>
    ["clean", ...bad].map((level) => ({
      name: named(c, level),
      faults: { level, of: `c${c}`, rules: level === "clean" ? [] : [rule] },
    })),
  );
  return {
    name: `losses of ${title}, k ${k}, ${n} items`,
    sets,
    once: (random) => {
      const common = Array.from({ length: 1 + (clusterOf?.(n - 1) ?? 0) }, () => gauss(random));
      const rows = Array.from({ length: n }, (_, itemId) => {
        const hard = clusterOf ? (common[clusterOf(itemId)]! + gauss(random)) * Math.SQRT1_2 : gauss(random);
        return all.flatMap((c) =>
          ["clean", ...bad].flatMap((level) =>
            Array.from({ length: repeats }, (__, repeat) => {
              const latent = Math.sqrt(rho) * hard + Math.sqrt(1 - rho) * gauss(random);
              const y = (level === "clean" ? clean : faulted(c)).of(latent);
              const cluster = clusterOf ? { cluster: clusterOf(itemId) } : {};
              return { condition: named(c, level), itemId, repeat, ...cluster, y };
            }),
          ),
        );
      }).flat();
      const analysis = analyse(rows, {
        metrics: [{ name: "y", direction: "higher" }],
        conditions,
        resamples: FEW_DRAWS,
        // a single pair of losses is adjusted for nothing, and draws for other families are dear
        ...(k === 2 && levels === 1 ? { multipleTestingCorrection: "none" as const } : {}),
      });
      const { comparisons } = analysis.faulted!.losses!;
      const truth = (one: { condition: string; against: string }) =>
        loss(Number(one.condition.slice(1))) - loss(Number(one.against.slice(1)));
      const covered = comparisons.map((one) => covers(one.difference.interval, truth(one)));
      const isNull = (one: { condition: string; against: string }) => Math.abs(truth(one)) < 1e-12;
      return {
        "false loss": comparisons.some(isNull)
          ? Number(comparisons.some((one) => isFound(one) && isNull(one)))
          : undefined,
        "all covered": Number(covered.every((one) => one !== 0)),
      };
    },
    laws: {
      ...(all.some((c) => c > 0 && loss(c) === loss(0)) ? { "false loss": { atMost: ALPHA } } : {}),
      "all covered": { atLeast: 1 - ALPHA },
    },
  };
}

const shares = (share: number, loss: (condition: number) => number) => ({
  clean: passes(share),
  faulted: (c: number) => passes(share - loss(c)),
});
const shifted = (values: Values, loss: (condition: number) => number) => ({
  clean: values,
  faulted: (c: number): Values => ({
    ...values,
    of: (latent) => values.of(latent) - loss(c),
    mean: values.mean - loss(c),
  }),
});
const same = (loss: number) => () => loss;

export const lossCells: readonly Cell[] = [
  lossCell({ title: "pass rates, none", k: 2, n: 12, rho: 0.5, ...shares(0.8, same(0)) }),
  lossCell({ title: "pass rates, .3 each", k: 2, n: 40, rho: 0.5, ...shares(0.8, same(0.3)) }),
  lossCell({ title: "pass rates, hardly any", k: 2, n: 40, rho: 0.95, ...shares(0.95, same(0.03)) }),
  lossCell({ title: "pass rates, hardly any", k: 2, n: 16, rho: 0.95, ...shares(0.95, same(0.03)) }),
  lossCell({ title: "pass rates, rare", k: 2, n: 20, rho: 0.8, ...shares(0.9, same(0.1)) }),
  lossCell({ title: "pass rates, none and .4", k: 2, n: 40, rho: 0.5, ...shares(0.9, (c) => 0.4 * c) }),
  lossCell({ title: "pass rates, none and .4", k: 2, n: 16, rho: 0.8, ...shares(0.9, (c) => 0.4 * c) }),
  lossCell({
    title: "pass rates over 3 repeats, .3 each",
    k: 2,
    n: 30,
    rho: 0.5,
    repeats: 3,
    ...shares(0.8, same(0.3)),
  }),
  lossCell({
    title: "pass rates, .1 more each, 3 levels",
    k: 4,
    levels: 3,
    n: 60,
    rho: 0.5,
    ...shares(0.8, (c) => 0.1 * c),
  }),
  lossCell({ title: "normal, half a unit each", k: 3, levels: 2, n: 20, rho: 0.5, ...shifted(normals, same(0.5)) }),
  lossCell({ title: "lognormal, half a unit each", k: 3, n: 30, rho: 0.5, ...shifted(lognormals, same(0.5)) }),
  lossCell({
    title: "pass rates in 20 clusters, .3 each",
    k: 2,
    n: 80,
    rho: 0.5,
    clusterOf: (item) => item % 20,
    ...shares(0.8, same(0.3)),
  }),
];
