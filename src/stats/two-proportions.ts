import { err, ok, type Result } from "#src/kernel/result";
import { normal } from "./distributions.ts";
import { type Count, checkCount, criticalZ, type LevelOption, wilsonInterval } from "./proportion.ts";
import { type Alternative, DEFAULT_LEVEL, type Interval } from "./sample.ts";
import type { Tails } from "./tails.ts";

export interface ZTest {
  readonly z: number;
  readonly p: number;
  /** Natural logarithm of `p` */
  readonly logP: number;
}

/** p and log p of a standard normal statistic. */
export function zTestOf(z: number, alternative: Alternative = "two-sided"): ZTest {
  const tails: Tails = normal.tails(alternative === "two-sided" ? Math.abs(z) : z);
  if (alternative === "less") return { z, p: tails.lower, logP: tails.logLower };
  if (alternative === "greater") return { z, p: tails.upper, logP: tails.logUpper };
  return { z, p: Math.min(1, 2 * tails.upper), logP: Math.min(0, tails.logUpper + Math.LN2) };
}

/**
 * Whether two independent samples have one share of successes: the pooled z test, whose square is the chi-squared of the 2 x 2 table.
 *
 * - `corrected`: Yates' continuity correction; default false
 * @returns `too-few` if a sample is empty, `all-equal` if all items succeeded or none did
 * @see Agresti, Categorical Data Analysis, 3rd ed., 3.2; R's prop.test
 * @example twoProportionTest({ successes: 45, n: 60 }, { successes: 30, n: 58 }) // => { ok: true, value: { z: 2.626465, p: 0.008627698, ... } }
 */
export function twoProportionTest(
  a: Count,
  b: Count,
  { alternative = "two-sided", corrected = false }: { alternative?: Alternative; corrected?: boolean } = {},
): Result<ZTest, "too-few" | "all-equal"> {
  checkCount(a);
  checkCount(b);
  if (a.n === 0 || b.n === 0) return err("too-few");
  const pooled = (a.successes + b.successes) / (a.n + b.n);
  if (pooled === 0 || pooled === 1) return err("all-equal");
  const difference = a.successes / a.n - b.successes / b.n;
  const reach = corrected ? yates(a, b) * (1 / a.n + 1 / b.n) : 0;
  const z =
    (Math.sign(difference) * (Math.abs(difference) - reach)) / Math.sqrt(pooled * (1 - pooled) * (1 / a.n + 1 / b.n));
  return ok(zTestOf(z, alternative));
}

/** Yates' half a success, but never more than the difference itself (as R does). */
const yates = (a: Count, b: Count): number =>
  Math.min(0.5, Math.abs(a.successes / a.n - b.successes / b.n) / (1 / a.n + 1 / b.n));

/**
 * The score of a difference of two independent shares: its standardised distance from the data, with the shares that are most likely
 * if the difference is true. At 0 it is the pooled z.
 *
 * @param a of the first, with items
 * @param b of the second, with items
 * @see Mee, Biometrics 40 (1984); Farrington & Manning, Statistics in Medicine 9 (1990), appendix (the cubic's root)
 * @example scoreOfShares({ successes: 45, n: 60 }, { successes: 30, n: 58 })(0) // => 2.626465
 */
export function scoreOfShares(a: Count, b: Count): (difference: number) => number {
  const [p1, p2] = [a.successes / a.n, b.successes / b.n];
  const theta = b.n / a.n;
  return (difference) => {
    const c3 = 1 + theta;
    const c2 = -(1 + theta + p1 + theta * p2 + difference * (theta + 2));
    const c1 = difference * difference + difference * (2 * p1 + theta + 1) + p1 + theta * p2;
    const c0 = -p1 * difference * (1 + difference);
    const v = (c2 / (3 * c3)) ** 3 - (c1 * c2) / (6 * c3 * c3) + c0 / (2 * c3);
    const u = Math.sign(v || 1) * Math.sqrt(Math.max(0, (c2 / (3 * c3)) ** 2 - c1 / (3 * c3)));
    const w = (Math.PI + Math.acos(u === 0 ? 0 : Math.max(-1, Math.min(1, v / u ** 3)))) / 3;
    const first = Math.max(0, Math.min(1, Math.max(difference, 2 * u * Math.cos(w) - c2 / (3 * c3))));
    const second = Math.max(0, Math.min(1, first - difference));
    const variance = (first * (1 - first)) / a.n + (second * (1 - second)) / b.n;
    const distance = p1 - p2 - difference;
    if (variance <= 1e-30) return Math.abs(distance) < 1e-12 ? 0 : Math.sign(distance) * Number.MAX_VALUE;
    return distance / Math.sqrt(variance);
  };
}

/** Which interval of a difference of shares; `newcombe` is the default. */
export type RiskDifferenceMethod = "newcombe" | "agresti-caffo" | "wald" | "wald-corrected";

export interface Estimate {
  readonly estimate: number;
  readonly interval: Interval;
}

