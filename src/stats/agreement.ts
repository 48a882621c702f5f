import { ConfigError, show } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { criticalZ, type LevelOption } from "./proportion.ts";
import { DEFAULT_LEVEL, type Interval } from "./sample.ts";

/** What a rater said of one unit; nothing where the rater did not say. */
export type Rating = string | number | boolean | null | undefined;

/** A coefficient of agreement: 1 where raters always agree, 0 where they agree as often as chance would have them. */
export interface Agreement {
  readonly estimate: number;
  readonly standardError: number;
  /** Normal, cut at -1 and 1. */
  readonly interval: Interval;
  /** Share of agreement that was observed, and that chance would give. */
  readonly observed: number;
  readonly expected: number;
  /** Units that at least two raters rated. */
  readonly units: number;
}

/** `too-few`: fewer than two units with two ratings. `all-equal`: every rating is the same, and chance explains all of it. */
export type AgreementProblem = "too-few" | "all-equal";

export interface KappaOptions extends LevelOption {
  /** How much of an agreement two neighbouring categories are: `none`, or less by the distance or its square. Default `none` */
  readonly weights?: "none" | "linear" | "quadratic";
  /** The categories in their order. Default: those that occur; numbers by size, and texts for `weights: "none"` alone */
  readonly categories?: readonly (string | number | boolean)[];
}

const isMissing = (rating: Rating): rating is null | undefined =>
  rating === null || rating === undefined || Number.isNaN(rating);

/**
 * Refuses ratings of several kinds: 1 and "1" would be two categories, and raters who agree would not.
 *
 * @throws ConfigError
 */
export function mustBeOneKind(ratings: readonly Rating[]): void {
  const first = ratings.find((rating) => !isMissing(rating));
  const other = ratings.find((rating) => !isMissing(rating) && typeof rating !== typeof first);
  if (other === undefined) return;
  const hint = "Read the labels of both raters in the same way";
  throw new ConfigError("ratings", `must be of one kind: ${show(first)} and ${show(other)} are two`, undefined, hint);
}

/** The categories of ratings. @throws ConfigError where an order is asked for that is not known, or a rating is not among the given ones */
function categoriesOf(
  ratings: readonly (string | number | boolean)[],
  { weights = "none", categories }: KappaOptions,
): readonly (string | number | boolean)[] {
  mustBeOneKind(ratings);
  const found = [...new Set(ratings)];
  if (categories) {
    const known = new Set(categories);
    const strange = found.find((rating) => !known.has(rating));
    if (strange !== undefined) throw new ConfigError("categories", "must name every rating", strange);
    return categories;
  }
  const numbers = found.filter((rating) => typeof rating === "number");
  if (numbers.length === found.length) return numbers.sort((a, b) => a - b);
  if (weights === "none" || found.length < 3) return found;
  const hint = 'Say it: categories: ["poor", "fair", "good"]';
  throw new ConfigError("categories", "must be in a known order for weights, and these are texts", found[0], hint);
}

const agreementFrom = (
  estimate: number,
  variance: number,
  level: number,
  rest: Pick<Agreement, "observed" | "expected" | "units">,
): Agreement => {
  const standardError = Math.sqrt(Math.max(0, variance));
  const reach = criticalZ(level) * standardError;
  const interval = { lower: Math.max(-1, estimate - reach), upper: Math.min(1, estimate + reach), level };
  return { estimate, standardError, interval, ...rest };
};

/**
 * Cohen's kappa of two raters, or weighted kappa. Units that one of them did not rate are left out.
 *
 * @throws ConfigError for lists of different lengths, and for weights over texts whose order is not given
 * @see Cohen, Educ. Psychol. Meas. 20 (1960) 37; Fleiss, Cohen & Everitt, Psychol. Bull. 72 (1969) 323 for the variance
 * @example
 * const kappa = cohenKappa([1, 1, 0, 1, 0, 0], [1, 1, 0, 0, 0, 0]);
 * kappa.ok && kappa.value.estimate // => 0.6666667
 */
export function cohenKappa(
  a: readonly Rating[],
  b: readonly Rating[],
  options: KappaOptions = {},
): Result<Agreement, AgreementProblem> {
  if (a.length !== b.length)
    throw new ConfigError("ratings", "must be as many of both raters", `${a.length}, ${b.length}`);
  const pairs: [string | number | boolean, string | number | boolean][] = [];
  for (const [i, one] of a.entries()) {
    const other = b[i];
    if (!isMissing(one) && !isMissing(other)) pairs.push([one, other]);
  }
  const n = pairs.length;
  if (n < 2) return err("too-few");
  const place = new Map(categoriesOf(pairs.flat(), options).map((category, i) => [category, i]));
  const q = place.size;
  const [rows, columns] = [new Float64Array(q), new Float64Array(q)];
  for (const [one, other] of pairs) {
    rows[place.get(one)!]! += 1 / n;
    columns[place.get(other)!]! += 1 / n;
  }
  const kind = options.weights ?? "none";
  const [rowMeans, columnMeans] = [meansOf(columns, kind), meansOf(rows, kind)];
  const weights = pairs.map(([one, other]) =>
    weightOf(kind, Math.abs(place.get(one)! - place.get(other)!) / Math.max(1, q - 1)),
  );
  const observed = sumOf(weights, (w) => w) / n;
  const expected = sumOf([...rows], (share, i) => share * rowMeans[i]!);
  if (1 - expected < ROUNDING) return err("all-equal");
  const squares = sumOf(pairs, ([one, other], at) => {
    const means = rowMeans[place.get(one)!]! + columnMeans[place.get(other)!]!;
    return (weights[at]! * (1 - expected) - means * (1 - observed)) ** 2;
  });
  const centre = observed * expected - 2 * expected + observed;
  const variance = (squares / n - centre * centre) / (n * (1 - expected) ** 4);
  const estimate = (observed - expected) / (1 - expected);
  return ok(agreementFrom(estimate, variance, options.level ?? DEFAULT_LEVEL, { observed, expected, units: n }));
}

