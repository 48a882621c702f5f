import type { Analysis, Comparison, MetricAnalysis, Summary } from "#src/analysis/analysis";
import { type BestGroup, bestGroups } from "#src/analysis/best-group";
import { isDifferent } from "#src/analysis/verdict";
import { WITHOUT_VALUE } from "#src/analysis/without-value";
import { finish, mapInSteps, type Steps } from "#src/kernel/steps";
import { count, type Scale, scaleOf } from "./cell.ts";
import { countedLevels, countedSentences, failureFinding, rowsSentence } from "./failed.ts";
import { repliesWarnings } from "./replies.ts";
import {
  conclusion,
  directionNote,
  type Finding,
  isPartial,
  levelWords,
  listed,
  named,
  partialWords,
  turned,
} from "./words.ts";

/** What came out, and what did not, in sentences: the same in every format and in the terminal. */
export interface Findings {
  /** Sentences about the results as a whole that must not be overlooked. */
  readonly warnings: readonly string[];
  readonly lists: readonly Finding[];
  readonly notes: readonly string[];
}

/** What a reader of findings has to know of the run. */
export interface FindingsContext {
  /** What was injected into the run; such a run has no findings. */
  readonly faults?: string | undefined;
  /** Tasks still to run, of those that were planned. */
  readonly accounting: Analysis["accounting"];
  readonly stoppedEarly?: boolean;
}

/** Sentences about pairs beyond which only the best group is named. */
const FINDINGS = 8;

/** Levels in a sentence where nothing is compared. */
const LEVELS = 8;

/**
 * All findings of a run. A run with injected faults has none; those of a run that is not complete say on how many items they rest.
 */
export const findingsOf = (analysis: Analysis, context: FindingsContext): Findings =>
  finish(findingsInSteps(analysis, context));

/** `findingsOf`, a metric a step. */
export function* findingsInSteps(
  analysis: Analysis,
  { faults, accounting, stoppedEarly = false }: FindingsContext,
): Steps<Findings> {
  const partial = isPartial(accounting);
  const warnings = [
    ...(faults
      ? [
          `Faults were injected into this run (${faults}): it says nothing about the conditions, and no gate was judged.`,
        ]
      : []),
    ...(stoppedEarly
      ? [
          "Stopped early, when the comparison was decided: p-values and intervals for a fixed number of items do not hold here.",
        ]
      : []),
    ...(partial
      ? [
          `Partial: ${partialWords(accounting)} still to run. Numbers may change, and p-values read before the planned end are too optimistic.`,
        ]
      : []),
    ...analysis.notes.filter((note) => note.startsWith("Not enough data") || note.startsWith(WITHOUT_VALUE)),
    ...(faults ? [] : [...(analysis.faulted?.unmatched ?? []), ...repliesWarnings(analysis)]),
  ];
  if (faults) return { warnings, lists: [], notes: [] };
  const most = Math.floor(FINDINGS / Math.max(1, analysis.metrics.length));
  const unknown = directionNote(analysis);
  const found = yield* mapInSteps(analysis.metrics, (metric) => {
    const { title, items } = findings(metric, most, partial);
    return { title, items: [...items, ...rowsSentence(metric, analysis.conditions)] };
  });
  return {
    warnings,
    lists: [...found, ...(analysis.failures ? [failureFinding(analysis.failures)] : [])],
    notes: unknown ? [unknown] : [],
  };
}

/**
 * The findings of a metric: the conditions that may be the best, or that none stands out; with a baseline, which differ from it. Beside that
 * every pair when there are few.
 *
 * @param most pairs up to which each has its sentence
 * @param partial whether each sentence says on how many items it rests
 */
export function findings(analysed: MetricAnalysis, most = 6, partial = false): Finding {
  const scale = scaleOf(analysed);
  const { metric, comparisons } = analysed;
  if (comparisons.length === 0) return { title: metric.name, items: [levelSentence(analysed, scale)] };
  const sentence = (comparison: Comparison): string => conclusion(comparison, scale, partial);
  const groups = [...new Set(comparisons.map(({ group }) => group))];
  const isShort = comparisons.length <= most;
  const leads = groups.flatMap((group) => leadOf(analysed, group, scale, isShort ? undefined : sentence));
  const pairs = isShort || leads.length === 0 ? comparisons.map((pair) => `${sentence(pair)}.`) : [];
  const differ = comparisons.filter(({ verdict }) => isDifferent(verdict)).length;
  return {
    title:
      comparisons.length > 1
        ? `${metric.name}: ${count(differ)} of ${count(comparisons.length)} pairs differ`
        : metric.name,
    items: [...leads, ...pairs, ...countedSentences(analysed, scale)],
  };
}

/**
 * Who may be the best of a group, or who differs from the baseline.
 *
 * @param sentence says what a pair does, where pairs have no sentences of their own
 */
function leadOf(
  analysed: MetricAnalysis,
  group: string | undefined,
  scale: Scale,
  sentence: ((pair: Comparison) => string) | undefined,
): string[] {
  const pairs = analysed.comparisons.filter((comparison) => comparison.group === group);
  const where = group ? `${group}: ` : "";
  if (pairs.length === 1) return sentence ? [`${where}${sentence(pairs[0]!)}.`] : [];
  const best = bestGroups({ ...analysed, comparisons: pairs })[0];
  if (best) {
    const next = sentence && closest(best, pairs);
    return [
      `${where}${bestSentence(best, analysed, scale, namesIn(pairs).size)}${next ? `; closest: ${sentence(next)}` : ""}.`,
    ];
  }
  const baseline = pairs[0]?.against;
  return baseline !== undefined && pairs.every(({ against }) => against === baseline)
    ? [`${where}${baselineSentence(baseline, pairs)}.`, ...highest(analysed, pairs, scale)]
    : [];
}

