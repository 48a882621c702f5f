import { invariant } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { fisherF } from "./distributions.ts";
import { noncentralFInterval } from "./noncentral.ts";
import { allFinite, type Interval, isNoise, preciseMean, spreadOf } from "./sample.ts";

export type AnovaProblem = "too-few" | "not-finite" | "all-equal";

export interface SumsOfSquares {
  readonly ssBetween: number;
  readonly ssWithin: number;
  readonly dfBetween: number;
  readonly dfWithin: number;
}

/**
 * How the variation of all values splits into that between groups and that within them. Means are kept to twice the digits, so that
 * twelve constant leading digits cost nothing.
 *
 * @returns `too-few` with fewer than two groups, an empty one, or one value in each
 * @example sumsOfSquares([[1, 3], [4, 6]]) // => { ok: true, value: { ssBetween: 9, ssWithin: 4, dfBetween: 1, dfWithin: 2 } }
 */
export function sumsOfSquares(groups: readonly (readonly number[])[]): Result<SumsOfSquares, "too-few" | "not-finite"> {
  if (!groups.every(allFinite)) return err("not-finite");
  const n = groups.reduce((sum, group) => sum + group.length, 0);
  if (groups.length < 2 || groups.some((group) => group.length === 0) || n === groups.length) return err("too-few");
  const grand = preciseMean(groups.flat());
  let ssBetween = 0;
  let ssWithin = 0;
  for (const group of groups) {
    const { mean, rest } = preciseMean(group);
    ssBetween += group.length * (mean - grand.mean + (rest - grand.rest)) ** 2;
    for (const value of group) ssWithin += (value - mean - rest) ** 2;
  }
  return ok({ ssBetween, ssWithin, dfBetween: groups.length - 1, dfWithin: n - groups.length });
}

export interface FTest {
  readonly f: number;
  readonly df1: number;
  readonly df2: number;
  readonly p: number;
  /** Natural logarithm of `p` */
  readonly logP: number;
}

export function fTestOf(f: number, df1: number, df2: number): FTest {
  const { upper, logUpper } = fisherF(df1, df2).tails(f);
  return { f, df1, df2, p: upper, logP: logUpper };
}

export interface Anova extends FTest, SumsOfSquares {
  readonly msBetween: number;
  readonly msWithin: number;
  /** Share of the variation that is between groups, in [0, 1] */
  readonly etaSquared: number;
  /** The same without its bias; may be below 0 */
  readonly omegaSquared: number;
  readonly epsilonSquared: number;
  readonly cohensF: number;
  /** Noncentralities that do not contradict F, at `level` */
  readonly noncentrality: Interval;
  /** The same as shares of variation: noncentrality / (noncentrality + n) */
  readonly etaInterval: Interval;
}

/**
 * One-way analysis of variance of independent groups, assuming one variance. Prefer `welchAnova` unless that is known.
 *
 * - `level`: that of the effect size's interval; default 0.9, whose lower end is above 0 exactly when p < 0.05
 * @returns `all-equal` if values do not vary within groups
 * @see Fisher, Statistical Methods for Research Workers, 1925; Steiger, Psychological Methods 9 (2004) (interval)
 */
export function oneWayAnova(
  groups: readonly (readonly number[])[],
  { level = 0.9 }: { level?: number } = {},
): Result<Anova, AnovaProblem> {
  const sums = sumsOfSquares(groups);
  if (!sums.ok) return sums;
  const { ssBetween, ssWithin, dfBetween, dfWithin } = sums.value;
  const [msBetween, msWithin] = [ssBetween / dfBetween, ssWithin / dfWithin];
  if (isNoise(Math.sqrt(msWithin), ...groups.map((group) => group[0]!))) return err("all-equal");
  const test = fTestOf(msBetween / msWithin, dfBetween, dfWithin);
  const total = ssBetween + ssWithin;
  const n = dfBetween + dfWithin + 1;
  const reach = noncentralFInterval(test.f, dfBetween, dfWithin, level);
  return ok({
    ...test,
    ...sums.value,
    msBetween,
    msWithin,
    etaSquared: ssBetween / total,
    omegaSquared: (ssBetween - dfBetween * msWithin) / (total + msWithin),
    epsilonSquared: (ssBetween - dfBetween * msWithin) / total,
    cohensF: Math.sqrt(ssBetween / ssWithin),
    noncentrality: { ...reach, level },
    etaInterval: { lower: reach.lower / (reach.lower + n), upper: reach.upper / (reach.upper + n), level },
  });
}

/**
 * Welch's analysis of variance: whether independent groups have one mean, without assuming one variance.
 *
 * @returns `too-few` if a group has fewer than two values, `constant-group` if one does not vary (its weight would be infinite)
 * @see Welch, "On the comparison of several mean values", Biometrika 38 (1951)
 * @example welchAnova([[1, 2, 3], [2, 4, 6]]) // => { ok: true, value: { f: 2.4, df1: 1, df2: 2.941176, ... } }
 */
