import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { ConfigError } from "#src/kernel/errors";
import { parseOptions } from "#src/kernel/parse";
import { type Scorer, scored, targetScorer, unscored, verdict } from "./scorer.ts";
import { tooLong } from "./too-long.ts";

export const levenshteinOptions = z.strictObject({
  threshold: z
    .number()
    .gt(0)
    .max(1, "must be at most 1: it is a share of the longer text; maxDistance counts edits")
    .optional()
    .describe("similarity from which the reply is correct (C, else I)"),
  maxDistance: z.int().nonnegative().optional().describe("edits up to which the reply is correct (C, else I)"),
  ignoreCase: z.boolean().default(false).describe("whether a and A are the same"),
});

/**
 * How like the reply is to the target: 1 - edits / length of the longer text, from 0 to 1; the best of several targets. Edits insert, delete or
 * replace one character. Blanks at both ends do not count. N for a blank reply.
 *
 * @see Levenshtein, Soviet Physics Doklady 10 (1966)
 * @throws ConfigError for both `threshold` and `maxDistance`
 * @example levenshtein({ maxDistance: 5 })
 */
export function levenshtein(options: z.input<typeof levenshteinOptions> = {}): Scorer {
  const resolved = parseOptions(levenshteinOptions, options, "levenshtein");
  const { threshold, maxDistance, ignoreCase } = resolved;
  if (threshold !== undefined && maxDistance !== undefined)
    throw new ConfigError("levenshtein", "must have either threshold or maxDistance, not both");
  const fold = (text: string): string =>
    (ignoreCase ? text.normalize("NFC").toLowerCase() : text.normalize("NFC")).trim();
  return targetScorer(
    "levenshtein",
    ({ output }, target) => {
      const reply = fold(output!.content);
      if (reply === "") return scored("N", { explanation: "The reply is blank" });
      const wanted = target.map(fold).filter((text) => text !== "");
      const long = wanted.map((text) => tooLong(reply.length, text.length)).find(Boolean);
      if (long) return unscored(long);
      const edits = wanted.map((text) => editsOf(reply, text));
      const fewest = Math.min(...edits.map((each) => each.edits));
      const similarity = Math.max(...edits.map((each) => 1 - each.edits / each.longest));
      const more = { answer: reply, explanation: `${fewest} edits; similarity ${similarity}` };
      if (maxDistance !== undefined) return verdict(fewest <= maxDistance, more);
      return threshold === undefined ? scored(similarity, more) : verdict(similarity >= threshold, more);
    },
    resolved,
  );
}

/** Edits between two texts, and the characters of the longer one. A character outside the first plane counts once. */
function editsOf(a: string, b: string): { edits: number; longest: number } {
  const [x, y] = /[\ud800-\udfff]/.test(a + b) ? oneUnitEach(a, b) : [a, b];
  let [start, end] = [0, 0]; // what both begin and end with takes no edits
  const shorter = Math.min(x.length, y.length);
  while (start < shorter && x.charCodeAt(start) === y.charCodeAt(start)) start += 1;
  while (end < shorter - start && x.charCodeAt(x.length - end - 1) === y.charCodeAt(y.length - end - 1)) end += 1;
  const edits = distance(x.slice(start, x.length - end), y.slice(start, y.length - end));
  return { edits, longest: Math.max(x.length, y.length) };
}

/** Both texts with one code unit for each character, the same for the same. */
function oneUnitEach(a: string, b: string): [string, string] {
  const units = new Map<string, string>();
  const unitOf = (character: string): string => {
    const unit = units.get(character) ?? String.fromCharCode(units.size);
    units.set(character, unit);
    return unit;
  };
  const mapped = (text: string): string => Array.from(text, unitOf).join("");
  return [mapped(a), mapped(b)];
}
