/** Digits in a row that a double may not hold. */
const LONG = 16;
const largeExponent = /\d[eE]\+?\d{3}/;
/** What may be a number, outside of strings. One before a colon is not a value, and stays what JSON refuses. */
const numbers = /(?<![\w.+-])-?\d[\d.eE+-]*(?![\d.eE+-]|\s*:)/g;
const grammar = /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * The value of a JSON text. A number that a double cannot hold stays as it is written, as text: a whole number beyond 2^53 keeps its digits.
 *
 * @throws SyntaxError for what is not JSON
 * @example parseJson('{"id": 12345678901234567890, "n": 5, "large": 1e999}') // => { id: "12345678901234567890", n: 5, large: "1e999" }
 */
export function parseJson(text: string): unknown {
  if (!hasLongWhole(text) && !largeExponent.test(text)) return JSON.parse(text);
  try {
    return JSON.parse(outsideStrings(text, (piece) => piece.replace(numbers, exact)));
  } catch {
    return JSON.parse(text); // which says where the text itself is wrong
  }
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Whether sixteen digits stand in a row, but for a fraction's. Every sixteenth letter is looked at: most texts are read as they are. */
function hasLongWhole(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let [start, end] = [at, at + 1];
    while (start > 0 && at - start < 2 * LONG && isDigit(text.charCodeAt(start - 1))) start -= 1;
    while (end - start < LONG && isDigit(text.charCodeAt(end))) end += 1;
    if (end - start >= LONG && text[start - 1] !== ".") return true;
  }
  return false;
}

/** A number as JSON that loses nothing. */
function exact(found: string): string {
  const parts = grammar.exec(found);
  if (!parts) return found; // for JSON to refuse
  const isWhole = parts[1] === undefined && parts[2] === undefined;
  const isHeld = isWhole ? Number.isSafeInteger(Number(found)) : Number.isFinite(Number(found));
  return isHeld ? found : `"${found}"`;
}

/**
 * Changes what stands outside of the strings of a JSON text, in linear time and without recursion.
 *
 * @example outsideStrings('{"NaN": NaN}', (piece) => piece.replaceAll("NaN", "null")) // => '{"NaN": null}'
 */
export function outsideStrings(text: string, change: (piece: string) => string): string {
  const pieces: string[] = [];
  let at = 0;
  for (let open = text.indexOf('"'); open >= 0; open = text.indexOf('"', at)) {
    const end = endOfString(text, open);
    pieces.push(change(text.slice(at, open)), text.slice(open, end));
    at = end;
  }
  pieces.push(change(text.slice(at)));
  return pieces.join("");
}

/** Where the string that opens at a quote has ended; the end of the text where it never does. */
function endOfString(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); close >= 0; close = text.indexOf('"', close + 1)) {
    let backslashes = 0;
    while (text[close - 1 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return close + 1;
  }
  return text.length;
}

/** Lists and objects within one another that plain JSON may have: with more, or with a cycle, it is not plain. */
const DEEPEST = 500;

/**
 * Whether a value is the same after it was written as JSON and read. Members that are undefined count as absent.
 *
 * @param most characters of all its texts and names together
 * @example isPlainJson({ a: [1, "b", null], c: undefined }) // => true
 * @example [isPlainJson(new Date(0)), isPlainJson(Number.NaN), isPlainJson("long", 3)] // => [false, false, false]
 */
export function isPlainJson(value: unknown, most = Number.POSITIVE_INFINITY): boolean {
  let left = most;
  const isPlain = (each: unknown, depth: number): boolean => {
    switch (typeof each) {
      case "string":
        left -= each.length;
        return left >= 0;
      case "boolean":
        return true;
      case "number":
        return Number.isFinite(each);
      case "object":
        break;
      default:
        return false;
    }
    if (each === null) return true;
    if (depth > DEEPEST) return false;
    if (Array.isArray(each)) return each.every((member) => isPlain(member, depth + 1));
    const prototype = Object.getPrototypeOf(each);
    if (prototype !== Object.prototype && prototype !== null) return false;
    for (const name of Object.keys(each)) {
      const member = (each as Record<string, unknown>)[name];
      left -= name.length;
      if (member !== undefined && !isPlain(member, depth + 1)) return false;
    }
    return left >= 0;
  };
  return isPlain(value, 0);
}
