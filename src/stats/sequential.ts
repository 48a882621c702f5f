import { invariant } from "#src/kernel/errors";
import type { Count } from "./proportion.ts";
import { checkCount } from "./proportion.ts";
import { DEFAULT_LEVEL, type Interval } from "./sample.ts";
import { lnBeta } from "./special.ts";

/** Evidence against a null that stays valid however often, and whenever, one looks. */
export interface Evidence {
  /** Natural logarithm of the e-value: above log(1 / alpha) the null is rejected */
  readonly logE: number;
  /** Its expectation is at most 1 under the null, at any stopping time */
  readonly eValue: number;
  /** min(1, 1 / e) at this moment; its running minimum is the valid p of all looks so far */
  readonly p: number;
}

const evidenceOf = (logE: number): Evidence => ({ logE, eValue: Math.exp(logE), p: Math.min(1, Math.exp(-logE)) });

/**
 * The normal-mixture test that a mean is `mu` while values come in: for values of known variance, or sub-Gaussian ones.
 *
 * - `sigma2`: variance of a value; ((high - low) / 2)^2 for values known to lie in a range
 * - `tau2`: variance of the means it bets on; about 2 log(1 / alpha) sigma2 / n is best near n values
 * @param sum of the n values so far
 * @returns evidence, and the interval of a confidence sequence: it holds at all n at once with probability `level`
 * @see Robbins, Annals of Mathematical Statistics 41 (1970); Johari et al., "Peeking at A/B Tests", KDD 2017 (mSPRT)
 * @example normalMixture(0, 10, { sigma2: 1, tau2: 1 }).p // => 1
 */
export function normalMixture(
  sum: number,
  n: number,
  { sigma2, tau2, mu = 0, level = DEFAULT_LEVEL }: { sigma2: number; tau2: number; mu?: number; level?: number },
): Evidence & { interval: Interval } {
  invariant(
    n > 0 && sigma2 > 0 && tau2 > 0,
    `normalMixture needs values and positive variances, got n ${n}, ${sigma2}, ${tau2}`,
  );
  const total = sigma2 + n * tau2;
  const shrink = 0.5 * Math.log(sigma2 / total);
  const logE = shrink + (tau2 * (sum - n * mu) ** 2) / (2 * sigma2 * total);
  const reach = Math.sqrt(((2 * sigma2 * total) / tau2) * (-Math.log(1 - level) - shrink)) / n;
  return { ...evidenceOf(logE), interval: { lower: sum / n - reach, upper: sum / n + reach, level } };
}

/**
 * The beta-binomial test that a share is `share0` while outcomes come in. On the discordant pairs of two conditions, with `share0` 1/2,
 * it is McNemar's test that may be looked at after every item.
 *
 * - `priorA`: with `priorB`: Beta prior of the shares it bets on; default uniform
 * @see Ville 1939; Ramdas et al., "Game-Theoretic Statistics and Safe Anytime-Valid Inference", Statistical Science 38 (2023)
 * @example betaBinomialE({ successes: 2, n: 10 }).eValue // => 2.068687
 */
export function betaBinomialE(
  count: Count,
  { share0 = 0.5, priorA = 1, priorB = 1 }: { share0?: number; priorA?: number; priorB?: number } = {},
): Evidence {
  checkCount(count);
  invariant(share0 > 0 && share0 < 1, `a share to test must be between 0 and 1, got ${share0}`);
  const { successes, n } = count;
  const bet = lnBeta(successes + priorA, n - successes + priorB) - lnBeta(priorA, priorB);
  return evidenceOf(bet - successes * Math.log(share0) - (n - successes) * Math.log1p(-share0));
}

export interface SequenceOptions {
  /** Chance of ever deciding wrongly, over all looks together */
  readonly alpha: number;
  /** Decide when the confidence sequence leaves 0 out, or when the e-value passes 1 / alpha */
  readonly method: "confidence_sequence" | "e_value";
  /** Values are known to lie within: [-1, 1] for differences of scores in [0, 1] */
  readonly range: readonly [low: number, high: number];
}

