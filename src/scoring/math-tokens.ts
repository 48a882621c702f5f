import { ownMember } from "#src/kernel/record";
/** A number, a name (of a variable, function or constant), a mark, or words that are not a formula: units, labels. */
export interface MathToken {
  readonly kind: "number" | "name" | "mark" | "words";
  readonly text: string;
  /** Whether a blank stands before it: `1 1/2` is no `11/2`. */
  readonly spaced: boolean;
}

/** Characters that an answer may have; longer ones are not read. */
const MOST_CHARACTERS = 1000;

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const vulgar: Readonly<Record<string, string>> = Object.fromEntries(
  "½12 ⅓13 ⅔23 ¼14 ¾34 ⅕15 ⅖25 ⅗35 ⅘45 ⅙16 ⅚56 ⅛18 ⅜38 ⅝58 ⅞78"
    .split(" ")
    .map((each) => [each[0]!, `\\frac{${each[1]}}{${each[2]}}`]),
);
const symbols: Readonly<Record<string, string>> = {
  "−": "-",
  "–": "-",
  "×": "*",
  "·": "*",
  "⋅": "*",
  "÷": "/",
  "∕": "/",
  "⁄": "/",
  "√": "\\sqrt ",
  π: "\\pi ",
  "∞": "\\infty ",
  "°": "^\\circ ",
  "≤": "\\le ",
  "≥": "\\ge ",
  "≠": "\\ne ",
  "±": "\\pm ",
  "∪": "\\cup ",
  "％": "%",
};

/** Commands that only change how a formula looks. */
const looks =
  /(?<!\\)\\(?:left|right|bigg?[lr]?|Bigg?[lr]?|displaystyle|textstyle|quad|qquad|,|;|:|!| |limits|nolimits)(?![A-Za-z])/g;
const wordCommands = new Set([
  "text",
  "textbf",
  "textit",
  "textrm",
  "mbox",
  "mathrm",
  "mathbf",
  "mathit",
  "operatorname",
  "hbox",
]);
const renamed: Readonly<Record<string, string>> = {
  dfrac: "frac",
  tfrac: "frac",
  cfrac: "frac",
  leq: "le",
  leqslant: "le",
  geq: "ge",
  geqslant: "ge",
  neq: "ne",
  lbrace: "{",
  rbrace: "}",
  dbinom: "binom",
  tbinom: "binom",
  lt: "<",
  gt: ">",
  lvert: "|",
  rvert: "|",
  vert: "|",
  cdot: "*",
  times: "*",
  div: "/",
  degree: "circ",
  arcsin: "asin",
  arccos: "acos",
  arctan: "atan",
  varnothing: "emptyset",
};

/**
 * Reads a formula, LaTeX or plain, as tokens.
 *
 * @returns nothing for one that is too long or has a character that no formula has
 * @example mathTokens("\\frac12")?.map(({ text }) => text) // => ["frac", "12"]
 */
export function mathTokens(formula: string): MathToken[] | undefined {
  if (formula.length > MOST_CHARACTERS) return undefined;
  const text = cleaned(formula);
  const tokens: MathToken[] = [];
  for (let at = 0; at < text.length; ) {
    const spaced = /\s/.test(text[at]!);
    while (at < text.length && /\s/.test(text[at]!)) at += 1;
    if (at >= text.length) break;
    const read = tokenAt(text, at);
    if (!read) return undefined;
    tokens.push({ ...read, spaced });
    at = read.end;
  }
  return tokens;
}

const cleaned = (formula: string): string =>
  formula
    .replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, (all) => `^{${Array.from(all, (each) => superscripts.indexOf(each)).join("")}}`)
    .replace(/[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]/g, (each) => vulgar[each]!)
    .normalize("NFKC")
    .replace(/[−–×·⋅÷∕⁄√π∞°≤≥≠±∪％]/g, (each) => symbols[each]!)
    .replace(/\\[()[\]]|\\?[$£€¥₹]|~/g, " ")
    .replace(looks, " ")
    .replace(/(\d)\{,\}(?=\d)/g, "$1,")
    .replace(/\\%/g, "%")
    .trim()
    .replace(/^=|[.,;:]$/g, "")
    .trim();

type Read = Pick<MathToken, "kind" | "text"> & { readonly end: number };

function tokenAt(text: string, at: number): Read | undefined {
  const char = text[at]!;
  const rest = text.slice(at);
  const digits = /^(?:\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3}(?!\d))?/.exec(
    rest,
  )?.[0];
  if (digits !== undefined) return { kind: "number", text: digits.replaceAll(",", ""), end: at + digits.length };
  if (char === "\\") return commandAt(text, at, rest);
  if (/[A-Za-z]/.test(char)) {
    const word = /^[A-Za-z]+/.exec(rest)![0];
    if (isFunction(word)) return { kind: "name", text: renamed[word] ?? word, end: at + word.length };
    if (/^(?:or|and)$/i.test(word)) return { kind: "words", text: word, end: at + word.length };
    if (word.length <= 2) return { kind: "name", text: char, end: at + 1 };
    const words = /^[A-Za-z]+(?:[ '-]+[A-Za-z]+)*/.exec(rest)![0];
    return { kind: "words", text: words, end: at + words.length };
  }
  return "+-*/:^_(){}[]|,;<>=!%&'".includes(char) ? { kind: "mark", text: char, end: at + 1 } : undefined;
}

function commandAt(text: string, at: number, rest: string): Read | undefined {
  if (rest.startsWith("\\\\")) return { kind: "mark", text: "\\\\", end: at + 2 };
  if (rest[1] === "{" || rest[1] === "}") return { kind: "mark", text: `\\${rest[1]}`, end: at + 2 };
  if (rest[1] === "|") return { kind: "mark", text: "|", end: at + 2 };
  const name = /^\\([A-Za-z]+)/.exec(rest)?.[1];
  if (name === undefined) return undefined;
  const end = at + 1 + name.length;
  if (name === "begin" || name === "end") {
    const environment = /^\s*\{([A-Za-z]+)\*?\}/.exec(text.slice(end));
    return environment
      ? { kind: "mark", text: `${name} ${environment[1]}`, end: end + environment[0].length }
      : undefined;
  }
  if (wordCommands.has(name)) {
    const words = /^\s*\{([^{}]*)\}/.exec(text.slice(end));
    return words ? { kind: "words", text: words[1]!.trim(), end: end + words[0].length } : undefined;
  }
  const known = ownMember(renamed, name) ?? name;
  if (known === "{" || known === "}") return { kind: "mark", text: `\\${known}`, end };
  return { kind: /^[a-zA-Z]/.test(known) ? "name" : "mark", text: known, end };
}

const functions = new Set([
  "sin",
  "cos",
  "tan",
  "cot",
  "sec",
  "csc",
  "asin",
  "acos",
  "atan",
  "arcsin",
  "arccos",
  "arctan",
  "ln",
  "log",
  "exp",
  "sqrt",
  "pi",
]);
const isFunction = (word: string): boolean => functions.has(word);
