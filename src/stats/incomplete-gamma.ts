import { invariant } from "#src/kernel/errors";
import { lnGamma, lnPoissonDensity } from "./special.ts";
import { climb, mirrored, type Tails, tailsFromLogLower } from "./tails.ts";

const EPSILON = 2.220446049250313e-16;
const MAX_TERMS = 1_000_000;
const ALL_ABOVE: Tails = { lower: 0, upper: 1, logLower: Number.NEGATIVE_INFINITY, logUpper: 0 };

/**
 * The regularised incomplete gamma functions P(a, x) (`lower`) and Q(a, x) (`upper`) with their logarithms: 12 digits, tails far
 * below 1e-300 by their logarithm.
 *
 * @param a shape, above 0
 * @param x at least 0
 * @see Abramowitz & Stegun 6.5.29 (series), 6.5.31 (continued fraction, evaluated by Lentz's method); Loader 2000 (prefix)
 * @example incompleteGamma(1, 0).upper // => 1
 */
export function incompleteGamma(a: number, x: number): Tails {
  invariant(a > 0 && x >= 0, `incompleteGamma needs a > 0 and x >= 0, got ${a}, ${x}`);
  if (x === 0) return ALL_ABOVE;
  if (x === Number.POSITIVE_INFINITY) return mirrored(ALL_ABOVE);
  return tailsAt(a, x, Math.log(x));
}

function tailsAt(a: number, x: number, logX: number): Tails {
  if (x < 1e-280) return tailsFromLogLower(a * logX - lnGamma(a + 1)); // all other terms vanish beside the first
  const prefix = lnPoissonDensity(a, x);
  if (x < a + 1) return tailsFromLogLower(prefix + Math.log(lowerSeries(a, x)));
  return mirrored(tailsFromLogLower(prefix + Math.log(a * upperFraction(a, x))));
}

/** 1 + x/(a+1) + x^2/((a+1)(a+2)) + ... */
function lowerSeries(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; n < MAX_TERMS && term > sum * 1e-17; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < MAX_TERMS; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    const change = d * c;
    h *= change;
    if (Math.abs(change - 1) < EPSILON) break;
  }
  return h;
}

/**
 * The x where a tail of the incomplete gamma function equals `p`.
 *
 * @param p in [0, 1]
 * @param tail which of P and Q is `p`; name the small one, so that it keeps its digits
 * @returns 0 where the true value is below the smallest double
 * @example inverseIncompleteGamma(0.5, 1) // => 0.6931472
 */
export function inverseIncompleteGamma(p: number, a: number, tail: "lower" | "upper" = "lower"): number {
  invariant(p >= 0 && p <= 1, `a probability must be in [0, 1], got ${p}`);
  if (p === 0 || p === 1) return (p === 0) === (tail === "lower") ? 0 : Number.POSITIVE_INFINITY;
  if (p > 0.5) return inverseIncompleteGamma(1 - p, a, tail === "lower" ? "upper" : "lower");
  const goal = Math.log(p);
  const sign = tail === "lower" ? 1 : -1;
  // the upper tail falls as e^-x: begin where it is surely below p, from where the steps are short (Laurent & Massart 2000, lemma 1)
  const start = tail === "lower" ? a : a + Math.sqrt(-2 * a * goal) - goal;
  const u = climb((v) => {
    const logX = sign * v;
    const x = Math.exp(logX);
    const tails = tailsAt(a, x, logX);
    const logTail = tail === "lower" ? tails.logLower : tails.logUpper;
    const logDensity = x < 1e-280 ? a * logX - lnGamma(a) : lnPoissonDensity(a, x) + Math.log(a);
    return [logTail - goal, Math.exp(logDensity - logTail)];
  }, sign * Math.log(start));
  return Math.exp(sign * u);
}

/**
 * The error function.
 * @see Abramowitz & Stegun 6.5.16
 * @example erf(0) // => 0
 */
export const erf = (x: number): number => Math.sign(x) * incompleteGamma(0.5, x * x).lower;

/**
 * The complementary error function, 1 - erf(x), right down to 1e-300.
 * @see Abramowitz & Stegun 6.5.17
 * @example erfc(0) // => 1
 */
export const erfc = (x: number): number => (x < 0 ? 1 - erf(x) : incompleteGamma(0.5, x * x).upper);
