import { adjustP } from "#src/stats/multiplicity";
import type { Family } from "./analysis.ts";

/** The tests that are adjusted together, as they are known before any data. */
export type PlannedFamily = Pick<Family, "role" | "metrics" | "pairs" | "size">;

/**
 * Families by purpose: the first metric is what the experiment is about and has its own; each other metric has one too, so that reporting it
 * costs the first nothing. `joined` makes one of all.
 *
 * @param metrics names in the order of the definition
 * @param pairs that are compared
 * @example plannedFamilies(["accuracy", "latency"], 6, false)[0] // => { role: "primary", metrics: ["accuracy"], pairs: 6, size: 6 }
 */
export function plannedFamilies(metrics: readonly string[], pairs: number, joined: boolean): PlannedFamily[] {
  if (joined) return [{ role: "all", metrics, pairs, size: pairs * metrics.length }];
  return metrics.map((name, i) => ({
    role: i === 0 ? "primary" : "secondary",
    metrics: [name],
    pairs,
    size: pairs,
  }));
}

/** What a family's tests gave, one list a metric. */
export interface FamilyTests {
  readonly correction: Family["correction"];
  readonly metrics: readonly {
    /** p of each pair; nothing where a test has none: it counts as 1. */
    readonly ps: readonly (number | undefined)[];
    /** Draws of the smallest p of these tests, ascending; Bonferroni's bound stands in where there are none. */
    readonly smallest?: Float64Array | undefined;
  }[];
}

/** Adjusted p-values, and the level at which each test is decided: `adjusted < alpha` exactly where `p < levels`. */
export interface AdjustedTests {
  readonly adjusted: readonly (readonly number[])[];
  /** One list a metric. */
  readonly levels: (alpha: number) => readonly (readonly number[])[];
  /** The level of a test that is the first to be decided. */
  readonly strictest: (alpha: number) => number;
}

/**
 * Adjusts the p-values of a family and gives the level of each interval that belongs to them.
 *
 * `min-p` is a single step: one level for all, at which the smallest of all p falls below it with probability alpha; intervals at that
 * level hold together. Those of step-down and step-up methods are taken at the level at which each test was decided: they agree with
 * the verdict, but do not hold together, which no informative ones do. After a false-discovery correction they are FCR-adjusted.
 *
 * @see Westfall & Young (1993); Strassburger & Bretz, Stat. Med. 27 (2008) 4914; Benjamini & Yekutieli, JASA 100 (2005) 71
 */
export function decide(tests: FamilyTests): AdjustedTests {
  const { correction, metrics } = tests;
  const lengths = metrics.map(({ ps }) => ps.length);
  const ps = metrics.flatMap((metric) => metric.ps.map((p) => p ?? 1));
  const split = <T>(values: readonly T[]): T[][] => {
    let from = 0;
    return lengths.map((length) => {
      from += length;
      return values.slice(from - length, from);
    });
  };
  const m = Math.max(1, ps.length);
  if (correction === "min-p") {
    const chance = chanceOf(tests);
    const level = (alpha: number): number => between(ps, chance, alpha, m);
    return {
      adjusted: split(ps.map(chance)),
      levels: (alpha) => split(new Array<number>(ps.length).fill(level(alpha))),
      strictest: level,
    };
  }
  const adjusted = adjustP(ps, correction);
  return {
    adjusted: split(adjusted),
    levels: (alpha) => split(stepLevels(correction, ps, adjusted, alpha)),
    strictest: (alpha) => (correction === "none" ? alpha : alpha / m),
  };
}

/** Below this share of draws the smallest p is bounded by Bonferroni's inequality and not counted. */
const FEW_DRAWS = 0.01;

/** Probability that any p of the family is no larger than this one while no difference is true. */
function chanceOf({ metrics }: FamilyTests): (p: number) => number {
  return (p) => {
    let sum = 0;
    for (const { ps, smallest } of metrics) {
      const bound = ps.length * p;
      sum += smallest ? Math.min(bound, Math.max(countAtMost(smallest, p) / smallest.length, FEW_DRAWS)) : bound;
    }
    return Math.min(1, Math.max(p, sum)); // a single test is never more sure of itself among others
  };
}

function countAtMost(sorted: Float64Array, p: number): number {
  const value = p * (1 + 1e-9); // the same p by another sum
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The level that parts p-values whose chance is below alpha from the others; never one of them. */
function between(ps: readonly number[], chance: (p: number) => number, alpha: number, m: number): number {
  let [low, high] = [alpha / m, 1];
  if (chance(low) >= alpha) low = 0;
  for (let i = 0; i < 60 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (chance(middle) < alpha) low = middle;
    else high = middle;
  }
  let [below, above] = [0, 1];
  for (const p of ps) {
    if (chance(p) < alpha) below = Math.max(below, p);
    else above = Math.min(above, p);
  }
  const level = high * (1 - 1e-9);
  return level > below && level <= above ? level : (below + above) / 2;
}

/** The level at which a method of steps decided each test. */
function stepLevels(
  correction: Exclude<Family["correction"], "min-p">,
  ps: readonly number[],
  adjusted: readonly number[],
  alpha: number,
): number[] {
  const m = ps.length;
  const rejected = adjusted.filter((p) => p < alpha).length;
  switch (correction) {
    case "none":
      return ps.map(() => alpha);
    case "bonferroni":
      return ps.map(() => alpha / m);
    case "bh":
    case "by": {
      const harmonic = correction === "by" ? ps.reduce((sum, _, i) => sum + 1 / (i + 1), 0) : 1;
      return ps.map(() => (Math.max(1, rejected) * alpha) / (m * harmonic));
    }
    default:
      return ps.map((p, i) => {
        if (adjusted[i]! >= alpha) return alpha / (m - rejected);
        return p > 0 ? alpha * (p / adjusted[i]!) : alpha / m;
      });
  }
}

/** What the intervals of a family's differences are, for a table's head: `95 % simultaneous over 30 pairs`. */
export function intervalsOf(correction: Family["correction"], size: number, joined: boolean, level: number): string {
  const percent = `${Math.round(level * 1000) / 10} %`;
  const what = `${size.toLocaleString("en-US")} ${joined ? "tests" : "pairs"}`;
  if (size <= 1) return percent;
  switch (correction) {
    case "none":
      return `${percent}, each pair alone`;
    case "min-p":
    case "bonferroni":
      return `${percent} simultaneous over ${what}`;
    case "bh":
    case "by":
      return `${percent} of those selected among ${what} (FCR)`;
    default:
      return `${percent}, each at its step among ${what}`;
  }
}
