import { type MathToken, mathTokens } from "./math-tokens.ts";
import { functions, type MathNode, MOST_DEPTH, readExpression } from "./math-tree.ts";

/** What an answer is: a number or expression, things in an order (a point, an interval, the sides of a relation), things in none, or words. */
export type MathValue =
  | {
      readonly kind: "scalar";
      readonly node: MathNode;
      readonly percent: boolean;
      readonly degrees: boolean;
      readonly unit: string;
    }
  | { readonly kind: "ordered"; readonly marks: string; readonly items: readonly MathValue[] }
  | { readonly kind: "unordered"; readonly marks: string; readonly items: readonly MathValue[] }
  | { readonly kind: "words"; readonly words: string };

/**
 * Reads an answer as mathematics. Nothing of it is ever executed: it is read by a grammar, in bounded time and depth.
 *
 * @returns nothing for what is not mathematics, and no words either
 */
export function readMath(answer: string): MathValue | undefined {
  const tokens = mathTokens(answer);
  if (!tokens || tokens.length === 0 || depthOf(tokens) > MOST_DEPTH) return undefined;
  return isProse(answer) ? worded(answer) : read(tokens);
}

/** Words and nothing else: a product of letters is rarely the answer, and `no` is not `on`. */
const isProse = (answer: string): boolean =>
  /^\s*[A-Za-z][A-Za-z' -]*[.!]?\s*$/.test(answer) &&
  /[A-Za-z]{2}/.test(answer) &&
  !(answer.match(/[A-Za-z]+/g) ?? []).some(
    (word) => word === "pi" || functions.has(word) || /^(?:or|and)$/i.test(word),
  );

function depthOf(tokens: Tokens): number {
  let [depth, most] = [0, 0];
  for (const { text } of tokens) {
    if (opening.has(text)) depth += 1;
    if (closing.has(text)) depth -= 1;
    most = Math.max(most, depth);
  }
  return most;
}

type Tokens = readonly MathToken[];
const opening = new Set(["(", "[", "{", "\\{"]);
const closing = new Set([")", "]", "}", "\\}"]);
const relations = new Set(["=", "<", ">", "le", "ge", "ne"]);

function read(tokens: Tokens): MathValue | undefined {
  if (tokens.length === 0) return undefined;
  if (tokens.length === 1 && tokens[0]!.text === "emptyset") return { kind: "unordered", marks: "set", items: [] };
  if (tokens.length === 1 && tokens[0]!.kind === "words") return worded(tokens[0]!.text);
  return (
    listed(tokens) ??
    related(tokens) ??
    united(tokens) ??
    grouped(tokens) ??
    matrix(tokens) ??
    signed(tokens) ??
    scalar(tokens)
  );
}

/** `\text{18}` is 18; `\text{even}` is a word. */
function worded(text: string): MathValue | undefined {
  const inner = mathTokens(text) ?? [];
  if (inner.length > 0 && !inner.some(({ kind }) => kind === "words") && !/^[A-Za-z]{2,}$/.test(text))
    return read(inner);
  const words = text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
  return words === "" ? undefined : { kind: "words", words };
}

/** Parts between separators that stand outside all brackets. */
function splitAt(tokens: Tokens, isSeparator: (token: MathToken) => boolean): { parts: Tokens[]; marks: string[] } {
  const parts: MathToken[][] = [[]];
  const marks: string[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === "mark" && opening.has(token.text)) depth += 1;
    if (token.kind === "mark" && closing.has(token.text)) depth -= 1;
    if (token.text.startsWith("begin ")) depth += 1;
    if (token.text.startsWith("end ")) depth -= 1;
    if (depth === 0 && isSeparator(token)) {
      marks.push(token.text);
      parts.push([]);
    } else parts.at(-1)!.push(token);
  }
  return { parts, marks };
}

/** `x = 5` is 5, `x \in (0,1)` the interval; other relations are their sides. */
function related(tokens: Tokens): MathValue | undefined {
  const { parts, marks } = splitAt(
    tokens,
    ({ kind, text }) => kind !== "words" && (relations.has(text) || text === "in"),
  );
  if (marks.length === 0) return undefined;
  const isNamed = marks.length === 1 && (marks[0] === "=" || marks[0] === "in") && isLabel(parts[0]!);
  if (isNamed) return read(parts[1]!);
  const items = parts.map(read);
  if (!items.every((each) => each !== undefined)) return undefined;
  const turned = marks.every((mark) => mark === ">" || mark === "ge"); // a > b is b < a
  const marked = marks.map((mark) => (turned ? (mark === ">" ? "<" : "le") : mark)).join(" ");
  return marked === "=" || marked === "ne"
    ? { kind: "unordered", marks: marked, items }
    : { kind: "ordered", marks: marked, items: turned ? items.toReversed() : items };
}

/** A name to the left of `=`: `x`, `f(x)`, `\text{Area}`, `x_1`. */
const isLabel = (tokens: Tokens): boolean =>
  (tokens[0]?.kind === "words" || (tokens[0]?.kind === "name" && tokens[0].text.length === 1)) &&
  (tokens.length === 1 ||
    tokens[1]!.text === "_" ||
    (tokens.length === 4 && tokens[1]!.text === "(" && tokens[2]!.kind === "name" && tokens[3]!.text === ")"));

