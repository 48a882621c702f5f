import { invariant } from "#src/kernel/errors";
import type { Tails } from "./tails.ts";
import { log1mExp } from "./tails.ts";

const LN_SQRT_TWO_PI = 0.9189385332046728;
const INV_SQRT_TWO_PI = 0.3989422804014327;

/** Coefficients of ANORM: Cody, "Algorithm 715: SPECFUN", ACM TOMS 19 (1993), after Cody, Math. Comp. 23 (1969). */
const A = [2.2352520354606837, 161.02823106855587, 1067.6894854603709, 18154.98125334356, 0.06568233791820745] as const;
const B = [47.202581904688245, 976.0985517377767, 10260.932208618979, 45507.78933502673] as const;
const C = [
  0.39894151208813466, 8.883149794388377, 93.50665613217785, 597.2702763948002, 2494.5375852903726, 6848.190450536283,
  11602.65143764735, 9842.714838383978, 1.0765576773720192e-8,
] as const;
const D = [
  22.266688044328117, 235.387901782625, 1519.3775994075547, 6485.558298266761, 18615.571640885097, 34900.95272114598,
  38912.00328609327, 19685.429676859992,
] as const;
const P = [
  0.215898534057957, 0.12740116116024736, 0.022235277870649807, 0.0014216191932278934, 2.9112874951168793e-5,
  0.023073441764940174,
] as const;
const Q = [
  1.284260096144911, 0.4682382124808651, 0.06598813786892856, 0.0037823963320275824, 7.297515550839662e-5,
] as const;

/** P(Z <= z) - 1/2 for |z| < 0.67448975. */
function centre(z: number): number {
  const square = z * z;
  let num = A[4] * square;
  let den = square;
  for (let i = 0; i < 3; i++) {
    num = (num + A[i]!) * square;
    den = (den + B[i]!) * square;
  }
  return (z * (num + A[3])) / (den + B[3]);
}

/** P(Z > z) divided by exp(-z^2 / 2), for z >= 0.67448975. */
function tailRatio(z: number): number {
  if (z < Math.sqrt(32)) {
    let num = C[8] * z;
    let den = z;
    for (let i = 0; i < 7; i++) {
      num = (num + C[i]!) * z;
      den = (den + D[i]!) * z;
    }
    return (num + C[7]) / (den + D[7]);
  }
  const square = 1 / (z * z);
  let num = P[5] * square;
  let den = square;
  for (let i = 0; i < 4; i++) {
    num = (num + P[i]!) * square;
    den = (den + Q[i]!) * square;
  }
  return (INV_SQRT_TWO_PI - (square * (num + P[4])) / (den + Q[4])) / z;
}

/** -z^2 / 2 as a sum of two, the first exact, so that exp keeps its digits. */
function halfSquare(z: number): readonly [number, number] {
  const coarse = Math.trunc(z * 16) / 16;
  return [-0.5 * coarse * coarse, -0.5 * (z - coarse) * (z + coarse)];
}

/** P(Z > z) for the standard normal, any z. */
export function normalSurvival(z: number): number {
  const size = Math.abs(z);
  if (size <= 0.67448975) return 0.5 - centre(z);
  if (size > 1e9) return z > 0 ? 0 : 1;
  const [coarse, rest] = halfSquare(size);
  const tail = Math.exp(coarse) * Math.exp(rest) * tailRatio(size);
  return z > 0 ? tail : 1 - tail;
}

/** P(Z <= z) for the standard normal, any z. */
export const normalCdf = (z: number): number => normalSurvival(-z);

/** The density of the standard normal. */
export const normalDensity = (z: number): number => Math.exp(-0.5 * z * z - LN_SQRT_TWO_PI);

/** Both tails of the standard normal; the logarithms hold for any z, however far. */
export function normalTails(z: number): Tails {
  const size = Math.abs(z);
  const lower = normalCdf(z);
  const upper = normalSurvival(z);
  if (size <= 0.67448975) return { lower, upper, logLower: Math.log(lower), logUpper: Math.log(upper) };
  const [coarse, rest] = halfSquare(Math.min(size, 1e150));
  const logTail =
    size === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : coarse + rest + Math.log(tailRatio(size));
  const logRest = log1mExp(logTail);
  return z > 0
    ? { lower, upper, logLower: logRest, logUpper: logTail }
    : { lower, upper, logLower: logTail, logUpper: logRest };
}

/** Numerators and denominators of PPND16: Wichura, "Algorithm AS 241", Applied Statistics 37 (1988). */
const CENTRAL = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
] as const;
const MIDDLE = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
] as const;
const FAR = [
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
] as const;

const ratio = ([numerator, denominator]: readonly [readonly number[], readonly number[]], r: number): number =>
  numerator.reduceRight((sum, c) => sum * r + c, 0) / denominator.reduceRight((sum, c) => sum * r + c, 0);

/**
 * The z below which a standard normal falls with probability `p`: 15 digits from 1e-308 up.
 *
 * @param p in [0, 1]; for a probability near 1 use -normalQuantile(1 - p) with the small one known exactly
 * @see Wichura, Algorithm AS 241 (PPND16)
 * @example normalQuantile(0.5) // => 0
 */
export function normalQuantile(p: number): number {
  invariant(p >= 0 && p <= 1, `a probability must be in [0, 1], got ${p}`);
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRAL, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
  const size = r <= 5 ? ratio(MIDDLE, r - 1.6) : ratio(FAR, r - 5);
  return q < 0 ? -size : size;
}
