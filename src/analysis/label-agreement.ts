import type { Label } from "#src/experiment/labels";
import { ownMember } from "#src/kernel/record";
import { err, ok } from "#src/kernel/result";
import { toNumber } from "#src/scoring/scorer";
import { gwetAC1 } from "#src/stats/agreement";
import { type ConfusionShare, confusionOf, krippendorffAlpha } from "#src/stats/agreement-alpha";
import {
  type CorrectedDifference,
  type CorrectedMean,
  correctedDifferences,
  correctedMeans,
  type DifferenceOptions,
  type LabelledAnswer,
} from "./label-correction.ts";
import { type Estimate, interval, noEstimate, quantity } from "./quantity.ts";

/** What a metric says of one answer. */
export interface JudgedAnswer {
  readonly ordinal: number;
  readonly condition: string;
  readonly itemId: string;
  /** Absent where it has no value. */
  readonly value: number | undefined;
}

/** What people's labels say of one another and of a metric. */
export interface LabelAnalysis {
  /** The metric that they are held against. */
  readonly metric: string;
  readonly rubric: string;
  /** Labels by earlier rubrics, which are left out. */
  readonly otherRubrics: number;
  readonly raters: readonly { readonly rater: string; readonly labels: number }[];
  readonly answers: number;
  /** Krippendorff's alpha (nominal) and Gwet's AC1 of the raters; absent with one rater. */
  readonly alpha?: Estimate;
  readonly ac1?: Estimate;
  /** The metric against the labels, where both are yes or no; absent where neither is. */
  readonly confusion?: {
    readonly answers: number;
    readonly sensitivity: Estimate;
    readonly specificity: Estimate;
    readonly accuracy: Estimate;
  };
  /** Labels that are neither a verdict nor a number, so that no mean can count them: they count for how far raters agree alone. */
  readonly words: number;
  /** Labels that are numbers beyond the range of a metric from 0 to 1: no mean counts them. */
  readonly beyond: number;
  /** Labels by the rubric that their raters took back; absent where none was. */
  readonly takenBack?: number;
  /** Answers whose raters are divided, which the confusion leaves out. */
  readonly divided: number;
  /** The mean of each condition: as the metric has it, and corrected by the labels. */
  readonly corrected: readonly CorrectedMean[];
  /** Pairs of conditions; none where there are too many to read. */
  readonly differences: readonly CorrectedDifference[];
  /** What the intervals of differences are: `95 % simultaneous over 3 pairs`. */
  readonly intervals: string;
}

/** Holds the labels of the last rubric against one another, and against a metric. @param answers all of the run, each once @param compared which differences, and how */
export function analyseLabels(
  labels: readonly Label[],
  answers: Iterable<JudgedAnswer>,
  metric: string,
  compared: DifferenceOptions = {},
): LabelAnalysis | undefined {
  const rubric = labels.at(-1)?.rubric;
  if (rubric === undefined) return undefined;
  const own = labels.filter((label) => label.rubric === rubric);
  const byAnswer = new Map<number, Map<string, string>>();
  for (const { ordinal, rater, label } of own)
    byAnswer.set(ordinal, (byAnswer.get(ordinal) ?? new Map<string, string>()).set(rater, label));
  const raters = [...new Set(own.map(({ rater }) => rater))].map((rater) => ({
    rater,
    labels: own.filter((label) => label.rater === rater).length,
  }));
  const ratings = [...byAnswer.values()].map((said) => raters.map(({ rater }) => meaningOf(said.get(rater))));
  const conditions = new Map<string, LabelledAnswer[]>();
  const verdicts: { judged: number; people: number }[] = [];
  let [divided, beyond] = [0, 0];
  const all = [...answers];
  const isShare = all.every(({ value }) => value === undefined || isWithin(value));
  for (const { ordinal, condition, itemId, value } of all) {
    if (value === undefined) continue;
    const numbers = [...(byAnswer.get(ordinal)?.values() ?? [])].flatMap((label) => numberOf(label) ?? []);
    const said = isShare ? numbers.filter(isWithin) : numbers;
    beyond += numbers.length - said.length;
    const people = said.length === 0 ? undefined : said.reduce((sum, one) => sum + one, 0) / said.length;
    const own = conditions.get(condition) ?? [];
    conditions.set(condition, own);
    own.push({ itemId, value, people });
    if (people === undefined) continue;
    if (people === 0.5 && said.every((one) => one === 0 || one === 1)) divided += 1;
    else if (isYesOrNo(value) && said.every(isYesOrNo)) verdicts.push({ judged: value, people: Number(people > 0.5) });
  }
  return {
    metric,
    rubric,
    otherRubrics: labels.length - own.length,
    raters,
    answers: byAnswer.size,
    ...(raters.length > 1 ? agreementOf(ratings) : {}),
    ...(verdicts.length > 0 ? { confusion: confusion(verdicts) } : {}),
    words: own.filter(({ label }) => numberOf(label) === undefined).length,
    divided,
    beyond,
    corrected: correctedMeans(conditions),
    ...correctedDifferences(conditions, compared),
  };
}

/** Verdicts as people write them beside those that are scores, too. */
const verdicts: Readonly<Record<string, number>> = {
  right: 1,
  correct: 1,
  pass: 1,
  y: 1,
  "partly right": 0.5,
  "partly correct": 0.5,
  "partially correct": 0.5,
  wrong: 0,
  incorrect: 0,
  fail: 0,
  "no answer": 0,
};

/** A label as a number; nothing for a word that is not a verdict. */
const numberOf = (label: string): number | undefined =>
  toNumber(label) ?? ownMember(verdicts, label.trim().toLowerCase());

/** Labels that mean the same are the same: `C`, `right`, `yes` and `1`. */
const meaningOf = (label: string | undefined): string | undefined =>
  label === undefined ? undefined : String(numberOf(label) ?? label);

const isWithin = (value: number): boolean => value >= 0 && value <= 1;

const isYesOrNo = (value: number): boolean => value === 0 || value === 1;

const problems = { "too-few": "too few answers with two labels", "all-equal": "all labels are equal" } as const;

function agreementOf(ratings: readonly (readonly (string | undefined)[])[]): { alpha: Estimate; ac1: Estimate } {
  const [alpha, ac1] = [krippendorffAlpha(ratings), gwetAC1(ratings)];
  return {
    alpha: alpha.ok
      ? { value: ok(alpha.value.estimate), interval: err("no interval") }
      : noEstimate(problems[alpha.error]),
    ac1: ac1.ok
      ? { value: ok(ac1.value.estimate), interval: rangeOf(ac1.value.interval, "normal") }
      : noEstimate(problems[ac1.error]),
  };
}

const rangeOf = (
  { lower, upper, level }: { lower: number; upper: number; level: number },
  method: string,
): Estimate["interval"] => interval(lower, upper, level, method);

function confusion(verdicts: readonly { judged: number; people: number }[]): NonNullable<LabelAnalysis["confusion"]> {
  const found = confusionOf(
    verdicts.map(({ judged }) => judged),
    verdicts.map(({ people }) => people),
  );
  const share = ({ estimate, interval: range }: ConfusionShare): Estimate =>
    estimate === undefined || !range
      ? noEstimate("no such answers")
      : { value: quantity(estimate, ""), interval: rangeOf(range, "Wilson") };
  return {
    answers: verdicts.length,
    sensitivity: share(found.sensitivity),
    specificity: share(found.specificity),
    accuracy: share(found.accuracy),
  };
}
