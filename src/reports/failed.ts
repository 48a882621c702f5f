import type { FailureAnalysis, MetricAnalysis } from "#src/analysis/analysis";
import { isDifferent } from "#src/analysis/verdict";
import { count, type Scale } from "./cell.ts";
import { countedAs, countedWords } from "./failed-words.ts";
import { adjustedWords, type Finding, levelWords, named, turned } from "./words.ts";

/** Conditions whose levels are given both ways. */
const COUNTED = 4;

/** Where tasks failed: the levels both ways, and what that does to conclusions. */
export function countedSentences(analysed: MetricAnalysis, scale: Scale): string[] {
  const { otherReading, failedAs, summaries, comparisons, kind } = analysed;
  if (!otherReading) return [];
  const [left, counted] =
    failedAs === "missing" ? [summaries, otherReading.summaries] : [otherReading.summaries, summaries];
  const as = countedWords(countedAs(analysed), kind);
  const levels = left.flatMap((ended, c) => {
    const all = counted[c]!;
    const failed = all.tasks - ended.tasks;
    const [value, other] = [ended, all].map(({ estimate }) => levelWords(estimate.value, scale));
    if (kind === "custom" && value !== other)
      return [`${named(ended.condition)} ${value}, ${other} if failed tasks count as ${as}`];
    if (failed <= 0) return [];
    if (ended.tasks === 0)
      return [`${named(ended.condition)} has none that ended, ${other} if the ${count(failed)} failed count as ${as}`];
    return [
      `${named(ended.condition)} ${value} of the ${count(ended.tasks)} that ended, ${other} if the ${failed === 1 ? "failed one counts" : `${count(failed)} failed count`} as ${as}`,
    ];
  });
  if (levels.length === 0) return [];
  const more = levels.length > COUNTED ? `; ${levels.length - COUNTED} more in the table of failed tasks` : "";
  return [`${levels.slice(0, COUNTED).join("; ")}${more}.${changedSentence(otherReading.changed, comparisons.length)}`];
}

function changedSentence(changed: NonNullable<MetricAnalysis["otherReading"]>["changed"], comparisons: number): string {
  if (comparisons === 0) return "";
  if (changed.length === 0) return " Counting them the other way changes no conclusion.";
  const [first] = changed;
  const words = `${named(first!.condition)} against ${named(first!.against)}: ${first!.from} becomes ${first!.to}`;
  return ` Counting them the other way changes ${changed.length} of ${comparisons} conclusions (${words}${changed.length > 1 ? ", ..." : ""}).`;
}

/** Whether conditions fail unequally often: leaving failed tasks out is then selective. */
export function failureFinding({ conditions, comparisons }: FailureAnalysis): Finding {
  const failed = conditions.reduce((sum, one) => sum + one.failed, 0);
  const ended = conditions.reduce((sum, one) => sum + one.ended, 0);
  const title = `Failed tasks: ${count(failed)} of ${count(ended)}`;
  const of = (name: string): string => {
    const { failedItems = 0, items = 0 } = conditions.find(({ condition }) => condition === name) ?? {};
    return `${count(failedItems)} of ${count(items)}`;
  };
  const different = comparisons.filter(({ verdict }) => isDifferent(verdict));
  const sentences = different.map((comparison) => {
    const more = comparison.verdict === "worse" ? comparison : turned(comparison);
    const { condition, against } = more;
    return `${named(condition)} failed on more items than ${named(against)}: ${of(condition)} against ${of(against)}${adjustedWords(more)}. Leaving failed tasks out is selective here.`;
  });
  if (sentences.length > 0) {
    const most = 6;
    const more = sentences.length > most ? [`So it is of ${sentences.length - most} more pairs.`] : [];
    return { title, items: [...sentences.slice(0, most), ...more] };
  }
  const by = conditions.filter((one) => one.failed > 0);
  const worst = by.toSorted((a, b) => b.failed - a.failed).slice(0, 4);
  const rest = by.length > worst.length ? `; ${by.length - worst.length} more` : "";
  const levels = `${worst.map((one) => `${named(one.condition)} ${count(one.failed)} of ${count(one.ended)}`).join("; ")}${rest}.`;
  const tested = comparisons.filter(({ pAdjusted }) => pAdjusted.ok);
  return {
    title,
    items: [tested.length === 0 ? levels : `${levels} No two conditions are shown to fail unequally often.`],
  };
}
