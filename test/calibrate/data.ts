import type { Comparison, MetricAnalysis, PlainRow, Quantity } from "#src/analysis/index";
import type { Random } from "#src/kernel/random";
import { normal } from "#src/stats/distributions";

export const ALPHA = 0.05;
/** Draws of checks and of the bootstrap: fewer than users have, since they decide no verdict of a mean. */
export const FEW_DRAWS = 100;

export const gauss = (random: Random): number => normal.quantile(Math.min(1 - 1e-12, Math.max(1e-12, random())));

/** How a value comes about from a standard normal number, and its mean. */
export interface Values {
  readonly name: string;
  readonly of: (latent: number) => number;
  readonly mean: number;
  readonly ordinal?: true;
}

export const passes = (share: number): Values => ({
  name: `pass ${share}`,
  of: (latent) => Number(latent < normal.quantile(share)),
  mean: share,
});
export const normals: Values = { name: "normal", of: (latent) => latent, mean: 0 };
export const lognormals: Values = { name: "lognormal", of: Math.exp, mean: Math.exp(0.5) };
/** Grades of 1 to 5, whose middle is the commonest. */
export const grades: Values = {
  name: "grades",
  of: (latent) => 3 + Math.max(-2, Math.min(2, Math.round(latent))),
  mean: 3,
  ordinal: true,
};
/** Five out of six are 0: retries, refusals, errors of a reply. */
export const rareCounts: Values = {
  name: "rare counts",
  of: (latent) => Math.max(0, Math.ceil(latent - 1)),
  mean: [1, 2, 3, 4, 5, 6].reduce((sum, at) => sum + normal.tails(at).upper, 0),
};

/** The same items done by every condition. */
export interface Design {
  readonly values: Values;
  readonly k: number;
  readonly n: number;
  /** Correlation of two conditions on an item. */
  readonly rho: number;
  readonly repeats?: number;
  /** Added to the values of a condition. */
  readonly shift?: (condition: number) => number;
  readonly clusterOf?: (item: number) => number;
  /** Further fields of the rows of an item. */
  readonly fields?: (item: number) => Readonly<Record<string, string>>;
}

export const nameOf = (condition: number): string => `c${condition}`;

/** Rows with the metric `y`. Repeats of a condition on an item share half of what is its own. */
export function rowsOf(random: Random, design: Design): PlainRow[] {
  const { values, k, n, rho, repeats = 1, shift = () => 0, clusterOf, fields } = design;
  const own = Math.sqrt(1 - rho);
  return Array.from({ length: n }, (_, itemId) => {
    const common = Math.sqrt(rho) * gauss(random);
    const cluster = clusterOf ? { cluster: clusterOf(itemId) } : {};
    return Array.from({ length: k }, (__, c) => {
      const ofItem = repeats === 1 ? 0 : Math.SQRT1_2 * gauss(random);
      return Array.from({ length: repeats }, () => {
        const noise = repeats === 1 ? gauss(random) : Math.SQRT1_2 * gauss(random);
        const y = values.of(common + own * (ofItem + noise)) + shift(c);
        return { condition: nameOf(c), itemId, ...cluster, ...fields?.(itemId), y };
      });
    }).flat();
  }).flat();
}

/** The metric `y` of these values. */
export const metricOf = ({ ordinal }: Values) => [
  { name: "y", direction: "higher" as const, ...(ordinal ? { scale: "ordinal" as const } : {}) },
];

export const isFound = ({ verdict }: Comparison): boolean => ["better", "worse", "higher", "lower"].includes(verdict);

type Given = Quantity | Comparison["alone"];

/** 1 where the interval holds the truth, 0 where not, nothing where there is no interval. */
export function covers(interval: Given, truth: number): number | undefined {
  if (!interval.ok || typeof interval.value === "number") return undefined;
  const { low, high } = interval.value;
  const slack = 1e-9 * Math.max(1, Math.abs(truth));
  return Number(low <= truth + slack && high >= truth - slack);
}

export const shareOf = (values: readonly (number | undefined)[]): number | undefined => {
  const given = values.filter((value) => value !== undefined);
  return given.length === 0 ? undefined : given.reduce((sum, value) => sum + value, 0) / given.length;
};

/** The interval of what was tested: of grades that of the ranks, whose null value is one half. */
export const coversTested = ({ tested, effect, difference }: Comparison, truth: number): number | undefined =>
  tested === "effect" ? covers(effect.interval, 0.5) : covers(difference.interval, truth);

/** What came of a metric whose conditions are all alike. */
export function countsOfNull({ comparisons, summaries }: MetricAnalysis, level?: number) {
  const coverage = comparisons.map((one) => coversTested(one, 0)).filter((value) => value !== undefined);
  return {
    "false difference": Number(comparisons.some(isFound)),
    "difference covered": coverage.length === 0 ? undefined : Number(coverage.every((value) => value === 1)),
    "level covered":
      level === undefined ? undefined : shareOf(summaries.map(({ estimate }) => covers(estimate.interval, level))),
  };
}

/** Laws of conditions that are all alike. */
export const nullLaws = { "false difference": { atMost: ALPHA }, "difference covered": { atLeast: 1 - ALPHA } };
