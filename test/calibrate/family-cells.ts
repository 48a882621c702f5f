import { type AnalyseOptions, analyse, type Comparison, type PlainRow } from "#src/analysis/index";
import type { Random } from "#src/kernel/random";
import { normal } from "#src/stats/distributions";
import { adjustP } from "#src/stats/multiplicity";
import type { Cell } from "./cell.ts";

/** How the values of a condition come about from a latent normal number; the mean is known. */
interface Values {
  readonly name: string;
  readonly value: (latent: number, effect: number) => number;
  readonly mean: (effect: number) => number;
  readonly step: number;
}

const shares = (share: number): Values => ({
  name: `pass ${share}`,
  value: (latent, effect) => Number(latent < normal.quantile(share - effect)),
  mean: (effect) => share - effect,
  step: 0.12,
});
const normals: Values = {
  name: "normal",
  value: (latent, effect) => latent + effect,
  mean: (effect) => effect,
  step: 0.5,
};
const skewed: Values = {
  name: "lognormal",
  value: (latent, effect) => Math.exp(latent) + effect,
  mean: (effect) => Math.exp(0.5) + effect,
  step: 1,
};

interface Design {
  readonly k: number;
  readonly n: number;
  /** Correlation of conditions over items. */
  readonly rho: number;
  readonly values: Values;
  readonly sets: number;
  readonly baseline?: true;
  /** Every second condition is so many steps away. */
  readonly steps?: number;
  readonly options?: Partial<AnalyseOptions>;
  readonly title?: string;
}

const ALPHA = 0.05;

function cellOf({ k, n, rho, values, sets, baseline, steps = 0, options = {}, title }: Design): Cell {
  const conditions = Array.from({ length: k }, (_, c) => `c${c}`);
  const effects = conditions.map((_, c) => (c % 2) * steps * values.step);
  const level = title ? undefined : 1 - ALPHA;
  return {
    name: `${baseline ? "baseline" : "all pairs"}, k ${k}, ${values.name}, n ${n}, rho ${rho}${steps ? ", half differ" : ""}${title ? `, ${title}` : ""}`,
    sets,
    once: (random) => {
      const rows = rowsOf(random, conditions, n, rho, (latent, c) => values.value(latent, effects[c]!));
      const { comparisons } = analyse(rows, {
        metrics: ["y"],
        resamples: 100,
        ...(baseline ? { baseline: "c0" } : {}),
        ...options,
      }).metrics[0]!;
      const truth = ({ condition, against }: Comparison) =>
        values.mean(effects[Number(condition.slice(1))]!) - values.mean(effects[Number(against.slice(1))]!);
      return countedOf(comparisons, truth);
    },
    laws: {
      familywise: options.multipleTestingCorrection === "bh" ? "shown" : { atMost: ALPHA }, // false discoveries are another rate
      ...(level === undefined ? { "all covered": "shown" } : { "all covered": { atLeast: level } }),
      ...(steps > 0 ? { power: "shown", "power of Holm": "shown" } : {}),
    },
  };
}

/** What came of one family whose true differences are known. */
function countedOf(comparisons: readonly Comparison[], truth: (one: Comparison) => number) {
  const holm = adjustP(
    comparisons.map(({ p }) => (p.ok ? p.value : 1)),
    "holm",
  );
  const isDifferent = comparisons.map((one) => Math.abs(truth(one)) > 1e-9);
  const found = comparisons.map(({ pAdjusted }) => pAdjusted.ok && pAdjusted.value < ALPHA);
  const share = (claims: readonly boolean[]): number | undefined => {
    const real = claims.filter((_, i) => isDifferent[i]);
    return real.length === 0 ? undefined : real.filter(Boolean).length / real.length;
  };
  const missed = comparisons.some((one) => {
    const { interval } = one.difference;
    return interval.ok && (interval.value.low > truth(one) + 1e-9 || interval.value.high < truth(one) - 1e-9);
  });
  return {
    familywise: isDifferent.every(Boolean) ? undefined : Number(found.some((claim, i) => claim && !isDifferent[i])),
    "all covered": Number(!missed),
    power: share(found),
    "power of Holm": share(holm.map((p) => p < ALPHA)),
  };
}

function rowsOf(
  random: Random,
  conditions: readonly string[],
  n: number,
  rho: number,
  value: (latent: number, c: number) => number,
): PlainRow[] {
  const gauss = (): number => normal.quantile(random() || 0.5);
  return Array.from({ length: n }, (_, itemId) => {
    const common = Math.sqrt(rho) * gauss();
    return conditions.map((condition, c) => ({
      condition,
      itemId,
      y: value(common + Math.sqrt(1 - rho) * gauss(), c),
    }));
  }).flat();
}

const grid = (sets: number, k: number, more: Partial<Design>[] = [{}]): Cell[] =>
  [shares(0.5), shares(0.9), normals, skewed].flatMap((values) =>
    more.map((one) => cellOf({ k, n: 30, rho: 0.5, values, sets, ...one })),
  );

/** Whole families through `analyse`: any false claim, all intervals at once, and what a single step costs against Holm. */
export const familyCells: readonly Cell[] = [
  ...grid(600, 3, [{ n: 8 }, { n: 30, rho: 0 }, { n: 30 }, { n: 100, rho: 0.95 }]),
  ...grid(150, 15, [{ n: 15 }, { rho: 0 }, { n: 100 }]),
  ...grid(30, 50, [{ n: 30 }, { n: 100, rho: 0 }]),
  ...grid(400, 8, [{ baseline: true }]),
  ...grid(300, 3, [{ steps: 1 }]),
  ...grid(200, 8, [{ steps: 1, n: 100 }]),
  ...grid(100, 15, [{ steps: 1, n: 200 }]),
  ...grid(200, 8, [{ steps: 1, n: 100, baseline: true }]),
  ...(["holm", "bh"] as const).map((multipleTestingCorrection) =>
    cellOf({
      k: 8,
      n: 60,
      rho: 0.5,
      values: normals,
      sets: 200,
      steps: 1,
      options: { multipleTestingCorrection },
      title: multipleTestingCorrection,
    }),
  ),
  cellOf({ k: 4, n: 40, rho: 0.5, values: normals, sets: 300, options: { significanceLevel: 0.05, family: "all" } }),
];
