import { ConfigError } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { type Count, criticalZ, type LevelOption } from "./proportion.ts";
import { DEFAULT_LEVEL, type Interval } from "./sample.ts";

/** A mean that is corrected for the errors of a judge. */
export interface Corrected {
  readonly estimate: number;
  readonly standardError: number;
  readonly interval: Interval;
  /** The mean of the judge's scores over all items, as it stands. */
  readonly raw: number;
  /** How much of the judge is used: 0 is the mean of the labels alone, 1 takes the judge as it is and mends its mean error. */
  readonly lambda: number;
  /** Items with a label, and without. */
  readonly labelled: number;
  readonly unlabelled: number;
}

/** `too-few`: fewer than two items with a label, or fewer than two without. */
export type CorrectedProblem = "too-few";

/** What people and a judge said of items: pairs where both did, and the judge alone. */
export interface JudgedItems {
  /** What people said of each labelled item: numbers, 1 and 0 for right and wrong. */
  readonly labels: readonly number[];
  /** What the judge said of the same items, in the same order. */
  readonly judged: readonly number[];
  /** What the judge said of the items without a label. */
  readonly others: readonly number[];
}

/**
 * The mean of what people would have said of all items, from their labels of some of them and a judge's scores of all: prediction-powered
 * inference, with the judge used as far as it helps (PPI++). Valid for any judge, also a biased one; a judge that knows nothing costs next to
 * nothing. The labelled items must be a random sample of all. The interval is normal, and counts the errors of both samples; one of no width says that the
 * labels showed no error, not that there is none.
 *
 * - `lambda`: how much of the judge is used, 0 to 1. Default: what makes the interval shortest
 * @throws ConfigError for lists of different lengths, and values that are not finite
 * @see Angelopoulos, Duchi and Zrnic, PPI++: Efficient Prediction-Powered Inference, arXiv 2311.01453 (2023), sections 3 and 6
 * @example
 * const found = predictionPoweredMean({ labels: [1, 0, 1, 1], judged: [1, 0, 1, 0], others: [1, 1, 0, 1, 1, 0] });
 * found.ok && [found.value.estimate, found.value.lambda] // => [0.8125, 0.375]
 */
export function predictionPoweredMean(
  { labels, judged, others }: JudgedItems,
  { level = DEFAULT_LEVEL, lambda }: LevelOption & { readonly lambda?: number } = {},
): Result<Corrected, CorrectedProblem> {
  if (labels.length !== judged.length)
    throw new ConfigError("judged", "must be as many as the labels", `${judged.length}, ${labels.length}`);
  const strange = [...labels, ...judged, ...others].find((value) => !Number.isFinite(value));
  if (strange !== undefined) throw new ConfigError("labels and scores", "must be finite numbers", strange);
  if (lambda !== undefined && !(lambda >= 0 && lambda <= 1))
    throw new ConfigError("lambda", "must be from 0 to 1", lambda);
  const [n, rest] = [labels.length, others.length];
  if (n < 2 || rest < 2) return err("too-few");
  const all = [...judged, ...others];
  const used = lambda ?? bestLambda(labels, judged, all, n / rest);
  const residuals = labels.map((label, i) => label - used * judged[i]!);
  const estimate = mean(residuals) + used * mean(others);
  const standardError = Math.sqrt(variance(residuals) / n + (used ** 2 * variance(all)) / rest);
  const margin = criticalZ(level) * standardError;
  return ok({
    estimate,
    standardError,
    interval: { lower: estimate - margin, upper: estimate + margin, level },
    raw: mean(all),
    lambda: used,
    labelled: n,
    unlabelled: rest,
  });
}

/** The plug-in estimate of the lambda with the least variance, within 0 and 1. */
function bestLambda(
  labels: readonly number[],
  judged: readonly number[],
  all: readonly number[],
  ratio: number,
): number {
  const spread = (1 + ratio) * variance(all);
  return spread > 0 ? Math.min(1, Math.max(0, covariance(labels, judged) / spread)) : 0;
}

