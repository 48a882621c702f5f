import { ConfigError } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { type AgreementProblem, mustBeOneKind, type Rating } from "./agreement.ts";
import { type Count, clopperPearsonInterval, type LevelOption, wilsonInterval } from "./proportion.ts";
import { DEFAULT_LEVEL, type Interval } from "./sample.ts";

/** What distances between ratings mean: none, their order, their differences, their ratios. */
export type MeasurementLevel = "nominal" | "ordinal" | "interval" | "ratio";

/** Krippendorff's alpha. */
export interface Alpha {
  /** 1 for perfect agreement, 0 for that of chance; below 0 raters disagree more than chance. */
  readonly estimate: number;
  /** Units that at least two raters rated. */
  readonly units: number;
  /** Ratings of those units. */
  readonly ratings: number;
}

/**
 * Krippendorff's alpha of any number of raters, of whom some may have missed some units.
 *
 * @param ratings one list a unit, with what each rater said; numbers for all levels but `nominal`
 * @throws ConfigError for ratings that are not numbers where the level needs them, and for negative ones at `ratio`
 * @see Krippendorff, Computing Krippendorff's Alpha-Reliability (2011)
 * @example
 * const alpha = krippendorffAlpha([[1, 1], [2, 3], [3, 3], [4, null]], "interval");
 * alpha.ok && [alpha.value.estimate, alpha.value.units] // => [0.8275862, 3]
 */
export function krippendorffAlpha(
  ratings: readonly (readonly Rating[])[],
  level: MeasurementLevel = "nominal",
): Result<Alpha, AgreementProblem> {
  const units = ratings
    .map((unit) => unit.filter((rating) => rating !== null && rating !== undefined && !Number.isNaN(rating)))
    .filter((unit) => unit.length > 1);
  if (units.length < 2) return err("too-few");
  const all = units.flat() as (string | number | boolean)[];
  if (level === "nominal") mustBeOneKind(all);
  else {
    const strange = all.find((rating) => !Number.isFinite(rating) || (level === "ratio" && (rating as number) < 0));
    const law =
      level === "ratio"
        ? "must be finite numbers of at least 0 at the level ratio"
        : `must be finite numbers at the level ${level}`;
    if (strange !== undefined) throw new ConfigError("ratings", law, strange);
  }
  if (new Set(all).size < 2) return err("all-equal");
  const spread = spreadBy(level, all);
  const observed = units.reduce((sum, unit) => sum + spread(unit) / (unit.length - 1), 0);
  const n = all.length;
  return ok({ estimate: 1 - ((n - 1) * observed) / spread(all), units: units.length, ratings: n });
}

/** The squared distances of all ordered pairs of some ratings. Linear in their number, but for `ratio`. */
function spreadBy(level: MeasurementLevel, all: readonly Rating[]): (ratings: readonly Rating[]) => number {
  if (level === "nominal")
    return (ratings) => ratings.length ** 2 - sumOf([...countsOf(ratings).values()], (count) => count ** 2);
  if (level === "ratio") return ratioSpread;
  const middles = level === "ordinal" ? middleRanks(all) : undefined;
  const mean = sumOf(all, (rating) => rating as number) / all.length; // large numbers close together lose nothing
  const positionOf = (rating: Rating): number => (middles ? middles.get(rating)! : (rating as number) - mean);
  return (ratings) => {
    const positions = ratings.map(positionOf);
    return 2 * (ratings.length * sumOf(positions, (x) => x * x) - sumOf(positions, (x) => x) ** 2);
  };
}

function ratioSpread(ratings: readonly Rating[]): number {
  const counts = [...countsOf(ratings)] as [number, number][];
  let sum = 0;
  for (const [i, [a, ofA]] of counts.entries())
    for (const [b, ofB] of counts.slice(i + 1)) sum += 2 * ofA * ofB * ((a - b) / (a + b)) ** 2;
  return sum;
}

/** Where the ratings of each value stand among all, in their middle: ordinal distances are the differences of these. */
function middleRanks(all: readonly Rating[]): ReadonlyMap<Rating, number> {
  const middles = new Map<Rating, number>();
  let before = 0;
  for (const [value, count] of [...countsOf(all)].sort(([a], [b]) => (a as number) - (b as number))) {
    middles.set(value, before + count / 2 - all.length / 2);
    before += count;
  }
  return middles;
}

function countsOf(ratings: readonly Rating[]): Map<Rating, number> {
  const counts = new Map<Rating, number>();
  for (const rating of ratings) counts.set(rating, (counts.get(rating) ?? 0) + 1);
  return counts;
}

const sumOf = <T>(values: readonly T[], term: (value: T) => number): number =>
  values.reduce((sum, value) => sum + term(value), 0);

/** A share of a confusion table with its interval; absent where nothing can be counted. */
export interface ConfusionShare extends Count {
  readonly estimate: number | undefined;
  readonly interval: Interval | undefined;
}

/** How a judge's yes and no compare with the truth. */
export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
  /** Of what is right, how much the judge calls right. */
  readonly sensitivity: ConfusionShare;
  /** Of what is wrong, how much the judge calls wrong. */
  readonly specificity: ConfusionShare;
  /** Of what the judge calls right, how much is. */
  readonly precision: ConfusionShare;
  readonly accuracy: ConfusionShare;
}

/**
 * The confusion of a judge with a reference, people's labels say, over units that both rated.
 *
 * - `interval`: `wilson`, or `exact` for Clopper and Pearson's. Default `wilson`
 * @param judge yes and no as true and false, or 1 and 0
 * @throws ConfigError for lists of different lengths, and for ratings that are neither
 * @example
 * const { sensitivity, specificity } = confusionOf([true, true, false, false, true], [true, true, true, false, false]);
 * [sensitivity.estimate, specificity.estimate] // => [0.6666667, 0.5]
 */
export function confusionOf(
  judge: readonly Rating[],
  reference: readonly Rating[],
  { level = DEFAULT_LEVEL, interval = "wilson" }: LevelOption & { readonly interval?: "wilson" | "exact" } = {},
): Confusion {
  if (judge.length !== reference.length)
    throw new ConfigError(
      "ratings",
      "must be as many of the judge as of the reference",
      `${judge.length}, ${reference.length}`,
    );
  const counts = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
  for (const [i, said] of judge.entries()) {
    const [given, right] = [yesOrNo(said), yesOrNo(reference[i])];
    if (given === undefined || right === undefined) continue;
    counts[
      given === right ? (right ? "truePositives" : "trueNegatives") : right ? "falseNegatives" : "falsePositives"
    ] += 1;
  }
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = counts;
  const intervalOf = interval === "wilson" ? wilsonInterval : clopperPearsonInterval;
  const share = (successes: number, n: number): ConfusionShare => {
    const found = intervalOf({ successes, n }, { level });
    return { successes, n, estimate: n > 0 ? successes / n : undefined, interval: found.ok ? found.value : undefined };
  };
  return {
    ...counts,
    sensitivity: share(truePositives, truePositives + falseNegatives),
    specificity: share(trueNegatives, trueNegatives + falsePositives),
    precision: share(truePositives, truePositives + falsePositives),
    accuracy: share(truePositives + trueNegatives, truePositives + falsePositives + trueNegatives + falseNegatives),
  };
}

function yesOrNo(rating: Rating): boolean | undefined {
  if (rating === null || rating === undefined || Number.isNaN(rating)) return undefined;
  if (rating === true || rating === 1) return true;
  if (rating === false || rating === 0) return false;
  throw new ConfigError("ratings", "must be true and false, or 1 and 0", rating);
}
