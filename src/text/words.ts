import { remembered } from "#src/kernel/remember";
import { isBlank } from "./blank.ts";
import { numberOf } from "./number.ts";
import { ascii } from "./plain.ts";
import { show } from "./rational.ts";

/**
 * Text in which equal letters are equal: Unicode's compatibility form (NFKC), one kind of quotes and dashes, and without case, if wanted.
 *
 * @example fold("Cafe\u0301, STRASSE") === fold("café, Straße") // => true
 */
export function fold(text: string, ignoreCase = true): string {
  if (/^[\0-\x7F]*$/.test(text)) return ignoreCase ? text.toLowerCase() : text;
  const same = ascii(text)
    .replace(/[“”„«»]/g, '"')
    .normalize("NFKC");
  return ignoreCase ? same.toUpperCase().toLowerCase() : same; // so ß is SS
}

/** Punctuation, and signs that are put around words: of currency, of Markdown, of LaTeX. */
const isEdge = (sign: string | undefined): boolean => sign !== undefined && /[\s\p{P}\p{Sc}`^|~+<>=]/u.test(sign);
const isDigit = (sign: string | undefined): boolean => sign !== undefined && /\p{Nd}/u.test(sign);
/** A letter or digit of a script whose words stand apart. */
const isWordSign = (sign: string | undefined): boolean =>
  sign !== undefined &&
  /[\p{L}\p{M}\p{Nd}]/u.test(sign) &&
  !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u.test(
    sign,
  );

/**
 * A text without punctuation and blanks at its ends. The sign and the point of a number stay, and so does what tells one letter from
 * another: `A-`, `C++`. A text of nothing but punctuation stays as it is.
 *
 * @example [' "Paris." ', "(-5)", "$.50", "C++.", "?"].map(bare) // => ["Paris", "-5", ".50", "C++", "?"]
 */
export function bare(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isEdge(text[start])) start++;
  if (start === end) return text.trim();
  while (isEdge(text[end - 1])) end--;
  if (/[A-Za-z]/.test(text[end - 1]!) && !isWordSign(text[end - 2])) {
    const suffix = /^[+#-]{1,2}(?![\p{L}\p{N}])/u.exec(text.slice(end, end + 3))?.[0] ?? "";
    end += suffix.length;
  }
  if (!isDigit(text[start])) return text.slice(start, end);
  const point = text[start - 1] === "." && text[start - 2] !== "." ? "." : "";
  const before = text.slice(Math.max(0, start - point.length - 4), start - point.length);
  const sign = /[-−](?:\p{Sc}\s?)?$/u.test(before) && !/[\p{L}\p{N})][-−](?:\p{Sc}\s?)?$/u.test(before) ? "-" : "";
  return sign + point + text.slice(start, end);
}

/**
 * Whether a part of a text stands by itself: it does not begin or end within a word, and no sign, point or digit beside it makes its number
 * another one. Scripts without blanks have no such borders between letters.
 *
 * @example [standsAlone("it is -5", 7, 8), standsAlone("it is 5.", 6, 7), standsAlone("banana", 5, 6)] // => [false, true, false]
 */
export function standsAlone(text: string, from: number, to: number): boolean {
  if (isMarks(text.slice(from, to))) return isGap(text[from - 1]) && isGap(text[to]);
  return (
    isFree(text, from, to) &&
    !(isWordSign(text[from]) && isWordSign(text[from - 1])) &&
    !(isWordSign(text[to - 1]) && isWordSign(text[to]))
  );
}

/** Marks alone are not words, and stand in any prose: they must stand between blanks. */
const isMarks = (part: string): boolean => part.length <= 40 && !/[\p{L}\p{N}]/u.test(part);
const isGap = (sign: string | undefined): boolean => sign === undefined || /\s/.test(sign);

/** Whether no sign, point or digit beside a part of a text makes its number another one; letters may continue. */
export function isFree(text: string, from: number, to: number): boolean {
  const [before, after] = [text[from - 1], text[to]];
  if (isDigit(text[from]) && before !== undefined) {
    if (isDigit(before) || (/[.,/:]/.test(before) && isDigit(text[from - 2]))) return false;
    if (/[-−]/.test(before) && !isWordSign(text[from - 2])) return false;
    if (before === "." && text[from - 2] !== "." && !isWordSign(text[from - 2])) return false;
  }
  if (
    isDigit(text[to - 1]) &&
    after !== undefined &&
    (isDigit(after) || (/[.,/:]/.test(after) && isDigit(text[to + 1])))
  )
    return false;
  return true;
}

/** How far words are normalised: without articles, with them, or not at all, for a text that is nothing but these. */
export type Depth = "bare" | "articles" | "raw";

/** The deepest normalisation that leaves something of a text. */
export const depthOf = (text: string): Depth =>
  wordsOf(text, "bare").length > 0 ? "bare" : wordsOf(text, "articles").length > 0 ? "articles" : "raw";

/** How words are told apart: as inspect_ai's `exact` does, or as SQuAD's script does. */
export type Words = "inspect" | "squad";

/**
 * The words of a text in their order, without case, punctuation and the articles a, an and the. Numbers keep their sign and decimal point.
 *
 * @param manner `inspect`: a hyphen ends a word, and equal numbers are equal words (`05` is `5`); `squad`: a hyphen joins, and digits count
 * @example wordsOf("The well-known U.S. $3.50, -1,000") // => ["well", "known", "us", "3.5", "-1000"]
 * @example wordsOf("The well-known U.S. $3.50, -1,000", "bare", "squad") // => ["wellknown", "us", "3.50", "-1000"]
 */
export function wordsOf(text: string, depth: Depth = "bare", manner: Words = "inspect"): readonly string[] {
  const words: string[] = [];
  eachWord(text, depth, manner, (word) => {
    words.push(word);
    return true;
  });
  return words;
}

/**
 * As `wordsOf`, one by one.
 *
 * @param visit whether it wants the next one
 */
export function eachWord(text: string, depth: Depth, manner: Words, visit: (word: string) => boolean): void {
  if (depth === "raw") {
    visit(fold(text).trim());
    return;
  }
  const folded = fold(text);
  for (let at = 0; at < folded.length; ) {
    const code = folded.charCodeAt(at);
    if (isBetween(code)) {
      at += 1;
      continue;
    }
    const start = at;
    let isPlain = true; // nothing but letters, as most words
    let hasHyphen = false;
    for (; at < folded.length; at++) {
      const sign = folded.charCodeAt(at);
      if (isCommonLetter(sign)) continue;
      if (isBetween(sign)) break;
      isPlain = false;
      hasHyphen ||= sign === 45;
    }
    const raw = folded.slice(start, at);
    const parts =
      hasHyphen && manner === "inspect" ? raw.replace(/(?<=\p{L})-(?=[\p{L}\d])/gu, " ").split(" ") : undefined;
    for (let i = 0; i < (parts?.length ?? 1); i++) {
      const word = isPlain ? raw : normalised(parts ? parts[i]! : raw, manner);
      if (word === "" || (depth === "bare" && (word === "a" || word === "an" || word === "the"))) continue;
      if (!visit(word)) return;
    }
  }
}

/** Small letters of Latin, Greek and Cyrillic, kana, Han and Hangul, without the rarer ones. */
const isCommonLetter = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) ||
  (code >= 0xdf &&
    ((code <= 0x24f && code !== 0xf7) ||
      (code >= 0x3b1 && code <= 0x3c9) ||
      (code >= 0x430 && code <= 0x45f) ||
      (code >= 0x3041 && code <= 0x3096) ||
      (code >= 0x30a1 && code <= 0x30fa) ||
      (code >= 0x4e00 && code <= 0x9fff) ||
      (code >= 0xac00 && code <= 0xd7a3)));

/** Where words end: at blanks, and at the dash between two of them. */
const isBetween = (code: number): boolean => isBlank(code) || code === 0x2014;

function normalised(word: string, manner: Words): string {
  const plainWord = /^[("']{0,2}([a-z]+)[.,;:!?)"']{0,3}$/.exec(word)?.[1]; // as nearly all are
  if (plainWord !== undefined) return plainWord;
  const number = /^["'(]{0,2}(-?)(\d{1,15})(\.\d{1,15})?%?[.,;:!?)"']{0,3}$/.exec(word);
  if (number) {
    const [, sign, whole, decimals = ""] = number;
    if (manner === "squad") return sign! + whole + decimals;
    const value = String(Number(whole)) + decimals.replace(/\.?0{1,15}$/, "");
    return value === "0" ? value : sign + value;
  }
  return rare[manner](word);
}

/** Words with signs in them, as many as a reply may have. */
const rare = {
  inspect: remembered((word) => read(word, "inspect"), 10_000, 40),
  squad: remembered((word) => read(word, "squad"), 10_000, 40),
};

function read(word: string, manner: Words): string {
  const core = bare(word);
  if (/^[a-z][+#-]{1,2}$/.test(core)) return core;
  const number = /\d/.test(core) ? numberOf(core, { units: false })?.value : undefined;
  if (number && manner === "inspect") return show(number);
  if (number) return (core.startsWith("-") ? "-" : "") + core.replace(/[^\p{L}\p{N}.]/gu, "");
  return core.replace(/(?<!\d)[\p{P}\p{Sc}`^|~](?!\d)|[\p{P}\p{Sc}`^|~](?!\d)|(?<!\d)[\p{P}\p{Sc}`^|~]/gu, "");
}
