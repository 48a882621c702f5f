import { ConfigError, show } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";
import { studentT } from "./distributions.ts";
import { criticalZ, type LevelOption } from "./proportion.ts";
import { checkLevel, DEFAULT_LEVEL, type Interval } from "./sample.ts";

/** How often each of two was preferred. A tie counts one half for both. */
export interface PairedComparison {
  readonly a: string;
  readonly b: string;
  /** How often a was preferred to b; not negative, and in halves where there were ties. */
  readonly winsA: number;
  readonly winsB: number;
  /** What makes comparisons depend on each other: the item whose answers were compared. Named by all, or by none. */
  readonly cluster?: string | undefined;
}

/** How strong one is among all that were compared. */
export interface Strength {
  readonly name: string;
  /** On the scale of log odds, around a mean of 0: a is preferred to b with chance 1 / (1 + exp(b's - a's)). */
  readonly strength: number;
  readonly standardError: number;
  readonly interval: Interval;
  readonly wins: number;
  readonly comparisons: number;
}

export interface BradleyTerry {
  /** The strongest first; of equals as their names are ordered. */
  readonly strengths: readonly Strength[];
  /** Clusters behind the standard errors; absent where comparisons count as independent. */
  readonly clusters?: number;
  /** Difference of two strengths, with its interval. @throws ConfigError for a name that was not compared */
  difference(
    a: string,
    b: string,
  ): { readonly estimate: number; readonly standardError: number; readonly interval: Interval };
}

/**
 * - `too-few`: fewer than two were compared, or comparisons are of fewer than two clusters
 * - `not-connected`: no chain of comparisons leads from one group to another, and nothing says how they stand to each other
 * - `separated`: none of the first group lost to any of the others, and no finite strength is the most likely
 */
export interface BradleyTerryProblem {
  readonly reason: "too-few" | "not-connected" | "separated";
  /** Those within which strengths could be told; for `separated` the strongest group first. */
  readonly groups: readonly (readonly string[])[];
}

/**
 * Strengths from paired comparisons, by maximum likelihood, with Wald intervals. With clusters the standard errors are robust to what comparisons of
 * one cluster have in common (sandwich, G / (G - 1), t with G - 1 degrees of freedom): the six pairs of four answers to one item are not six
 * independent judgements. Where clusters show no spread, as where all are ties, or one group stands between two others in each of them, the error of
 * that strength or difference counts comparisons as independent: none of it would say that it is certain.
 *
 * @param comparisons in any order; those of one pair add up
 * @returns a problem where no finite strengths are the most likely (Ford 1957): it is said which group never lost, and nothing is invented
 * @throws ConfigError for a name that is compared with itself, negative wins, and clusters that only some comparisons name
 * @see Bradley & Terry, Biometrika 39 (1952) 324; Ford, Amer. Math. Monthly 64 (1957) 28; Hunter, Ann. Stat. 32 (2004) 384
 * @example
 * const fitted = bradleyTerry([{ a: "x", b: "y", winsA: 3, winsB: 1 }]);
 * fitted.ok && fitted.value.difference("x", "y").estimate // => 1.0986123
 */
export function bradleyTerry(
  comparisons: readonly PairedComparison[],
  { level = DEFAULT_LEVEL }: LevelOption = {},
): Result<BradleyTerry, BradleyTerryProblem> {
  checkLevel(level);
  const { names, wins, byCluster } = gathered(comparisons);
  const n = names.length;
  if (n < 2) return err({ reason: "too-few", groups: names.length > 0 ? [names] : [] });
  const problem = existence(names, wins);
  if (problem) return err(problem);
  const clusters = byCluster?.size;
  if (clusters !== undefined && clusters < 2) return err({ reason: "too-few", groups: [names] });
  const strengths = mostLikely(n, wins);
  const spread = inverseInformation(n, wins, strengths);
  const covariance = byCluster ? sandwich(n, spread, strengths, [...byCluster.values()]) : spread;
  const critical = clusters === undefined ? criticalZ(level) : studentT(clusters - 1).upperQuantile((1 - level) / 2);
  const around = (estimate: number, varianceIn: (of: Float64Array) => number) => {
    const robust = varianceIn(covariance);
    const standardError = Math.sqrt(Math.max(0, robust < NO_SPREAD ? varianceIn(spread) : robust));
    const reach = critical * standardError;
    return { standardError, interval: { lower: estimate - reach, upper: estimate + reach, level } };
  };
  const placeOf = (name: string): number => {
    const place = names.indexOf(name);
    if (place === -1) throw new ConfigError("difference", `must name two of ${names.join(", ")}`, name);
    return place;
  };
  const sum = (of: (i: number) => number): number => names.reduce((total, _, i) => total + of(i), 0);
  return ok({
    strengths: names
      .map((name, i) => ({
        name,
        strength: strengths[i]!,
        ...around(strengths[i]!, (of) => of[i * n + i]!),
        wins: sum((j) => wins[i * n + j]!),
        comparisons: sum((j) => wins[i * n + j]! + wins[j * n + i]!),
      }))
      .sort((a, b) => b.strength - a.strength || (a.name < b.name ? -1 : 1)),
    ...(clusters === undefined ? {} : { clusters }),
    difference: (a, b) => {
      const [i, j] = [placeOf(a), placeOf(b)];
      const estimate = strengths[i]! - strengths[j]!;
      return {
        estimate,
        ...around(estimate, (of) => of[i * n + i]! + of[j * n + j]! - 2 * of[i * n + j]!),
      };
    },
  });
}

