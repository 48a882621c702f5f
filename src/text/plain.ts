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
  return latex.replace(/[^\0-\x7F]+/g, ascii);
}

/** A run of characters beyond ASCII, with those that numbers are made of in ASCII. */
export const ascii = (run: string): string =>
  run
    .replace(/[\u00AD\p{Cf}]/gu, "")
    .replace(
      /[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g,
      (power) =>
        `^${power.replace(/./g, (each) => (each === "⁻" ? "-" : each === "⁺" ? "" : String(superscripts.indexOf(each))))}`,
    )
    .replace(/[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒]/g, (each) => `${fractionMark}${vulgar[each]}`)
    .replace(/[\uFF01-\uFF5E]/g, (each) => String.fromCharCode(each.charCodeAt(0) - 0xfee0))
    .replaceAll("٬", "\u2009")
    .replaceAll("٫", ".")
    .replace(/[⁄∕÷]/g, "/")
    .replace(/[‐‑‒–−﹣]/g, "-")
    .replace(/[’‘ʼ]/g, "'")
    .replace(/(?!\d)\p{Nd}/gu, digitOf);

/** A decimal digit of any script as an ASCII one: Unicode keeps each script's ten digits together, from 0 to 9. */
function digitOf(digit: string): string {
  const code = digit.codePointAt(0)!;
  let zero = code;
  while (code - zero < 60 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String((code - zero) % 10);
}

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
 * `\text{}` gone. Other commands keep their name: `\sqrt{2}` is `sqrt(2)`, which is no number.
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
    .replace(/\\[dtc]?frac\s{0,9}(\d)\s{0,9}(\d)/g, `${fractionMark}$1/$2`);
  for (let depth = 0; depth < 6 && flat.includes("{"); depth++) flat = flat.replace(innermost, unwrapped); // from the inside out
  return flat
    .replace(/\\[dtc]?frac(?![A-Za-z])/g, unreadableMark)
    .replace(/\\([A-Za-z]+)/g, (_, name: string) => bare(name))
    .replace(/[{}]/g, " ");
}

/** A fraction, a power or another command whose arguments hold no braces. */
const innermost =
  /\\[dtc]?frac\s{0,9}(?:\{([^{}]*)\}|(\d))\s{0,9}(?:\{([^{}]*)\}|(\d))|\^\s{0,9}\{([^{}]*)\}|\\(?![dtc]?frac(?![A-Za-z]))([A-Za-z]+)\*?\s{0,9}\{([^{}]*)\}/g;

const bare = (name: string): string => (wrappers.has(name) ? " " : (commands[name] ?? name));

function unwrapped(
  _: string,
  over?: string,
  overDigit?: string,
  under?: string,
  underDigit?: string,
  exponent?: string,
  name?: string,
  argument?: string,
): string {
  if (exponent !== undefined) return `^${/^[+-]?\d+$/.test(exponent.trim()) ? exponent.trim() : `(${exponent})`}`;
  if (name !== undefined)
    return wrappers.has(name)
      ? ` ${argument} `
      : commands[name] !== undefined
        ? `${commands[name]} ${argument}`
        : `${name}(${argument})`;
  const [above, below] = [(over ?? overDigit)!.trim(), (under ?? underDigit)!.trim()];
  return [above, below].every((each) => /^-?\d[\d.,]*$/.test(each))
    ? `${fractionMark}${above}/${below}`
    : unreadableMark;
}