/**
 * The difference of two independent shares with an interval.
 *
 * @returns estimate in [-1, 1]; `too-few` if a sample is empty
 * @see Newcombe, Statistics in Medicine 17 (1998) 873, method 10; Agresti & Caffo, The American Statistician 54 (2000)
 * @example riskDifference({ successes: 45, n: 60 }, { successes: 30, n: 58 }) // => { ok: true, value: { estimate: 0.2327586, ... } }
 */
export function riskDifference(
  a: Count,
  b: Count,
  { level = DEFAULT_LEVEL, method = "newcombe" }: LevelOption & { method?: RiskDifferenceMethod } = {},
): Result<Estimate, "too-few"> {
  const [wa, wb] = [wilsonInterval(a, { level }), wilsonInterval(b, { level })];
  if (!wa.ok || !wb.ok) return err("too-few");
  const [p1, p2, z] = [a.successes / a.n, b.successes / b.n, criticalZ(level)];
  const estimate = p1 - p2;
  const wald = (n1: number, n2: number, q1: number, q2: number, extra = 0): [number, number] => {
    const reach = z * Math.sqrt((q1 * (1 - q1)) / n1 + (q2 * (1 - q2)) / n2) + extra;
    return [Math.max(-1, q1 - q2 - reach), Math.min(1, q1 - q2 + reach)];
  };
  const [lower, upper] = {
    newcombe: (): [number, number] => [
      estimate - Math.hypot(p1 - wa.value.lower, wb.value.upper - p2),
      estimate + Math.hypot(wa.value.upper - p1, p2 - wb.value.lower),
    ],
    "agresti-caffo": () => wald(a.n + 2, b.n + 2, (a.successes + 1) / (a.n + 2), (b.successes + 1) / (b.n + 2)),
    wald: () => wald(a.n, b.n, p1, p2),
    "wald-corrected": () => wald(a.n, b.n, p1, p2, yates(a, b) * (1 / a.n + 1 / b.n)),
  }[method]();
  return ok({ estimate, interval: { lower, upper, level } });
}

/**
 * Cohen's h, the difference of two shares on the arcsine scale; 0.2 is called small, 0.5 medium, 0.8 large.
 *
 * @see Cohen, Statistical Power Analysis, 2nd ed., 1988, 6.2
 * @example cohensH(0.5, 0.5) // => 0
 */
export const cohensH = (p1: number, p2: number): number => 2 * Math.asin(Math.sqrt(p1)) - 2 * Math.asin(Math.sqrt(p2));

/**
 * The ratio of two shares, with Katz' interval on the log scale.
 *
 * @returns `too-few` for an empty sample, `zero-count` if the second share is 0; the interval is `zero-count` where the first is
 * @see Katz et al., Biometrics 34 (1978)
 */
export function relativeRisk(
  a: Count,
  b: Count,
  { level = DEFAULT_LEVEL }: LevelOption = {},
): Result<{ estimate: number; interval: Result<Interval, "zero-count"> }, "too-few" | "zero-count"> {
  checkCount(a);
  checkCount(b);
  if (a.n === 0 || b.n === 0) return err("too-few");
  if (b.successes === 0) return err("zero-count");
  const estimate = a.successes / a.n / (b.successes / b.n);
  if (a.successes === 0) return ok({ estimate, interval: err("zero-count") });
  const standardError = Math.sqrt(1 / a.successes - 1 / a.n + 1 / b.successes - 1 / b.n);
  return ok({ estimate, interval: ok(logInterval(estimate, standardError, level)) });
}

/**
 * The ratio of the odds of success in two independent samples, with Woolf's interval on the log scale.
 *
 * - `haldane`: adds half an item to each of the four counts, so that the ratio and its interval always exist
 * @returns Infinity if only the divisor is 0, `zero-count` for 0 / 0; the interval is `zero-count` if any of the four counts is 0
 * @see Woolf, Annals of Human Genetics 19 (1955); Haldane 1956; Anscombe 1956
 * @example oddsRatio({ successes: 8, n: 10 }, { successes: 1, n: 6 }) // => { ok: true, value: { estimate: 20, ... } }
 */
export function oddsRatio(
  a: Count,
  b: Count,
  { level = DEFAULT_LEVEL, haldane = false }: LevelOption & { haldane?: boolean } = {},
): Result<{ estimate: number; interval: Result<Interval, "zero-count"> }, "zero-count"> {
  checkCount(a);
  checkCount(b);
  const add = haldane ? 0.5 : 0;
  const cells = [a.successes, a.n - a.successes, b.successes, b.n - b.successes].map((cell) => cell + add) as [
    number,
    number,
    number,
    number,
  ];
  const [s1, f1, s2, f2] = cells;
  if (s1 * f2 === 0 && f1 * s2 === 0) return err("zero-count");
  const estimate = (s1 * f2) / (f1 * s2);
  if (cells.includes(0)) return ok({ estimate, interval: err("zero-count") });
  const standardError = Math.sqrt(cells.reduce((sum, cell) => sum + 1 / cell, 0));
  return ok({ estimate, interval: ok(logInterval(estimate, standardError, level)) });
}

function logInterval(estimate: number, standardError: number, level: number): Interval {
  const reach = Math.exp(criticalZ(level) * standardError);
  return { lower: estimate / reach, upper: estimate * reach, level };
}
