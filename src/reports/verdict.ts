import type { Analysis, MetricAnalysis, Summary } from "#src/analysis/analysis";
import { bestGroups } from "#src/analysis/best-group";
import type { Accounting } from "#src/experiment/outcome";
import type { SpentByCondition } from "#src/experiment/spent";
import { count, level, money, type Scale, scaleOf } from "./cell.ts";
import type { IntervalRow } from "./chart.ts";
import { countedSentences } from "./failed.ts";
import { faultedLines, withoutFaulted } from "./faulted.ts";
import { lossSentences } from "./losses.ts";
import { withShortNames } from "./names.ts";
import { metricLabel } from "./results.ts";
import { correctedSentences } from "./verdict-labels.ts";
import { groupNames, linesOf, ordered, timeWords } from "./verdict-lines.ts";
import type { VerdictContext, VerdictFact, VerdictLine, VerdictPanel } from "./verdict-panel.ts";
import { betterWords, familyOf, isPartial, levelWords, listed, partialWords } from "./words.ts";

/** Groups that have a line; where faults are a factor, conditions at a level. */
const LINES = 6;
const LINES_OF_LEVELS = 12;
/** Other metrics that have a sentence. */
const OTHERS = 4;

/** Decides once what the first screen of every format says. */
export function verdictPanel(given: Analysis, whole: VerdictContext): VerdictPanel {
  const analysis = withShortNames(given);
  const context = { ...whole, spent: renamed(whole.spent, given, analysis) };
  const facts = factsOf(analysis, context);
  const [primary, ...others] = analysis.metrics;
  const isSilent = context.faults !== undefined || context.accounting.succeeded === 0;
  if (!primary || isSilent)
    return {
      metric: "",
      better: "",
      corrected: [],
      lines: [],
      losses: [],
      omitted: 0,
      notes: [],
      others: [],
      facts,
      ranks: [],
      unit: "",
    };
  const scale = scaleOf(primary);
  const family = familyOf(analysis, primary.metric.name);
  const rest = withoutFaulted(primary, analysis);
  const lines = [...faultedLines(primary, analysis, scale), ...(rest ? linesOf(rest, scale, context) : [])];
  const most = analysis.faulted ? LINES_OF_LEVELS : LINES;
  const printed = (name: string): string =>
    analysis.conditions[given.conditions.findIndex((condition) => condition.name === name)]?.name ?? name;
  return {
    metric: metricLabel(primary, scale),
    better: betterWords(primary.metric),
    corrected: correctedSentences(context.labels, primary, scale, printed),
    lines: lines.slice(0, most),
    losses: analysis.faulted?.metric === primary.metric.name ? lossSentences(analysis.faulted, primary) : [],
    omitted: Math.max(0, lines.length - most),
    ...(family && (analysis.faulted || lines.some(({ lead }) => lead?.includes("[")))
      ? { intervals: family.intervals }
      : {}),
    notes: notesOf(lines, primary, scale),
    others: othersOf(others),
    facts,
    ranks: ranksOf(primary, scale),
    unit: scale.unit,
  };
}

/** Under the names that are printed. */
const renamed = (spent: SpentByCondition = new Map(), given: Analysis, { conditions }: Analysis): SpentByCondition =>
  new Map(
    given.conditions.flatMap(({ name }, i) => {
      const own = spent.get(name);
      return own ? [[conditions[i]!.name, own] as const] : [];
    }),
  );

function notesOf(lines: readonly VerdictLine[], analysed: MetricAnalysis, scale: Scale): string[] {
  const word = lines.find(({ heading }) => heading.endsWith(" group"))?.heading;
  const counted = countedSentences(analysed, scale);
  const empty = analysed.summaries.filter(({ estimate }) => !estimate.value.ok);
  return [
    ...(word === undefined
      ? []
      : [`${word}: the ${word.split(" ")[0]!.toLowerCase()} observed and all that no test distinguishes from it.`]),
    ...(counted.length === 0 && empty.length > 0
      ? [`No value, and so not compared: ${listed(empty.map(({ condition }) => condition))}.`]
      : []),
    ...counted,
  ];
}

