import { ownMember } from "#src/kernel/record";
import { remembered } from "#src/kernel/remember";

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Fractions that are one character, as two whole numbers. */
const vulgar: Readonly<Record<string, string>> = {
  "½": "1/2",
  "⅓": "1/3",
  "⅔": "2/3",
  "¼": "1/4",
  "¾": "3/4",
  "⅕": "1/5",
  "⅖": "2/5",
  "⅗": "3/5",
  "⅘": "4/5",
  "⅙": "1/6",
  "⅚": "5/6",
  "⅐": "1/7",
  "⅛": "1/8",
  "⅜": "3/8",
  "⅝": "5/8",
  "⅞": "7/8",
  "⅑": "1/9",
  "⅒": "1/10",
};

/** Stands before a fraction that was one sign, such as ½ or `\frac12`: it belongs to the whole number before it. */
export const fractionMark = "\uE000";

/** Stands where something is that is a value but no number of this grammar, such as `\frac{\pi}{2}`. */
export const unreadableMark = "\uE001";

/**
 * Text in the characters that numbers are read in: digits of any script and full-width forms as ASCII, dashes before digits as a minus,
 * powers as `^`, fractions of one character as `1/2` behind a mark, invisible characters gone, LaTeX as plain text.
 *
 * @example plain("４２ − ٣") // => "42 - 3"
 */
export function plain(text: string): string {
  const latex = text.includes("\\") || text.includes("{") ? withoutLatex(text) : text;
  return ascii(latex);
}

/** Characters beyond ASCII that stand for ones of ASCII, and invisible ones. */
const special = /[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒\uFF01-\uFF5E٬٫⁄∕÷‐‑‒–−﹣’‘ʼ\u00AD\p{Cf}]|(?!\d)\p{Nd}/u;
const specials = new RegExp(`[⁺⁻]?[${superscripts}]+|${special.source}`, "gu");

/** A text in which the characters that numbers are made of are ASCII; invisible characters are gone. */
export function ascii(text: string): string {
  let made = "";
  let kept = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) < 128) continue;
    let end = at;
    for (let width = specialAt(text, end); width > 0; width = specialAt(text, end)) end += width;
    if (end === at) continue;
    made += text.slice(kept, at) + inAscii(text.slice(at, end));
    kept = end;
    at = end - 1;
  }
  return kept === 0 ? text : made + text.slice(kept);
}

const inAscii = remembered(
  (run) => run.replace(/[\u00AD\p{Cf}]+/gu, "").replace(specials, asAscii),
  1000,
  20, // digits of other scripts, one run like the other
);

/** Units that the special character here takes; 0 where none is here. */
function specialAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 0xd800 && code <= 0xdbff) return special.test(text.slice(at, at + 2)) ? 2 : 0;
  if (!(code > 127)) return 0;
  if (known[code] === 0) known[code] = special.test(text[at]!) ? 2 : 1;
  return known[code]! - 1;
}

/** Of the units of the first plane: 1 for an ordinary one, 2 for a special one, 0 for one that was not met yet. */
const known = new Uint8Array(0x10000);

const singles: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(vulgar).map(([sign, parts]) => [sign, fractionMark + parts])),
  ...Object.fromEntries(Array.from("⁄∕÷", (sign) => [sign, "/"])),
  ...Object.fromEntries(Array.from("‐‑‒–−﹣", (sign) => [sign, "-"])),
  ...Object.fromEntries(Array.from("’‘ʼ", (sign) => [sign, "'"])),
  "٬": "\u2009",
  "٫": ".",
  "⁺": "⁺",
  "⁻": "⁻",
};

function asAscii(sign: string): string {
  const single = singles[sign];
  if (single !== undefined) return single;
  const code = sign.charCodeAt(0);
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0);
  if (!superscripts.includes(sign.at(-1)!)) return digit(sign);
  return `^${Array.from(sign, (each) => (each === "⁻" ? "-" : each === "⁺" ? "" : superscripts.indexOf(each))).join("")}`;
}

