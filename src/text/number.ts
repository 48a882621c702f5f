import { fractionMark, plain, unreadableMark } from "./plain.ts";
import { decimal, negative, power, product, quotient, type Rational, toFloat, total } from "./rational.ts";

/** A number that a text says, or something in its place that cannot be read as one. */
export interface SaidNumber {
  /** As it stands in the text, in plain characters. */
  readonly text: string;
  /** Absent where it cannot be read; `problem` then says why. */
  readonly value?: Rational;
  /** How many parts make a whole where the number is a share: 100 behind `%`, 1000 behind `‰`. */
  readonly partsOf?: 100 | 1000;
  readonly problem?: string;
}

export interface NumberOptions {
  /** The decimal sign. `,` makes `1.234,5` a number and `1,234` one and a bit. */
  readonly decimal?: "." | ",";
}

interface Placed extends SaidNumber {
  readonly hasUnit: boolean;
  readonly start: number;
  readonly end: number;
}

/** Scripts whose words stand without blanks, so that a number may follow a letter. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
const currency =
  /(?:\p{Sc}|(?<![\p{L}])(?:USD|EUR|GBP|CHF|JPY|CNY|RMB|INR|KRW|CAD|AUD|NZD|SEK|NOK|DKK|PLN|BRL|MXN|ZAR|Rs\.?|Fr\.?))\s?$/iu;

const scales: Readonly<Record<string, number>> = {
  dozen: 12,
  hundred: 100,
  thousand: 1e3,
  lakh: 1e5,
  million: 1e6,
  mn: 1e6,
  crore: 1e7,
  billion: 1e9,
  bn: 1e9,
  trillion: 1e12,
  tn: 1e12,
};
const letterScales: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, b: 1e9, t: 1e12 };

/**
 * The numbers that a text says, in its order. Digits that belong to a name (`GPT-4`, `x^2`) are none. What stands where a number could but
 * cannot be read (`3,14`, `10-20`, `sqrt(2)`) is in the list without a value, so that nobody takes an earlier number for the answer.
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
  sign === fractionMark ||
  sign === unreadableMark ||
  "零〇一二三四五六七八九十".includes(sign);

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
  found.map(({ start: _, end: __, hasUnit: ___, ...said }) => said);

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
  const difference = Math.abs(toFloat(total(a, negative(b))));
  const slack = isWhole ? 0 : 4 * Number.EPSILON * Math.max(Math.abs(toFloat(a)), Math.abs(toFloat(b)));
  const allowed = Math.max(absolute, relative * Math.abs(toFloat(b)));
  return difference <= allowed + slack || difference <= allowed * (1 + 4 * Number.EPSILON);
}

/** Reads on from digit to digit; every character is looked at a bounded number of times. */
function scan(text: string, { decimal: point = "." }: NumberOptions, start = 0, end = text.length): readonly Placed[] {
  const found: Placed[] = [];
  const next = /[\d\uE000\uE001]|(?<!\p{L})[零〇一二三四五六七八九十百千万亿]{1,20}(?!\p{L})/gu;
  next.lastIndex = start;
  const hasMarks = text.includes(fractionMark) || text.includes(unreadableMark);
  let listUntil = 0; // up to here, numbers with blanks between them are a list and no groups of one number
  for (let match = next.exec(text); match && match.index < end; match = next.exec(text)) {
    const from = match.index;
    const lead = leadOf(text, from);
    const body = bodyOf(text, from, point, listUntil, lead);
    listUntil = Math.max(listUntil, body.listUntil ?? 0);
    next.lastIndex = Math.max(body.end, from + 1);
    if (lead.isName) continue;
    const said = text.slice(lead.start, body.end);
    const shown = hasMarks ? said.replaceAll(fractionMark, "").replaceAll(unreadableMark, "").trim() : said.trim();
    const problem = lead.problem ?? body.problem;
    const value = body.value && (lead.isNegative ? negative(body.value) : body.value);
    found.push({
      text: shown,
      start: lead.start,
      end: body.end,
      hasUnit: body.hasUnit ?? false,
      ...(problem === undefined && value ? { value } : { problem: problem ?? "it is no number" }),
      ...(body.partsOf === undefined ? {} : { partsOf: body.partsOf }),
    });
  }
  return withoutTuples(text, found);
}

