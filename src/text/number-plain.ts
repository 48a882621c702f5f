import { isBlank } from "./blank.ts";
import { type Body, isAsciiDigit } from "./mantissa.ts";
import { fractionMark } from "./plain.ts";
import { commonDivisor, type Rational } from "./rational.ts";

/** Which characters of ASCII are among these: 1 for those that are. */
export const tableOf = (signs: string): Uint8Array => {
  const has = new Uint8Array(128);
  for (const sign of signs) has[sign.charCodeAt(0)] = 1;
  return has;
};
const letters = "abcdefghijklmnopqrstuvwxyz";

/** Signs that end a number whatever follows. */
const ends = tableOf(')]}({["!?;=<>|&#$@~`\\');
/** Signs that end a number where no digit follows. */
const endsBeforeText = tableOf(",.:'_+");
/** What changes no number that stands before it and a blank: all but factors, shares, and digits. Letters may begin a word that does. */
const startsAfterBlank = tableOf(`${letters}${letters.toUpperCase()},.:;'"_+-()[]{}!?=<>|&#$@~\`\\`);
const mayBeginScale = tableOf("xpdhtlmcbXPDHTLMCB");
const scaleWords = new Set(
  "percent per pct dozen hundred thousand lakh million mn crore billion bn trillion tn".split(" "),
);

/** Whether a word changes no number before it. */
function isPlainWord(text: string, from: number): boolean {
  if (mayBeginScale[text.charCodeAt(from)] !== 1) return true;
  let end = from + 1;
  while (end < from + 9 && letters.includes(text[end]?.toLowerCase() ?? " ")) end += 1;
  const next = text.charCodeAt(end);
  if (end === from + 1 && (text[from] === "x" || text[from] === "X")) return !isAsciiDigit(next) && !isBlank(next);
  return !(next >= 128) && !scaleWords.has(text.slice(from, end).toLowerCase());
}

/**
 * Whether a number ends here, and nothing that follows belongs to it: no share, scale, unit, power or factor.
 *
 * @param isWhole whether the number is whole, so that a fraction behind a blank may be a part of it
 */
export function isPlainBehind(text: string, at: number, isWhole: boolean): boolean {
  const next = text.charCodeAt(at);
  if (Number.isNaN(next) || next === 10) return true;
  if (next === 32) {
    const second = text.charCodeAt(at + 1);
    if (startsAfterBlank[second] === 1) return isPlainWord(text, at + 1);
    if (second < 128) return !isWhole && isAsciiDigit(second);
    return (second >= 0xc0 && second < 0x1680 && second !== 0xd7) || (second >= 0x3001 && second < 0xe000);
  }
  if (next >= 128) return false;
  if (ends[next] === 1) return true;
  const second = text.charCodeAt(at + 1);
  return endsBeforeText[next] === 1 && !isAsciiDigit(second) && !(second >= 0xe000);
}

/** Digits whose value a floating-point number still holds exactly. */
const most = 15;

/**
 * A number as most are: whole, with groups of thousands, decimals, a fraction or a percent sign, of few digits, and nothing else that belongs
 * to it. A short way to what the whole grammar gives.
 *
 * @returns nothing for any other, though it may be a number
 */
export function plainNumber(text: string, from: number, point: "." | ",", listUntil: number): Body | undefined {
  let at = from;
  let value = 0;
  const digit = (): boolean => {
    const code = text.charCodeAt(at);
    if (!isAsciiDigit(code)) return false;
    value = 10 * value + code - 48;
    at += 1;
    return true;
  };
  while (digit());
  const first = at - from;
  if (first > most) return undefined;
  const next = text.charCodeAt(at);
  if (next === 32 && isAsciiDigit(text.charCodeAt(at + 1))) {
    let end = at + 2;
    while (isAsciiDigit(text.charCodeAt(end))) end++;
    const mayBeGroups = from >= listUntil && first <= 3 && end - at === 4;
    return mayBeGroups || text[end] === "/" ? undefined : { end: at, value: whole(value) };
  }
  if (isPlainBehind(text, at, true)) return { end: at, value: whole(value) };
  if (text[at] === fractionMark || next === 47) return partOf(text, at, value);
  if (next === 44 && point === "." && first <= 3 && text[from] !== "0") {
    while (text.charCodeAt(at) === 44 && isAsciiDigit(text.charCodeAt(at + 1))) {
      at += 1;
      if (!digit() || !digit() || !digit() || isAsciiDigit(text.charCodeAt(at))) return undefined;
    }
  }
  let places = 0;
  if (text[at] === point && isAsciiDigit(text.charCodeAt(at + 1))) {
    at += 1;
    while (digit()) places += 1;
  }
  if (at - from > most) return undefined;
  const isShare = text.charCodeAt(at) === 37;
  const end = isShare ? at + 1 : at;
  const unitEnd = isShare || isPlainBehind(text, end, places === 0) ? undefined : plainUnitEnd(text, end);
  if (unitEnd !== undefined) return { end: unitEnd, value: rationalOf(value, places), hasUnit: true };
  if (!isPlainBehind(text, end, places === 0 && !isShare)) return undefined;
  const read = rationalOf(value, places);
  return isShare ? { end, value: read, partsOf: 100 } : { end, value: read };
}

/** `3/4`, and the half of `2½` behind its 2. */
function partOf(text: string, from: number, before: number): Body | undefined {
  const isMixed = text[from] === fractionMark;
  let at = from + 1;
  const digits = (): number => {
    let value = 0;
    const start = at;
    for (let code = text.charCodeAt(at); isAsciiDigit(code); code = text.charCodeAt(++at))
      value = 10 * value + code - 48;
    return at === start || at - start > 6 ? 0 : value;
  };
  const over = isMixed ? digits() : before;
  if (isMixed && text.charCodeAt(at++) !== 47) return undefined;
  const under = digits();
  if (under === 0 || over === 0 || (isMixed && over >= under) || before > 1e9) return undefined;
  if (!isPlainBehind(text, at, false)) return undefined;
  return { end: at, value: lowest(isMixed ? before * under + over : over, under) };
}

/** Where a word ends that is written together with a number and can be nothing but its unit: `18km`, `3rd`; nothing where it could be more. */
function plainUnitEnd(text: string, from: number): number | undefined {
  if ("xXeEpPiI".includes(text[from]!)) return undefined;
  let end = from;
  while (end < from + 30 && letters.includes(text[end]?.toLowerCase() ?? " ")) end += 1;
  const word = text.slice(from, end);
  const next = text.charCodeAt(end);
  if (word === "" || "kmbtKMBT".includes(word) || scaleWords.has(word.toLowerCase())) return undefined;
  return next >= 128 || isAsciiDigit(next) || next === 40 || end === from + 30 ? undefined : end;
}

const rationalOf = (digits: number, places: number): Rational =>
  places === 0 ? whole(digits) : lowest(digits, 10 ** places);

const whole = (value: number): Rational => ({ over: BigInt(value), under: 1n });

/** As a fraction in lowest terms, of numbers that are held exactly. */
function lowest(over: number, under: number): Rational {
  const divisor = commonDivisor(over, under);
  return { over: BigInt(over / divisor), under: BigInt(under / divisor) };
}