/** A decimal digit of any script as an ASCII one: Unicode keeps each script's ten digits together, from 0 to 9. */
const digit = remembered((sign) => {
  const code = sign.codePointAt(0)!;
  let zero = code;
  while (code - zero < 60 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String((code - zero) % 10);
});

/** What LaTeX only wraps around an answer. */
const wrappers = new Set([
  "boxed",
  "fbox",
  "text",
  "textbf",
  "textit",
  "textrm",
  "texttt",
  "mathrm",
  "mathbf",
  "mathit",
  "mathsf",
  "mbox",
  "emph",
  "underline",
  "bm",
  "boldsymbol",
  "operatorname",
]);

const commands: Readonly<Record<string, string>> = {
  times: "×",
  cdot: "×",
  div: "/",
  pm: "±",
  le: "<",
  leq: "<",
  ge: ">",
  geq: ">",
  approx: "≈",
  sim: "≈",
  degree: "°",
  circ: "°",
  pi: "π",
  infty: "∞",
  quad: " ",
  qquad: " ",
  left: "",
  right: "",
  displaystyle: "",
  ldots: "...",
  dots: "...",
  pounds: "£",
  euro: "€",
};

/**
 * LaTeX as plain text: `\$` and `\%` bare, `{,}` a comma, `\frac12` the fraction 1/2, `10^{3}` as `10^3`, wrappers such as `\boxed{}` and
 * `\text{}` gone. Other commands keep their name: `\sqrt{2}` is `sqrt(2)`, which is not a number.
 *
 * @example withoutLatex("\\boxed{\\$9{,}500}") // => " $9,500 "
 */
export function withoutLatex(text: string): string {
  let flat = text
    .replaceAll("{,}", ",")
    .replace(/\\[,;:!> ]/g, "\u2009")
    .replace(/\\[()[\]]/g, " ")
    .replaceAll("\\{", "(")
    .replaceAll("\\}", ")")
    .replace(/\\([$%#&_])/g, "$1")
    .replace(/\^\s{0,9}(?:\\circ|\{\s{0,9}\\circ\s{0,9}\})/g, "°")
    .replace(/\\[dtc]?frac\s{0,9}(\d)\s{0,9}(\d)(?!\d)/g, `${fractionMark}$1/$2`);
  for (let depth = 0; depth < 6 && flat.includes("{"); depth++) flat = flat.replace(innermost, unwrapped); // from the inside out
  return flat
    .replace(/\\[dtc]?frac(?![A-Za-z])(?:\s{0,9}\d){0,2}/g, unreadableMark)
    .replace(/\\([A-Za-z]+)/g, (_, name: string) => bare(name))
    .replace(/[{}]/g, " ");
}

/** A fraction, a power or another command whose arguments hold no braces. */
const innermost =
  /\\[dtc]?frac\s{0,9}(?:\{([^{}]*)\}|(\d))\s{0,9}(?:\{([^{}]*)\}|(\d))(?=(\d)?)|\^\s{0,9}\{([^{}]*)\}|\\(?![dtc]?frac(?![A-Za-z]))([A-Za-z]+)\*?\s{0,9}\{([^{}]*)\}/g;

const bare = (name: string): string => (wrappers.has(name) ? " " : (ownMember(commands, name) ?? name));

function unwrapped(
  _: string,
  over?: string,
  overDigit?: string,
  under?: string,
  underDigit?: string,
  glued?: string,
  exponent?: string,
  name?: string,
  argument?: string,
): string {
  if (exponent !== undefined) return `^${/^[+-]?\d+$/.test(exponent.trim()) ? exponent.trim() : `(${exponent})`}`;
  if (name !== undefined)
    return wrappers.has(name)
      ? ` ${argument} `
      : Object.hasOwn(commands, name)
        ? `${commands[name]} ${argument}`
        : `${name}(${argument})`;
  const [above, below] = [(over ?? overDigit)!.trim(), (under ?? underDigit)!.trim()];
  return glued === undefined && [above, below].every((each) => /^-?\d[\d.,]*$/.test(each))
    ? `${fractionMark}${above}/${below}`
    : unreadableMark;
}
