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
  const same = text
    .replace(/[^\0-\x7F]+/g, ascii)
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
  return (
    isFree(text, from, to) &&
    !(isWordSign(text[from]) && isWordSign(text[from - 1])) &&
    !(isWordSign(text[to - 1]) && isWordSign(text[to]))
  );
}

/** Whether no sign, point or digit beside a part of a text makes its number another one; letters may go on. */
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
  const folded = fold(text).replaceAll("—", " ");
  for (const raw of (manner === "inspect" ? folded.replace(/(?<=\p{L})-(?=[\p{L}\d])/gu, " ") : folded).split(/\s+/)) {
    const word = normalised(raw, manner);
    if (word === "" || (depth === "bare" && (word === "a" || word === "an" || word === "the"))) continue;
    if (!visit(word)) return;
  }
}

function normalised(word: string, manner: Words): string {
  if (/^[a-z]+$/.test(word)) return word;
  const plainWord = /^[("']{0,2}([a-z]+|\d{1,15})[.,;:!?)"']{0,3}$/.exec(word)?.[1]; // as nearly all are
  if (plainWord !== undefined && (plainWord[0]! > "9" || manner === "squad")) return plainWord;
  const core = bare(word);
  if (/^[a-z][+#-]{1,2}$/.test(core)) return core;
  const number = /\d/.test(core) ? numberOf(core, { units: false })?.value : undefined;
  if (number && manner === "inspect") return show(number);
  if (number) return (core.startsWith("-") ? "-" : "") + core.replace(/[^\p{L}\p{N}.]/gu, "");
  return core.replace(/(?<!\d)[\p{P}\p{Sc}`^|~](?!\d)|[\p{P}\p{Sc}`^|~](?!\d)|(?<!\d)[\p{P}\p{Sc}`^|~]/gu, "");
}
