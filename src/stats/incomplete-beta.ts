import { invariant } from "#src/kernel/errors";
import { lnBeta, lnBetaDensity } from "./special.ts";
import { climb, mirrored, type Tails, tailsFromLogLower } from "./tails.ts";

const EPSILON = 2.220446049250313e-16;
const MAX_TERMS = 1_000_000;
/** Below this x the first term of the series is all there is. */
const TINY = 1e-280;
const ALL_ABOVE: Tails = { lower: 0, upper: 1, logLower: Number.NEGATIVE_INFINITY, logUpper: 0 };
const NOWHERE: Tails = { lower: Number.NaN, upper: Number.NaN, logLower: Number.NaN, logUpper: Number.NaN };

/**
 * The regularised incomplete beta function I_x(a, b) (`lower`) and its complement (`upper`) with their logarithms.
 *
 * @param a above 0
 * @param b above 0
 * @param x in [0, 1]
 * @param y 1 - x, for callers who know it with more digits than the subtraction keeps
 * @see Abramowitz & Stegun 26.5.8 (continued fraction, evaluated by Lentz's method); Loader 2000 (prefix)
 * @example incompleteBeta(1, 1, 0.25).lower // => 0.25
 */
export function incompleteBeta(a: number, b: number, x: number, y: number = 1 - x): Tails {
  invariant(a > 0 && b > 0 && x >= 0 && y >= 0, `incompleteBeta needs a, b > 0 and x in [0, 1], got ${a}, ${b}, ${x}`);
  if (x === 0) return ALL_ABOVE;
  if (y === 0) return mirrored(ALL_ABOVE);
  return tailsAt(a, b, x, y, Math.log(x), Math.log(y));
}

/**
 * The same at x = 1 / (1 + e^-u): the log-odds keep what x itself would lose to underflow.
 * @param u log(x / (1 - x)), any number; NaN has tails of NaN
 */
export function incompleteBetaAtLogOdds(a: number, b: number, u: number): Tails {
  if (Number.isNaN(u)) return NOWHERE;
  if (u === Number.NEGATIVE_INFINITY) return ALL_ABOVE;
  if (u === Number.POSITIVE_INFINITY) return mirrored(ALL_ABOVE);
  const logX = u < 0 ? u - Math.log1p(Math.exp(u)) : -Math.log1p(Math.exp(-u));
  const logY = u < 0 ? -Math.log1p(Math.exp(u)) : -u - Math.log1p(Math.exp(-u));
  return tailsAt(a, b, 1 / (1 + Math.exp(-u)), 1 / (1 + Math.exp(u)), logX, logY);
}

function tailsAt(a: number, b: number, x: number, y: number, logX: number, logY: number): Tails {
  if (x < TINY) return tailsFromLogLower(a * logX - Math.log(a) - lnBeta(a, b));
  if (y < TINY) return mirrored(tailsFromLogLower(b * logY - Math.log(b) - lnBeta(a, b)));
  const density = lnBetaDensity(a, b, x, y);
  if (x < (a + 1) / (a + b + 2)) return tailsFromLogLower(density + Math.log(fraction(a, b, x, y)));
  return mirrored(tailsFromLogLower(density + Math.log(fraction(b, a, y, x))));
}

/**
 * The even part of the continued fraction, whose terms are sums of positive numbers where the plain one subtracts x from 1.
 * @see DiDonato & Morris, Algorithm 708 (BFRAC)
 */
function fraction(a: number, b: number, x: number, y: number): number {
  const lambda = a > b ? (a + b) * y - b : a - (a + b) * x;
  const c = 1 + lambda;
  const c0 = b / a;
  const c1 = 1 + 1 / a;
  let [p, s, an, bn, anp1, bnp1] = [1, a + 1, 0, 1, 1, c / c1];
  let r = c1 / c;
  for (let n = 1; n < MAX_TERMS; n++) {
    const t = n / a;
    const w = n * (b - n) * x;
    const e = a / s;
    const alpha = p * (p + c0) * e * e * (w * x);
    const e2 = (t + 1) / (c1 + t + t);
    const beta = n + w / s + e2 * (c + n * (y + 1));
    p = t + 1;
    s += 2;
    [an, anp1] = [anp1, alpha * an + beta * anp1];
    [bn, bnp1] = [bnp1, alpha * bn + beta * bnp1];
    const before = r;
    r = anp1 / bnp1;
    if (Math.abs(r - before) <= EPSILON * Math.abs(r)) break;
    an /= bnp1; // rescale
    bn /= bnp1;
    anp1 = r;
    bnp1 = 1;
  }
  return r;
}

/**
 * The log-odds log(x / (1 - x)) where a tail of the incomplete beta function equals `p`: exact near both ends.
 *
 * @param p in [0, 1]
 * @param tail which tail is `p`; name the small one, so that it keeps its digits
 * @example inverseIncompleteBetaLogOdds(0.1, 1, 1) // => -2.197225
 */
export function inverseIncompleteBetaLogOdds(
  p: number,
  a: number,
  b: number,
  tail: "lower" | "upper" = "lower",
): number {
  invariant(p >= 0 && p <= 1, `a probability must be in [0, 1], got ${p}`);
  if (p === 0 || p === 1) return (p === 0) === (tail === "lower") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (tail === "upper") return -inverseIncompleteBetaLogOdds(p, b, a);
  if (p > 0.5) return -inverseIncompleteBetaLogOdds(1 - p, b, a);
  const goal = Math.log(p);
  return climb(
    (u) => {
      const { logLower } = incompleteBetaAtLogOdds(a, b, u);
      const x = 1 / (1 + Math.exp(-u));
      const y = 1 / (1 + Math.exp(u));
      const logDensity = x < TINY ? a * u - lnBeta(a, b) : y < TINY ? -b * u - lnBeta(a, b) : lnBetaDensity(a, b, x, y);
      return [logLower - goal, Math.exp(logDensity - logLower)];
    },
    Math.log(a / b),
  );
}