export function welchAnova(
  groups: readonly (readonly number[])[],
): Result<FTest, "too-few" | "not-finite" | "constant-group"> {
  if (!groups.every(allFinite)) return err("not-finite");
  if (groups.length < 2 || groups.some((group) => group.length < 2)) return err("too-few");
  const spreads = groups.map(spreadOf);
  if (spreads.some(({ sd, mean }) => isNoise(sd, mean))) return err("constant-group");
  const k = groups.length;
  const scale = Math.max(...spreads.map(({ sd }) => sd)); // weights of tiny deviations would overflow
  const weights = spreads.map(({ n, sd }) => n / (sd / scale) ** 2);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const centre = spreads.reduce((sum, { mean }, i) => sum + weights[i]! * mean, 0) / total;
  const between = spreads.reduce((sum, { mean }, i) => sum + weights[i]! * ((mean - centre) / scale) ** 2, 0) / (k - 1);
  const lambda = spreads.reduce((sum, { n }, i) => sum + (1 - weights[i]! / total) ** 2 / (n - 1), 0);
  const f = between / (1 + (2 * (k - 2) * lambda) / (k * k - 1));
  return ok(fTestOf(f, k - 1, (k * k - 1) / (3 * lambda)));
}

export interface RepeatedAnova extends FTest {
  readonly ssCondition: number;
  readonly ssSubject: number;
  readonly ssError: number;
  readonly partialEtaSquared: number;
  readonly generalizedEtaSquared: number;
  /** Greenhouse-Geisser's departure from sphericity, in [1 / (k - 1), 1] */
  readonly ggEpsilon: number;
  /** Huynh-Feldt's less severe estimate of it, at most 1 */
  readonly hfEpsilon: number;
  /** p with degrees of freedom times `ggEpsilon`: the one to report */
  readonly pGG: number;
  readonly pHF: number;
}

/**
 * Analysis of variance of conditions measured on the same items.
 *
 * @param blocks one row per item, in it one value per condition
 * @returns `too-few` below two items or two conditions, `all-equal` if nothing is left after items and conditions
 * @see Greenhouse & Geisser, Psychometrika 24 (1959); Huynh & Feldt 1976; Olejnik & Algina 2003 (generalized eta squared)
 */
export function repeatedAnova(blocks: readonly (readonly number[])[]): Result<RepeatedAnova, AnovaProblem> {
  const n = blocks.length;
  const k = blocks[0]?.length ?? 0;
  for (const block of blocks) invariant(block.length === k, `every item must have ${k} values, got ${block.length}`);
  if (!blocks.every(allFinite)) return err("not-finite");
  if (n < 2 || k < 2) return err("too-few");
  const centre = preciseMean(blocks.flat());
  const table = blocks.map((block) => block.map((value) => value - centre.mean - centre.rest));
  const rows = table.map((row) => preciseMean(row).mean);
  const columns = Array.from({ length: k }, (_, j) => preciseMean(table.map((row) => row[j]!)).mean);
  const ssCondition = n * columns.reduce((sum, mean) => sum + mean * mean, 0);
  const ssSubject = k * rows.reduce((sum, mean) => sum + mean * mean, 0);
  let ssError = 0;
  table.forEach((row, i) => {
    row.forEach((value, j) => {
      ssError += (value - rows[i]! - columns[j]!) ** 2;
    });
  });
  const [df1, df2] = [k - 1, (k - 1) * (n - 1)];
  const largest = rows.reduce((max, row) => Math.max(max, Math.abs(row)), 0);
  if (isNoise(Math.sqrt(ssError / df2), centre.mean, largest)) return err("all-equal");
  const test = fTestOf(ssCondition / df1 / (ssError / df2), df1, df2);
  const ggEpsilon = greenhouseGeisser(table, rows, columns);
  const above = n * (k - 1) * ggEpsilon - 2;
  const below = (k - 1) * (n - 1 - (k - 1) * ggEpsilon);
  // with two items both are 0 up to rounding; the estimate is never stricter than Greenhouse-Geisser's
  const hfEpsilon = below <= 0 ? 1 : Math.min(1, Math.max(ggEpsilon, above / below));
  const corrected = (epsilon: number): number => fTestOf(test.f, df1 * epsilon, df2 * epsilon).p;
  return ok({
    ...test,
    ssCondition,
    ssSubject,
    ssError,
    partialEtaSquared: ssCondition / (ssCondition + ssError),
    generalizedEtaSquared: ssCondition / (ssCondition + ssSubject + ssError),
    ggEpsilon,
    hfEpsilon,
    pGG: corrected(ggEpsilon),
    pHF: corrected(hfEpsilon),
  });
}

/** (trace S)^2 / ((k - 1) trace S^2) of the covariance matrix of conditions after items are taken out. */
function greenhouseGeisser(
  table: readonly (readonly number[])[],
  rows: readonly number[],
  columns: readonly number[],
): number {
  const k = columns.length;
  const covariance = (a: number, b: number): number =>
    table.reduce((sum, row, i) => sum + (row[a]! - rows[i]! - columns[a]!) * (row[b]! - rows[i]! - columns[b]!), 0);
  let trace = 0;
  let squares = 0;
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < k; b++) {
      const cell = covariance(a, b);
      if (a === b) trace += cell;
      squares += cell * cell;
    }
  }
  return Math.min(1, (trace * trace) / ((k - 1) * squares));
}