/** The words for a metric's way: where it is not given which is better, the highest is only that. */
const wordsFor = ({ metric: { direction } }: Pick<MetricAnalysis, "metric">) => ({
  extreme: direction === "lower" ? "lowest" : "highest",
  best: direction === "none" ? "highest" : "best",
  better: direction === "none" ? "higher" : "better",
});

function bestSentence(
  { ranked, top, best, behind }: BestGroup,
  analysed: MetricAnalysis,
  scale: Scale,
  compared: number,
): string {
  const { extreme, best: word, better } = wordsFor(analysed);
  const value = levelOf(analysed.summaries, top[0]!, scale);
  const holders = top.length === 1 ? named(top[0]!) : `${listed(top)} alike`;
  if (top.length === ranked.length)
    return `No condition stands out: ${ranked.length < compared ? `the ${ranked.length} with a value` : `all ${ranked.length}`} have the same value, ${value}`;
  if (behind.length === 0)
    return `No condition stands out: the ${extreme} observed value, ${value} (${holders}), is not distinguishable from ${anyOf(ranked.length - top.length)}`;
  if (best.length === 1)
    return `${named(top[0]!)} is ${word}, with ${value}: ${better} than ${behind.length > 2 ? `each of the other ${behind.length}` : listed(behind)}`;
  return `${word === "best" ? "Best" : "Highest"} group, not distinguishable from the ${extreme} observed value, ${value} (${holders}): ${listed(best)}. ${top.length === 1 ? named(top[0]!) : "These"} ${top.length === 1 ? "is" : "are"} ${better} than ${listed(behind)}`;
}

const anyOf = (others: number): string =>
  others === 1 ? "the other" : others === 2 ? "either of the other two" : `any of the other ${others}`;

/** The observed best against the one that comes next; nothing where several are the best alike. */
function closest({ ranked, top }: BestGroup, pairs: readonly Comparison[]): Comparison | undefined {
  if (top.length > 1) return undefined;
  const pair = pairs.find((one) =>
    [one.condition, one.against].every((name) => name === ranked[0] || name === ranked[1]),
  );
  return pair?.condition === ranked[0] ? pair : pair && turned(pair);
}

function baselineSentence(baseline: string, pairs: readonly Comparison[]): string {
  const by = (...verdicts: Comparison["verdict"][]): string[] =>
    pairs.filter(({ verdict }) => verdicts.includes(verdict)).map(({ condition }) => condition);
  const all = pairs.length;
  const isNeutral = pairs.some(({ verdict }) => verdict === "higher" || verdict === "lower");
  const [up, down] = isNeutral ? (["higher", "lower"] as const) : (["better", "worse"] as const);
  const [ups, downs] = [by(up), by(down)];
  const than = named(baseline);
  const first =
    ups.length > 0
      ? `${ups.length} of ${all} ${ups.length === 1 ? "is" : "are"} ${up} than ${than}: ${listed(ups)}`
      : `None of ${all} is ${isNeutral ? "higher" : "shown to be better"} than ${than}`;
  const open = by("not distinguishable", "equivalent", "not tested");
  return [
    first,
    ...(downs.length > 0 ? [`${down}: ${listed(downs)}`] : []),
    ...(open.length > 0 && open.length < all ? [`not distinguishable from it: ${listed(open)}`] : []),
  ].join("; ");
}

/** The best observed level where pairs were not compared with one another. */
function highest({ metric, summaries }: MetricAnalysis, pairs: readonly Comparison[], scale: Scale): string[] {
  const names = namesIn(pairs);
  const sign = metric.direction === "lower" ? -1 : 1;
  const levels = summaries.flatMap(({ condition, estimate: { value } }) =>
    names.has(condition) && value.ok ? [{ condition, value: value.value }] : [],
  );
  const [first] = levels.toSorted((a, b) => sign * (b.value - a.value));
  if (!first) return [];
  const top = levels.filter(({ value }) => value === first.value).map(({ condition }) => condition);
  if (top.length === levels.length) return [];
  const extreme = sign < 0 ? "Lowest" : "Highest";
  return [
    `${extreme} observed: ${listed(top)} with ${levelOf(summaries, first.condition, scale)}; only differences from the baseline were tested.`,
  ];
}

const namesIn = (pairs: readonly Comparison[]): Set<string> =>
  new Set(pairs.flatMap(({ condition, against }) => [condition, against]));

const levelOf = (summaries: readonly Summary[], name: string, scale: Scale): string =>
  levelWords(summaries.find(({ condition }) => condition === name)!.estimate.value, scale);

/** The levels where nothing is compared, with failed tasks left out and counted where there are any. */
function levelSentence(analysed: MetricAnalysis, scale: Scale): string {
  const { summaries } = analysed;
  if (summaries.length === 0) return "No task has ended.";
  const counted = countedLevels(analysed, scale);
  const levels = summaries
    .slice(0, LEVELS)
    .map(
      ({ condition, estimate }) => counted.get(condition) ?? `${named(condition)} ${levelWords(estimate.value, scale)}`,
    );
  const more = summaries.length > LEVELS ? `; ${summaries.length - LEVELS} more in the table of results` : "";
  const why =
    summaries.length > 1 ? "No two conditions were to be compared" : "There is no other condition to compare it with";
  return `${levels.join("; ")}${more}. ${why}.`;
}
