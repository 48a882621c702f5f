/** An exact number: a fraction of two whole numbers in lowest terms, with a positive denominator. */
export interface Rational {
  readonly over: bigint;
  readonly under: bigint;
}

/** Digits that a number may have: longer ones are never a real answer, and exact arithmetic on them is slow. */
const mostDigits = 1000;

/** @returns nothing where `under` is 0 */
export function rational(over: bigint, under: bigint): Rational | undefined {
  if (under === 0n) return undefined;
  const divisor =
    greatestCommonDivisor(over < 0n ? -over : over, under < 0n ? -under : under) * (under < 0n ? -1n : 1n);
  return { over: over / divisor, under: under / divisor };
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [large, small] = [a, b];
  while (small > 0n) {
    if (large <= MOST_EXACT && small <= MOST_EXACT) return BigInt(commonDivisor(Number(large), Number(small)));
    [large, small] = [small, large % small];
  }
  return large === 0n ? 1n : large;
}

const MOST_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/** The greatest common divisor of two positive whole numbers that are held exactly. */
export function commonDivisor(a: number, b: number): number {
  let [large, small] = [a, b];
  while (small > 0) [large, small] = [small, large % small];
  return large;
}

/**
 * A decimal with a full stop and an optional exponent, exactly.
 *
 * @returns nothing for what is not a decimal, or has more than 1,000 digits written out
 * @example decimal("-2.50") // => { over: -5n, under: 2n }
 * @example decimal("1e3") // => { over: 1000n, under: 1n }
 */
export function decimal(text: string): Rational | undefined {
  if (text.length > mostDigits) return undefined;
  const parts = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d{1,6}))?$/i.exec(text);
  if (!parts) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = parts;
  const digits = whole + fraction;
  if (digits === "") return undefined;
  const shift = Number(exponent) - fraction.length;
  if (Math.abs(shift) > mostDigits) return undefined;
  if (digits.length + Math.abs(shift) <= MOST_DIGITS_EXACT) return shortDecimal(Number(`${sign}${digits}`), shift);
  const value = BigInt(digits) * (sign === "-" ? -1n : 1n);
  return shift < 0 ? rational(value, 10n ** BigInt(-shift)) : { over: value * 10n ** BigInt(shift), under: 1n };
}

/** Digits of whole numbers that a floating-point number holds exactly. */
const MOST_DIGITS_EXACT = 15;

function shortDecimal(digits: number, shift: number): Rational {
  if (shift >= 0) return { over: BigInt(digits * 10 ** shift), under: 1n };
  const under = 10 ** -shift;
  const divisor = commonDivisor(Math.abs(digits), under);
  return { over: BigInt(digits / divisor), under: BigInt(under / divisor) };
}

/** @returns nothing where b is 0 */
export const quotient = (a: Rational, b: Rational): Rational | undefined =>
  rational(a.over * b.under, a.under * b.over);

export const product = (a: Rational, b: Rational): Rational => rational(a.over * b.over, a.under * b.under)!;

export const total = (a: Rational, b: Rational): Rational =>
  rational(a.over * b.under + b.over * a.under, a.under * b.under)!;

export const negative = ({ over, under }: Rational): Rational => ({ over: -over, under });

/**
 * A whole power.
 *
 * @returns nothing where the result would have more than 1,000 digits
 */
export function power(base: Rational, exponent: number): Rational | undefined {
  const digits = Math.max(String(base.over).length, String(base.under).length);
  if (!Number.isInteger(exponent) || digits * Math.abs(exponent) > mostDigits) return undefined;
  const times = BigInt(Math.abs(exponent));
  const raised = { over: base.over ** times, under: base.under ** times };
  return exponent < 0 ? rational(raised.under, raised.over) : raised;
}

/** The nearest binary floating-point number; infinite beyond 1.8e308. */
export function toFloat({ over, under }: Rational): number {
  const near = Number(over) / Number(under);
  if (Number.isFinite(near)) return near;
  const shift = BigInt(String(under).length); // both are too large to be divided as floats
  return Number((over * 10n ** 20n) / under) / 1e20 || Number(over / 10n ** shift) / Number(under / 10n ** shift);
}

/** A rational as a decimal where it has one, else as a fraction: `2.5`, `1/3`. */
export function show({ over, under }: Rational): string {
  let rest = under;
  let places = 0;
  for (const prime of [2n, 5n]) {
    let count = 0;
    for (; rest % prime === 0n; rest /= prime) count++;
    places = Math.max(places, count);
  }
  if (rest !== 1n) return `${over}/${under}`;
  if (places === 0) return String(over);
  const digits = String(((over < 0n ? -over : over) * 10n ** BigInt(places)) / under).padStart(places + 1, "0");
  return `${over < 0n ? "-" : ""}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
