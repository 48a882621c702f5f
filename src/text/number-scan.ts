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

export interface Placed extends SaidNumber {
  readonly hasUnit: boolean;
  readonly start: number;
  readonly end: number;
}

/** Reads on from digit to digit; every character is looked at a bounded number of times. */
export function scan(
  text: string,
  { decimal: point = "." }: NumberOptions,
  start = 0,
  end = text.length,
): readonly Placed[] {
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
      ...(problem === undefined && value ? { value } : { problem: problem ?? "it is not a number" }),
      ...(body.partsOf === undefined ? {} : { partsOf: body.partsOf }),
    });
  }
  return withoutTuples(text, found);
}

/** Numbers that stand together in brackets, `(3, 4)`, are one thing that is not a number. */
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