/** Levels to draw: the best observed first, groups together, those filled that may be the best. */
function ranksOf(analysed: MetricAnalysis, scale: Scale): IntervalRow[] {
  const groups = groupNames(analysed);
  const sets = groups.length > 0 ? groups : [undefined];
  return sets.flatMap((group): IntervalRow[] => {
    const pairs = analysed.comparisons.filter((comparison) => comparison.group === group);
    const members = new Set(pairs.flatMap(({ condition, against }) => [condition, against]));
    const best = pairs.length > 0 ? bestGroups({ ...analysed, comparisons: pairs })[0] : undefined;
    const isMarked = (name: string): boolean =>
      best === undefined || best.behind.length === 0 || best.best.includes(name);
    return ordered(analysed)
      .filter(({ condition }) => pairs.length === 0 || members.has(condition))
      .map((summary) => rankRow(summary, group, isMarked(summary.condition), scale));
  });
}

function rankRow(
  { condition, estimate }: Summary,
  group: string | undefined,
  marked: boolean,
  scale: Scale,
): IntervalRow {
  const value = estimate.value.ok ? estimate.value.value : 0;
  const { low, high } = estimate.interval.ok ? estimate.interval.value : { low: value, high: value };
  return {
    label: condition,
    ...(group === undefined ? {} : { group }),
    value: value * scale.factor,
    low: low * scale.factor,
    high: high * scale.factor,
    text: level(value, scale),
    tone: marked ? "up" : "none",
  };
}

/** The other metrics, a sentence each: who may be the best. */
function othersOf(metrics: readonly MetricAnalysis[]): string[] {
  const sentences = metrics
    .slice(0, OTHERS)
    .map((analysed) => `${metricLabel(analysed, scaleOf(analysed))}: ${shortOf(analysed)}`);
  const more = metrics.length - OTHERS;
  return more > 0 ? [...sentences, `${more} more ${more === 1 ? "metric" : "metrics"} in the findings`] : sentences;
}

function shortOf(analysed: MetricAnalysis): string {
  const scale = scaleOf(analysed);
  if (analysed.comparisons.length === 0) {
    const [only, more] = analysed.summaries;
    return only && !more ? levelWords(only.estimate.value, scale) : "nothing was compared";
  }
  const words = linesOf(analysed, scale, { accounting: nothing }).map(({ group, heading, names, level: of }) => {
    const what = names.length > 0 ? `${heading.toLowerCase()}: ${listed(names)}` : heading.toLowerCase();
    const shown = heading === "Best" || heading === "Highest" ? `${what}, ${of?.text ?? ""}` : what;
    return group === undefined ? shown : `${group}: ${shown}`;
  });
  return words.length > LINES ? `${words.slice(0, LINES).join("; ")}; ${words.length - LINES} more` : words.join("; ");
}

const nothing: Accounting = { planned: 0, succeeded: 0, failed: 0, skipped: 0, unscored: 0, pending: 0 };

function factsOf(
  { items, repeats, clusters }: Analysis,
  { accounting, faults, stoppedEarly, cost = 0, currency = "", wallMs, gates = [] }: VerdictContext,
): VerdictFact[] {
  const { planned, failed, skipped, unscored, pending } = accounting;
  const counted = gates.filter(({ afterwards }) => !afterwards);
  const missed = counted.filter(({ passed }) => !passed).length;
  const lost = [
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(skipped > 0 ? [`${count(skipped)} skipped`] : []),
    ...(unscored > 0 ? [`${count(unscored)} unscored`] : []),
  ];
  const of = clusters === undefined ? "" : ` in ${count(clusters)} clusters`;
  return [
    ...(faults === undefined ? [] : [{ text: "Faults were injected: no conclusion", warning: true as const }]),
    ...(stoppedEarly ? [{ text: "Stopped early", warning: true as const }] : []),
    ...(isPartial(accounting)
      ? [{ text: `Partial: ${partialWords(accounting).replace(/ (is|are)$/, "")} to run`, warning: true as const }]
      : []),
    {
      text: `${count(items)} ${items === 1 ? "item" : "items"}${of}${repeats > 1 ? `, up to ${repeats} times each` : ""}`,
    },
    lost.length > 0
      ? { text: `${lost.join(", ")} of ${count(planned)} tasks`, warning: true }
      : { text: `no task lost of ${count(planned - pending)}` },
    ...(cost > 0 ? [{ text: `cost ${money(cost, currency)}` }] : []),
    ...(wallMs !== undefined && wallMs > 0 ? [{ text: `took ${timeWords(wallMs)}` }] : []),
    ...(counted.length === 0
      ? []
      : missed > 0
        ? [{ text: `${missed} of ${counted.length} gates missed`, warning: true as const }]
        : [{ text: `${counted.length === 1 ? "the gate" : `all ${counted.length} gates`} passed` }]),
  ];
}
