import type { Comparison, MetricAnalysis, Summary } from "#src/analysis/analysis";
import { type BestGroup, bestGroups } from "#src/analysis/best-group";
import { isDifferent } from "#src/analysis/verdict";
import { printMillis } from "#src/kernel/units";
import { amount, count, level, levelText, money, type Scale } from "./cell.ts";
import type { VerdictContext, VerdictLevel, VerdictLine } from "./verdict-panel.ts";
import { adjustedWords, conclusion, listed, named, otherwiseSentence, turned } from "./words.ts";

export const groupNames = ({ comparisons }: MetricAnalysis): (string | undefined)[] => [
  ...new Set(comparisons.map(({ group }) => group)),
];

export function linesOf(analysed: MetricAnalysis, scale: Scale, context: VerdictContext): VerdictLine[] {
  if (analysed.comparisons.length === 0) return [uncompared(analysed, scale, context)];
  return groupNames(analysed).map((group) => {
    const pairs = analysed.comparisons.filter((comparison) => comparison.group === group);
    const best = bestGroups({ ...analysed, comparisons: pairs })[0];
    const line = best ? bestLine(best, pairs, analysed, scale) : baselineLine(pairs, analysed, scale);
    return {
      ...(group === undefined ? {} : { group }),
      ...line,
      ...(line.level ? priceOf(line.level.condition, context) : {}),
    };
  });
}

/** The levels where nothing is compared: that of the only condition, or of none. */
function uncompared({ metric, summaries }: MetricAnalysis, scale: Scale, context: VerdictContext): VerdictLine {
  const [only, more] = summaries;
  if (!only || more) return { heading: "Nothing was compared", names: [] };
  return {
    heading: "One condition, compared with no other",
    names: [only.condition],
    level: levelOf({ metric, summaries }, only.condition, scale),
    ...priceOf(only.condition, context),
  };
}

type Decided = Omit<VerdictLine, "group" | "cost" | "time">;

function bestLine(
  { ranked, top, best, behind }: BestGroup,
  pairs: readonly Comparison[],
  analysed: MetricAnalysis,
  scale: Scale,
): Decided {
  const isNeutral = analysed.metric.direction === "none";
  const level = levelOf(analysed, top[0]!, scale);
  const word = isNeutral ? "Highest" : "Best";
  if (pairs.every(({ verdict }) => verdict === "not tested"))
    return { heading: "Not tested", names: [], level, ...leadOf(ranked, top, pairs, analysed, scale) };
  if (top.length === ranked.length) {
    const lead = pairs.length === 1 ? { lead: conclusion(pairs[0]!, scale) } : {};
    const compared = new Set(pairs.flatMap(({ condition, against }) => [condition, against])).size;
    const who = ranked.length < compared ? `the ${ranked.length} with a value` : "all";
    return { heading: `No condition stands out: ${who} have the same value`, names: [], level, ...lead };
  }
  const lead = leadOf(ranked, top, pairs, analysed, scale);
  if (behind.length === 0) {
    const isEqual = pairs.every(({ verdict }) => verdict === "equivalent");
    return { heading: isEqual ? "Equal within the margin" : "No condition stands out", names: [], level, ...lead };
  }
  return { heading: best.length === 1 ? word : `${word} group`, names: best, level, ...lead };
}

/** The lead of the best observed; nothing where several are the best alike. */
function leadOf(
  ranked: readonly string[],
  top: readonly string[],
  pairs: readonly Comparison[],
  { metric }: MetricAnalysis,
  scale: Scale,
): Pick<VerdictLine, "lead"> {
  if (top.length > 1) return { lead: `none, since ${listed(top)} have the same value` };
  const pair = pairBetween(pairs, ranked[0]!, ranked[1]!);
  return pair ? { lead: leadWords(pair, metric.direction === "lower", scale) } : {};
}

const pairBetween = (pairs: readonly Comparison[], one: string, other: string): Comparison | undefined => {
  const pair = pairs.find(({ condition, against }) =>
    [one, other].every((name) => [condition, against].includes(name)),
  );
  return pair?.condition === one ? pair : pair && turned(pair);
};

