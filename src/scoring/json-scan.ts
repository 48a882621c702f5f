/** The part of a text from `start` up to, without, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

type Expected = "first key" | "key" | "colon" | "value" | "first value" | "more";
interface Open {
  readonly start: number;
  readonly closing: "}" | "]";
  expected: Expected;
}

/**
 * The JSON objects and arrays in a text, in prose or code fences, none inside another: in linear time, whatever the text.
 *
 * Reads strict JSON as a stack machine, from one opening bracket on. Where the text stops being JSON, what was complete by then stays
 * found, and it looks for the next bracket from there, or from within the last string, whose quotes may have been prose.
 *
 * @example jsonSpans('so {"a": [1]} then') // => [{ start: 3, end: 13 }]
 */
export function jsonSpans(text: string): Span[] {
  const found: Span[] = [];
  let stack: Open[] = [];
  let lastString = -1;
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    const top = stack.at(-1);
    if (!top ? char !== "{" && char !== "[" : isBlank(char)) {
      at += 1;
      continue;
    }
    const end = tokenEnd(text, at);
    if (top && (end < 0 || !fits(top, char))) {
      stack = [];
      at = char === '"' ? at + 1 : lastString >= 0 ? lastString + 1 : char === "{" || char === "[" ? at : at + 1;
      lastString = -1;
      continue;
    }
    lastString = char === '"' ? at : -1;
    if (top) top.expected = after(top, char);
    if (char === "{" || char === "[") {
      stack.push({
        start: at,
        closing: char === "{" ? "}" : "]",
        expected: char === "{" ? "first key" : "first value",
      });
    } else if (char === top?.closing) {
      stack.pop();
      while (found.length > 0 && found.at(-1)!.start >= top.start) found.pop();
      found.push({ start: top.start, end });
    }
    at = end;
  }
  return found;
}

const isBlank = (char: string): boolean => char === " " || char === "\n" || char === "\t" || char === "\r";

function fits({ expected, closing }: Open, char: string): boolean {
  if (char === closing) return expected === "more" || expected.startsWith("first");
  if (char === ",") return expected === "more";
  if (char === ":") return expected === "colon";
  if (char === "}" || char === "]") return false;
  if (expected === "value" || expected === "first value") return true;
  return char === '"' && (expected === "key" || expected === "first key");
}

/** What must follow a token that fitted. */
function after({ expected, closing }: Open, char: string): Expected {
  if (char === ",") return closing === "}" ? "key" : "value";
  if (char === ":") return "value";
  return expected === "key" || expected === "first key" ? "colon" : "more";
}

const literal = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

/** Where the token that begins here ends; -1 where none does. */
function tokenEnd(text: string, start: number): number {
  const char = text[start]!;
  if ("{}[],:".includes(char)) return start + 1;
  if (char === '"') return stringEnd(text, start);
  literal.lastIndex = start;
  return literal.test(text) ? literal.lastIndex : -1;
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') return at + 1;
    if (char < " ") return -1;
    if (char !== "\\") continue;
    at += 1;
    if (text[at] === "u") {
      if (!/^[\da-f]{4}$/i.test(text.slice(at + 1, at + 5))) return -1;
      at += 4;
    } else if (!'"\\/bfnrt'.includes(text[at] ?? "x")) return -1;
  }
  return -1;
}
