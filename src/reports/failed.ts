import type { Analysis, FailureAnalysis, MetricAnalysis } from "#src/analysis/analysis";
import { isDifferent } from "#src/analysis/verdict";
import { count, type Scale } from "./cell.ts";
import { countedAs, countedWords } from "./failed-words.ts";
import { adjustedWords, type Finding, levelWords, listed, named, turned } from "./words.ts";

/** Conditions whose levels are given both ways. */
const COUNTED = 4;

/** Where tasks failed: the levels both ways, and what that does to conclusions. */
export function countedSentences(analysed: MetricAnalysis, scale: Scale): string[] {
  const levels = [...countedLevels(analysed, scale).values()];
  if (levels.length === 0) return [];
  const more = levels.length > COUNTED ? `; ${levels.length - COUNTED} more in the table of failed tasks` : "";
  return [
    `${levels.slice(0, COUNTED).join("; ")}${more}.${changedSentence(analysed.otherReading!.changed, analysed.comparisons.length)}`,
  ];
}

/** The level of each condition whose tasks failed, left out and counted; by its name. */
export function countedLevels(analysed: MetricAnalysis, scale: Scale): Map<string, string> {
  const { otherReading, failedAs, summaries, kind } = analysed;
  const levels = new Map<string, string>();
  if (!otherReading) return levels;
  const [left, counted] =
    failedAs === "missing" ? [summaries, otherReading.summaries] : [otherReading.summaries, summaries];
  const as = countedWords(countedAs(analysed), kind);
  left.forEach((ended, c) => {
    const all = counted[c]!;
    const failed = all.tasks - ended.tasks;
    const [value, other] = [ended, all].map(({ estimate }) => levelWords(estimate.value, scale));
    const name = named(ended.condition);
    if (kind === "custom" && value !== other)
      levels.set(ended.condition, `${name} ${value}, ${other} if failed tasks count as ${as}`);
    else if (failed > 0 && ended.tasks === 0)
      levels.set(
        ended.condition,
        `${name} has no value, ${other} if ${failed === 1 ? "the one task that failed counts" : `the ${count(failed)} tasks that failed count`} as ${as}`,
      );
    else if (failed > 0)
      levels.set(
        ended.condition,
        `${name} ${value} of the ${count(ended.tasks)} ${ended.tasks === 1 ? "task" : "tasks"} with a value, ${other} if the ${failed === 1 ? "one that failed counts" : `${count(failed)} that failed count`} as ${as}`,
      );
  });
  return levels;
}

/** A metric over rows where tasks failed: of which tasks it is, and that the others cannot be counted. */
export function rowsSentence(
  { metric, over, summaries }: MetricAnalysis,
  conditions: Analysis["conditions"],
): string[] {
  if (!over) return [];
  const failed = conditions.flatMap(({ name, accounting }, c) =>
    accounting.failed > 0
      ? [`${named(name)} ${count(summaries[c]!.tasks)} of ${count(accounting.succeeded + accounting.failed)}`]
      : [],
  );
  if (failed.length === 0) return [];
  const more = failed.length > COUNTED ? `; ${failed.length - COUNTED} more conditions with failed tasks` : "";
  return [
    `${named(metric.name)} is of the tasks that have ${listed(over)}: ${failed.slice(0, COUNTED).join("; ")}${more}. ${NO_ROW}`,
  ];
}

/** Why a metric over rows has no reading that counts failed tasks. */
export const NO_ROW = "A failed task has no row, and none can stand for it: there is no reading that counts it.";

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