type Weights = NonNullable<KappaOptions["weights"]>;

const weightOf = (kind: Weights, distance: number): number => {
  if (kind === "none") return distance === 0 ? 1 : 0;
  return 1 - (kind === "linear" ? distance : distance * distance);
};

/** The mean weight of each category against all categories by their shares, in linear time. */
function meansOf(shares: Float64Array, kind: Weights): Float64Array {
  if (kind === "none") return shares;
  const last = Math.max(1, shares.length - 1);
  const all = [...shares];
  const [first, second] = [sumOf(all, (share, j) => share * j), sumOf(all, (share, j) => share * j * j)];
  let [below, belowTimes] = [0, 0]; // of the categories up to this one: their shares, and these times their places
  return shares.map((share, i) => {
    below += share;
    belowTimes += share * i;
    if (kind === "quadratic") return 1 - (i * i - 2 * i * first + second) / (last * last);
    return 1 - (i * below - belowTimes + (first - belowTimes) - i * (1 - below)) / last;
  });
}

/** Below it, what is left of an agreement by chance is a rounding error. */
const ROUNDING = 1e-12;

/**
 * Fleiss' kappa of any number of raters, of whom some may have missed some units. The variance is Gwet's, over units.
 *
 * @param ratings one list a unit, with what each rater said
 * @see Fleiss, Psychol. Bull. 76 (1971) 378; Gwet, Handbook of Inter-Rater Reliability, 4th ed. (2014), ch. 5
 * @example
 * const kappa = fleissKappa([["a", "a", "a"], ["b", "b", "a"], ["b", "b", "b"], ["a", "b", null]]);
 * kappa.ok && [kappa.value.estimate, kappa.value.units] // => [0.1608392, 4]
 */
export const fleissKappa = (
  ratings: readonly (readonly Rating[])[],
  { level = DEFAULT_LEVEL }: LevelOption = {},
): Result<Agreement, AgreementProblem> =>
  byUnits(ratings, level, (shares) => ({
    expected: sumOf(shares, (share) => share * share),
    ofUnit: (own) => sumOf(own, ({ k, share }) => share * shares[k]!),
  }));

/**
 * Gwet's AC1: as Fleiss' kappa, by a chance agreement that does not grow where nearly all ratings are of one category.
 *
 * @param ratings one list a unit, with what each rater said
 * @see Gwet, Br. J. Math. Stat. Psychol. 61 (2008) 29
 * @example
 * const ac1 = gwetAC1([["a", "a", "a"], ["b", "b", "a"], ["b", "b", "b"], ["a", "b", null]]);
 * ac1.ok && ac1.value.estimate // => 0.1724138
 */
export const gwetAC1 = (
  ratings: readonly (readonly Rating[])[],
  { level = DEFAULT_LEVEL }: LevelOption = {},
): Result<Agreement, AgreementProblem> =>
  byUnits(ratings, level, (shares) => {
    const others = shares.length - 1;
    return {
      expected: sumOf(shares, (share) => share * (1 - share)) / others,
      ofUnit: (own) => sumOf(own, ({ k, share }) => share * (1 - shares[k]!)) / others,
    };
  });

/** Agreement by chance: of all units, and what one unit adds to it. */
interface Chance {
  readonly expected: number;
  ofUnit(own: readonly { readonly k: number; readonly share: number }[]): number;
}

function byUnits(
  ratings: readonly (readonly Rating[])[],
  level: number,
  chanceOf: (shares: readonly number[]) => Chance,
): Result<Agreement, AgreementProblem> {
  const units = ratings.map((unit) => unit.filter((rating) => !isMissing(rating))).filter((unit) => unit.length > 0);
  mustBeOneKind(units.flat());
  const place = new Map([...new Set(units.flat())].map((category, i) => [category, i]));
  const n = units.length;
  const rated = units.filter((unit) => unit.length > 1).length;
  if (rated < 2) return err("too-few");
  if (place.size < 2) return err("all-equal");
  const shares = new Array<number>(place.size).fill(0);
  const counted = units.map((unit) => {
    const counts = new Map<number, number>();
    for (const rating of unit) counts.set(place.get(rating)!, (counts.get(place.get(rating)!) ?? 0) + 1);
    const raters = unit.length;
    const own = [...counts].map(([k, count]) => ({ k, share: count / raters }));
    for (const { k, share } of own) shares[k]! += share / n;
    const agreeing = raters > 1 ? sumOf([...counts.values()], (m) => m * (m - 1)) / (raters * (raters - 1)) : 0;
    return { own, agreeing, isRated: raters > 1 };
  });
  const observed = counted.reduce((sum, { agreeing }) => sum + agreeing, 0) / rated;
  const { expected, ofUnit } = chanceOf(shares);
  const estimate = (observed - expected) / (1 - expected);
  let squares = 0;
  for (const { own, agreeing, isRated } of counted) {
    const unit = ((n / rated) * (agreeing - (isRated ? expected : 0))) / (1 - expected);
    const corrected = unit - (2 * (1 - estimate) * (ofUnit(own) - expected)) / (1 - expected);
    squares += (corrected - estimate) ** 2;
  }
  return ok(agreementFrom(estimate, squares / (n * (n - 1)), level, { observed, expected, units: rated }));
}

const sumOf = <T>(values: readonly T[], term: (value: T, at: number) => number): number =>
  values.reduce((sum, value, at) => sum + term(value, at), 0);
