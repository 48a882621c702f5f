import { isAsciiDigit } from "./mantissa.ts";
import { bodyOf } from "./number-body.ts";
import { leadOf } from "./number-lead.ts";
import { fractionMark, unreadableMark } from "./plain.ts";
import { negative, type Rational } from "./rational.ts";

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

export interface Placed {
  readonly text: string;
  readonly value: Rational | undefined;
  readonly partsOf: 100 | 1000 | undefined;
  readonly problem: string | undefined;
  readonly hasUnit: boolean;
  readonly start: number;
  readonly end: number;
}

const hanNumeral = /(?<!\p{L})[零〇一二三四五六七八九十百千万亿]{1,20}(?!\p{L})/uy;

/** Where the next number may begin, from a place on; -1 where none does before the end. */
function nextPlace(text: string, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (isAsciiDigit(code)) return at;
    if (code < 0x3000) continue;
    if (code === 0xe000 || code === 0xe001) return at; // a fraction, or what cannot be read
    if (code > 0x9fff) continue;
    hanNumeral.lastIndex = at;
    if (hanNumeral.test(text)) return at;
  }
  return -1;
}

/** Reads on from digit to digit; every character is looked at a bounded number of times. */
export function scan(
  text: string,
  { decimal: point = "." }: NumberOptions,
  start = 0,
  end = text.length,
): readonly Placed[] {
  const found: Placed[] = [];
  const hasMarks = text.includes(fractionMark) || text.includes(unreadableMark);
  let listUntil = 0; // up to here, numbers with blanks between them are a list and no groups of one number
  for (let from = nextPlace(text, start, end); from >= 0; ) {
    const lead = leadOf(text, from);
    const body = bodyOf(text, from, point, listUntil, lead);
    if (body.listUntil !== undefined) listUntil = Math.max(listUntil, body.listUntil);
    from = nextPlace(text, Math.max(body.end, from + 1), end);
    if (lead.isName) continue;
    const problem = lead.problem ?? body.problem;
    const value = body.value && lead.isNegative ? negative(body.value) : body.value;
    const said = text.slice(lead.start, body.end);
    const shown = hasMarks ? said.replaceAll(fractionMark, "").replaceAll(unreadableMark, "") : said;
    found.push({
      text: shown.trim(),
      value: problem === undefined ? value : undefined,
      problem: problem ?? (value ? undefined : "it is not a number"),
      partsOf: body.partsOf,
      start: lead.start,
      end: body.end,
      hasUnit: body.hasUnit ?? false,
    });
  }
  return withoutTuples(text, found);
}

/** Numbers that stand together in brackets, `(3, 4)`, are one thing that is not a number. */
function withoutTuples(text: string, found: readonly Placed[]): readonly Placed[] {
  if (!/[([]/.test(text)) return found;
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
        value: undefined,
        partsOf: undefined,
        problem: "it is several numbers in brackets",
      });
    } else {
      for (let each = first; each <= last; each++) kept.push(found[each]!);
    }
    first = last + 1;
  }
  return kept;
}
