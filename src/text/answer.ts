import { bare, fold } from "./words.ts";

/**
 * What a reply gives as its answer: the text behind its last `ANSWER:` mark, or in its last `\boxed{}`. The mark may be bold, in any case, with a
 * full-width colon, or `<answer>`; one within a line counts where it is in capitals, or where no other is there. Where nothing follows on its line,
 * or the line ends with a comma, the next lines count too.
 *
 * @returns nothing where there is no mark
 * @example markedAnswer("First ANSWER: A, but no.\n**Answer**: **B**") // => "**B**"
 * @example markedAnswer("so $\\boxed{\\frac{1}{2}}$.") // => "\\frac{1}{2}"
 */
export function markedAnswer(text: string): string | undefined {
  const visible = withoutStop(text.replace(/\p{Cf}/gu, ""));
  const lines = visible.split(/\r\n|[\n\r\u2028\u2029]/);
  let aside: string | undefined;
  for (let i = lines.length - 1; i >= 0; i--) {
    const mark = lastMark(lines[i]!);
    if (mark === undefined) continue;
    const isOpen = mark.isOpen || (loneLabel.test(mark.rest) && loneLabel.test(lines[i + 1] ?? ""));
    const given = isOpen ? [mark.rest, ...paragraph(lines, i + 1)].join("\n").trim() : mark.rest.trim();
    if (mark.isPlain) return given;
    aside ??= given;
  }
  return aside ?? lastBoxed(visible);
}

/** Tokens that end a turn, where a server leaves them in the text: `</s>`, `<|im_end|>`. */
const withoutStop = (text: string): string =>
  text.slice(0, -200) + text.slice(-200).replace(/\s{0,9}(?:<\/s>|<\|\w{1,30}\|>|<end_of_turn>|<eos>)\s{0,9}$/, "");

/** A line that is one letter, and continues with a list of letters. */
const loneLabel = /^\s{0,9}(?:[-*•]\s)?[([]?\p{L}[)\].,;]?\s{0,9}$/u;

/** The lines up to the next blank one. */
function paragraph(lines: readonly string[], from: number): readonly string[] {
  let start = from;
  while (start < lines.length && start < from + 3 && lines[start]!.trim() === "") start++;
  let end = start;
  while (end < lines.length && end < start + 40 && lines[end]!.trim() !== "") end++;
  return lines.slice(start, end);
}

interface Mark {
  readonly rest: string;
  /** Whether it is not a word of a sentence: it begins the line, or is in capitals. */
  readonly isPlain: boolean;
  /** Whether the answer continues in the next lines. */
  readonly isOpen: boolean;
}

/** The last `ANSWER:` of a line, and what follows it. */
function lastMark(line: string): Mark | undefined {
  const mark =
    /(?<![\p{L}\p{N}])(?:answers?(?:\s{1,3}(?:is|are))?|réponse|antwort|respuesta|resposta|risposta|ответ)[*_`"'\s]{0,9}[:：﹕]|(?:答案|答え|正解|정답)(?:是|为|は)?[*_`"'\s]{0,9}[:：﹕]|<answer>/giu;
  let last: RegExpExecArray | undefined;
  for (let found = mark.exec(line); found; found = mark.exec(line)) last = found;
  if (!last) return undefined;
  const before = line.slice(0, last.index);
  const beginsLine =
    last.index <= 60 &&
    /^[\s\p{P}\p{S}]*(?:(?:so|therefore|thus|hence|my|the|final|correct|best|right)[\s,]+){0,4}$/iu.test(before);
  const rest = line.slice(last.index + last[0].length).split("</answer>", 1)[0]!;
  const isOpen = withoutEmphasis(rest) === "" || /(?:[,;&+]|\band)\s*$/i.test(rest.slice(-12));
  return { rest, isPlain: beginsLine || last[0].startsWith("ANSWER") || last[0] === "<answer>", isOpen };
}

/** What stands in the last `\boxed{}` of a text, with the braces that belong to it. */
export function lastBoxed(text: string): string | undefined {
  const at = Math.max(text.lastIndexOf("\\boxed{"), text.lastIndexOf("\\fbox{"));
  if (at < 0) return undefined;
  const start = text.indexOf("{", at) + 1;
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    if (text[i] === "{" && text[i - 1] !== "\\") depth++;
    if (text[i] === "}" && text[i - 1] !== "\\") depth--;
    if (depth === 0) return text.slice(start, i).trim();
  }
  return undefined;
}

