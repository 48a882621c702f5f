/** Both tails of a distribution at one point and their logarithms, each computed without subtracting from 1. */
export interface Tails {
  /** P(X <= x), in [0, 1] */
  readonly lower: number;
  /** P(X > x), in [0, 1] */
  readonly upper: number;
  /** Natural logarithm of `lower`, in [-Infinity, 0] */
  readonly logLower: number;
  /** Natural logarithm of `upper`, in [-Infinity, 0] */
  readonly logUpper: number;
}

/** log(1 - e^x) for x <= 0 (Maechler, "Accurately Computing log(1 - exp(-|a|))", 2012). */
export const log1mExp = (x: number): number => (x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x)));

/** Both tails from the logarithm of the lower one. */
export function tailsFromLogLower(logTail: number): Tails {
  const logLower = Math.min(logTail, 0);
  return { lower: Math.exp(logLower), upper: -Math.expm1(logLower), logLower, logUpper: log1mExp(logLower) };
}

/** The same point seen from the other end. */
export const mirrored = ({ lower, upper, logLower, logUpper }: Tails): Tails => ({
  lower: upper,
  upper: lower,
  logLower: logUpper,
  logUpper: logLower,
});

/**
 * The root of a concave, increasing f by Newton's method: from the second step on it climbs to the root from the left and cannot
 * overshoot. The logarithm of a tail over log-odds or over log x is such a function.
 *
 * @param f returns the value and the derivative
 */
export function climb(f: (u: number) => readonly [value: number, slope: number], start: number): number {
  let u = start;
  for (let i = 0; i < 400; i++) {
    const [value, slope] = f(u);
    const step = value / slope;
    if (!Number.isFinite(step)) return u;
    const next = u - step;
    if (Math.abs(step) <= 4e-16 * Math.max(1, Math.abs(u)) || (i > 60 && Math.abs(step) < 1e-13 * Math.abs(u)))
      return next;
    u = next;
  }
  return u;
}