/** What must be remembered between looks: a few numbers. */
export interface Sequence extends Evidence {
  readonly options: SequenceOptions;
  readonly n: number;
  readonly mean: number;
  /** Confidence sequence: the intersection of the intervals so far */
  readonly interval: Interval;
  /** Smallest p so far */
  readonly runningP: number;
  /** Whether the mean is decided to differ from 0; stays true */
  readonly decided: boolean;
  /** Sums over values scaled to [0, 1]; for `observe` only */
  readonly state: {
    readonly sum: number;
    readonly squares: number;
    readonly bets: number;
    readonly weighted: number;
    readonly spent: number;
    readonly up: number;
    readonly down: number;
  };
}

/**
 * Begins to watch the mean of values in a known range, such as paired differences of scores, that arrive in random order.
 *
 * @example startSequence({ alpha: 0.05, method: "e_value", range: [-1, 1] }).decided // => false
 */
export function startSequence(options: SequenceOptions): Sequence {
  const [low, high] = options.range;
  invariant(options.alpha > 0 && options.alpha < 1, `alpha must be between 0 and 1, got ${options.alpha}`);
  invariant(low <= 0 && high >= 0 && low < high, `the range must hold 0, got ${low} to ${high}`);
  return {
    options,
    ...evidenceOf(0),
    n: 0,
    mean: 0,
    interval: { lower: low, upper: high, level: 1 - options.alpha },
    runningP: 1,
    decided: false,
    state: { sum: 0, squares: 0, bets: 0, weighted: 0, spent: 0, up: 0, down: 0 },
  };
}

/** Bets stay below this, so that one value cannot ruin them. */
const MOST = 0.5;

/**
 * Takes one value more. Needs no assumption but the range and that order is random: not normality, not a known variance.
 *
 * The confidence sequence is the predictable plug-in empirical Bernstein one; the e-value is the capital of two gamblers, one who bets
 * on a mean above 0 and one below, halved.
 *
 * @param value within the range
 * @see Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024), theorems 2 and 3
 */
export function observe(sequence: Sequence, value: number): Sequence {
  const { options, state } = sequence;
  const [low, high] = options.range;
  invariant(value >= low && value <= high, `a value must lie from ${low} to ${high}, got ${value}`);
  const width = high - low;
  const x = (value - low) / width;
  const zero = -low / width;
  const n = sequence.n + 1;
  // what is known before this value: a bet must not see it
  const centre = (0.5 + state.sum) / n;
  const variance = (0.25 + state.squares) / n;
  const wish = Math.sqrt((2 * Math.log(2 / options.alpha)) / (variance * n * Math.log1p(n)));
  const bet = Math.min(wish, MOST);
  const bets = state.bets + bet;
  const weighted = state.weighted + bet * x;
  const spent = state.spent + (x - centre) ** 2 * (-Math.log1p(-bet) - bet);
  const sum = state.sum + x;
  const squares = state.squares + (x - (0.5 + sum) / (n + 1)) ** 2;
  const up = state.up + Math.log1p(Math.min(wish, zero === 0 ? wish : MOST / zero) * (x - zero));
  const down = state.down + Math.log1p(-Math.min(wish, zero === 1 ? wish : MOST / (1 - zero)) * (x - zero));
  const evidence = evidenceOf(logMean(up, down));
  const interval = narrowed(
    sequence.interval,
    low,
    width,
    weighted / bets,
    (Math.log(2 / options.alpha) + spent) / bets,
  );
  const runningP = Math.min(sequence.runningP, evidence.p);
  const found = options.method === "e_value" ? runningP <= options.alpha : interval.lower > 0 || interval.upper < 0;
  return {
    options,
    ...evidence,
    n,
    mean: low + (width * sum) / n,
    interval,
    runningP,
    decided: sequence.decided || found,
    state: { sum, squares, bets, weighted, spent, up, down },
  };
}

/** log((e^a + e^b) / 2) */
const logMean = (a: number, b: number): number => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))) - Math.LN2;

function narrowed(
  { lower, upper, level }: Interval,
  low: number,
  width: number,
  centre: number,
  reach: number,
): Interval {
  return {
    lower: Math.max(lower, low + width * (centre - reach)),
    upper: Math.min(upper, low + width * (centre + reach)),
    level,
  };
}