/** What a judge and people said of the answers of two conditions to one item. */
export interface JudgedPair {
  readonly judged: readonly [first: number, second: number];
  /** Absent where that answer has no label; those that are labelled may differ from condition to condition. */
  readonly labels: readonly [first: number | undefined, second: number | undefined];
}

/** A difference of two means that is corrected for the errors of a judge. */
export interface CorrectedDifference extends Omit<Corrected, "lambda" | "labelled" | "unlabelled"> {
  /** Answers with a label, of the first and of the second. */
  readonly labelled: readonly [number, number];
  readonly items: number;
}

/**
 * How much larger the first mean would be than the second, had people labelled all answers: the difference of two prediction-powered means, each
 * corrected by the labels of its own condition, so that a judge that favours one of them is found out. The interval is normal, and counts for each item
 * what its two answers have in common, labelled or not.
 *
 * @returns `too-few` where either has fewer than two answers with a label, or without one
 * @throws ConfigError for values that are not finite
 * @see Angelopoulos, Duchi and Zrnic, PPI++, arXiv 2311.01453 (2023), section 3; its asymptotic expansion, summed by item
 * @example
 * const items = Array.from({ length: 8 }, (_, i) => ({ judged: [1, i % 2], labels: i < 4 ? [1, i % 2] : [undefined, undefined] }));
 * const found = predictionPoweredDifference(items);
 * found.ok && [found.value.estimate, found.value.raw] // => [0.5, 0.5]
 */
export function predictionPoweredDifference(
  items: readonly JudgedPair[],
  { level = DEFAULT_LEVEL }: LevelOption = {},
): Result<CorrectedDifference, CorrectedProblem> {
  const [first, second] = ([0, 1] as const).map((side) =>
    influencesOf(
      items.map(({ judged, labels }) => ({ judged: judged[side], label: labels[side] })),
      level,
    ),
  );
  if (!first?.ok || !second?.ok) return err("too-few");
  const squares = first.value.each.map((each, i) => (each - second.value.each[i]!) ** 2);
  const standardError = Math.sqrt(squares.reduce((sum, one) => sum + one, 0));
  const estimate = first.value.of.estimate - second.value.of.estimate;
  const margin = criticalZ(level) * standardError;
  return ok({
    estimate,
    standardError,
    interval: { lower: estimate - margin, upper: estimate + margin, level },
    raw: first.value.of.raw - second.value.of.raw,
    labelled: [first.value.of.labelled, second.value.of.labelled],
    items: items.length,
  });
}

/** What a judge said of an answer, and people where they did. */
export interface JudgedAnswer {
  readonly judged: number;
  readonly label: number | undefined;
}

/** The corrected mean of some answers, and how far each of them moves it: the squares of these add up to its variance. */
export function influencesOf(
  answers: readonly JudgedAnswer[],
  level = DEFAULT_LEVEL,
): Result<{ readonly of: Corrected; readonly each: readonly number[] }, CorrectedProblem> {
  const labelled = answers.flatMap(({ judged, label }) => (label === undefined ? [] : [{ judged, label }]));
  const labels = labelled.map(({ label }) => label);
  const judged = labelled.map((answer) => answer.judged);
  const others = answers.flatMap((answer) => (answer.label === undefined ? [answer.judged] : []));
  const of = predictionPoweredMean({ labels, judged, others }, { level });
  if (!of.ok) return of;
  const { lambda } = of.value;
  const [n, rest] = [labels.length, others.length];
  const centre = mean(labels.map((label, i) => label - lambda * judged[i]!));
  const centreOfOthers = mean(others);
  const each = answers.map(({ judged: said, label }) =>
    label === undefined
      ? (lambda * (said - centreOfOthers)) / rest
      : (label - lambda * said - centre) / Math.sqrt(n * (n - 1)),
  );
  return ok({ of: of.value, each });
}

