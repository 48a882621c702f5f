import type { Analysis, Comparison, MetricAnalysis, Summary } from "#src/analysis/analysis";
import { isDifferent, turnedVerdict } from "#src/analysis/verdict";
import type { Accounting } from "#src/experiment/outcome";
import { count, level, p, type Scale, scaleOf } from "./cell.ts";

/**
 * What a comparison says, from its numbers alone.
 *
 * @example "treatment is better than baseline by 3.2 points [1.1, 5.3] (adjusted p = 0.00315)"
 * @example "treatment and baseline are not distinguishable: 0.4 points [-3.1, 3.9] (adjusted p = 0.843); this design could detect 4.0 points"
 */
export function conclusion(comparison: Comparison, scale: Scale): string {
  const { condition, against, difference, verdict, pAdjusted, detectable, equivalence } = comparison;
  if (!difference.value.ok) return `${condition} and ${against} could not be compared: ${difference.value.error}`;
  const unit = scale.differenceUnit ? ` ${scale.differenceUnit}` : "";
  const adjusted = pAdjusted.ok ? ` (adjusted p = ${p(pAdjusted.value)})` : "";
  if (isDifferent(verdict)) {
    return `${condition} is ${verdict} than ${against} by ${size(comparison, scale)}${unit}${range(comparison, scale, true)}${adjusted}`;
  }
  const shown = `${level(difference.value.value, scale)}${unit}${range(comparison, scale, false)}`;
  if (verdict === "equivalent" && equivalence) {
    return `${condition} and ${against} are equal within ${level(equivalence.margin, scale)}${unit}: ${shown}`;
  }
  if (verdict === "not tested")
    return `${condition} and ${against} differ by ${shown}; not tested: ${comparison.p.ok ? comparison.why : comparison.p.error}`;
  const power = detectable.ok ? `; this design could detect ${level(detectable.value, scale)}${unit}` : "";
  return `${condition} and ${against} are not distinguishable: ${shown}${adjusted}${power}`;
}

const size = ({ difference }: Comparison, scale: Scale): string =>
  difference.value.ok ? level(Math.abs(difference.value.value), scale) : "";

/** The interval; of the size of the difference where the sentence has already said the direction. */
function range({ difference }: Comparison, scale: Scale, ofSize: boolean): string {
  if (!difference.interval.ok || !difference.value.ok) return "";
  const { low, high } = difference.interval.value;
  const [from, to] = ofSize && difference.value.value < 0 ? [-high, -low] : [low, high];
  return ` [${level(from, scale)}, ${level(to, scale)}]`;
}

/** The verdict in a table's cell. */
export const verdictWord = ({ condition, against, verdict }: Comparison): string => {
  if (verdict === "better" || verdict === "higher") return `${condition} ${verdict}`;
  return isDifferent(verdict) ? `${against} ${turnedVerdict(verdict)}` : verdict;
};

/** The first condition is above, or behind it, or no difference was found. */
export const toneOf = (verdict: Comparison["verdict"]): "up" | "down" | "none" =>
  !isDifferent(verdict) ? "none" : verdict === "better" || verdict === "higher" ? "up" : "down";

/** Behind a metric's name: the way that is better, where it is known. @example arrow({ direction: "lower" }) // => " ↓" */
export const arrow = ({ direction }: Pick<MetricAnalysis["metric"], "direction">): string =>
  ({ higher: " ↑", lower: " ↓", none: "" })[direction];

/** @example betterWords({ direction: "lower" }) // => "lower is better" */
export const betterWords = ({ direction }: Pick<MetricAnalysis["metric"], "direction">): string =>
  direction === "none" ? "neither way is called better" : `${direction} is better`;

/** Said once where nobody said which way is better and no name tells. */
export function directionNote({ metrics }: Pick<Analysis, "metrics">): string | undefined {
  const names = metrics.filter(({ metric }) => metric.directionUnknown).map(({ metric }) => metric.name);
  if (names.length === 0) return undefined;
  const shown = names.length > 5 ? [...names.slice(0, 4), `${names.length - 4} more`] : names;
  const are = names.length === 1 ? "it is" : "they are";
  return `Nobody said which way is better for ${listed(shown)}: ${are} called higher or lower, never better. Add direction: "lower", or "higher", to the metric.`;
}

/** @example listed(["a", "b", "c"]) // => "a, b and c" */
export const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** @example "1,410 planned = 1,400 succeeded + 10 failed + 0 skipped + 0 unscored + 0 pending" */
export const accountingLine = ({ planned, succeeded, failed, skipped, unscored, pending }: Accounting): string =>
  `${count(planned)} planned = ${count(succeeded)} succeeded + ${count(failed)} failed + ${count(skipped)} skipped + ${count(unscored)} unscored + ${count(pending)} pending`;