const wrapper =
  /^(?:\$+|\*+|_+|`+|"|'|“|‘|\(|\[|\{|<|（|【|「|\\\{|\\\(|\\\[|\\(?:boxed|fbox|text|textbf|textit|mathrm|mathbf|mbox)\s?\{)\s*/u;

const withoutEmphasis = (text: string): string => text.replace(/^[\s*_]+/, "").trim();

/**
 * An answer without what is put around it: emphasis, quotes, brackets, `$`, `\boxed{}`, `\text{}`, and a full stop at its end.
 *
 * @example ["**B**.", "$\\boxed{B}$", "\\text{(B)}", "“Paris”"].map(unwrapped) // => ["B", "B", "B", "Paris"]
 */
export function unwrapped(text: string): string {
  let inner = text.trim();
  for (let depth = 0; depth < 12; depth++) {
    const opened = wrapper.exec(inner)?.[0];
    if (opened === undefined) break;
    inner = inner.slice(opened.length);
    if (/[{]$/.test(opened.trim())) {
      const close = closing(inner);
      if (close >= 0) inner = inner.slice(0, close) + inner.slice(close + 1);
    }
  }
  const end = trimmedEnd(inner);
  return end === "" ? inner.trim() : end;
}

/** Where the brace that is open at the beginning of a text is closed. */
function closing(text: string): number {
  let depth = 1;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "{") depth++;
    if (text[i] === "}" && --depth === 0) return i;
  }
  return -1;
}

const brackets: Readonly<Record<string, string>> = {
  ")": "(",
  "]": "[",
  "}": "{",
  ">": "<",
  "）": "（",
  "】": "【",
  "」": "「",
};

/** Without punctuation at the end, and without brackets there that are opened nowhere. */
function trimmedEnd(text: string): string {
  const surplus = new Map<string, number>();
  let end = text.length;
  for (; end > 0; end--) {
    const sign = text[end - 1]!;
    const opening = brackets[sign];
    if (opening !== undefined) {
      const left = surplus.get(sign) ?? text.split(sign).length - text.split(opening).length;
      if (left <= 0) break;
      surplus.set(sign, left - 1);
    } else if (!/[\s.,;:!?。，、；：！？*_`$"'”’\\]/u.test(sign)) break;
  }
  return text.slice(0, end);
}

/**
 * The answer in a reply, so that equal ones compare equal: what is marked as the answer, else all of it, without case and edge punctuation.
 * The sign of a number stays.
 *
 * @example answerIn("It is four.\nANSWER: Four.") // => "four"
 * @example answerIn("ANSWER: -5.") // => "-5"
 */
export const answerIn = (text: string): string => bare(fold(unwrapped(markedAnswer(text)?.split("\n", 1)[0] ?? text)));

/** One of the things that an answer may name, with its text where it has one. */
export interface Option {
  readonly label: string;
  readonly text?: string | undefined;
}

/**
 * The options that an answer names: by their labels, or one by its text. All that it names, or nothing where a part of it cannot be read.
 *
 * @param several whether it may name more than one
 * @returns nothing where it names none, something else, or more than one where `several` is false
 * @example optionsIn("(A), **C**", [{ label: "A" }, { label: "B" }, { label: "C" }], true) // => ["A", "C"]
 * @example optionsIn("B) iron", [{ label: "A", text: "wood" }, { label: "B", text: "iron" }], false) // => ["B"]
 */
export function optionsIn(answer: string, options: readonly Option[], several: boolean): readonly string[] | undefined {
  if (answer.length > 2000)
    return answer.includes("\n") ? optionsIn(answer.split("\n", 1)[0]!, options, several) : undefined;
  const byLabel = new Map(options.map(({ label }) => [fold(label), label]));
  const byText = new Map<string, string | undefined>();
  for (const { label, text } of options) {
    if (text === undefined) continue;
    const key = bare(fold(text));
    if (key !== "") byText.set(key, byText.has(key) ? undefined : label); // two choices of one text: it names neither
  }
  const hasNumbers = options.some(({ label }) => /\d/.test(label));
  const named = (part: string): string | undefined => {
    const inner = unwrapped(part.replace(hasNumbers ? bullet : numberedBullet, "").replace(lead, ""));
    const key = fold(inner);
    const both = /^(\p{L}|\p{N}{1,3})(?:\s?[)\]:.–—-]+\s?|\s)(.+)$/su.exec(inner); // `B) iron`
    const label = both === null ? undefined : byLabel.get(fold(both[1]!));
    if (label !== undefined && byText.get(bare(fold(both![2]!))) === label) return label;
    return byLabel.get(key) ?? byText.get(bare(key));
  };
  const whole = named(answer);
  if (whole !== undefined) return [whole];
  const list = listed(answer, named, byLabel);
  if (list !== undefined) return several || list.length === 1 ? list : undefined;
  const [first, ...rest] = answer.split("\n");
  if (rest.length > 0 && (!several || !options.some(({ label }) => standsAsLabel(rest.join("\n"), label))))
    return optionsIn(first!, options, several);
  return withExplanation(answer, byLabel, byText, several, named);
}