/** What is known of a judge of yes and no, from items whose truth is known. */
export interface JudgeErrors {
  /** Right ones that the judge called right. */
  readonly sensitivity: Count;
  /** Wrong ones that the judge called wrong. */
  readonly specificity: Count;
}

/** A share that is corrected for a judge's sensitivity and specificity. */
export interface CorrectedShare extends Omit<Corrected, "lambda" | "labelled" | "unlabelled"> {
  readonly sensitivity: number;
  readonly specificity: number;
}

/** `no-better-than-chance`: sensitivity and specificity add up to no more than 1, so that its yes says nothing. */
export type ShareProblem = "too-few" | "no-better-than-chance";

/**
 * The true share of right answers, from the share that a judge calls right and what is known of its errors (Rogan and Gladen). The interval counts
 * the judged items and those behind sensitivity and specificity: add two to each kind of count (Lang and Reiczigel), and cut at 0 and 1. Other
 * than prediction-powered inference it allows labels that are no random sample, as long as the errors are the same among right ones and among
 * wrong ones.
 *
 * @param judged how many of the items the judge calls right
 * @see Rogan and Gladen, Am. J. Epidemiol. 107 (1978) 71; Lang and Reiczigel, Prev. Vet. Med. 113 (2014) 13
 * @example
 * const found = roganGladen({ successes: 60, n: 100 }, { sensitivity: { successes: 45, n: 50 }, specificity: { successes: 40, n: 50 } });
 * found.ok && [found.value.estimate, found.value.raw] // => [0.5714286, 0.6]
 */
export function roganGladen(
  judged: Count,
  { sensitivity, specificity }: JudgeErrors,
  { level = DEFAULT_LEVEL }: LevelOption = {},
): Result<CorrectedShare, ShareProblem> {
  if (judged.n === 0 || sensitivity.n === 0 || specificity.n === 0) return err("too-few");
  const [p, se, sp] = [judged, sensitivity, specificity].map(({ successes, n }) => successes / n) as [
    number,
    number,
    number,
  ];
  if (se + sp <= 1) return err("no-better-than-chance");
  const z = criticalZ(level);
  const raised = ({ successes, n }: Count, by: number): [share: number, size: number] => [
    (successes + by / 2) / (n + by),
    n + by,
  ];
  const [[rawShare, rawSize], [seShare, seSize], [spShare, spSize]] = [
    raised(judged, z * z),
    raised(sensitivity, 2),
    raised(specificity, 2),
  ];
  const gain = seShare + spShare - 1;
  if (gain <= 0) return err("no-better-than-chance");
  const centre = (rawShare + spShare - 1) / gain;
  const error =
    Math.sqrt(
      (rawShare * (1 - rawShare)) / rawSize +
        (centre ** 2 * seShare * (1 - seShare)) / seSize +
        ((1 - centre) ** 2 * spShare * (1 - spShare)) / spSize,
    ) / gain;
  const shift =
    2 * z * z * ((centre * seShare * (1 - seShare)) / seSize - ((1 - centre) * spShare * (1 - spShare)) / spSize);
  const [lower, upper] = [centre + shift - z * error, centre + shift + z * error].map(within);
  return ok({
    estimate: within((p + sp - 1) / (se + sp - 1)),
    standardError: error,
    interval: { lower: lower!, upper: upper!, level },
    raw: p,
    sensitivity: se,
    specificity: sp,
  });
}

const within = (share: number): number => Math.min(1, Math.max(0, share));

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const covariance = (a: readonly number[], b: readonly number[]): number => {
  const [centreA, centreB] = [mean(a), mean(b)];
  return a.reduce((sum, value, i) => sum + (value - centreA) * (b[i]! - centreB), 0) / (a.length - 1);
};

const variance = (values: readonly number[]): number => covariance(values, values);