interface Tally {
  readonly i: number;
  readonly j: number;
  readonly won: number;
  readonly lost: number;
}

/** Wins of each over each, and the comparisons of each cluster. */
function gathered(comparisons: readonly PairedComparison[]) {
  const names = [...new Set(comparisons.flatMap(({ a, b }) => [a, b]))].sort();
  const places = new Map(names.map((name, i) => [name, i]));
  const n = names.length;
  const wins = new Float64Array(n * n);
  const byCluster = comparisons.some(({ cluster }) => cluster !== undefined) ? new Map<string, Tally[]>() : undefined;
  for (const [at, { a, b, winsA, winsB, cluster }] of comparisons.entries()) {
    if (a === b) throw new ConfigError(`comparisons[${at}]`, `must be of two, and is of ${show(a)} alone`);
    for (const won of [winsA, winsB])
      if (!(won >= 0 && Number.isFinite(won)))
        throw new ConfigError(`comparisons[${at}]`, "must have wins that are numbers of at least 0", won);
    const [i, j] = [places.get(a)!, places.get(b)!];
    wins[i * n + j]! += winsA;
    wins[j * n + i]! += winsB;
    if (!byCluster) continue;
    if (cluster === undefined) throw new ConfigError(`comparisons[${at}].cluster`, "must be there, as others have one");
    const own = byCluster.get(cluster) ?? [];
    own.push({ i, j, won: winsA, lost: winsB });
    byCluster.set(cluster, own);
  }
  return { names, wins, byCluster };
}

/** Why there are no finite strengths; nothing where there are: everyone is beaten, over some chain, by everyone. */
function existence(names: readonly string[], wins: Float64Array): BradleyTerryProblem | undefined {
  const n = names.length;
  const reach = (from: number, leads: (i: number, j: number) => boolean): Set<number> => {
    const seen = new Set([from]);
    for (const i of seen) for (let j = 0; j < n; j++) if (!seen.has(j) && leads(i, j)) seen.add(j);
    return seen;
  };
  const beats = (i: number, j: number): boolean => wins[i * n + j]! > 0;
  const groupsBy = (members: (i: number) => Set<number>): number[][] => {
    const groups: number[][] = [];
    const taken = new Set<number>();
    for (let i = 0; i < n; i++) {
      if (taken.has(i)) continue;
      const group = [...members(i)].sort((a, b) => a - b);
      for (const one of group) taken.add(one);
      groups.push(group);
    }
    return groups;
  };
  const named = (groups: readonly number[][]) => groups.map((group) => group.map((i) => names[i]!));
  const connected = groupsBy((i) => reach(i, (a, b) => beats(a, b) || beats(b, a)));
  if (connected.length > 1) return { reason: "not-connected", groups: named(connected) };
  const below = names.map((_, i) => reach(i, beats));
  const groups = groupsBy((i) => new Set([...below[i]!].filter((j) => below[j]!.has(i))));
  if (groups.length === 1) return undefined;
  groups.sort((a, b) => below[b[0]!]!.size - below[a[0]!]!.size); // who beats more over some chain stands higher
  return { reason: "separated", groups: named(groups) };
}

const chance = (strengths: Float64Array, i: number, j: number): number =>
  1 / (1 + Math.exp(strengths[j]! - strengths[i]!));

