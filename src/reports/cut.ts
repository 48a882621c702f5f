/**
 * The first characters of a text, with a mark where it was cut. Never splits a surrogate pair.
 *
 * @example cut("abcdef", 3) // => "abc … (3 more characters)"
 */
export function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const end = /[\uD800-\uDBFF]/.test(text[characters - 1] ?? "") ? characters - 1 : characters;
  return `${text.slice(0, end)} … (${text.length - end} more characters)`;
}
