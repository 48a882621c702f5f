/**
 * Whether a character is what `\s` is in a regular expression.
 *
 * @param code of its UTF-16 unit
 * @example [isBlank(0x20), isBlank(0x3000), isBlank(0x41)] // => [true, true, false]
 */
export const isBlank = (code: number): boolean =>
  code === 32 ||
  (code >= 9 && code <= 13) ||
  code === 0xa0 ||
  (code >= 0x1680 &&
    (code === 0x1680 ||
      (code >= 0x2000 && code <= 0x200a) ||
      code === 0x2028 ||
      code === 0x2029 ||
      code === 0x202f ||
      code === 0x205f ||
      code === 0x3000 ||
      code === 0xfeff));

/**
 * Whether nothing of a text can be seen: blanks, characters of zero width, fillers.
 *
 * @example [isBlankText(" \u200b"), isBlankText("\u3164"), isBlankText(".")] // => [true, true, false]
 */
export const isBlankText = (text: string): boolean =>
  !/[^\s\p{Cf}\p{Cc}\p{Mn}\u115F\u1160\u2800\u3164\uFFA0]/u.test(text);