/** `1, 2`, `1 \text{ or } 2`: in no order, as the elements of a set. */
function listed(tokens: Tokens): MathValue | undefined {
  const { parts, marks } = splitAt(
    tokens,
    ({ kind, text }) => text === "," || text === ";" || (kind === "words" && /^(?:or|and)$/i.test(text)),
  );
  if (marks.length === 0) return undefined;
  return collected(
    "unordered",
    "set",
    parts.filter((part, i) => part.length > 0 || i === 0),
  ); // "1, 2, and 3"
}

const united = (tokens: Tokens): MathValue | undefined => {
  const { parts, marks } = splitAt(tokens, ({ text }) => text === "cup");
  return marks.length === 0 ? undefined : collected("unordered", "union", parts);
};

function collected(kind: "ordered" | "unordered", marks: string, parts: readonly Tokens[]): MathValue | undefined {
  const items = parts.map(read);
  return items.every((each) => each !== undefined) ? { kind, marks, items } : undefined;
}

/** A point or an interval with its brackets; a set. One thing in round brackets is that thing. */
function grouped(tokens: Tokens): MathValue | undefined {
  const [first, last] = [tokens[0]!.text, tokens.at(-1)!.text];
  if (
    tokens.length < 2 ||
    !opening.has(first) ||
    !closing.has(last) ||
    (first === "{") !== (last === "}") ||
    (first === "\\{") !== (last === "\\}")
  )
    return undefined;
  const inner = tokens.slice(1, -1);
  if (!isBalanced(inner)) return undefined;
  if (first === "\\{" && inner.length === 0) return { kind: "unordered", marks: "set", items: [] };
  const { parts, marks } = splitAt(inner, ({ text }) => text === "," || text === ";");
  if (first === "\\{") return collected("unordered", "set", parts);
  if (marks.length > 0) return first === "{" ? undefined : collected("ordered", first + last, parts);
  return first === "{" || (first === "(" && last === ")") ? read(inner) : undefined;
}

function isBalanced(tokens: Tokens): boolean {
  let depth = 0;
  for (const { kind, text } of tokens) {
    if (kind === "mark" && opening.has(text)) depth += 1;
    if (kind === "mark" && closing.has(text)) depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

function matrix(tokens: Tokens): MathValue | undefined {
  const [first, last] = [tokens[0]!.text, tokens.at(-1)!.text];
  if (!/^begin [bpvBV]?matrix$/.test(first) || last !== first.replace("begin", "end")) return undefined;
  const rows = splitAt(tokens.slice(1, -1), ({ text }) => text === "\\\\").parts.filter((row) => row.length > 0);
  const items = rows.map((row) => collected("ordered", "row", splitAt(row, ({ text }) => text === "&").parts));
  return items.length > 0 && items.every((each) => each !== undefined)
    ? { kind: "ordered", marks: "matrix", items }
    : undefined;
}

/** `2 \pm \sqrt3` is two numbers. */
function signed(tokens: Tokens): MathValue | undefined {
  if (!tokens.some(({ text }) => text === "pm")) return undefined;
  const withSign = (sign: string): Tokens =>
    tokens.map((token) => (token.text === "pm" ? { ...token, kind: "mark" as const, text: sign } : token));
  return collected("unordered", "set", [withSign("+"), withSign("-")]);
}

/** Functions of an angle: in `\tan 45^\circ` the degrees are those of the argument, not of the value. */
const ofAngles = new Set(["sin", "cos", "tan", "cot", "sec", "csc"]);

function scalar(tokens: Tokens): MathValue | undefined {
  let rest = [...tokens];
  let [percent, degrees, unit] = [false, false, ""];
  const words = rest.findIndex(({ kind }, i) => i > 0 && kind === "words"); // 5 \text{ cm}^2
  if (
    words > 0 &&
    rest.slice(words + 1).every(({ kind, text }) => kind !== "name" && !opening.has(text) && text !== "+")
  ) {
    unit = rest
      .slice(words)
      .map(({ text }) => text)
      .join("")
      .toLowerCase();
    rest = rest.slice(0, words);
  }
  percent = unit === "percent" || rest.at(-1)?.text === "%";
  if (rest.at(-1)?.text === "%") rest = rest.slice(0, -1);
  const end = rest.at(-1)?.text === "}" ? rest.slice(-4) : rest.slice(-2);
  const isAngle = end[0]?.text === "^" && end.some(({ text }) => text === "circ");
  if (isAngle && rest.length > end.length && !rest.some(({ text }) => ofAngles.has(text))) {
    degrees = true;
    rest = rest.slice(0, -end.length);
  }
  degrees ||= /^degrees?$/.test(unit);
  const node = readExpression(rest);
  return node && { kind: "scalar", node, percent, degrees, unit: /^(?:percent|degrees?)$/.test(unit) ? "" : unit };
}
