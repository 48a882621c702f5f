import { type Random, stream } from "#src/kernel/random";
import { finish, STEP, type Steps } from "#src/kernel/steps";
import type { Attainable } from "./attainable.ts";
import { normal, studentT } from "./distributions.ts";

/** Estimates that are compared pairwise, and how they move together. */
export interface Joint {
  /** Covariance of the estimates, row by row: `size * size` numbers. */
  readonly covariance: Float64Array;
  readonly size: number;
  /** Independent units behind each estimate. */
  readonly units: number;
}

/** One test of the difference of two estimates. */
export interface JointTest {
  /** Places of the two estimates. */
  readonly pair: readonly [number, number];
  /** What a discrete test can give; absent where p is continuous. One object serves all tests that are alike. */
  readonly attainable?: Attainable | undefined;
}

/** Draws of the smallest p, ascending: what a family gives where there is no difference at all. */
export type SmallestPs = Float64Array;

/**
 * The distribution of the smallest p of many tests where no difference is true. Estimates are drawn with the covariance that was found,
 * studentised as the tests are and turned into p: tests that share a condition move together, so that the smallest of m values is
 * not as small as that of m separate ones.
 *
 * The covariance is pulled towards equal and independent estimates, by `size / (size + units)`: that is Tukey's case, which is the
 * least favourable one for all pairs (Hayter 1984), and few units say little about that many covariances.
 *
 * @param draws fewer are made where tests are very many
 * @returns nothing where there are no more units than estimates, which say little of that many covariances, or where too few draws could be made
 * @see Westfall & Young, Resampling-Based Multiple Testing (1993); Hothorn, Bretz & Westfall, Biometrical Journal 50 (2008) 346
 */
export const smallestPs = (
  joint: Joint,
  tests: readonly JointTest[],
  draws: number,
  seed: number,
): SmallestPs | undefined => finish(smallestPsInSteps(joint, tests, draws, seed));

/** `smallestPs` for families of a thousand tests. */
export function* smallestPsInSteps(
  joint: Joint,
  tests: readonly JointTest[],
  draws: number,
  seed: number,
): Steps<SmallestPs | undefined> {
  const { size, units } = joint;
  const df = units - 1;
  const studentised = df < MOST_STUDENTISED;
  const fewest = Math.min(draws, FEWEST_DRAWS);
  const cost = size * (studentised ? size ** 2 / 6 + tests.length : size / 2);
  if ((studentised && df <= size) || fewest * cost > MOST_STEPS) return undefined;
  const made = Math.max(fewest, Math.min(draws, Math.floor(ENOUGH_STEPS / cost)));
  const random = stream(seed, "smallest p");
  const gauss = gaussian(random);
  const root = cholesky(shrunk(joint));
  const pairs = Int32Array.from(tests.flatMap(({ pair }) => pair));
  const errors = studentised ? spreads(root, size, df, gauss, random) : fixed(root);
  const law = studentised ? studentT(df) : normal;
  const known = new Map<Attainable, Critical>();
  const criticals = tests.map(({ attainable }) => {
    if (!attainable) return undefined;
    const found = known.get(attainable) ?? criticalOf(attainable, law);
    known.set(attainable, found);
    return found;
  });
  const smallest = new Float64Array(made);
  const z = new Float64Array(size);
  const scale = new Float64Array(tests.length);
  const atOnce = Math.max(1, Math.floor(STEP / (TRANSCENDENTAL * (size + 1) + cost + tests.length)));
  const drawOne = (draw: number): void => {
    drawInto(z, root, gauss);
    if (studentised || draw === 0) errorsInto(scale, errors(), size, pairs);
    let largest = 0;
    let least = 1;
    for (let t = 0; t < scale.length; t++) {
      const statistic = Math.abs(z[pairs[2 * t]!]! - z[pairs[2 * t + 1]!]!) / scale[t]!;
      const critical = criticals[t];
      if (critical === undefined) largest = Math.max(largest, statistic);
      else least = Math.min(least, pOf(critical, statistic));
    }
    smallest[draw] = Math.min(least, 2 * law.tails(largest).upper);
  };
  for (let draw = 0; draw < made; draw++) {
    if (draw % atOnce === 0) yield;
    drawOne(draw); // a function, since loops of a generator are not compiled while they run
  }
  return smallest.sort();
}

/** What a logarithm or a tail of a distribution costs, in multiplications. */
const TRANSCENDENTAL = 50;
/** Units beyond which Student's t is taken for normal. */
const MOST_STUDENTISED = 60;
const FEWEST_DRAWS = 4000;
/** Multiplications beyond which no more than the fewest draws are made, and none. */
const ENOUGH_STEPS = 10_000_000;
const MOST_STEPS = 100_000_000;

const fixed = (root: Float64Array) => (): Float64Array => root;