interface Lead {
  readonly start: number;
  readonly isNegative?: boolean;
  readonly isMoney?: boolean;
  /** Whether a decimal point stands before the digits: `.5`. */
  readonly isDecimals?: boolean;
  /** Whether the digits belong to a word and are no number. */
  readonly isName?: boolean;
  readonly problem?: string;
}

/** Whether nothing but a blank behind an ordinary word stands before the digits, as nearly always. */
function isPlainBefore(text: string, from: number): boolean {
  if (from === 0) return true;
  const last = text[from - 1]!;
  if (last === "\n") return true;
  const behind = text[from - 2] ?? "\n"; // a number never hangs on what stands before these
  return last === " " && ((behind >= "a" && behind <= "z") || ".,;!?\n0123456789".includes(behind));
}

/** Whether the digits end here: a sign of punctuation and no digit, or a blank and a word that changes no number, follow. */
function isPlainBehind(text: string, at: number): boolean {
  const next = text[at];
  if (next === undefined || next === "\n") return true;
  const second = text[at + 1];
  if (',.;!?)]"'.includes(next)) return second === undefined || second === " " || second === "\n";
  return next === " " && second !== undefined && second >= "a" && second <= "z" && !"xpdhtlmcb".includes(second);
}

/** What stands directly before the digits: a sign, a currency, a decimal point; or what makes them something else than a number. */
function leadOf(text: string, from: number): Lead {
  if (isPlainBefore(text, from)) return { start: from };
  let start = from;
  let isDecimals = false;
  const last = text[from - 1]!;
  const mayBeMoney =
    /[\p{Sc}\p{L}.]/u.test(last === " " ? (text[from - 2] ?? "") : last) ||
    (last === "-" && /[\p{Sc}\s]/u.test(text[from - 2] ?? ""));
  const before = (): string => text.slice(Math.max(0, start - 12), start);
  if (last === "." && /(?<![.\d])\.$/.test(before())) {
    if (/\p{L}\.$/u.test(before()) && !currency.test(before()))
      return { start, problem: "a full stop stands between a word and it" };
    if (!currency.test(before())) {
      start -= 1;
      isDecimals = true;
    }
  }
  const take = (pattern: RegExp): string => {
    const taken = pattern.exec(before())?.[0] ?? "";
    start -= taken.length;
    return taken;
  };
  const inner = last === "-" || last === "+" ? take(/[+-]+$/) : "";
  const money = mayBeMoney ? take(currency) : "";
  const outer = money === "" ? "" : take(/[+-]+$/);
  let sign = outer + inner;
  const isMoney = money !== "";
  if (sign === "" && (last === " " || last === "\t")) sign = take(/(?<=[=:(≈<>]\s{0,3})[+-][ \t]{1,3}$/).trim();
  if (sign.length > 1) return { start, problem: "it has several signs" };
  const left = before();
  const isNegative = sign === "-";
  if (left === "" || " \n\t,;:=>\"'".includes(left.at(-1)!)) return { start, isNegative, isMoney, isDecimals };
  if (/\^$|[\p{L}\p{N})\]]_$/u.test(left)) return { start, isName: true };
  if (/[-+]\($/.test(left)) return { start, problem: "a sign stands before its bracket" };
  if (/[±√∛∞π]$/.test(left)) return { start, problem: `${left.at(-1)} stands before it` };
  if (/[)\]}\p{L}]\s?\/$/u.test(left)) return { start, problem: "something else is divided by it" };
  if (/\p{L}\($/u.test(left) && !/[\p{Script=Han}]\($/u.test(left))
    return { start, problem: "it is the argument of a function" };
  if (sign !== "" && /[)\]]$/.test(left)) return { start, problem: "it is a part of an expression" };
  if (sign === "" && /[)\]\p{L}](?:\*|×)$/u.test(left) && !/\*\*$/.test(left))
    return { start, problem: "it is a part of an expression" };
  if (/[\p{L}]$/u.test(left) && !unspaced.test(left) && !isMoney) {
    return sign === "+" ? { start, problem: "it is a part of an expression" } : { start, isName: true };
  }
  return { start, isNegative, isMoney, isDecimals };
}

