import type { MetricAnalysis } from "#src/analysis/analysis";
import type { LabelAnalysis } from "#src/analysis/label-agreement";
import type { CorrectedDifference, CorrectedMean } from "#src/analysis/label-correction";
import { count, level, levelText, type Scale } from "./cell.ts";
import { FEW_LABELS } from "./labels.ts";
import { named } from "./words.ts";

/** Conditions that are named. */
const NAMED = 6;

/**
 * What the labels of people make of the first metric, a sentence each: its levels, corrected and as scored, and the lead of the best. Nothing where no
 * level could be corrected.
 *
 * @param printed the name of a condition as it is printed
 * @example ["By the labels of people (PPI++, 80 of 400 answers): a 68.0 % [60.1, 75.9], as scored 78.0 %", "Corrected lead of a over b: 5.0 points [-1.2, 11.2], not distinguishable; as scored 8.0"]
 */
export function correctedSentences(
  labels: LabelAnalysis | undefined,
  { metric }: MetricAnalysis,
  scale: Scale,
  printed: (condition: string) => string,
): string[] {
  if (labels?.metric !== metric.name) return [];
  const sign = metric.direction === "lower" ? -1 : 1;
  const heightOf = ({ estimate: { value } }: CorrectedMean): number => (value.ok ? value.value : 0);
  const known = labels.corrected.filter(({ estimate }) => estimate.value.ok);
  if (known.length === 0) return [];
  const ranked = known.sort((a, b) => sign * (heightOf(b) - heightOf(a)));
  const [labelled, answers] = [sumOf(known, "labelled"), sumOf(known, "answers")];
  const levels = ranked
    .slice(0, NAMED)
    .map(
      (mean) =>
        `${named(printed(mean.condition))} ${levelText(mean, scale)}${mean.estimate.interval.ok ? "" : ` (${reasonOf(mean.estimate.interval)})`}, as scored ${level(mean.raw, scale)}${unit(scale.unit)}`,
    );
  const more = ranked.length > NAMED ? `; ${ranked.length - NAMED} more in the section on labels` : "";
  const lead = leadOf(ranked, labels.differences);
  const isFew = ranked.some((mean) => mean.labelled < FEW_LABELS && mean.estimate.interval.ok);
  return [
    `By the labels of people (PPI++, ${count(labelled)} of ${count(answers)} answers): ${levels.join("; ")}${more}${isFew ? `; of fewer than ${FEW_LABELS} labels of a condition, intervals are too narrow` : ""}`,
    ...(lead ? [leadWords(lead, sign, scale, printed)] : []),
  ];
}

const sumOf = (means: readonly CorrectedMean[], what: "labelled" | "answers"): number =>
  means.reduce((sum, mean) => sum + mean[what], 0);

const unit = (word: string): string => (word === "" ? "" : ` ${word}`);

/** Why there is no interval. */
const reasonOf = (interval: CorrectedMean["estimate"]["interval"]): string => (interval.ok ? "" : interval.error);

/** The pair of the two that lead, the first of them first. */
function leadOf(
  [first, second]: readonly CorrectedMean[],
  differences: readonly CorrectedDifference[],
): { readonly pair: CorrectedDifference; readonly isTurned: boolean } | undefined {
  const pair = differences.find(({ condition, against }) =>
    [first?.condition, second?.condition].every((name) => name === condition || name === against),
  );
  return pair?.estimate.value.ok ? { pair, isTurned: pair.condition !== first!.condition } : undefined;
}

function leadWords(
  { pair, isTurned }: NonNullable<ReturnType<typeof leadOf>>,
  sign: number,
  scale: Scale,
  printed: (condition: string) => string,
): string {
  const { estimate, raw } = pair;
  const print = (value: number): string => level(sign * (isTurned ? -value : value), scale);
  const names = [pair.condition, pair.against].map((name) => named(printed(name)));
  const [own, other] = isTurned ? names.reverse() : names;
  const { value, interval } = estimate;
  const ends = interval.ok ? [interval.value.low, interval.value.high] : [];
  const isSwapped = (isTurned ? -1 : 1) * sign < 0;
  const range =
    ends.length > 0 ? ` [${(isSwapped ? ends.reverse() : ends).map(print).join(", ")}]` : ` (${reasonOf(interval)})`;
  const isOtherWay = value.ok && value.value * raw < 0;
  const isOpen = interval.ok && interval.value.low <= 0 && interval.value.high >= 0;
  return `Corrected lead of ${own} over ${other}: ${print(value.ok ? value.value : 0)}${unit(scale.differenceUnit)}${range}${isOpen ? ", not distinguishable" : ""}; as scored ${print(raw)}${isOtherWay ? ", the other way" : ""}`;
}