/** Newton's steps, halved where the likelihood would fall; it is concave, and there is a maximum. */
function mostLikely(n: number, wins: Float64Array): Float64Array {
  let strengths: Float64Array = new Float64Array(n);
  let likelihood = logLikelihood(n, wins, strengths);
  for (let step = 0; step < MAX_STEPS; step++) {
    const gradient = new Float64Array(n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        if (i === j) continue;
        const times = wins[i * n + j]! + wins[j * n + i]!;
        gradient[i]! += wins[i * n + j]! - times * chance(strengths, i, j);
      }
    const direction = times(inverseInformation(n, wins, strengths), gradient);
    let share = 1;
    let next = strengths;
    let reached = likelihood;
    for (; share > 1e-10; share /= 2) {
      next = strengths.map((value, i) => value + share * direction[i]!);
      reached = logLikelihood(n, wins, next);
      if (reached >= likelihood) break;
    }
    const moved = Math.max(...direction.map((value) => Math.abs(value * share)));
    if (reached < likelihood) break; // no better place within rounding
    strengths = next;
    likelihood = reached;
    if (moved < 1e-11) break;
  }
  const mean = strengths.reduce((sum, value) => sum + value, 0) / n;
  return strengths.map((value) => (Math.abs(value - mean) < ROUNDING ? 0 : value - mean));
}

/** Strengths closer to their mean are equal to it: each step is right to about this much. */
const ROUNDING = 1e-12;

const MAX_STEPS = 200;

function logLikelihood(n: number, wins: Float64Array, strengths: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const won = wins[i * n + j]!;
      if (won > 0) sum -= won * logOfOnePlusExp(strengths[j]! - strengths[i]!);
    }
  return sum;
}

const logOfOnePlusExp = (x: number): number => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));

/** Generalised inverse of Fisher's information on strengths around a mean of 0. */
function inverseInformation(n: number, wins: Float64Array, strengths: Float64Array): Float64Array {
  const information = new Float64Array(n * n).fill(1 / n); // its null space is the level that all strengths share
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const p = chance(strengths, i, j);
      const weight = Math.max((wins[i * n + j]! + wins[j * n + i]!) * p * (1 - p), Number.MIN_VALUE);
      information[i * n + i]! += weight;
      information[j * n + j]! += weight;
      information[i * n + j]! -= weight;
      information[j * n + i]! -= weight;
    }
  return inverse(information, n).map((value) => value - 1 / n);
}

/** The inverse of a positive definite matrix, by Gauss and Jordan with the largest pivot. */
function inverse(matrix: Float64Array, n: number): Float64Array {
  const a = matrix.slice();
  const b = new Float64Array(n * n);
  for (let i = 0; i < n; i++) b[i * n + i] = 1;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++)
      if (Math.abs(a[row * n + column]!) > Math.abs(a[pivot * n + column]!)) pivot = row;
    for (const m of [a, b])
      for (let k = 0; k < n; k++) {
        const held = m[column * n + k]!;
        m[column * n + k] = m[pivot * n + k]!;
        m[pivot * n + k] = held;
      }
    const by = a[column * n + column]!;
    for (const m of [a, b]) for (let k = 0; k < n; k++) m[column * n + k]! /= by;
    for (let row = 0; row < n; row++) {
      const factor = a[row * n + column]!;
      if (row === column || factor === 0) continue;
      for (const m of [a, b]) for (let k = 0; k < n; k++) m[row * n + k]! -= factor * m[column * n + k]!;
    }
  }
  return b;
}

const times = (matrix: Float64Array, vector: Float64Array): Float64Array =>
  vector.map((_, i) => vector.reduce((sum, value, j) => sum + matrix[i * vector.length + j]! * value, 0));

/** Variance that is nothing but rounding. */
const NO_SPREAD = 1e-15;

/** Covariance that lets comparisons of one cluster depend on each other. */
function sandwich(
  n: number,
  spread: Float64Array,
  strengths: Float64Array,
  clusters: readonly Tally[][],
): Float64Array {
  const covariance = new Float64Array(n * n);
  for (const cluster of clusters) {
    const score = new Float64Array(n);
    for (const { i, j, won, lost } of cluster) {
      const surplus = won - (won + lost) * chance(strengths, i, j);
      score[i]! += surplus;
      score[j]! -= surplus;
    }
    const moved = times(spread, score);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) covariance[i * n + j]! += moved[i]! * moved[j]!;
  }
  const correction = clusters.length / (clusters.length - 1);
  return covariance.map((value) => value * correction);
}
