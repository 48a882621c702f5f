import type { Analysis, Comparison, Family, MetricAnalysis } from "#src/analysis/analysis";
import type { Estimate, Quantity } from "#src/analysis/quantity";
import { isDifferent, turnedVerdict } from "#src/analysis/verdict";
import type { Accounting } from "#src/experiment/outcome";
import { mapOk } from "#src/kernel/result";
import { chance, count, level, plain, pWords, type Scale, shareWords } from "./cell.ts";
import { otherwiseWords } from "./failed-words.ts";

/** Sentences under the name of what they are about. */
export interface Finding {
  readonly title: string;
  readonly items: readonly string[];
}

/**
 * What a comparison says, from its numbers alone.
 *
 * @param partial whether it says on how many items it rests
 * @example "treatment is better than baseline by 3.2 points [1.1, 5.3] (adjusted p = .00315)"
 * @example "treatment and baseline are not distinguishable: 0.4 points [-3.1, 3.9] (adjusted p = .843); this design could detect 4.0 points"
 */
export function conclusion(comparison: Comparison, scale: Scale, partial = false): string {
  return `${verdictSentence(comparison, scale, partial)}${otherwiseSentence(comparison)}`;
}

/** A verdict that failed tasks decide is never reported without the other one. */
export const otherwiseSentence = ({ otherwise }: Comparison): string =>
  otherwise ? `; ${otherwiseWords(otherwise.failedAs, "continuous")}: ${otherwise.verdict}` : "";

function verdictSentence(comparison: Comparison, scale: Scale, partial: boolean): string {
  const { difference, verdict, detectable, equivalence, n, same, tested } = comparison;
  const [condition, against] = [named(comparison.condition), named(comparison.against)];
  if (same) return sameWords(comparison, scale);
  if (!difference.value.ok) return `${condition} and ${against} could not be compared: ${difference.value.error}`;
  const unit = unitOf(scale);
  const items = partial ? `, on ${count(n)} ${n === 1 ? "item" : "items"} so far` : "";
  const adjusted = `${adjustedWords(comparison)}${items}`;
  if (tested === "effect") return `${gradeWords(comparison)}${adjusted}`;
  if (isDifferent(verdict)) {
    return `${condition} is ${verdict} than ${against} by ${size(comparison, scale)}${unit}${range(comparison, scale, true)}${adjusted}`;
  }
  const shown = `${level(difference.value.value, scale)}${unit}${range(comparison, scale, false)}`;
  if (verdict === "equivalent" && equivalence) {
    return `${condition} and ${against} are equal within ${level(equivalence.margin, scale)}${unit}: ${shown}${items}`;
  }
  if (verdict === "not tested")
    return `${condition} and ${against} differ by ${shown}${items}; not tested: ${comparison.p.ok ? comparison.why : comparison.p.error}`;
  const power = detectable.ok ? `; this design could detect ${level(detectable.value, scale)}${unit}` : "";
  return `${condition} and ${against} are not distinguishable: ${shown}${adjusted}${power}`;
}

export const unitOf = ({ differenceUnit }: Scale): string => (differenceUnit ? ` ${differenceUnit}` : "");

/** @example " (adjusted p < .001)" */
export const adjustedWords = ({ pAdjusted, pIsBound }: Pick<Comparison, "pAdjusted" | "pIsBound">): string =>
  pAdjusted.ok ? ` (adjusted ${pWords(pAdjusted.value, pIsBound)})` : "";

/** A difference that is the same on every item: it has no spread, and so neither interval nor power that a reader could use. */
function sameWords({ condition, against, same, verdict, clusters }: Comparison, scale: Scale): string {
  const { items } = same!;
  const by = same!.each ?? same!.by;
  const unit = clusters === undefined ? "item" : "cluster";
  const on = `on all ${count(items)} ${unit}s`;
  const both = `${named(condition)} and ${named(against)}`;
  if (same!.replies) return `${both} are identical: the same reply ${on}`;
  if (by === 0)
    return `${both} have identical values ${on}${verdict === "equivalent" ? ", equal within the margin" : `; up to ${shareWords(same!.missed)} of all ${unit}s may differ`}`;
  const always = `${plain(Math.abs(by) * scale.factor)}${unitOf(scale)} ${by > 0 ? "higher" : "lower"}`;
  if (verdict === "better" || verdict === "worse")
    return `${named(condition)} is ${verdict} than ${named(against)}: always ${always}, ${on}`;
  return `${named(condition)} is always ${always} than ${named(against)}, ${on}${isDifferent(verdict) ? "" : ", too few to tell"}`;
}

