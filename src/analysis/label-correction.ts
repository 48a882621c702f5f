import { err, ok } from "#src/kernel/result";
import { confusionOf } from "#src/stats/agreement-alpha";
import {
  influencesOf,
  type JudgedPair,
  predictionPoweredDifference,
  predictionPoweredMean,
  roganGladen,
} from "#src/stats/corrected";
import { normal } from "#src/stats/distributions";
import { smallestPs } from "#src/stats/min-p";
import { DEFAULT_LEVEL } from "#src/stats/sample";
import type { Family } from "./analysis.ts";
import { decide, intervalsOf } from "./family.ts";
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

/** A normal interval of width 0 says that the labels showed no error, not that the judge makes none: it is left out. */
const estimateOf = (
  { estimate, standardError, interval: { lower, upper, level } }: Found,
  method: string,
  isSeen = standardError > 0,
): Estimate => ({
  value: ok(estimate),
  interval: isSeen ? interval(lower, upper, level, method) : err(NO_ERROR_SEEN),
});

/** A mean of what lies between 0 and 1 does so, too: what of an interval is beyond is cut off, and none of what it covers is lost. */
const withinShares = ({ estimate, interval: { lower, upper, level }, ...more }: Found): Found => {
  const within = (value: number): number => Math.min(1, Math.max(0, value));
  return { ...more, estimate: within(estimate), interval: { lower: within(lower), upper: within(upper), level } };
};

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
  const isShare = own.every(({ value, people = 0 }) => Math.min(value, people) >= 0 && Math.max(value, people) <= 1);
  const estimate = found.ok
    ? estimateOf(isShare ? withinShares(found.value) : found.value, "PPI++")
    : noEstimate(TOO_FEW);
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

/** How differences are compared: as the metric's own are. */
export interface DifferenceOptions {
  /** Pairs that are compared, the first against the second; all when absent. */
  readonly pairs?: readonly (readonly [condition: string, against: string])[];
  /** What the intervals of several pairs hold: `min-p`, all of them together, when absent. */
  readonly correction?: Family["correction"];
  readonly level?: number;
  /** Of the draws behind `min-p`. */
  readonly seed?: number;
  /** Default 20,000, or more where the level needs them. */
  readonly draws?: number;
}

/** Differences of conditions, and what their intervals are: `95 % simultaneous over 3 pairs`. */
export interface CorrectedDifferences {
  readonly differences: readonly CorrectedDifference[];
  readonly intervals: string;
}

/** A pair with its standard error, or a sentence that says why it has none. */
interface FoundPair {
  readonly size: Omit<CorrectedDifference, "estimate">;
  readonly found: { readonly estimate: number; readonly standardError: number; readonly isSeen: boolean } | string;
}

/**
 * Pairs of conditions over the items that both answered, corrected; none where there are too many pairs to read. Intervals are of the family that the pairs
 * are, by the correction that the metric's own differences have: with `min-p` all hold together, by the distribution of the largest of the corrected
 * differences, drawn with the covariance of the corrected means.
 *
 * @see Hothorn, Bretz and Westfall, Biometrical Journal 50 (2008) 346
 */
export function correctedDifferences(
  answers: ReadonlyMap<string, readonly LabelledAnswer[]>,
  { pairs, correction = "min-p", level = DEFAULT_LEVEL, seed = 0, draws }: DifferenceOptions = {},
): CorrectedDifferences {
  const names = [...answers.keys()];
  const compared = (
    pairs ?? names.flatMap((one, i) => names.slice(i + 1).map((other) => [one, other] as const))
  ).filter((pair) => pair.every((name) => answers.has(name)));
  const intervals = intervalsOf(correction, compared.length, false, level);
  if (compared.length > MOST_PAIRS) return { differences: [], intervals };
  const found = compared.map(([condition, against]) =>
    foundPair(condition, answers.get(condition)!, against, answers.get(against)!),
  );
  const ps = found.map(({ found: one }) =>
    typeof one === "object" && one.isSeen
      ? 2 * normal.tails(Math.abs(one.estimate) / one.standardError).upper
      : undefined,
  );
  const known = found.flatMap(({ size: { condition, against } }, i) =>
    ps[i] === undefined ? [] : [[condition, against] as const],
  );
  const smallest =
    correction === "min-p" && known.length > 1
      ? smallestOf(answers, known, draws ?? Math.max(DRAWS, Math.ceil(1000 / (1 - level))), seed)
      : undefined;
  const alpha = 1 - level;
  const levels = compared.length > 1 ? decide({ correction, metrics: [{ ps, smallest }] }).levels(alpha)[0]! : [alpha];
  return { differences: found.map((pair, i) => differenceAt(pair, levels[i]!, level)), intervals };
}

/** Draws of the smallest p of the pairs, where no difference is true. */
function smallestOf(
  answers: ReadonlyMap<string, readonly LabelledAnswer[]>,
  pairs: readonly (readonly [string, string])[],
  draws: number,
  seed: number,
): Float64Array | undefined {
  const names = [...new Set(pairs.flat())];
  const moved = names.map((name) => {
    const own = answers.get(name)!;
    const found = influencesOf(own.map(({ value, people }) => ({ judged: value, label: people })));
    return new Map(found.ok ? own.map(({ itemId }, i) => [itemId, found.value.each[i]!]) : []);
  });
  const size = names.length;
  const covariance = new Float64Array(size * size);
  for (const [i, one] of moved.entries())
    for (const [j, other] of moved.slice(0, i + 1).entries()) {
      let sum = 0;
      for (const [itemId, by] of one) sum += by * (other.get(itemId) ?? 0);
      covariance[i * size + j] = sum;
      covariance[j * size + i] = sum;
    }
  const units = new Set(moved.flatMap((own) => [...own.keys()])).size;
  const tests = pairs.map(([one, other]) => ({ pair: [names.indexOf(one), names.indexOf(other)] as const }));
  return smallestPs({ covariance, size, units }, tests, draws, seed);
}

/** Draws that give the level of 5 % within a twentieth of itself. */
const DRAWS = 20_000;

function differenceAt({ size, found }: FoundPair, alpha: number, level: number): CorrectedDifference {
  if (typeof found === "string") return { ...size, estimate: noEstimate(found) };
  const { estimate, standardError, isSeen } = found;
  const reach = normal.upperQuantile(alpha / 2) * standardError;
  const range = { lower: estimate - reach, upper: estimate + reach, level };
  return { ...size, estimate: estimateOf({ estimate, standardError, interval: range }, "PPI++", isSeen) };
}

function foundPair(
  condition: string,
  own: readonly LabelledAnswer[],
  against: string,
  other: readonly LabelledAnswer[],
): FoundPair {
  const byItem = new Map(other.map((answer) => [answer.itemId, answer]));
  const items = own.flatMap(({ itemId, value, people }): JudgedPair[] => {
    const second = byItem.get(itemId);
    return second ? [{ judged: [value, second.value], labels: [people, second.people] }] : [];
  });
  const raw = items.length > 0 ? meanOf(items.map(({ judged: [first, second] }) => first - second)) : 0;
  const size = { condition, against, items: items.length, raw };
  if (isRepeated(own) || isRepeated(other)) return { size, found: REPEATED };
  const found = predictionPoweredDifference(items);
  if (!found.ok) return { size, found: TOO_FEW };
  const isSeen = [own, other].every((side) => {
    const mean = meanByLabels(side);
    return mean.ok && mean.value.standardError > 0;
  });
  return { size, found: { ...found.value, isSeen: isSeen && found.value.standardError > 0 } };
}