interface Body {
  readonly end: number;
  readonly value?: Rational | undefined;
  readonly partsOf?: 100 | 1000;
  readonly problem?: string;
  readonly listUntil?: number;
  readonly hasUnit?: boolean;
}

/** The next sign, and the one behind a blank. */
const aheadOf = (text: string, at: number): string => {
  const next = text[at] ?? "";
  return /\s/.test(next) ? ` ${text.slice(at + 1, at + 4).trimStart()[0] ?? ""}` : next;
};

const hanUnits: Readonly<Record<string, bigint>> = { 十: 10n, 百: 100n, 千: 1000n, 万: 10_000n, 亿: 100_000_000n };

/** A Chinese numeral: with units (三十五), or digit by digit (二〇二四). */
function fromHan(numeral: string): bigint {
  const digits = [...numeral].map((sign) => (sign === "零" ? 0 : "〇一二三四五六七八九".indexOf(sign)));
  if (!digits.includes(-1)) return BigInt(digits.join(""));
  let sum = 0n;
  let section = 0n;
  let digit = 0n;
  for (const [i, sign] of [...numeral].entries()) {
    const unit = hanUnits[sign];
    if (unit === undefined) digit = BigInt(digits[i]!);
    else if (unit <= 1000n) [section, digit] = [section + (digit === 0n ? 1n : digit) * unit, 0n];
    else [sum, section, digit] = [(sum + section + digit) * unit, 0n, 0n];
  }
  return sum + section + digit;
}

/** A short whole number behind which nothing belongs to it, as most are. */
function plainWhole(text: string, from: number): Body | undefined {
  const end = digitsEnd(text, from);
  if (end - from > 15) return undefined;
  if (!isPlainBehind(text, end)) {
    if (text[end] !== " " || !isAsciiDigit(text.charCodeAt(end + 1))) return undefined;
    const next = digitsEnd(text, end + 1);
    if ((end - from <= 3 && next - end - 1 === 3) || text[next] === "/") return undefined; // groups, or a mixed number
  }
  return { end, value: { over: BigInt(text.slice(from, end)), under: 1n } };
}

function digitsEnd(text: string, from: number): number {
  let end = from;
  while (isAsciiDigit(text.charCodeAt(end))) end++;
  return end;
}

