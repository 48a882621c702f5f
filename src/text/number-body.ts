import { isBlank } from "./blank.ts";
import { fromHan } from "./han.ts";
import { type Body, mantissaOf } from "./mantissa.ts";
import { type Lead, unspaced } from "./number-lead.ts";
import { isPlainBehind, plainNumber } from "./number-plain.ts";
import { fractionMark, unreadableMark } from "./plain.ts";
import { negative, power, product, quotient, type Rational, total } from "./rational.ts";

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

/** The next sign, and the one behind a blank. */
const aheadOf = (text: string, at: number): string =>
  isBlank(text.charCodeAt(at)) ? ` ${text.slice(at + 1, at + 4).trimStart()[0] ?? ""}` : (text[at] ?? "");

const isOf = (signs: string, ahead: string): boolean => ahead !== "" && signs.includes(ahead.at(-1)!);
const mayBeLetter = (code: number): boolean => code > 64;
const isLetter = (sign: string): boolean => (sign >= "a" && sign <= "z") || (sign >= "A" && sign <= "Z");

// made once: a text may say thousands of numbers
const glued = /(?:[.,:'_/+*×^-]?[\d\p{L}%\uE000])+/uy;
const markedFraction = /\uE000(-?\d+(?:[.,]\d+)*)\/(-?\d+(?:[.,]\d+)*)/y;
const markedPart = /[ \u2009]?\uE000(\d+)\/(\d+)/y;
const writtenPart = / (\d{1,3})\/(\d{1,3})(?![\d/.,])/y;
const timesPowerOfTen = /\s{0,3}[×xX*·]\s{0,3}10\s{0,2}(?:\^|\*\*)\s{0,2}\(?([+-]?\d{1,5})\)?(?!\d|\.\d)/y;
const exponentBehind = /(?:\^|\*\*(?=[+-]?\d))\(?([+-]?\d{1,5})\)?(?!\d|\.\d)/y;
const divisionSign = / ?\/ ?(?=\d)/y;
const shareBehind = /\s?(?:%|‰|(?:percent|per cent|pct)(?!\p{L}))/iuy;
const scaleWord = /[ \u2009-]?(dozen|hundred|thousand|lakh|million|mn|crore|billion|bn|trillion|tn)(?!\p{L})/iuy;
const scaleLetter = /[kmbt](?![\p{L}\d])/iuy;
const signsBetween = /(?:[.,:'_/+*×-][\d\uE000]|[√π∞±^\uE000\uE001])/uy;
const unitBehind = /\p{L}{1,30}/uy;

/** Where what is written together with a number ends. */
function gluedEnd(text: string, from: number): number {
  glued.lastIndex = from;
  return glued.test(text) ? glued.lastIndex : from;
}

/** The digits themselves, with groups, decimals, fraction, power, share, scale and unit. */
export function bodyOf(
  text: string,
  from: number,
  point: "." | ",",
  listUntil: number,
  { isMoney, isDecimals }: Lead,
): Body {
  const first = text[from]!;
  if (first === unreadableMark)
    return { end: gluedEnd(text, from + 1), problem: "it is not a fraction of two numbers" };
  if (first > "\u3000" && first < "\uA000") {
    const numeral = /[零〇一二三四五六七八九十百千万亿]{1,20}/uy;
    numeral.lastIndex = from;
    const said = numeral.exec(text)![0];
    return { end: from + said.length, value: { over: fromHan(said), under: 1n } };
  }
  const simple = isDecimals || first === fractionMark ? undefined : plainNumber(text, from, point, listUntil);
  if (simple) return simple;
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
    value = fraction(take(markedFraction), point);
  } else {
    const mantissa = mantissaOf(text, from, point, listUntil, isDecimals);
    at = mantissa.end;
    until = mantissa.listUntil;
    value = mantissa.value;
    if (value && isPlainBehind(text, at, value.under === 1n)) return mantissa;
    const behind = aheadOf(text, at);
    const mixed =
      value?.under === 1n && isOf("0123456789\uE000", behind) ? (take(markedPart) ?? take(writtenPart)) : undefined;
    if (mixed) {
      const part = fraction(mixed, point);
      if (!part || part.over >= part.under) value = undefined;
      else value = value && total(value, part);
    }
  }
  const rest = { ...(until === undefined ? {} : { listUntil: until }) };
  const fail = (problem: string): Body => {
    return { end: gluedEnd(text, at), problem, ...rest };
  };
  if (value === undefined) return fail("its signs between digits can be read in several ways");
  let ahead = aheadOf(text, at);
  const scientific = !isOf("×xX*·", ahead) ? undefined : take(timesPowerOfTen);
  if (scientific) {
    const scale = power({ over: 10n, under: 1n }, Number(scientific[1]));
    if (!scale) return fail("it has too many digits");
    value = product(value, scale);
  } else {
    const raised = !isOf("*^", ahead) ? undefined : take(exponentBehind);
    if (raised) value = power(value, Number(raised[1]));
    if (!value) return fail("it is a power with too many digits");
  }
  const divided = !aheadOf(text, at).includes("/") ? undefined : take(divisionSign);
  if (divided) {
    const below = mantissaOf(text, at, point, text.length);
    at = below.end;
    value = below.value && quotient(value, below.value);
    if (!value) return fail("it is divided by 0, or by what is not a number");
  }
  ahead = aheadOf(text, at);
  const share = !isOf("%‰pP", ahead) ? undefined : take(shareBehind)?.[0];
  const partsOf = share === undefined ? undefined : share.includes("‰") ? 1000 : 100;
  ahead = aheadOf(text, at);
  const mayBeScale = ahead !== "" && (isLetter(ahead.at(-1)!) || ahead.at(-1) === "-");
  const scale = !mayBeScale ? undefined : take(scaleWord)?.[1]?.toLowerCase();
  if (scale) value = product(value, { over: BigInt(scales[scale]!), under: 1n });
  const letter = scale || !mayBeScale || !isOf("kmbtKMBT", text[at] ?? "") ? undefined : take(scaleLetter)?.[0];
  if (letter !== undefined) {
    if (isMoney || letter === "k")
      value = product(value, { over: BigInt(letterScales[letter.toLowerCase()]!), under: 1n });
    else if (letter !== "m" && letter !== "b" && letter !== "t")
      return fail(`${letter} behind it can be a unit or a factor`);
  }
  const next = text.charCodeAt(at);
  signsBetween.lastIndex = at;
  if (letter === undefined && !isBlank(next) && signsBetween.test(text))
    return fail("its signs between digits can be read in several ways");
  const unit = letter ?? (ahead === "" || ahead[0] === " " || !mayBeLetter(next) ? undefined : take(unitBehind)?.[0]);
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
