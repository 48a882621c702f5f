import { lastBoxed, markedAnswer } from "#src/text/answer";
import { lastNumber, numberOf, type SaidNumber } from "#src/text/number";
import { show } from "#src/text/rational";

/**
 * The final answer in a reply: what the last `\boxed{...}` holds; else what follows the last `ANSWER:` on its line; else the last formula
 * between dollars or in `\(...\)` or `\[...\]`; else a last line of nothing but a formula; else the last number.
 *
 * @returns nothing where there is none of these, the last number cannot be read, or the last box is empty or was cut off
 * @example finalAnswer("so \\boxed{\\frac{1}{2}}.") // => "\\frac{1}{2}"
 */
export function finalAnswer(reply: string): string | undefined {
  const found = /\\f?box/.test(reply)
    ? (lastBoxed(reply) ?? unbraced(reply))
    : (markedAnswer(reply) ?? lastFormula(reply) ?? bareFormula(reply) ?? numberSaid(lastNumber(reply)));
  return found === undefined || found.trim() === "" ? undefined : found.replaceAll("**", "").trim();
}

/** What a box without braces holds, up to the end of the formula: `\boxed 5$`. */
function unbraced(reply: string): string | undefined {
  const rest = reply.slice(reply.lastIndexOf("\\boxed") + 6);
  return /^ *[^ {]/.test(rest) ? /^[^$\n]*/.exec(rest)![0] : undefined;
}

/** Beginnings of formulas, `$$` before `$`; and escaped characters, of which a dollar is money. */
const beginning = /\$\$|\$|\\[([]|\\./g;
const ends: Readonly<Record<string, string>> = { $$: "$$", $: "$", "\\(": "\\)", "\\[": "\\]" };

function lastFormula(reply: string): string | undefined {
  let last: string | undefined;
  beginning.lastIndex = 0;
  for (let found = beginning.exec(reply); found; found = beginning.exec(reply)) {
    const close = ends[found[0]];
    if (close === undefined) continue;
    const start = beginning.lastIndex;
    const end = reply.indexOf(close, start);
    if (end < 0) break; // money, or a formula that was cut off
    const formula = reply.slice(start, end);
    if (formula.trim() !== "") last = formula;
    beginning.lastIndex = end + close.length;
  }
  return last;
}

/** The last line where it is a formula without a word of prose around it, and more than one number; of an equation, its right side. */
function bareFormula(reply: string): string | undefined {
  const all = reply.trimEnd();
  const line = all
    .slice(Math.max(0, all.length - LONGEST_LINE))
    .split("\n")
    .at(-1)!
    .trim();
  const formula = line.replace(/^(?:[-*•]|\d{1,3}[.)]) {1,9}/, "").replace(/[.。]$/, "");
  const hasWords = /\p{L}{2}/u.test(formula.replace(/\\[A-Za-z]+|\b(?:sqrt|pi|sin|cos|tan|log|ln|exp|or|and)\b/g, " "));
  if (hasWords || !/[\d\\]/.test(formula) || line.length === LONGEST_LINE || numberOf(formula)) return undefined;
  const isList = /[,;]|\b(?:or|and)\b/.test(formula.replace(/\([^()]{0,99}\)/g, ""));
  return isList ? formula : formula.slice(formula.lastIndexOf("=") + 1); // of a list no part
}

/** Characters of a line that is looked at; a longer one is not a formula that could be read. */
const LONGEST_LINE = 1001;

/** A number of a text as it is read everywhere, in plain notation. */
function numberSaid(said: SaidNumber | undefined): string | undefined {
  return said?.value && `${show(said.value)}${said.partsOf === 100 ? "%" : said.partsOf === 1000 ? "/1000" : ""}`;
}