/** The digits themselves, with groups, decimals, fraction, power, share, scale and unit. */
function bodyOf(text: string, from: number, point: "." | ",", listUntil: number, { isMoney, isDecimals }: Lead): Body {
  const first = text[from]!;
  if (first === unreadableMark) return { end: from + 1, problem: "it is no fraction of two numbers" };
  if (first > "\u3000" && first < "\uA000") {
    const numeral = /[零〇一二三四五六七八九十百千万亿]{1,20}/uy;
    numeral.lastIndex = from;
    const said = numeral.exec(text)![0];
    return { end: from + said.length, value: { over: fromHan(said), under: 1n } };
  }
  const whole = isDecimals ? undefined : plainWhole(text, from);
  if (whole) return whole;
  let at = from;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const taken = pattern.exec(text) ?? undefined;
    if (taken) at = pattern.lastIndex;
    return taken;
  };
  let value: Rational | undefined;
  let until: number | undefined;
  if (first === fractionMark) {
    value = fraction(take(/\uE000(-?[\d.,]+)\/(-?[\d.,]+)/y), point);
  } else {
    const mantissa = mantissaOf(text, from, point, listUntil, isDecimals);
    at = mantissa.end;
    until = mantissa.listUntil;
    value = mantissa.value;
    if (value && isPlainBehind(text, at)) return mantissa;
    const behind = aheadOf(text, at);
    const mixed =
      value?.under === 1n && /[\d\uE000]/.test(behind)
        ? (take(/[ \u2009]?\uE000(\d+)\/(\d+)/y) ?? take(/ (\d{1,3})\/(\d{1,3})(?![\d/.,])/y))
        : undefined;
    if (mixed) {
      const part = fraction(mixed, point);
      if (!part || part.over >= part.under) value = undefined;
      else value = value && total(value, part);
    }
  }
  const rest = { ...(until === undefined ? {} : { listUntil: until }) };
  const fail = (problem: string): Body => {
    take(/(?:[.,:'_/+*×^-]?[\d\p{L}%\uE000])+/uy);
    return { end: at, problem, ...rest };
  };
  if (value === undefined) return fail("its signs between digits can be read in several ways");
  let ahead = aheadOf(text, at);
  const scientific = !/[×xX*·]/.test(ahead)
    ? undefined
    : take(/\s{0,3}[×xX*·]\s{0,3}10\s{0,2}(?:\^|\*\*)\s{0,2}\(?([+-]?\d{1,5})\)?(?!\d|\.\d)/y);
  if (scientific) {
    const scale = power({ over: 10n, under: 1n }, Number(scientific[1]));
    if (!scale) return fail("it has too many digits");
    value = product(value, scale);
  } else {
    const raised = !/[*^]/.test(ahead) ? undefined : take(/(?:\^|\*\*(?=[+-]?\d))\(?([+-]?\d{1,5})\)?(?!\d|\.\d)/y);
    if (raised) value = power(value, Number(raised[1]));
    if (!value) return fail("it is a power with too many digits");
  }
  const divided = !aheadOf(text, at).includes("/") ? undefined : take(/ ?\/ ?(?=\d)/y);
  if (divided) {
    const below = mantissaOf(text, at, point, text.length);
    at = below.end;
    value = below.value && quotient(value, below.value);
    if (!value) return fail("it is divided by 0, or by what is no number");
  }
  ahead = aheadOf(text, at);
  const share = !/[%‰p]/i.test(ahead) ? undefined : take(/\s?(?:%|‰|(?:percent|per cent|pct)(?!\p{L}))/iuy)?.[0];
  const partsOf = share === undefined ? undefined : share.includes("‰") ? 1000 : 100;
  ahead = aheadOf(text, at);
  const mayBeScale = /[a-z-]/i.test(ahead);
  const scale = !mayBeScale
    ? undefined
    : take(
        /[ \u2009-]?(dozen|hundred|thousand|lakh|million|mn|crore|billion|bn|trillion|tn)(?!\p{L})/iuy,
      )?.[1]?.toLowerCase();
  if (scale) value = product(value, { over: BigInt(scales[scale]!), under: 1n });
  const letter = scale || !mayBeScale ? undefined : take(/[kmbt](?![\p{L}\d])/iuy)?.[0];
  if (letter !== undefined) {
    if (isMoney || letter === "k")
      value = product(value, { over: BigInt(letterScales[letter.toLowerCase()]!), under: 1n });
    else if (letter !== "m" && letter !== "b" && letter !== "t")
      return fail(`${letter} behind it can be a unit or a factor`);
  }
  if (letter === undefined && /^(?:[.,:'_/+*×-][\d\uE000]|[√π∞±^\uE000\uE001])/u.test(text.slice(at, at + 2)))
    return fail("its signs between digits can be read in several ways");
  const unit = letter ?? (ahead === "" || ahead[0] === " " ? undefined : take(/\p{L}{1,30}/uy)?.[0]);
  if (unit !== undefined && !unspaced.test(unit[0]!) && (/^[ieπ]$/.test(unit) || /^[\d(]/.test(text.slice(at))))
    return fail("letters and digits are mixed");
  return { end: at, value, hasUnit: unit !== undefined, ...rest, ...(partsOf === undefined ? {} : { partsOf }) };
}

function fraction(found: RegExpExecArray | undefined, point: "." | ","): Rational | undefined {
  const [over, under] = [found?.[1], found?.[2]].map((text) => (text === undefined ? undefined : grouped(text, point)));
  return over && under && quotient(over, under);
}

/** A number with groups and decimals and nothing around it. */
function grouped(text: string, point: "." | ","): Rational | undefined {
  const sign = text.startsWith("-") ? 1 : 0;
  const read = mantissaOf(text, sign, point, text.length);
  return read.end === text.length && read.value ? (sign ? negative(read.value) : read.value) : undefined;
}

const isAsciiDigit = (code: number): boolean => code >= 48 && code <= 57;

const mantissas = {
  ".": {
    grouped:
      /[1-9]\d{0,2}(?:(?:,\d{3})+|(?:'\d{3})+|(?:_\d{3})+|(?:\u2009\d{3})+)(?!\d)|[1-9]\d?(?:,\d{2})+,\d{3}(?!\d)/y,
    decimals: /\.\d+/y,
  },
  ",": { grouped: /[1-9]\d{0,2}(?:(?:\.\d{3})+|(?:'\d{3})+|(?:_\d{3})+|(?:\u2009\d{3})+)(?!\d)/y, decimals: /,\d+/y },
};
const blankGroups = /[1-9]\d{0,2}(?:([ \u00A0\u2007\u202F\t])\d{3}(?!\d)(?:\1\d{3}(?!\d))*)/y;

/** Digits with groups of thousands, decimals and an exponent. Nothing as its value where the signs between them make no number. */
function mantissaOf(text: string, from: number, point: "." | ",", listUntil: number, isDecimals = false): Body {
  let at = from;
  let until: number | undefined;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const taken = pattern.exec(text)?.[0];
    if (taken !== undefined) at = pattern.lastIndex;
    return taken;
  };
  let digits = "";
  if (isDecimals) {
    digits = `0.${take(/\d+/y) ?? ""}`;
  } else {
    const run = digitsEnd(text, from);
    const isShort = run - from <= 3;
    const hasBlank = isShort && isAsciiDigit(text.charCodeAt(run + 1));
    let whole = isShort && hasBlank ? take(mantissas[point].grouped) : undefined;
    if (whole === undefined && hasBlank && from >= listUntil) {
      whole = take(blankGroups);
      if (whole !== undefined && /^[ \u00A0\u2007\u202F\t]\d/.test(text.slice(at, at + 2))) {
        until = at;
        [whole, at] = [undefined, from];
      }
    }
    if (whole === undefined) {
      whole = text.slice(from, run);
      at = run;
    } else whole = whole.replace(/\D/g, "");
    digits = text[at] === point ? whole + (take(mantissas[point].decimals) ?? "").replace(",", ".") : whole;
  }
  if (text[at] === "e" || text[at] === "E") digits += take(/e[+-]?\d+(?![\p{L}\d])/iuy) ?? "";
  const broken = ".,'_:".includes(text[at] ?? " ") && isAsciiDigit(text.charCodeAt(at + 1));
  const isSmall = digits.length < 16 && /^\d+$/.test(digits);
  const value = broken ? undefined : isSmall ? { over: BigInt(digits), under: 1n } : decimal(digits);
  return { end: at, value, ...(until === undefined ? {} : { listUntil: until }) };
}

/** Numbers that stand together in brackets, `(3, 4)`, are one thing that is no number. */
function withoutTuples(text: string, found: readonly Placed[]): readonly Placed[] {
  const kept: Placed[] = [];
  for (let first = 0; first < found.length; ) {
    let last = first;
    while (
      last + 1 < found.length &&
      /^\s{0,3}[,;]\s{0,3}$/.test(text.slice(found[last]!.end, Math.min(found[last + 1]!.start, found[last]!.end + 9)))
    )
      last++;
    const [begin, end] = [found[first]!, found[last]!];
    const inBrackets =
      /[([]\s{0,3}$/.test(text.slice(Math.max(0, begin.start - 4), begin.start)) &&
      /^\s{0,3}[)\]]/.test(text.slice(end.end, end.end + 4));
    if (last > first && inBrackets) {
      kept.push({
        text: text.slice(begin.start, end.end),
        start: begin.start,
        end: end.end,
        hasUnit: false,
        problem: "it is several numbers in brackets",
      });
    } else {
      for (let each = first; each <= last; each++) kept.push(found[each]!);
    }
    first = last + 1;
  }
  return kept;
}