/** Grades are ranks: how likely one is above the other, not by how much. */
function gradeWords({ condition, against, effect, verdict, p }: Comparison): string {
  const [one, other] = [named(condition), named(against)];
  if (!effect.value.ok) return `${one} and ${other} could not be compared by ranks: ${effect.value.error}`;
  const isLower = effect.value.value < 0.5;
  const turnedIf = (value: number): string => chance(isLower && isDifferent(verdict) ? 1 - value : value);
  const ends = effect.interval.ok ? [effect.interval.value.low, effect.interval.value.high].map(turnedIf) : undefined;
  if (isLower && isDifferent(verdict)) ends?.reverse();
  const shown = `P = ${turnedIf(effect.value.value)}${ends ? ` [${ends.join(", ")}]` : ""}`;
  const tends = `to be graded ${isLower ? "lower" : "higher"}`;
  if (verdict === "better" || verdict === "worse")
    return `${one} is ${verdict} than ${other}: it tends ${tends}, ${shown}`;
  if (isDifferent(verdict)) return `${one} tends ${tends} than ${other}: ${shown}`;
  if (verdict === "not tested") return `${one} and ${other} were not tested: ${p.ok ? shown : p.error}`;
  return `${one} and ${other} are ${verdict === "equivalent" ? "equal within the margin" : "not distinguishable"} by their grades: ${shown}`;
}

/** How large the difference is. */
export const size = ({ difference }: Comparison, scale: Scale): string =>
  difference.value.ok ? level(Math.abs(difference.value.value), scale) : "";

/** The interval; of the size of the difference where the sentence has already said the direction. */
export function range({ difference }: Comparison, scale: Scale, ofSize: boolean): string {
  if (!difference.interval.ok || !difference.value.ok) return "";
  const { low, high } = difference.interval.value;
  const [from, to] = ofSize && difference.value.value < 0 ? [-high, -low] : [low, high];
  return ` [${level(from, scale)}, ${level(to, scale)}]`;
}

/** Two columns without any difference: that the replies were the same is more than that their values are. */
export const sameWord = ({ replies }: NonNullable<Comparison["same"]>): string =>
  replies ? "identical" : "identical values";

/** The verdict in a table's cell, marked where failed tasks decide it. */
export const verdictWord = (comparison: Comparison): string =>
  `${plainVerdict(comparison)}${comparison.otherwise ? ` (${otherwiseWords(comparison.otherwise.failedAs, "continuous")}: ${comparison.otherwise.verdict})` : ""}`;

