/**
 * Whether a text is meant by a pattern in which `*` stands for any text and `?` for one character; a text is also meant by itself. In time
 * proportional to the product of both lengths at most.
 *
 * @example isMeantBy("q*-?", "question-7") // => true
 * @example isMeantBy("a[1]", "a[1]") // => true
 */
export function isMeantBy(pattern: string, text: string): boolean {
  if (pattern === text) return true;
  let [p, t] = [0, 0];
  let [star, from] = [-1, 0];
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      from = t;
    } else if (pattern[p] === "?" || pattern[p] === text[t]) {
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
