import type { Comparison, MetricAnalysis } from "#src/analysis/analysis";
import { turned } from "./words.ts";

/**
 * The pairs of a metric in the order in which a reader asks for them: the better observed condition first, in each pair and among pairs, so that
 * those of the best stand at the top of its group. Pairs with a baseline stay minus the baseline. Where neither way is better, the higher is first.
 */
export function sortedPairs(analysed: MetricAnalysis, baseline: string | undefined): Comparison[] {
  const { metric, summaries, comparisons } = analysed;
  const sign = metric.direction === "lower" ? -1 : 1;
  const levels = new Map(
    summaries.map(({ condition, estimate: { value } }) => [
      condition,
      value.ok ? sign * value.value : Number.NEGATIVE_INFINITY,
    ]),
  );
  const levelOf = (name: string): number => levels.get(name) ?? Number.NEGATIVE_INFINITY;
  const isAhead = (a: string, b: string): number => descending(levelOf(a), levelOf(b));
  return byGroup(comparisons).flatMap((pairs) => {
    const fixed =
      baseline !== undefined || (pairs.length > 1 && pairs.every(({ against }) => against === pairs[0]!.against));
    const oriented = fixed ? pairs : pairs.map((pair) => (leads(pair, sign, isAhead) ? pair : turned(pair)));
    return oriented.toSorted((a, b) => isAhead(a.condition, b.condition) || isAhead(a.against, b.against));
  });
}

/** The pairs of each group. */
export function byGroup(comparisons: readonly Comparison[]): Comparison[][] {
  const groups = new Map<string | undefined, Comparison[]>();
  for (const pair of comparisons) {
    const members = groups.get(pair.group);
    if (members) members.push(pair);
    else groups.set(pair.group, [pair]);
  }
  return [...groups.values()];
}

const descending = (a: number, b: number): number => (a === b ? 0 : b > a ? 1 : -1);

/** Whether the first of a pair is ahead on the items of both; by the levels where that is not known. */
function leads(
  { condition, against, difference, tested, effect }: Comparison,
  sign: number,
  isAhead: (a: string, b: string) => number,
): boolean {
  const by =
    tested === "effect" && effect.value.ok
      ? effect.value.value - 0.5
      : difference.value.ok
        ? difference.value.value
        : 0;
  return by === 0 ? isAhead(condition, against) <= 0 : sign * by > 0;
}
