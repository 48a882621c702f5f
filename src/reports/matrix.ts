import type { Comparison, MetricAnalysis } from "#src/analysis/analysis";
import { turned } from "./words.ts";

/** The groups in which pairs were compared, with their conditions in the order of the report. */
export function groupsOf({ comparisons, summaries }: MetricAnalysis): { group: string | undefined; names: string[] }[] {
  const groups = new Map<string | undefined, Set<string>>();
  for (const { group, condition, against } of comparisons) {
    const members = groups.get(group) ?? new Set();
    groups.set(group, members.add(condition).add(against));
  }
  return [...groups].map(([group, members]) => ({
    group,
    names: summaries.map(({ condition }) => condition).filter((name) => members.has(name)),
  }));
}

/** Groups that make a square worth printing: more than a pair, and no wider than a page. */
export const squareGroups = (analysed: MetricAnalysis): ReturnType<typeof groupsOf> =>
  groupsOf(analysed).filter(({ names }) => names.length > 2 && names.length <= WIDEST);

/** Conditions beyond which a square is no longer read; the list of pairs has them all. */
const WIDEST = 16;

/** Finds the comparison of two conditions, seen from the first. */
export function pairOf(comparisons: readonly Comparison[], condition: string, against: string): Comparison | undefined {
  const found = comparisons.find((one) => one.condition === condition && one.against === against);
  if (found) return found;
  const other = comparisons.find((one) => one.condition === against && one.against === condition);
  return other && turned(other);
}