const plainVerdict = ({ condition, against, verdict, same }: Comparison): string => {
  if (verdict === "better" || verdict === "higher") return `${condition} ${verdict}`;
  if (same?.by === 0 && verdict !== "equivalent") return sameWord(same);
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

/** Said once where the direction is neither given nor known from the name. */
export function directionNote({ metrics }: Pick<Analysis, "metrics">): string | undefined {
  const names = metrics.filter(({ metric }) => metric.directionUnknown).map(({ metric }) => metric.name);
  if (names.length === 0) return undefined;
  const are = names.length === 1 ? "it is" : "they are";
  return `It is not given which way is better for ${listed(names)}: ${are} called higher or lower, never better. Add direction: "lower", or "higher", to the metric.`;
}

/** A name in a sentence, in quotes where it has punctuation of its own. @example named("6B, verified") // => "\"6B, verified\"" */
export const named = (name: string): string => (/[,;:"]/.test(name) ? JSON.stringify(name) : name);

/** Names in a list that are written out. */
const LISTED = 8;

/** @example listed(["a", "b", "c"]) // => "a, b and c" */
export function listed(names: readonly string[]): string {
  const shown =
    names.length > LISTED + 1
      ? [...names.slice(0, LISTED).map(named), `${names.length - LISTED} more`]
      : names.map(named);
  return shown.length < 2 ? (shown[0] ?? "") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** A level in a sentence: `54.2 %`. */
export const levelWords = (value: Quantity, scale: Scale): string =>
  value.ok ? `${level(value.value, scale)}${scale.unit ? ` ${scale.unit}` : ""}` : `no value (${value.error})`;

/** Whether tasks are still to run, as far as they are known. */
export const isPartial = ({ pending, open }: Accounting): boolean => pending > 0 || open === true;

/** @example partialWords({ planned: 9, pending: 2, succeeded: 7, failed: 0, skipped: 0, unscored: 0 }) // => "2 of 9 tasks are" */
export const partialWords = ({ planned, pending, open }: Accounting): string =>
  open
    ? `${pending > 0 ? `${count(pending)} of ${count(planned)} tasks, and ` : ""}the rows that the source has left are`
    : `${count(pending)} of ${count(planned)} tasks are`;

/** @example "1,410 planned = 1,400 succeeded + 10 failed + 0 skipped + 0 unscored + 0 pending" */
export const accountingLine = ({ planned, succeeded, failed, skipped, unscored, pending, open }: Accounting): string =>
  `${count(planned)} planned${open ? " so far" : ""} = ${count(succeeded)} succeeded + ${count(failed)} failed + ${count(skipped)} skipped + ${count(unscored)} unscored + ${count(pending)} pending`;

/** The same comparison seen from the other side: differences and effects change their sign, probabilities add up to 1, ratios to 1 / themselves. */
export function turned(comparison: Comparison): Comparison {
  const { difference, verdict, effect, alone, tested, means, same } = comparison;
  return {
    ...comparison,
    condition: comparison.against,
    against: comparison.condition,
    difference: mirrored(difference, 0),
    alone: mirrored({ value: difference.value, interval: alone }, tested === "effect" ? 1 : 0).interval,
    ...(means ? { means: mirrored(means, 0) } : {}),
    ...(same
      ? { same: { ...same, by: 0 - same.by, ...(same.each === undefined ? {} : { each: 0 - same.each }) } }
      : {}),
    effect: turnedEffect(effect),
    verdict: turnedVerdict(verdict),
    ...(comparison.otherwise
      ? { otherwise: { ...comparison.otherwise, verdict: turnedVerdict(comparison.otherwise.verdict) } }
      : {}),
  };
}

/** An effect seen from the other side. */
function turnedEffect(effect: Comparison["effect"]): Comparison["effect"] {
  const { name, value, interval } = effect;
  if (!name.includes("ratio")) return { ...effect, ...mirrored(effect, name.startsWith("Probability") ? 1 : 0) };
  return {
    name,
    value: mapOk(value, (one) => 1 / one),
    interval: mapOk(interval, (ends) => ({ ...ends, low: 1 / ends.high, high: 1 / ends.low })),
  };
}

/** An estimate seen from the other side: what it and its turned self add up to stays. */
const mirrored = ({ value, interval }: Estimate, sum: number): Estimate => ({
  value: mapOk(value, (one) => sum - one),
  interval: mapOk(interval, (ends) => ({ ...ends, low: sum - ends.high, high: sum - ends.low })),
});

/** How the p-values and the intervals of the report were adjusted, and what over. */
export function familySentence({ families, options }: Pick<Analysis, "families" | "options">): string {
  const [first, ...others] = families;
  if (!first || first.size === 0) return "No test was made.";
  const { correction, intervals } = first;
  const decides = `A difference counts at an adjusted p below ${options.significanceLevel}.`;
  if (correction === "none") return `P-values of the ${testsWords(first)} are not adjusted. ${decides}`;
  const secondary = others.flatMap(({ metrics }) => metrics);
  const over =
    first.role === "all"
      ? `one family: ${testsWords(first)}${correction === "min-p" ? ", metrics added up by Bonferroni's inequality" : ""}`
      : secondary.length === 0
        ? testsWords(first)
        : `the ${count(first.pairs)} ${first.pairs === 1 ? "pair" : "pairs"} of each metric by itself: ${named(first.metrics[0]!)} is primary, ${listed(secondary)} ${secondary.length === 1 ? "is" : "are"} secondary`;
  const agree =
    Math.abs(1 - options.confidenceInterval - options.significanceLevel) < 1e-12
      ? ": they exclude 0 exactly where the adjusted p says different"
      : "";
  const bounded = families.flatMap((family) => family.bounded ?? []);
  const isAll = bounded.length === first.metrics.length + secondary.length;
  const except = bounded.length > 0 && !isAll ? ` Those of ${listed(bounded)} by ${BOUND}.` : "";
  return `P-values are adjusted by ${isAll ? BOUND : correctionNames[correction]} over ${over}.${except} ${decides} Intervals of differences are ${intervals}${agree}.`;
}

const testsWords = ({ size, pairs, metrics }: Family): string =>
  `${count(size)} ${size === 1 ? "test" : "tests"} (${count(pairs)} ${pairs === 1 ? "pair" : "pairs"} x ${metrics.length} ${metrics.length === 1 ? "metric" : "metrics"})`;

export const correctionNames: Readonly<Record<Family["correction"], string>> = {
  none: "nothing",
  "min-p": "single-step min-p",
  bonferroni: "Bonferroni",
  holm: "Holm's step-down method",
  hochberg: "Hochberg's step-up method",
  hommel: "Hommel's method",
  bh: "Benjamini-Hochberg (false discovery rate)",
  by: "Benjamini-Yekutieli (false discovery rate)",
};

/** How the p-values of one metric of a family are adjusted. */
export function correctionOf({ correction, bounded, role }: Family, metric: string): string {
  const own = bounded?.includes(metric) ? BOUND : correctionNames[correction];
  return correction === "min-p" && role === "all" ? `${own}, metrics added up by Bonferroni's inequality,` : own;
}

const BOUND = "Bonferroni's bound (min-p needs means over enough items)";

/** The family that a metric belongs to. */
export const familyOf = ({ families }: Pick<Analysis, "families">, metric: string): Family =>
  families.find(({ metrics }) => metrics.includes(metric)) ?? families[0]!;
