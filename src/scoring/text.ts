/** Punctuation and blanks at both ends, as Python's `string.punctuation`. */
const edges = /^[\s!-/:-@[-`{-~]+|[\s!-/:-@[-`{-~]+$/g;

/** @example stripPunctuation(' "Paris." ') // => "Paris" */
export const stripPunctuation = (text: string): string => text.replace(edges, "");

/** Currency signs, thousands separators and emphasis gone; a full stop that ends a sentence too. */
export const stripNumericPunctuation = (text: string): string =>
  text.replace(/[$€£,*_]/g, "").replace(/\.(?=\s|$|\D)/g, "");

const numeral = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * The number that a word is, with what commonly sticks to it: brackets, quotes, exclamation marks. `60%` is none.
 *
 * @example [numberIn("(42)!"), numberIn("−3"), numberIn("60%"), numberIn("4th")] // => [42, -3, undefined, undefined]
 */
export function numberIn(word: string): number | undefined {
  const bare = word.replace(/^[!?:;()[\]{}'"`~<=>@#^&|]+|[!?:;()[\]{}'"`~<=>@#^&|]+$/g, "").replace("−", "-");
  return numeral.test(bare) ? Number(bare) : undefined;
}

/** All numbers in a text, word by word. */
export const numbersIn = (text: string): number[] =>
  stripNumericPunctuation(text)
    .split(/\s+/)
    .map(numberIn)
    .filter((number) => number !== undefined);
