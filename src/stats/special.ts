/** 0.5 * log(2 pi) */
const LN_SQRT_TWO_PI = 0.9189385332046728;
const EULER_GAMMA = 0.5772156649015329;

/** zeta(k) - 1 for k = 2, 3, ...; beyond k = 31 a term of the series below is under 1e-19. */
const ZETA_MINUS_ONE = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914,
  0.008349277381922827, 0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853, 0.0004941886041194645,
  0.0002460865533080483, 0.00012271334757848915, 6.124813505870483e-5, 3.058823630702049e-5, 1.528225940865187e-5,
  7.637197637899763e-6, 3.81729326499984e-6, 1.908212716553939e-6, 9.539620338727962e-7, 4.769329867878064e-7,
  2.38450502727733e-7, 1.1921992596531106e-7, 5.960818905125948e-8, 2.980350351465228e-8, 1.4901554828365043e-8,
  7.45071178983543e-9, 3.725334024788457e-9, 1.862659723513049e-9, 9.313274324196682e-10, 4.656629065033784e-10,
];

/** log(gamma(2 + a)) for |a| <= 0.5, keeping its relative accuracy at the zero a = 0 (Abramowitz & Stegun 6.1.33). */
function lnGammaNearTwo(a: number): number {
  let sum = 0;
  for (let k = ZETA_MINUS_ONE.length + 1; k >= 2; k--) sum = -a * sum + ZETA_MINUS_ONE[k - 2]! / k;
  return a * (1 - EULER_GAMMA) + a * a * sum;
}

/**
 * The remainder of Stirling's formula, log(x!) - log(sqrt(2 pi x) (x/e)^x), for x > 0.
 *
 * @see Loader, "Fast and Accurate Computation of Binomial Probabilities", 2000, section 2
 * @example stirlingError(1) // => 0.08106147
 */
export function stirlingError(x: number): number {
  if (x < 10) return lnGamma(x + 1) - (x + 0.5) * Math.log(x) + x - LN_SQRT_TWO_PI;
  const s = 1 / (x * x); // Abramowitz & Stegun 6.1.41: Bernoulli numbers
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * (691 / 360360 - s / 156)))))) / x;
}

/**
 * Natural logarithm of the gamma function, for x > 0: 14 digits or more, also beside its zeros at 1 and 2.
 *
 * @returns Infinity for x = 0
 * @see Abramowitz & Stegun, 6.1.33 (series), 6.1.15 (recurrence), 6.1.41 (Stirling)
 * @example lnGamma(5) // => 3.178054
 */
export function lnGamma(x: number): number {
  if (x < 0.5) return lnGammaNearTwo(x) - Math.log1p(x) - Math.log(x);
  if (x <= 1.5) return lnGammaNearTwo(x - 1) - Math.log(x);
  if (x >= 10) return (x - 0.5) * (Math.log(x) - 1) - 0.5 + LN_SQRT_TWO_PI + stirlingErrorOfGamma(x);
  let product = 1;
  let y = x;
  while (y > 2.5) product *= --y;
  return lnGammaNearTwo(y - 2) + Math.log(product);
}

/** log(gamma(x)) - ((x - 0.5) log(x) - x + log(sqrt(2 pi))): the same series as `stirlingError`, for the gamma function. */
const stirlingErrorOfGamma = stirlingError;

/**
 * Natural logarithm of the beta function, for a, b > 0, without the cancellation of three large log-gammas.
 *
 * @see DiDonato & Morris, Algorithm 708, ACM TOMS 18 (1992): the cases of BETALN
 * @example lnBeta(2, 3) // => -2.484907
 */
export function lnBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large < 10) return lnGamma(small) + (lnGamma(large) - lnGamma(small + large));
  const total = small + large;
  if (small < 10) {
    const correction = stirlingError(large) - stirlingError(total);
    return lnGamma(small) + correction + small - small * Math.log(total) + (large - 0.5) * Math.log1p(-small / total);
  }
  const correction = stirlingError(small) + stirlingError(large) - stirlingError(total);
  const ratio = small / large;
  return (
    -0.5 * Math.log(large) +
    LN_SQRT_TWO_PI +
    correction +
    (small - 0.5) * Math.log(ratio / (1 + ratio)) -
    large * Math.log1p(ratio)
  );
}

/**
 * The deviance part x log(x / m) + m - x, for x, m > 0, accurate where x is near m.
 *
 * @see Loader 2000, section 3 (his bd0)
 * @example deviance(2, 2) // => 0
 */
export function deviance(x: number, m: number): number {
  if (Math.abs(x - m) >= 0.1 * (x + m)) return x * (Math.log(x) - Math.log(m)) + m - x;
  const v = (x - m) / (x + m);
  let sum = (x - m) * v;
  let power = 2 * x * v;
  for (let j = 3; ; j += 2) {
    power *= v * v;
    const next = sum + power / j;
    if (!(Math.abs(next - sum) > 0)) return next; // also where an argument is NaN
    sum = next;
  }
}

/**
 * log(x^a y^b / B(a, b)) with y = 1 - x, by Loader's saddle point: full accuracy for large a and b, where the plain formula cancels.
 * @see Loader 2000, formula 3
 */
export function lnBetaDensity(a: number, b: number, x: number, y: number): number {
  const n = a + b;
  const exponent = stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x) - deviance(b, n * y);
  return exponent + 0.5 * Math.log((a * b) / n) - LN_SQRT_TWO_PI;
}

/** log(x^a e^-x / gamma(a + 1)): a Poisson probability for real a, by the same saddle point. */
export const lnPoissonDensity = (a: number, x: number): number =>
  -stirlingError(a) - deviance(a, x) - 0.5 * Math.log(a) - LN_SQRT_TWO_PI;
