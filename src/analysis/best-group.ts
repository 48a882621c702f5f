import type { Direction } from "#src/experiment/direction";
import type { Comparison, MetricAnalysis } from "./analysis.ts";
import { turnedVerdict } from "./verdict.ts";

/** What a metric says about all conditions that were compared with one another. */
export interface BestGroup {
  /** The level of the factor within which pairs were compared: `length = 20`. */
  readonly group?: string;
  /** Conditions that have a value, the best observed first; those of equal values in the order of the report. */
  readonly ranked: readonly string[];
  /** The best observed; several where their values are equal. */
  readonly top: readonly string[];
  /** The best observed and all that no test distinguishes from it. */
  readonly best: readonly string[];
  /** Those that the best observed is better than. */
  readonly behind: readonly string[];
}

/** What the decision is made of. */
type Compared = Pick<MetricAnalysis, "metric" | "summaries" | "comparisons">;

/**
 * The conditions that may be the best of each group: multiple comparison with the best observed, by the verdicts of the family. Where the
 * direction is unknown, those that may be the highest. Nothing where conditions were compared with a baseline alone.
 *
 * Whatever is left out differs from the best observed at the family's level, so the truly best condition is left out by a false alarm only.
 *
 * @see Hsu, Multiple Comparisons: Theory and Methods (1996), chapter 4
 */
export function bestGroups({ metric, summaries, comparisons }: Compared): BestGroup[] {
  const groups = [...new Set(comparisons.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const pairs = comparisons.filter((comparison) => comparison.group === group);
    const names = new Set(pairs.flatMap(({ condition, against }) => [condition, against]));
    if (pairs.length < (names.size * (names.size - 1)) / 2) return []; // not every pair was compared
    const levels = summaries.flatMap(({ condition, estimate }) =>
      names.has(condition) && estimate.value.ok ? [{ condition, value: estimate.value.value }] : [],
    );
    if (levels.length < 2) return [];
    return [{ ...(group === undefined ? {} : { group }), ...groupOf(levels, pairs, metric.direction) }];
  });
}

interface Level {
  readonly condition: string;
  readonly value: number;
}

function groupOf(
  levels: readonly Level[],
  pairs: readonly Comparison[],
  direction: Direction,
): Omit<BestGroup, "group"> {
  const sign = direction === "lower" ? -1 : 1;
  const ranked = levels.toSorted((a, b) => sign * (b.value - a.value));
  const top = levels.filter(({ value }) => isSame(value, ranked[0]!.value)).map(({ condition }) => condition);
  const ahead = verdicts(pairs);
  const isBehind = (name: string): boolean => !top.includes(name) && top.every((best) => ahead.get(best)?.has(name));
  const names = [...top, ...ranked.map(({ condition }) => condition).filter((name) => !top.includes(name))];
  return {
    ranked: names,
    top,
    best: names.filter((name) => !isBehind(name)),
    behind: names.filter(isBehind),
  };
}

/** Whether two means are one number but for the last digits of their sums. */
const isSame = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b));

/** By condition, those that it was found to be better, or higher, than. */
function verdicts(pairs: readonly Comparison[]): Map<string, Set<string>> {
  const ahead = new Map<string, Set<string>>();
  const note = (first: string, second: string, verdict: Comparison["verdict"]): void => {
    if (verdict !== "better" && verdict !== "higher") return;
    ahead.set(first, (ahead.get(first) ?? new Set()).add(second));
  };
  for (const { condition, against, verdict } of pairs) {
    note(condition, against, verdict);
    note(against, condition, turnedVerdict(verdict));
  }
  return ahead;
}