/**
 * By how much the first of a pair leads, positive where it is ahead, with the interval of the family.
 *
 * @example "3.2 points [1.1, 5.3] over baseline (adjusted p = .00315)"
 */
function leadWords(pair: Comparison, isLower: boolean, scale: Scale): string {
  const { difference, verdict, same, tested, against } = pair;
  const isPlain = (isDifferent(verdict) || verdict === "not distinguishable") && !same && tested !== "effect";
  if (!isPlain || !difference.value.ok) return conclusion(pair, scale);
  const sign = isLower ? -1 : 1;
  const print = (value: number): string => level(sign * value, scale);
  const unit = scale.differenceUnit ? ` ${scale.differenceUnit}` : "";
  const ends = difference.interval.ok ? [difference.interval.value.low, difference.interval.value.high] : undefined;
  const range = ends ? ` [${(isLower ? ends.toReversed() : ends).map(print).join(", ")}]` : "";
  const open = isDifferent(verdict) ? "" : ", not distinguishable";
  return `${print(difference.value.value)}${unit}${range} over ${named(against)}${open}${adjustedWords(pair)}${otherwiseSentence(pair)}`;
}

function baselineLine(pairs: readonly Comparison[], analysed: MetricAnalysis, scale: Scale): Decided {
  const baseline = pairs[0]!.against;
  if (!pairs.every(({ against }) => against === baseline)) return { heading: "No condition stands out", names: [] };
  const isNeutral = analysed.metric.direction === "none";
  const ahead = pairs.filter(({ verdict }) => verdict === "better" || verdict === "higher");
  const word = isNeutral ? "higher" : "better";
  const all = pairs.length;
  const heading =
    ahead.length > 0
      ? `${ahead.length} of ${all} ${ahead.length === 1 ? "is" : "are"} ${word} than ${named(baseline)}`
      : `None of ${all} is ${isNeutral ? "higher" : "shown to be better"} than ${named(baseline)}`;
  const [first] = ordered(analysed).filter(
    ({ condition }) => condition === baseline || pairs.some((pair) => pair.condition === condition),
  );
  if (!first) return { heading, names: ahead.map(({ condition }) => condition) };
  const pair = pairBetween(pairs, first.condition, baseline);
  return {
    heading,
    names: ahead.map(({ condition }) => condition),
    level: levelOf(analysed, first.condition, scale),
    ...(pair ? { lead: leadWords(pair, analysed.metric.direction === "lower", scale) } : {}),
  };
}

/** Conditions with a value, the best observed first. */
export function ordered({ metric, summaries }: Pick<MetricAnalysis, "metric" | "summaries">): Summary[] {
  const sign = metric.direction === "lower" ? 1 : -1;
  const valued = summaries.filter(({ estimate }) => estimate.value.ok);
  const heightOf = ({ estimate: { value } }: Summary): number => (value.ok ? value.value : 0);
  return valued.sort((a, b) => sign * (heightOf(a) - heightOf(b)));
}

function levelOf(
  { metric, summaries }: Pick<MetricAnalysis, "metric" | "summaries">,
  name: string,
  scale: Scale,
): VerdictLevel {
  return {
    condition: name,
    text: levelText(summaries.find(({ condition }) => condition === name)!, scale),
    word: metric.direction === "none" ? "highest observed" : "best observed",
  };
}

/** What a task of a condition costs and takes. */
function priceOf(
  condition: string,
  { spent, currency = "" }: VerdictContext,
): { readonly cost?: string; readonly time?: string } {
  const own = spent?.get(condition);
  if (!own || own.tasks === 0) return {};
  const unknown = own.tasks - own.costed;
  return {
    ...(own.costed > 0 && own.cost > 0
      ? { cost: `${money(own.cost / own.costed, currency)}${unknown > 0 ? ` (${count(unknown)} not priced)` : ""}` }
      : {}),
    time: timeWords(own.ms / own.tasks),
  };
}

export const timeWords = (ms: number): string => (ms < 1000 ? `${amount(ms)} ms` : printMillis(ms));
