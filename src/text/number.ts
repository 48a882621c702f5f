import { type NumberOptions, type Placed, type SaidNumber, scan } from "./number-scan.ts";
import { fractionMark, plain, unreadableMark } from "./plain.ts";
import { negative, quotient, type Rational, toFloat, total } from "./rational.ts";

export type { NumberOptions, SaidNumber } from "./number-scan.ts";

/**
 * The numbers that a text says, in its order. Digits that belong to a name (`GPT-4`, `x^2`) are none. What stands where a number could but
 * cannot be read (`3,14`, `10-20`, `sqrt(2)`) is in the list without a value, so that no earlier number is taken for the answer.
 *
 * The grammar stands in docs/scoring.md.
 *
 * @example numbersIn("He had $1,024.50, then 1.5 × 10^3.").map(({ text }) => text) // => ["$1,024.50", "1.5 × 10^3"]
 * @example numbersIn("It fell from 100 to 3,14").map(({ value }) => value !== undefined) // => [true, false]
 */
export function numbersIn(text: string, options: NumberOptions = {}): readonly SaidNumber[] {
  return withoutPlaces(scan(plain(text), options));
}

/**
 * The last number that a text says: the last of `numbersIn`, without a look at the numbers of earlier lines and words.
 *
 * @returns nothing where the text says none; without a value where the last one cannot be read
 * @example lastNumber("12 + 15 = 27") // => { text: "27", value: { over: 27n, under: 1n } }
 */
export function lastNumber(text: string, options: NumberOptions = {}): SaidNumber | undefined {
  const said = plain(text);
  for (let end = said.length; end > 0; ) {
    let from = end;
    while (from > 0 && !isDigitLike(said[from - 1]!)) from--;
    end = from;
    while (from > 0 && end - from < widest && !isWordEnd(said, from)) from--;
    const found = withoutPlaces(scan(said, options, from, end)).at(-1);
    if (found) return found;
    end = from;
  }
  return undefined;
}

/**
 * The first number that a text says: the first of `numbersIn`, without a look at the numbers of later lines.
 *
 * @example firstNumber("12 + 15 = 27") // => { text: "12", value: { over: 12n, under: 1n } }
 */
export function firstNumber(text: string, options: NumberOptions = {}): SaidNumber | undefined {
  const said = plain(text);
  for (let from = 0; from < said.length; ) {
    const digit = said.slice(from).search(/[\d\uE000\uE001零〇一二三四五六七八九十]/);
    if (digit < 0) return undefined;
    const end = from + digit + widest;
    const found = withoutPlaces(scan(said, options, from, end))[0];
    if (found) return found;
    from = end;
  }
  return undefined;
}

/** Signs that one number may take: longer ones are not read anyway. */
const widest = 2000;

const isDigitLike = (sign: string): boolean =>
  (sign >= "0" && sign <= "9") ||
  (sign > "\u3000" && (sign === fractionMark || sign === unreadableMark || "零〇一二三四五六七八九十".includes(sign)));

/** Whether no number reaches over this place: a line begins here, or a word of letters ended. */
const isWordEnd = (text: string, at: number): boolean =>
  text[at - 1] === "\n" ||
  (text[at - 1] === " " &&
    /[a-z]{3}$/.test(text.slice(Math.max(0, at - 4), at - 1)) &&
    !/^(?:[x×*·/]|of )/.test(text.slice(at, at + 3)));

/**
 * The number that a whole text is, with what may stand around one: a currency sign, a name (`x =`), quotes and full stops, a unit behind it.
 *
 * @param units whether words may stand behind the number
 * @returns nothing for a text that is not one number
 * @example numberOf("42 km").value // => { over: 42n, under: 1n }
 * @example numberOf("between 3 and 4") // => undefined
 */
export function numberOf(
  text: string,
  { units = true, ...options }: NumberOptions & { readonly units?: boolean } = {},
): SaidNumber | undefined {
  if (text.length > 2000) return undefined;
  const said = plain(text).trim();
  const found = scan(said, options);
  const only = found[0];
  if (found.length !== 1 || only?.value === undefined) return undefined;
  const before = said.slice(0, only.start);
  const behind = said.slice(only.end);
  const isBare =
    before.length <= 200 &&
    /^[\s\p{P}\p{S}]*(?:\p{L}[\p{L}_]{0,19}\s?[=≈:]\s?)?[\s\p{P}\p{S}]*$/u.test(before) &&
    !/[()[\]]\s*-\s*$/.test(before);
  const isUnit = units
    ? behind.length <= 60 && behind.trim().split(/\s+/).length <= 4 && /^(?:[\s\p{L}\p{P}\p{S}]|\^-?\d)*$/u.test(behind)
    : !only.hasUnit && /^[\s\p{P}\p{Sc}°]*$/u.test(behind);
  return isBare && isUnit ? withoutPlaces(found)[0] : undefined;
}

const withoutPlaces = (found: readonly Placed[]): readonly SaidNumber[] =>
  found.map(({ text, value, partsOf, problem }) => {
    if (value && partsOf === undefined) return { text, value };
    return value ? { text, value, partsOf: partsOf! } : { text, problem: problem! };
  });

export interface Tolerance {
  /** Difference that is still equal. */
  readonly absolute?: number;
  /** Difference that is still equal, as a share of the wanted number. */
  readonly relative?: number;
}

/**
 * Whether two said numbers are equal. Whole numbers are compared exactly unless a tolerance is given; for others a difference in the last
 * bits of a binary floating-point number does not count. A share equals its own number of parts: `20%` is `20 %`, `20` and `0.2`.
 *
 * @example sameNumber(numberOf("1/3")!, numberOf("0.3333333333333333")!) // => true
 * @example sameNumber(numberOf("7006650")!, numberOf("7006652")!) // => false
 */
export function sameNumber(said: SaidNumber, wanted: SaidNumber, tolerance: Tolerance = {}): boolean {
  if (said.partsOf === undefined && wanted.partsOf === undefined)
    return said.value !== undefined && wanted.value !== undefined && near(said.value, wanted.value, tolerance);
  const bothShares = said.partsOf !== undefined && wanted.partsOf !== undefined;
  const readings = (each: SaidNumber): readonly Rational[] => {
    if (each.value === undefined) return [];
    const share = each.partsOf && quotient(each.value, { over: BigInt(each.partsOf), under: 1n })!;
    return share === undefined ? [each.value] : bothShares ? [share] : [each.value, share];
  };
  return readings(said).some((a) => readings(wanted).some((b) => near(a, b, tolerance)));
}

function near(a: Rational, b: Rational, { absolute = 0, relative = 0 }: Tolerance): boolean {
  if (a.over === b.over && a.under === b.under) return true;
  const isWhole = a.under === 1n && b.under === 1n;
  if (isWhole && absolute === 0 && relative === 0) return false;
  const [x, y] = [toFloat(a), toFloat(b)];
  const size = Math.max(Math.abs(x), Math.abs(y));
  const allowed = Math.max(absolute, relative * Math.abs(y));
  if (Math.abs(x - y) > allowed + 1e-12 * (size + allowed)) return false; // far from it, and exact arithmetic takes long
  const difference = Math.abs(toFloat(total(a, negative(b))));
  const slack = isWhole ? 0 : 4 * Number.EPSILON * size;
  return difference <= allowed + slack || difference <= allowed * (1 + 4 * Number.EPSILON);
}
