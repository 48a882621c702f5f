import { createRequire } from "node:module";
import type * as re2 from "re2js";
import { ConfigError } from "#src/kernel/errors";

/** A regular expression that takes time in proportion to the text. */
export interface LinearRegExp {
  readonly source: string;
  readonly test: (text: string) => boolean;
}

const load = createRequire(import.meta.url);
/** Signs of an expression times those of a text that take some hundred milliseconds. */
const MOST = 5_000_000;

export class TooLong extends Error {}

/**
 * A regular expression that stands in data: none can hold up a run, whatever it is and whatever it meets. It has no lookaround and no
 * back-references, since these cannot be matched in linear time.
 *
 * @throws ConfigError for what is no such expression; `test` throws TooLong for a text that is too long for the expression
 * @see RE2, https://github.com/google/re2/wiki/Syntax
 * @example linearRegExp("(a+)+$", "rows[0].assertions").test("aaaa!") // => false
 */
export function linearRegExp(source: string, place: string): LinearRegExp {
  const { RE2JS } = load("re2js") as typeof re2; // where one is first used: it takes as long to load as all scorers
  let search: re2.RE2JS;
  try {
    search = RE2JS.compile(RE2JS.translateRegExp(source));
  } catch (thrown) {
    throw new ConfigError(
      place,
      `must be a regular expression without lookaround and back-references: ${(thrown as Error).message}`,
      source,
      "Data may not hold up a run: write pattern() in the experiment for any other",
    );
  }
  const test = (text: string): boolean => {
    if (source.length * text.length > MOST)
      throw new TooLong(`an expression of ${source.length} signs and a text of ${text.length} are too long`);
    return search.matcher(text).find();
  };
  return { source, test };
}