/** Words that announce a label. */
const lead =
  /^[\s*_]*(?:the\s+)?(?:correct\s+)?(?:(?:options?|choices?|letters?|answers?|statements?)\s+(?:(?:is|are)[\s:]+)?|both\s+)(?=\S)/i;
const bullet = /^\s*[-*•]\s+/;
const numberedBullet = /^\s*(?:[-*•]|\d{1,2}[.)])\s+/;
const separator = /\s?(?:[\n,;/&+|、，；和与及]|(?<![\p{L}\p{N}])(?:and|und|et|plus|as well as)(?![\p{L}\p{N}]))\s?/iu;

/** The labels of a list such as `A, B and C`, `A C` or `AC`; nothing where any part is something else. */
function listed(
  answer: string,
  named: (part: string) => string | undefined,
  byLabel: ReadonlyMap<string, string>,
): readonly string[] | undefined {
  const parts = unwrapped(answer.replace(lead, ""))
    .replace(/\s+/g, (blanks) => (blanks.includes("\n") ? "\n" : " "))
    .replace(/([)\]）】])(?=[([（【])/g, "$1,")
    .split(separator)
    .filter((part) => part !== "");
  const found: string[] = [];
  for (const part of parts) {
    const one = named(part);
    if (one !== undefined) {
      found.push(one);
      continue;
    }
    for (const word of part.split(/\s+/)) {
      const key = fold(unwrapped(word));
      const isRun = /^\p{Lu}{1,60}$/u.test(unwrapped(word)) && new Set(key).size === key.length; // `AC`, but not `or`, `BB`
      const labels = byLabel.has(key)
        ? [byLabel.get(key)!]
        : isRun
          ? [...key].map((letter) => byLabel.get(letter))
          : [undefined];
      if (key === "" || labels.includes(undefined)) return undefined;
      found.push(...(labels as string[]));
    }
  }
  return found.length > 0 ? [...new Set(found)] : undefined;
}

/** `B) iron`, `B: iron`, `B, because ...`; and a list before the end of a sentence: `A, C. Both are metals`. */
function withExplanation(
  answer: string,
  byLabel: ReadonlyMap<string, string>,
  byText: ReadonlyMap<string, string | undefined>,
  several: boolean,
  named: (part: string) => string | undefined,
): readonly string[] | undefined {
  const stripped = answer
    .replace(lead, "")
    .replace(/[*_`$]/g, "")
    .trim();
  const first = /^[([（【]?\s?([\p{L}\p{N}]{1,3})\s?([()\]）】.:：,;–—-]+|\s(?=because\s|since\s))\s?(.*)$/su.exec(
    stripped,
  );
  const label = first === null ? undefined : byLabel.get(fold(first[1]!));
  if (first && label !== undefined) {
    const rest = first[3]!.trim();
    const text = byText.get(bare(fold(rest)));
    if (text === label) return [label];
    const others = [...byLabel.keys()].filter((key) => key !== fold(label) && standsAsLabel(rest, byLabel.get(key)!));
    const isProse = /^[\p{L}"'(]/u.test(rest) && /\p{L}{2}/u.test(rest);
    if (text === undefined && others.length === 0 && isProse && (!several || !/[,;]/.test(first[2]!))) return [label];
    return several ? beforeSentenceEnd(stripped, named, byLabel) : undefined;
  }
  return several ? beforeSentenceEnd(stripped, named, byLabel) : undefined;
}

/** A list that ends with a full stop before a sentence of ordinary words. */
function beforeSentenceEnd(
  answer: string,
  named: (part: string) => string | undefined,
  byLabel: ReadonlyMap<string, string>,
): readonly string[] | undefined {
  const end = answer.indexOf(". ");
  if (end < 0) return undefined;
  const rest = answer.slice(end + 2);
  if (!/\p{L}{2}/u.test(rest) || [...byLabel.values()].some((label) => standsAsLabel(rest, label))) return undefined;
  return listed(answer.slice(0, end), named, byLabel);
}

/** Whether a label stands in a text as one: a capital letter alone, in brackets or before one; `a` and `I` are words too. */
const standsAsLabel = (text: string, label: string): boolean => {
  const quoted = label.replace(/[^\p{L}\p{N}]/gu, "\\$&");
  const alone = /^[AI]$/.test(label) ? "" : `|(?<![\\p{L}\\p{N}'’])${quoted}(?![\\p{L}\\p{N}'’])`;
  return new RegExp(`[(\\[]${quoted}[)\\]]|(?<![\\p{L}\\p{N}])${quoted}[).](?!\\p{L})${alone}`, "u").test(text);
};
