import { err, ok, type Result } from "#src/kernel/result";
import { normal } from "./distributions.ts";
import { allFinite } from "./sample.ts";

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, c) => sum * x + c, 0);

/** Royston's polynomials, named as in AS R94. */
const C1 = [0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056];
const C2 = [0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633];
const C3 = [0.544, -0.39978, 0.025054, -6.714e-4];
const C4 = [1.3822, -0.77857, 0.062767, -0.0020322];
const C5 = [-1.5861, -0.31082, -0.083751, 0.0038915];
const C6 = [-0.4803, -0.082676, 0.0030302];
const G = [-2.273, 0.459];

/**
 * The Shapiro-Wilk test of normality: a diagnostic beside a plot. Do not choose a test of means by its outcome.
 *
 * @param values 3 to 5000
 * @returns w in (0, 1], near 1 for normal data; `too-few`, `too-many`, or `all-equal`
 * @see Royston, "Algorithm AS R94", Applied Statistics 44 (1995)
 */
export function shapiroWilk(
  values: readonly number[],
): Result<{ w: number; p: number }, "too-few" | "too-many" | "not-finite" | "all-equal"> {
  const n = values.length;
  if (!allFinite(values)) return err("not-finite");
  if (n < 3) return err("too-few");
  if (n > 5000) return err("too-many");
  const sorted = [...values].sort((a, b) => a - b);
  const range = sorted[n - 1]! - sorted[0]!;
  if (range === 0 || range < 1e-19 * Math.abs(sorted[0]!)) return err("all-equal");
  const rest = oneMinusW(sorted, range, weights(n));
  return ok({ w: 1 - rest, p: pOf(rest, n) });
}

/** Weights of the lower half of the sample; those of the upper half are their negatives. */
function weights(n: number): number[] {
  const half = n >> 1;
  if (n === 3) return [Math.SQRT1_2];
  const m = Array.from({ length: half }, (_, i) => normal.quantile((i + 1 - 0.375) / (n + 0.25)));
  const squares = 2 * m.reduce((sum, value) => sum + value * value, 0);
  const norm = Math.sqrt(squares);
  const root = 1 / Math.sqrt(n);
  const a1 = polynomial(C1, root) - m[0]! / norm;
  const first = [a1];
  let left = squares - 2 * m[0]! ** 2;
  let share = 1 - 2 * a1 ** 2;
  if (n > 5) {
    const a2 = polynomial(C2, root) - m[1]! / norm;
    first.push(a2);
    left -= 2 * m[1]! ** 2;
    share -= 2 * a2 ** 2;
  }
  const factor = Math.sqrt(left / share);
  return [...first, ...m.slice(first.length).map((value) => -value / factor)];
}

/** 1 - W without the cancellation, W being a squared correlation. */
function oneMinusW(sorted: readonly number[], range: number, a: readonly number[]): number {
  const n = sorted.length;
  const weight = (i: number): number => (2 * i + 1 === n ? 0 : i < n / 2 ? -a[i]! : a[n - 1 - i]!);
  let meanWeight = 0;
  let meanValue = 0;
  for (let i = 0; i < n; i++) {
    meanWeight += weight(i) / n;
    meanValue += (sorted[i]! - sorted[0]!) / range / n;
  }
  let [ssa, ssx, sax] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const w = weight(i) - meanWeight;
    const x = (sorted[i]! - sorted[0]!) / range - meanValue;
    ssa += w * w;
    ssx += x * x;
    sax += w * x;
  }
  const root = Math.sqrt(ssa * ssx);
  return ((root - sax) * (root + sax)) / (ssa * ssx);
}

function pOf(rest: number, n: number): number {
  if (n === 3) return Math.max(0, (6 / Math.PI) * (Math.asin(Math.sqrt(1 - rest)) - Math.asin(Math.sqrt(0.75))));
  const y = Math.log(rest);
  if (n <= 11) {
    const gamma = polynomial(G, n);
    if (y >= gamma) return 1e-99;
    return normal.tails((-Math.log(gamma - y) - polynomial(C3, n)) / Math.exp(polynomial(C4, n))).upper;
  }
  const logN = Math.log(n);
  return normal.tails((y - polynomial(C5, logN)) / Math.exp(polynomial(C6, logN))).upper;
}
