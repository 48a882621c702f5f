import { z } from "zod";
import { parseOptions } from "#src/kernel/parse";
import { type Scorer, scored, targetScorer, verdict } from "./scorer.ts";
import { numberIn, numbersIn, stripNumericPunctuation, stripPunctuation } from "./text.ts";

export const matchOptions = z.strictObject({
  location: z
    .enum(["begin", "end", "any", "exact"])
    .default("end")
    .describe("where in the reply the answer must stand"),
  ignoreCase: z.boolean().default(true).describe("whether a and A are the same"),
  numeric: z
    .boolean()
    .default(false)
    .describe("whether targets that are numbers are compared as numbers, to five significant digits"),
});
type MatchOptions = z.output<typeof matchOptions>;

/**
 * Correct where the reply ends with a right answer, or begins with it, contains it or is it. Punctuation and blanks around both are ignored.
 * With `numeric`, `$1,024.00` is 1024: the last number of the reply counts (`begin`: the first, `any`: each).
 *
 * @example match()(state, ["Paris"]) // "It is Paris." is correct
 */
export function match(options: z.input<typeof matchOptions> = {}): Scorer {
  const resolved = parseOptions(matchOptions, options, "match");
  return targetScorer(
    "match",
    ({ output }, target) => {
      const explanation = output!.content;
      const tried = target.map((text) => compare(explanation, text, resolved));
      const found = tried.find(({ matched }) => matched) ?? tried.at(-1)!;
      return verdict(found.matched, { answer: found.answer, explanation });
    },
    resolved,
  );
}

interface Comparison {
  readonly answer: string;
  readonly matched: boolean;
}

function compare(reply: string, target: string, options: MatchOptions): Comparison {
  const wanted = options.numeric ? numberIn(stripNumericPunctuation(target.trim())) : undefined;
  if (wanted !== undefined) return compareNumbers(reply, wanted, options.location);
  const fold = (text: string): string => stripPunctuation(options.ignoreCase ? text.toLowerCase() : text);
  return { answer: reply.trim(), matched: holds(fold(reply), fold(target), options.location) };
}

function holds(reply: string, target: string, location: MatchOptions["location"]): boolean {
  switch (location) {
    case "begin":
      return reply.startsWith(target);
    case "end":
      return reply.endsWith(target);
    case "any":
      return reply.includes(target);
    case "exact":
      return reply === target;
  }
}

function compareNumbers(reply: string, wanted: number, location: MatchOptions["location"]): Comparison {
  const found = location === "exact" ? [numberIn(stripNumericPunctuation(reply.trim()))] : numbersIn(reply);
  const counted =
    location === "any" ? found.find((number) => alike(number, wanted)) : found.at(location === "end" ? -1 : 0);
  return { answer: counted === undefined ? reply.trim() : String(counted), matched: alike(counted, wanted) };
}

const alike = (a: number | undefined, b: number): boolean =>
  a !== undefined && Number(a.toPrecision(5)) === Number(b.toPrecision(5));

/** Correct where the reply contains a right answer anywhere. */
export function includes({ ignoreCase = true }: { readonly ignoreCase?: boolean } = {}): Scorer {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  return targetScorer(
    "includes",
    ({ output }, target) => {
      const explanation = output!.content;
      const correct = target.some((text) => fold(explanation).includes(fold(text)));
      return verdict(correct, { answer: explanation, explanation });
    },
    { ignoreCase },
  );
}

export const numericOptions = z.strictObject({
  absolute: z.number().nonnegative().default(0).describe("difference that is still right"),
  relative: z.number().nonnegative().default(1e-6).describe("difference that is still right, as a share of the target"),
  location: z
    .enum(["begin", "end", "any"])
    .default("end")
    .describe("which number of the reply counts: the first, the last, any"),
});

/**
 * Correct where a number of the reply is a right answer within a tolerance; no answer (N) where the reply has no number.
 *
 * @example numeric({ relative: 0.01 })(state, ["3.1416"]) // "about 3.14" is correct
 */
export function numeric(options: z.input<typeof numericOptions> = {}): Scorer {
  const { absolute, relative, location } = parseOptions(numericOptions, options, "numeric");
  return targetScorer(
    "numeric",
    ({ output }, target) => {
      const explanation = output!.content;
      const found = numbersIn(explanation);
      const counted = location === "any" ? found : found.slice(...(location === "end" ? [-1] : [0, 1]));
      if (counted.length === 0) return scored("N", { explanation });
      const right = target.flatMap((text) => numberIn(stripNumericPunctuation(text.trim())) ?? []);
      const near = (number: number): boolean =>
        right.some((wanted) => Math.abs(number - wanted) <= Math.max(absolute, relative * Math.abs(wanted)));
      return verdict(counted.some(near), { answer: String(counted.find(near) ?? counted[0]), explanation });
    },
    { absolute, relative, location },
  );
}
