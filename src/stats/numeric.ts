import { invariant } from "#src/kernel/errors";
import { lnGamma } from "./special.ts";

/**
 * The root of a monotone f between two points that bracket it, by the method of Brent (without derivatives, never leaves the bracket).
 *
 * @param tolerance absolute; 0 asks for the last digit
 * @see Brent, Algorithms for Minimization without Derivatives, 1973, chapter 4 (zeroin)
 * @example findRoot((x) => x * x - 4, 0, 10) // => 2
 */
export function findRoot(f: (x: number) => number, lower: number, upper: number, tolerance = 0): number {
  let [a, b] = [lower, upper];
  let [fa, fb] = [f(a), f(b)];
  invariant(fa * fb <= 0, `findRoot needs a change of sign between ${lower} and ${upper}`);
  let [c, fc] = [a, fa];
  let d = b - a;
  let e = d;
  for (let i = 0; i < 200; i++) {
    if (fb * fc > 0) {
      [c, fc] = [a, fa];
      d = b - a;
      e = d;
    }
    if (Math.abs(fc) < Math.abs(fb)) {
      [a, b, c] = [b, c, b];
      [fa, fb, fc] = [fb, fc, fb];
    }
    const near = 4.4e-16 * Math.abs(b) + tolerance / 2;
    const half = (c - b) / 2;
    if (Math.abs(half) <= near || fb === 0) return b;
    if (Math.abs(e) >= near && Math.abs(fa) > Math.abs(fb)) {
      const s = fb / fa;
      let p: number;
      let q: number;
      if (a === c) {
        p = 2 * half * s;
        q = 1 - s;
      } else {
        const r = fb / fc;
        q = fa / fc;
        p = s * (2 * half * q * (q - r) - (b - a) * (r - 1));
        q = (q - 1) * (r - 1) * (s - 1);
      }
      if (p > 0) q = -q;
      p = Math.abs(p);
      const accept = 2 * p < Math.min(3 * half * q - Math.abs(near * q), Math.abs(e * q));
      e = accept ? d : half;
      d = accept ? p / q : half;
    } else {
      d = half;
      e = half;
    }
    [a, fa] = [b, fb];
    b += Math.abs(d) > near ? d : Math.sign(half) * near;
    fb = f(b);
  }
  return b;
}

/**
 * The integral over the real line of e^logF, a function with one peak and smooth falls, by the trapezoidal rule around the peak. For
 * analytic integrands that vanish at both ends halving the step squares the error, so that 8 digits in common mean 15 right ones.
 *
 * @param start a point near the peak
 * @param scale a width of about the right size; only a hint
 * @returns the logarithm of the integral
 * @see Trefethen & Weideman, "The Exponentially Convergent Trapezoidal Rule", SIAM Review 56 (2014)
 */
export function logIntegral(logF: (v: number) => number, start: number, scale: number): number {
  const peak = climbTo(logF, start, scale);
  const top = logF(peak);
  if (top === Number.NEGATIVE_INFINITY) return top;
  const left = edge(logF, peak, -scale, top);
  const right = edge(logF, peak, scale, top);
  const step = (right - left) / 18;
  let sum = 0;
  for (let v = left; v <= right + step / 2; v += step) sum += Math.exp(logF(v) - top);
  let previous = sum * step;
  for (let h = step; h > step / 64; h /= 2) {
    for (let v = left + h / 2; v < right; v += h) sum += Math.exp(logF(v) - top);
    const total = sum * (h / 2);
    if (Math.abs(total - previous) <= 1e-8 * total) return top + Math.log(total);
    previous = total;
  }
  return top + Math.log(previous);
}

/** Walks uphill in steps that double while they climb and shrink when they do not. */
function climbTo(f: (v: number) => number, start: number, scale: number): number {
  let best = start;
  let value = f(best);
  let step = scale;
  for (let i = 0; i < 200 && Math.abs(step) > scale * 0.1; i++) {
    const ahead = f(best + step);
    if (ahead > value) {
      best += step;
      value = ahead;
      step *= 2;
    } else step *= -0.4;
  }
  return best;
}

/** Where the integrand has fallen to 2e-16 of its peak. */
function edge(f: (v: number) => number, peak: number, direction: number, top: number): number {
  let step = direction;
  while (top - f(peak + step) < 36) step *= 1.5;
  while (top - f(peak + step / 1.5) >= 36) step /= 1.5;
  return peak + step;
}

/**
 * The mean of e^logG(s) over s = sqrt(chi-squared / df), as a logarithm: how a statistic's tail for a known deviation becomes the one
 * for an estimated deviation.
 *
 * @param df degrees of freedom, above 0; Infinity gives logG(1)
 */
export function logMeanOverChi(df: number, logG: (s: number) => number): number {
  if (df === Number.POSITIVE_INFINITY) return logG(1);
  const constant = Math.LN2 + (df / 2) * Math.log(df / 2) - lnGamma(df / 2);
  const logF = (v: number): number => constant + df * (v - Math.exp(2 * v) / 2) + logG(Math.exp(v));
  return logIntegral(logF, 0, 0.5 / Math.sqrt(df));
}