/**
 * Roots of covariances as estimated from this many units.
 *
 * @see Bartlett, "On the theory of statistical regression", Proc. Royal Society of Edinburgh 53 (1933): the root of a Wishart matrix
 */
function spreads(root: Float64Array, size: number, df: number, gauss: Random, random: Random): () => Float64Array {
  const triangle = new Float64Array(size * size);
  const found = new Float64Array(size * size);
  return () => {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < i; j++) triangle[i * size + j] = gauss() / Math.sqrt(df);
      triangle[i * size + i] = Math.sqrt(chiSquaredDraw(df - i, gauss, random) / df);
    }
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = j; k <= i; k++) sum += root[i * size + k]! * triangle[k * size + j]!;
        found[i * size + j] = sum;
      }
    }
    return found;
  };
}

/** @see Marsaglia & Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000) 363 */
function chiSquaredDraw(df: number, gauss: Random, random: Random): number {
  if (df < 2) return gauss() ** 2;
  const d = df / 2 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = gauss();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(random() || 0.5) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return 2 * d * v;
  }
}

/** Standard errors of the differences from the root of a covariance. */
function errorsInto(target: Float64Array, root: Float64Array, size: number, pairs: Int32Array): void {
  for (let t = 0; t < target.length; t++) {
    const [a, b] = [pairs[2 * t]! * size, pairs[2 * t + 1]! * size];
    let square = 0;
    for (let k = 0; k < size; k++) {
      const difference = root[a + k]! - root[b + k]!;
      square += difference * difference;
    }
    target[t] = Math.sqrt(square);
  }
}

/** Critical values of a discrete test on the scale of the statistic: beyond `at[i]` p is `p[i]`. */
interface Critical {
  readonly at: Float64Array;
  readonly p: Float64Array;
}

/** Probabilities below which no draw will come. */
const UNSEEN = 1e-9;

function criticalOf({ p, probability }: Attainable, law: Pick<typeof normal, "upperQuantile">): Critical {
  const seen = Array.from(probability, (_, i) => i).filter((i) => probability[i]! > UNSEEN);
  return {
    at: Float64Array.from(seen, (i) => (probability[i]! >= 1 ? 0 : law.upperQuantile(probability[i]! / 2))),
    p: Float64Array.from(seen, (i) => p[i]!),
  };
}

/** The smallest attainable p whose critical value is reached. */
function pOf({ at, p }: Critical, statistic: number): number {
  let [low, high] = [0, at.length]; // critical values fall
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle]! <= statistic) high = middle;
    else low = middle + 1;
  }
  return low < p.length ? p[low]! : 1;
}

/** The covariance of what is left of each estimate without their mean, pulled towards equal and independent ones. */
function shrunk({ covariance, size, units }: Joint): Float64Array {
  const centred = centre(covariance, size);
  let trace = 0;
  for (let i = 0; i < size; i++) trace += centred[i * size + i]!;
  const variance = size > 1 && trace > 0 ? trace / (size - 1) : 1;
  const weight = trace > 0 ? size / (size + Math.max(1, units)) : 1;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) centred[i * size + j]! *= 1 - weight;
    centred[i * size + i]! += weight * variance;
  }
  return centred;
}

/** Takes the mean of all estimates from each: differences stay what they are. */
function centre(covariance: Float64Array, size: number): Float64Array {
  const rows = new Float64Array(size);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) rows[i]! += covariance[i * size + j]! / size;
  const all = rows.reduce((sum, row) => sum + row / size, 0);
  return covariance.map((value, at) => value - rows[Math.floor(at / size)]! - rows[at % size]! + all);
}

/** The lower triangle whose square is the matrix. */
function cholesky(matrix: Float64Array): Float64Array {
  const size = Math.sqrt(matrix.length);
  const root = new Float64Array(matrix.length);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= root[i * size + k]! * root[j * size + k]!;
      if (i === j) root[i * size + i] = Math.sqrt(Math.max(sum, 0));
      else root[i * size + j] = root[j * size + j]! > 0 ? sum / root[j * size + j]! : 0;
    }
  }
  return root;
}

function drawInto(target: Float64Array, root: Float64Array, random: Random): void {
  const size = target.length;
  for (let i = 0; i < size; i++) target[i] = random();
  for (let i = size - 1; i >= 0; i--) {
    let sum = 0;
    for (let k = 0; k <= i; k++) sum += root[i * size + k]! * target[k]!;
    target[i] = sum;
  }
}

/** Standard normal numbers, two at a time. @see Marsaglia & Bray, SIAM Review 6 (1964) 260 */
function gaussian(random: Random): Random {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    for (;;) {
      const [u, v] = [2 * random() - 1, 2 * random() - 1];
      const square = u * u + v * v;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      spare = v * factor;
      return u * factor;
    }
  };
}
