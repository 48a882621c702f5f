import { ownMember } from "#src/kernel/record";
import { unwrapped } from "./answer.ts";
import { bare, fold } from "./words.ts";

/** What graders write for a grade. */
const spellings: Readonly<Record<string, "C" | "P" | "I">> = {
  c: "C",
  correct: "C",
  right: "C",
  i: "I",
  incorrect: "I",
  wrong: "I",
  "not correct": "I",
  p: "P",
  partial: "P",
  partially: "P",
  "partially correct": "P",
  "partly correct": "P",
};

/**
 * What stands behind the last `GRADE:` mark of a grader's reply: the mark may be bold, in any case and with a full-width colon, but no part of
 * a longer word such as "downgrade".
 *
 * @returns nothing where there is no mark; the text that follows it on its line, without what is put around it
 * @example markedGrade("GRADE: C\nNo downgrade: I agree") // => "C"
 */
export function markedGrade(text: string): string | undefined {
  const mark = /(?<![\p{L}\p{N}_-])grade(?:\s{1,3}is)?[*_`"'\s]{0,9}[:：﹕]|<grade>/giu;
  const visible = text.replace(/\p{Cf}/gu, "");
  let end: number | undefined;
  for (let found = mark.exec(visible); found; found = mark.exec(visible)) end = mark.lastIndex;
  if (end === undefined) return undefined;
  const line = visible
    .slice(end)
    .replace(/^[\s*_]{0,99}/, "")
    .split(/[\n\r]|<\/grade>/, 1)[0]!;
  return line.slice(0, 500).trim();
}

/**
 * A grade as a grader writes it: a letter or its word, alone or before punctuation; `I think it is correct` is none.
 *
 * @returns nothing for what is not a grade
 * @example ["(C)", "**Incorrect**.", "C. No doubt.", "I think so", "Z"].map(gradeIn) // => ["C", "I", "C", undefined, undefined]
 */
export function gradeIn(marked: string): "C" | "P" | "I" | undefined {
  if (/^[^\p{L}]*[\p{L} ]{1,20}[?？]/u.test(marked)) return undefined; // a question, not a verdict
  const whole = ownMember(spellings, bare(fold(unwrapped(marked))));
  if (whole) return whole;
  const first = /^[^\p{L}]*([\p{L} ]{1,20}?)\s*(?:[^\p{L}\s'’/|&+]|(?:\s(?:because|since|as)(?:\s|$)))/u.exec(
    marked.replace(/[*_`]/g, ""),
  );
  return first ? ownMember(spellings, fold(first[1]!).trim()) : undefined;
}
