/**
 * Whether a text is meant by a pattern in which `*` stands for any text and `?` for one character, and for themselves behind a backslash; a
 * text is also meant by itself. In time proportional to the product of both lengths at most.
 *
 * @example isMeantBy("q*-?", "question-7") // => true
 * @example isMeantBy("a[1]", "a[1]") // => true
 * @example isMeantBy("q\\*", "question-7") // => false
 */
export function isMeantBy(pattern: string, text: string): boolean {
  if (pattern === text) return true;
  let [p, t] = [0, 0];
  let [star, from] = [-1, 0];
  while (t < text.length) {
    const isPlain = pattern[p] === "\\" && /[*?\\]/.test(pattern[p + 1] ?? "");
    if (isPlain && pattern[p + 1] === text[t]) {
      p += 2;
      t += 1;
    } else if (!isPlain && pattern[p] === "*") {
      star = p++;
      from = t;
    } else if (!isPlain && (pattern[p] === "?" || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      t = ++from; // the last star takes one character more
    } else return false;
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}

/**
 * The parts of a list that is written with commas; a comma behind a backslash is part of its part.
 *
 * @example listIn("a,b\\,c") // => ["a", "b,c"]
 */
export const listIn = (text: string): string[] => text.split(/(?<!\\),/).map((part) => part.replaceAll("\\,", ","));

/** @example listOf(["a", "b,c"]) // => "a,b\\,c" */
export const listOf = (parts: readonly unknown[]): string =>
  parts.map((part) => String(part).replaceAll(",", "\\,")).join(",");
