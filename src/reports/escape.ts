/** Text for the inside of XML and HTML elements and attributes. Characters that no document may hold become U+FFFD. */
export const escapeXml = (text: string): string => wellFormed(text).replace(/[&<>"']/g, (c) => xmlEntities[c]!);

const xmlEntities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** The text without control characters (but tab and line ends) and without halves of surrogate pairs. */
export const wellFormed = (text: string): string => text.replace(/[^\P{Cc}\t\n\r]|\p{Cs}|[\ufffe\uffff]/gu, "\ufffd");

/** JSON for the inside of a `<script>`: no `<`, and no line ends that old scripts misread. */
export const jsonForHtml = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/</g, "\\u003c")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");

/**
 * Text for a cell or a sentence of GitHub-flavoured Markdown: nothing in it is markup, a newline becomes `<br>`.
 *
 * @example escapeMarkdown("a_b [1, 2] *x* | <y>") // => "a_b [1, 2] \\*x\\* \\| \\<y>"
 */
export const escapeMarkdown = (text: string): string =>
  wellFormed(text)
    .replace(/[\\`*<|~$]/g, "\\$&")
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, "\\_") // within a word it is not emphasis
    .replace(/\](?=[([:])|\[(?=\^)/g, "\\$&") // links, references, footnotes
    .replace(/&(?=#?\w+;)/g, "\\&")
    .replace(/^(\s*)(#{1,6}|[-+=>]+|\[[ xX]\])(?=\s|$)/, "$1\\$2") // headings, lists, quotes
    .replace(/^(\s*\d+)([.)])(?=\s|$)/, "$1\\$2")
    .replace(/@(?=\w)/g, "@\u200b") // mentions no user by accident in a pull request
    .replace(/\bhttps?(?=:\/\/)|\bwww(?=\.)/gi, "$&\u200b") // nor does it link anywhere
    .replace(/\r\n|[\r\n]/g, "<br>");

/** Text for LaTeX: every special character in one pass. A word that no line could hold may break. */
export const escapeLatex = (text: string): string =>
  wellFormed(text)
    .split(/(\S{12,})/)
    .map((part, i) =>
      i % 2 === 0 || isWord.test(part)
        ? escapeTex(part)
        : (part.match(/.{1,8}/gsu) ?? []).map(escapeTex).join("\\allowbreak{}"),
    )
    .join("");

/** What TeX hyphenates by itself, and numbers, of which a part on the next line would be read as another. */
const isWord = /^(?:[a-z.,;:()-]{1,17}|[\d.,;:()[\]%+\u2212\u2013-]{1,24})$/i;

const escapeTex = (text: string): string =>
  text
    .replace(/[\\~^&%$#_{}<>|"\-`']/g, (c) => latexEscapes[c] ?? `\\${c}`)
    .replace(/\r\n|[\r\n]+/g, " ")
    .replace(
      /\p{Extended_Pictographic}(?:\u200d\p{Extended_Pictographic}|[\ufe0e\ufe0f\u{1f3fb}-\u{1f3ff}])*/gu,
      (c) => `${codePoints(c)}\\allowbreak{}`,
    )
    .replace(
      /[^\t -\u024f\u2013\u2014\u2018-\u201d\u2026\u2191\u2193\u2212\u2264\ufffd]/gu,
      (c) => `${codePoints(c)}\\allowbreak{}`,
    )
    .replaceAll("\u2212", "$-$")
    .replaceAll("\u2191", "$\\uparrow$")
    .replaceAll("\u2264", "$\\leq$")
    .replaceAll("\u2193", "$\\downarrow$")
    .replaceAll("\u2026", "\\ldots{}")
    .replaceAll("\ufffd", "?");

const latexEscapes: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  '"': "\\textquotedbl{}",
  "`": "\\textasciigrave{}",
  "'": "\\textquotesingle{}",
  "-": "-{}", // no ligature: -- stays two hyphens
};

/** Characters that a plain LaTeX font lacks, by their numbers. @example codePoints("😀") // => "[U+1F600]" */
export const codePoints = (text: string): string =>
  `[U+${[...text].map((c) => c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")).join(" U+")}]`;

/** A field of a CSV file (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe before it. */
export function csvField(text: string, isNumber = false): string {
  const isFormula = !isNumber && /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) && !plainNumber.test(text);
  const safe = isFormula ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const plainNumber = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** Text for a terminal: no control characters, so nothing in it moves the cursor or changes colours; newlines become blanks. */
export const escapeTerminal = (text: string): string =>
  wellFormed(text)
    .replace(/[\r\n\t\u2028\u2029]+/g, " ")
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd"); // these turn the direction of what follows