/**
 * The findings of a metric: every pair when there are few, else how many pairs differ and who leads.
 *
 * @param most pairs up to which each has its sentence
 */
export function findings(analysed: MetricAnalysis, most = 6): { title: string; items: string[] } {
  const scale = scaleOf(analysed);
  const { metric, comparisons } = analysed;
  if (comparisons.length === 0) return { title: metric.name, items: [levelSentence(analysed, scale)] };
  if (comparisons.length <= most)
    return { title: metric.name, items: comparisons.map((comparison) => `${conclusion(comparison, scale)}.`) };
  const groups = [...new Set(comparisons.map(({ group }) => group))];
  return {
    title: `${metric.name}: ${differing(comparisons)} of ${comparisons.length} pairs differ`,
    items: groups.flatMap((group) => leader(analysed, group, scale)),
  };
}

const differing = (comparisons: readonly Comparison[]): number =>
  comparisons.filter(({ verdict }) => isDifferent(verdict)).length;

function levelSentence({ summaries }: MetricAnalysis, scale: Scale): string {
  const levels = summaries.map(({ condition, estimate }) =>
    estimate.value.ok
      ? `${condition} ${level(estimate.value.value, scale)}${unitOf(scale)}`
      : `${condition} has no value`,
  );
  return `${levels.join(", ")}. Nothing was compared.`;
}

const unitOf = ({ unit }: Scale): string => (unit ? ` ${unit}` : "");

/** Who has the best level in a group, and whether the next one is really behind. */
function leader({ metric, summaries, comparisons }: MetricAnalysis, group: string | undefined, scale: Scale): string[] {
  const inGroup = comparisons.filter((comparison) => comparison.group === group);
  const names = new Set(inGroup.flatMap(({ condition, against }) => [condition, against]));
  const ranked = summaries
    .filter((summary) => names.has(summary.condition) && summary.estimate.value.ok)
    .sort((a, b) => rank(b) - rank(a));
  if (metric.direction === "lower") ranked.reverse();
  const [best, next] = ranked;
  if (!best || !next) return [];
  const pair = inGroup.find(({ condition, against }) =>
    [condition, against].every((name) => name === best.condition || name === next.condition),
  );
  const where = group ? `${group}: ` : "";
  const lead = `${where}${best.condition} ${metric.direction === "none" ? "is highest" : "is ahead"} with ${level(rank(best), scale)}${unitOf(scale)}`;
  if (!pair) return [`${lead}.`];
  return [`${lead}; ${conclusion(pair.condition === best.condition ? pair : turned(pair), scale)}.`];
}

const rank = ({ estimate }: Summary): number => (estimate.value.ok ? estimate.value.value : Number.NaN);

/** The same comparison seen from the other side. */
export function turned(comparison: Comparison): Comparison {
  const { difference, verdict } = comparison;
  const value = difference.value.ok ? { ok: true as const, value: -difference.value.value } : difference.value;
  const interval = difference.interval.ok
    ? {
        ok: true as const,
        value: {
          ...difference.interval.value,
          low: -difference.interval.value.high,
          high: -difference.interval.value.low,
        },
      }
    : difference.interval;
  return {
    ...comparison,
    condition: comparison.against,
    against: comparison.condition,
    difference: { value, interval },
    verdict: turnedVerdict(verdict),
  };
}

/** How the p-values of the report were adjusted. */
export function familySentence({ family, options }: Pick<Analysis, "family" | "options">): string {
  const { size, pairs, metrics, correction } = family;
  const level_ = `A difference counts at an adjusted p below ${options.significanceLevel}.`;
  if (size === 0) return "No test was made.";
  const what = `${count(size)} ${size === 1 ? "test" : "tests"} (${count(pairs)} ${pairs === 1 ? "pair" : "pairs"} x ${metrics} ${metrics === 1 ? "metric" : "metrics"})`;
  if (correction === "none") return `P-values of the ${what} are not adjusted. ${level_}`;
  return `P-values are adjusted by ${correctionNames[correction]} over one family: ${what}. ${level_} Intervals are those of each number alone.`;
}

export const correctionNames: Readonly<Record<Analysis["family"]["correction"], string>> = {
  none: "nothing",
  bonferroni: "Bonferroni",
  holm: "Holm's step-down method",
  hochberg: "Hochberg's step-up method",
  hommel: "Hommel's method",
  bh: "Benjamini-Hochberg (false discovery rate)",
  by: "Benjamini-Yekutieli (false discovery rate)",
};
