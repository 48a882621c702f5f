import { lastBoxed, markedAnswer } from "#src/text/answer";

/**
 * The final answer in a reply: what the last `\boxed{...}` holds; else what follows the last `ANSWER:` on its line; else the last formula
 * between dollars or in `\(...\)` or `\[...\]`; else the last number.
 *
 * @returns nothing where there is none of these, or the last box is empty or was cut off
 * @example finalAnswer("so \\boxed{\\frac{1}{2}}.") // => "\\frac{1}{2}"
 */
export function finalAnswer(reply: string): string | undefined {
  const found = /\\f?box/.test(reply)
    ? (lastBoxed(reply) ?? unbraced(reply))
    : (markedAnswer(reply) ?? lastFormula(reply) ?? lastNumber(reply));
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

const number = /[-+−]?(?:\d+(?:,\d+)*(?:\.\d+)?|\.\d+)(?: ?\/ ?\d+| ?%)?/g;
const lastNumber = (reply: string): string | undefined => [...reply.matchAll(number)].at(-1)?.[0];
