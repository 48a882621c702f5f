/** Scripts whose words stand without blanks, so that a number may follow a letter. */
export const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
const currency =
  /(?:\p{Sc}|(?<![\p{L}])(?:USD|EUR|GBP|CHF|JPY|CNY|RMB|INR|KRW|CAD|AUD|NZD|SEK|NOK|DKK|PLN|BRL|MXN|ZAR|Rs\.?|Fr\.?))\s?$/iu;

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

/** Whether nothing but a blank behind an ordinary word stands before the digits, as nearly always. */
export function isPlainBefore(text: string, from: number): boolean {
  if (from === 0) return true;
  const last = text[from - 1]!;
  if (last === "\n") return true;
  const behind = text[from - 2] ?? "\n"; // a number never hangs on what stands before these
  return last === " " && ((behind >= "a" && behind <= "z") || ".,;!?\n0123456789".includes(behind));
}

/** What stands directly before the digits: a sign, a currency, a decimal point; or what makes them something else than a number. */
export function leadOf(text: string, from: number): Lead {
  if (isPlainBefore(text, from)) return { start: from };
  let start = from;
  let isDecimals = false;
  const last = text[from - 1]!;
  const mayBeMoney =
    last === "-"
      ? /\p{Sc}$|[\p{Sc}\p{L}.]\s$/u.test(text.slice(Math.max(0, from - 3), from - 1))
      : /[\p{Sc}\p{L}.]/u.test(last === " " ? (text[from - 2] ?? "") : last);
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
