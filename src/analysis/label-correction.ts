import { err, ok } from "#src/kernel/result";
import { confusionOf } from "#src/stats/agreement-alpha";
import { type JudgedPair, predictionPoweredDifference, predictionPoweredMean, roganGladen } from "#src/stats/corrected";
import { type Estimate, interval, noEstimate } from "./quantity.ts";

/** An answer with what the metric says of it, and the mean of what people say where any did. */
export interface LabelledAnswer {
  readonly itemId: string;
  readonly value: number;
  readonly people: number | undefined;
}

interface Known extends LabelledAnswer {
  readonly people: number;
}

/** The mean of a condition: as the metric has it, and corrected by the labels. */
export interface CorrectedMean {
  readonly condition: string;
  readonly labelled: number;
  readonly answers: number;
  readonly raw: number;
  /** Prediction-powered inference. */
  readonly estimate: Estimate;
  /** Rogan and Gladen, by the sensitivity and the specificity in this condition; absent where metric or labels are not yes or no. */
  readonly roganGladen?: Estimate;
}

/** How much larger the mean of a condition is than that of another, each corrected by the labels. */
export interface CorrectedDifference {
  readonly condition: string;
  readonly against: string;
  readonly items: number;
  readonly raw: number;
  readonly estimate: Estimate;
}

/** Pairs of conditions that are compared. */
const MOST_PAIRS = 45;

const TOO_FEW = "too few answers with a label, or without one";
const REPEATED = "repeats of an item are not independent";
const isYesOrNo = (value: number): boolean => value === 0 || value === 1;
const meanOf = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
const isRepeated = (answers: readonly LabelledAnswer[]): boolean =>
  new Set(answers.map(({ itemId }) => itemId)).size < answers.length;

const NO_ERROR_SEEN = "no interval: no error was seen in the labelled answers";

interface Found {
  readonly estimate: number;
  readonly standardError: number;
  readonly interval: { readonly lower: number; readonly upper: number; readonly level: number };
}

/** A normal interval of no width says that the labels showed no error, not that there is none: it is left out. */
const estimateOf = (
  { estimate, standardError, interval: { lower, upper, level } }: Found,
  method: string,
  isSeen = standardError > 0,
): Estimate => ({
  value: ok(estimate),
  interval: isSeen ? interval(lower, upper, level, method) : err(NO_ERROR_SEEN),
});

/** The mean of each condition, corrected. @param answers of each condition, each once */
export const correctedMeans = (answers: ReadonlyMap<string, readonly LabelledAnswer[]>): CorrectedMean[] =>
  [...answers].map(([condition, own]) => correctedMean(condition, own));

/** Of answers with and without labels. */
const meanByLabels = (own: readonly LabelledAnswer[]): ReturnType<typeof predictionPoweredMean> => {
  const labelled = own.filter(({ people }) => people !== undefined) as readonly Known[];
  return predictionPoweredMean({
    labels: labelled.map(({ people }) => people),
    judged: labelled.map(({ value }) => value),
    others: own.flatMap(({ value, people }) => (people === undefined ? [value] : [])),
  });
};

function correctedMean(condition: string, own: readonly LabelledAnswer[]): CorrectedMean {
  const labelled = own.filter(({ people }) => people !== undefined) as readonly Known[];
  const size = {
    condition,
    labelled: labelled.length,
    answers: own.length,
    raw: meanOf(own.map(({ value }) => value)),
  };
  if (isRepeated(own)) return { ...size, estimate: noEstimate(REPEATED) };
  const found = meanByLabels(own);
  const estimate = found.ok ? estimateOf(found.value, "PPI++") : noEstimate(TOO_FEW);
  const isBinary = own.every(({ value }) => isYesOrNo(value)) && labelled.every(({ people }) => isYesOrNo(people));
  if (!isBinary || labelled.length === 0) return { ...size, estimate };
  return { ...size, estimate, roganGladen: byErrors(own, labelled) };
}

const problems = {
  "too-few": "no right, or no wrong, answers by people",
  "no-better-than-chance": "no better than chance",
};

function byErrors(own: readonly LabelledAnswer[], labelled: readonly Known[]): Estimate {
  const { sensitivity, specificity } = confusionOf(
    labelled.map(({ value }) => value),
    labelled.map(({ people }) => people),
  );
  const right = own.filter(({ value }) => value === 1).length;
  const found = roganGladen({ successes: right, n: own.length }, { sensitivity, specificity });
  return found.ok ? estimateOf(found.value, "Rogan-Gladen") : noEstimate(problems[found.error]);
}

/** All pairs of conditions over the items that both answered, corrected; none where there are too many pairs to read. */
export function correctedDifferences(answers: ReadonlyMap<string, readonly LabelledAnswer[]>): CorrectedDifference[] {
  const all = [...answers];
  if ((all.length * (all.length - 1)) / 2 > MOST_PAIRS) return [];
  return all.flatMap(([condition, own], i) =>
    all.slice(i + 1).map(([against, other]) => correctedDifference(condition, own, against, other)),
  );
}

function correctedDifference(
  condition: string,
  own: readonly LabelledAnswer[],
  against: string,
  other: readonly LabelledAnswer[],
): CorrectedDifference {
  const byItem = new Map(other.map((answer) => [answer.itemId, answer]));
  const items = own.flatMap(({ itemId, value, people }): JudgedPair[] => {
    const second = byItem.get(itemId);
    return second ? [{ judged: [value, second.value], labels: [people, second.people] }] : [];
  });
  const raw = meanOf(items.map(({ judged: [first, second] }) => first - second));
  const size = { condition, against, items: items.length, raw };
  if (isRepeated(own) || isRepeated(other)) return { ...size, estimate: noEstimate(REPEATED) };
  const found = predictionPoweredDifference(items);
  if (!found.ok) return { ...size, raw: items.length > 0 ? raw : 0, estimate: noEstimate(TOO_FEW) };
  const isSeen = [own, other].every((side) => {
    const mean = meanByLabels(side);
    return mean.ok && mean.value.standardError > 0;
  });
  return { ...size, estimate: estimateOf(found.value, "PPI++", isSeen) };
}
