import { decimal, type Rational } from "./rational.ts";

/** What was read of a number, and up to where. */
export interface Body {
  readonly end: number;
  readonly value?: Rational | undefined;
  readonly partsOf?: 100 | 1000;
  readonly problem?: string;
  readonly listUntil?: number;
  readonly hasUnit?: boolean;
}

export const isAsciiDigit = (code: number): boolean => code >= 48 && code <= 57;

export function digitsEnd(text: string, from: number): number {
  let end = from;
  while (isAsciiDigit(text.charCodeAt(end))) end++;
  return end;
}

const mantissas = {
  ".": {
    grouped:
      /[1-9]\d{0,2}(?:(?:,\d{3})+|(?:'\d{3})+|(?:_\d{3})+|(?:\u2009\d{3})+)(?!\d)|[1-9]\d?(?:,\d{2})+,\d{3}(?!\d)/y,
    decimals: /\.\d+/y,
  },
  ",": { grouped: /[1-9]\d{0,2}(?:(?:\.\d{3})+|(?:'\d{3})+|(?:_\d{3})+|(?:\u2009\d{3})+)(?!\d)/y, decimals: /,\d+/y },
};
const exponentBehind = /e[+-]?\d+(?![\p{L}\d])/iuy;
const blankGroups = /[1-9]\d{0,2}(?:([ \u00A0\u2007\u202F\t])\d{3}(?!\d)(?:\1\d{3}(?!\d))*)/y;

/** Digits with groups of thousands, decimals and an exponent. Nothing as its value where the signs between them make no number. */
export function mantissaOf(text: string, from: number, point: "." | ",", listUntil: number, isDecimals = false): Body {
  let at = from;
  let until: number | undefined;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const taken = pattern.exec(text)?.[0];
    if (taken !== undefined) at = pattern.lastIndex;
    return taken;
  };
  let digits = "";
  let isWhole = false;
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
    isWhole = digits === whole;
  }
  const exponent = text[at] === "e" || text[at] === "E" ? take(exponentBehind) : undefined;
  if (exponent !== undefined) {
    digits += exponent;
    isWhole = false;
  }
  const broken = ".,'_:".includes(text[at] ?? " ") && isAsciiDigit(text.charCodeAt(at + 1));
  const isSmall = isWhole && digits.length > 0 && digits.length < 16;
  const value = broken ? undefined : isSmall ? { over: BigInt(digits), under: 1n } : decimal(digits);
  return { end: at, value, ...(until === undefined ? {} : { listUntil: until }) };
}
