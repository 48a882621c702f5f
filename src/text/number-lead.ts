import { tableOf } from "./number-plain.ts";

/** Scripts whose words stand without blanks, so that a number may follow a letter. */
export const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
const currencyCode =
  /(?<![\p{L}])(?:USD|EUR|GBP|CHF|JPY|CNY|RMB|INR|KRW|CAD|AUD|NZD|SEK|NOK|DKK|PLN|BRL|MXN|ZAR|Rs\.?|Fr\.?)\s?$/iu;

export interface Lead {
  readonly start: number;
  readonly isNegative?: boolean;
  readonly isMoney?: boolean;
  /** Whether a decimal point stands before the digits: `.5`. */
  readonly isDecimals?: boolean;
  /** Whether the digits belong to a word and are not a number. */
  readonly isName?: boolean;
  readonly problem?: string;
}

const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const small = capitals.toLowerCase();
const numerals = "0123456789";
/** Last letters of codes of currencies. */
const lastOfCodes = "DRPFYBWKNLSZ";
const namesOnly = [...(capitals + small)].filter((letter) => !lastOfCodes.includes(letter.toUpperCase())).join("");

/** What a number never hangs on. */
const borders = tableOf(" \n\t,;:=>\"'");
const plainBefore = tableOf("\n,;:=>\"'[]{}|#<~&!?)%@`");
/** What a number does not hang on where a blank stands between. */
const plainBeforeBlank = tableOf(`${small}${namesOnly}${numerals}.,;!?\n:="'()[]{}|<>*&#@~%`);
const partOfName = tableOf(namesOnly);
/** Neither letters nor signs of a currency nor full stops. */
const noMoney = tableOf(`${numerals},;:!?()[]{}|<>="'*&#%`);
const beforeBracket = tableOf(`${numerals} \n\t,;:!?([{|<>="'*&#%/`);

/** Whether nothing belongs to a number that stands directly before its digits, as nearly always. */
function isPlainBefore(text: string, from: number): boolean {
  if (from === 0) return true;
  const last = text.charCodeAt(from - 1);
  if (plainBefore[last] === 1) return true;
  if (from === 1) return last === 32 || last === 40;
  const behind = text.charCodeAt(from - 2);
  if (last === 40) return beforeBracket[behind] === 1;
  if (last !== 32) return false;
  if (plainBeforeBlank[behind] === 1 || (behind >= 0x4e00 && behind < 0xa000)) return true;
  return behind === 32 && noMoney[text.charCodeAt(from - 3)] === 1;
}

/** A minus, a dollar or a name before the digits, where nothing stands before these that could change them. */
function shortLead(text: string, from: number): Lead | undefined {
  const last = text.charCodeAt(from - 1);
  if (partOfName[last] === 1) return { start: from, isName: true };
  const behind = text.charCodeAt(from - 2);
  if (from > 1 && borders[behind] !== 1) return undefined;
  if (last === 36) return { start: from - 1, isMoney: true };
  const mayBeMoney = from > 2 && (behind === 32 || behind < 14) && noMoney[text.charCodeAt(from - 3)] !== 1;
  return last === 45 && !mayBeMoney ? { start: from - 1, isNegative: true } : undefined;
}

/** What stands directly before the digits: a sign, a currency, a decimal point; or what makes them something else than a number. */
export function leadOf(text: string, from: number): Lead {
  if (isPlainBefore(text, from)) return { start: from };
  const short = shortLead(text, from);
  if (short) return short;
  let start = from;
  let isDecimals = false;
  const last = text[from - 1]!;
  const before = (): string => text.slice(Math.max(0, start - 12), start);
  if (last === "." && !/[.\d]/.test(text[from - 2] ?? "") && moneyBefore(text, from) === 0) {
    if (/\p{L}\.$/u.test(before())) return { start, problem: "a full stop stands between a word and it" };
    start -= 1;
    isDecimals = true;
  }
  const take = (pattern: RegExp): string => {
    const taken = pattern.exec(before())?.[0] ?? "";
    start -= taken.length;
    return taken;
  };
  const inner = last === "-" || last === "+" ? take(/[+-]+$/) : "";
  const money = mayBeMoney(text, from) ? moneyBefore(text, start) : 0;
  start -= money;
  let sign = money === 0 ? inner : take(/[+-]+$/) + inner;
  const isMoney = money > 0;
  if (sign === "" && (last === " " || last === "\t") && /[+-]/.test(text.slice(Math.max(0, start - 4), start)))
    sign = take(/(?<=[=:(≈<>]\s{0,3})[+-][ \t]{1,3}$/).trim();
  if (sign.length > 1) return { start, problem: "it has several signs" };
  const isNegative = sign === "-";
  const hung =
    start === 0 || borders[text.charCodeAt(start - 1)] === 1 ? undefined : hangsOn(text, start, sign, isMoney);
  return hung ?? { start, isNegative, isMoney, isDecimals };
}

/** Characters of a currency that stand before a place, with a blank behind it. */
function moneyBefore(text: string, at: number): number {
  const hasBlank = /\s/.test(text[at - 1] ?? "");
  const sign = text[hasBlank ? at - 2 : at - 1] ?? "";
  if (/\p{Sc}/u.test(sign)) return hasBlank ? 2 : 1;
  if (namesOnly.includes(sign)) return 0;
  return currencyCode.exec(text.slice(Math.max(0, at - 12), at))?.[0].length ?? 0;
}

function mayBeMoney(text: string, from: number): boolean {
  const last = text[from - 1]!;
  if (last !== "-") return /[\p{Sc}\p{L}.]/u.test(last === " " ? (text[from - 2] ?? "") : last);
  const behind = text[from - 2] ?? "";
  return /\p{Sc}/u.test(behind) || (/\s/.test(behind) && /[\p{Sc}\p{L}.]/u.test(text[from - 3] ?? ""));
}

/** What the sign before a number and its sign make of it; nothing where it stays a number. */
function hangsOn(text: string, start: number, sign: string, isMoney: boolean): Lead | undefined {
  const last = text[start - 1]!;
  const left = text.slice(Math.max(0, start - 4), start);
  if (last === "^" || (last === "_" && /[\p{L}\p{N})\]]_$/u.test(left))) return { start, isName: true };
  if ("±√∛∞π".includes(last)) return { start, problem: `${last} stands before it` };
  if (last === "(") {
    if (/[-+]\($/.test(left)) return { start, problem: "a sign stands before its bracket" };
    const isArgument = /\p{L}\($/u.test(left) && !/\p{Script=Han}\($/u.test(left);
    return isArgument ? { start, problem: "it is the argument of a function" } : undefined;
  }
  if (last === "/")
    return /[)\]}\p{L}]\s?\/$/u.test(left) ? { start, problem: "something else is divided by it" } : undefined;
  const isFactor = sign === "" && (last === "*" || last === "×") && /[)\]\p{L}][*×]$/u.test(left);
  if (isFactor || (sign !== "" && (last === ")" || last === "]")))
    return { start, problem: "it is a part of an expression" };
  if (isMoney || !/\p{L}$/u.test(left) || unspaced.test(left)) return undefined;
  return sign === "+" ? { start, problem: "it is a part of an expression" } : { start, isName: true };
}
