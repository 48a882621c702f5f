import { z } from "zod";
import { parseOptions } from "#src/kernel/parse";
import {
  firstNumber,
  lastNumber,
  numberOf,
  numbersIn,
  type SaidNumber,
  sameNumber,
  type Tolerance,
} from "#src/text/number";
import { toFloat } from "#src/text/rational";
import { bare, fold, isFree, standsAlone } from "#src/text/words";
import { type Scorer, scored, targetScorer, unscored, verdict } from "./scorer.ts";

const decimalSign = z.enum([".", ","]).default(".").describe("the decimal sign of replies and targets");

export const matchOptions = z.strictObject({
  location: z
    .enum(["begin", "end", "any", "exact"])
    .default("end")
    .describe("where in the reply the answer must stand"),
  ignoreCase: z.boolean().default(true).describe("whether a and A are the same"),
  numeric: z
    .boolean()
    .default(false)
    .describe(
      "whether targets that are numbers are compared as numbers: whole ones exactly, others to five significant digits",
    ),
  decimal: decimalSign,
});
type MatchOptions = z.output<typeof matchOptions>;

/**
 * Correct where the reply ends with a right answer, or begins with it, contains it or is it, in whole words and numbers: `5` is not in
 * `-5`, `1.5` or `15`. Punctuation and blanks around both are ignored.
 * With `numeric`, `$1,024.00` is 1024: the last number of the reply counts (`begin`: the first, `any`: each); where it cannot be read,
 * there is no answer (N).
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
      const found = tried.find(({ value }) => value === "C") ?? tried.at(-1)!;
      return scored(found.value, { answer: found.answer, explanation });
    },
    resolved,
  );
}

interface Comparison {
  readonly answer: string;
  readonly value: "C" | "I" | "N";
}

function compare(reply: string, target: string, options: MatchOptions): Comparison {
  const wanted = options.numeric ? wantedNumber(target, options.decimal) : undefined;
  if (wanted) return compareNumbers(reply, wanted, options);
  const said = bare(fold(reply, options.ignoreCase));
  const right = bare(fold(target, options.ignoreCase));
  return { answer: reply.trim(), value: right !== "" && holds(said, right, options.location) ? "C" : "I" };
}

function holds(reply: string, target: string, location: MatchOptions["location"]): boolean {
  switch (location) {
    case "begin":
      return reply.startsWith(target) && standsAlone(reply, 0, target.length);
    case "end":
      return reply.endsWith(target) && standsAlone(reply, reply.length - target.length, reply.length);
    case "any":
      return occurs(reply, target, standsAlone);
    case "exact":
      return reply === target;
  }
}

/** Whether a text has a part somewhere that stands as it should. */
function occurs(text: string, part: string, stands: (text: string, from: number, to: number) => boolean): boolean {
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    if (stands(text, at, at + part.length)) return true;
  }
  return false;
}

function compareNumbers(reply: string, wanted: SaidNumber, { location, decimal }: MatchOptions): Comparison {
  const near = (said: SaidNumber): boolean => sameNumber(said, wanted) || alikeToFiveDigits(said, wanted);
  const counted = numbersThatCount(reply, location, decimal);
  const said = location === "any" ? counted.find(near) : counted[0];
  if (said === undefined) return { answer: reply.trim(), value: "I" };
  return { answer: said.text, value: said.value === undefined ? "N" : near(said) ? "C" : "I" };
}

/** A target as a number. Data hold `3.5` as JSON writes it also where replies say `3,5`: it counts where the other reading gives no number. */
const wantedNumber = (target: string, decimal: "." | ","): SaidNumber | undefined =>
  numberOf(target, { decimal }) ?? (decimal === "," ? numberOf(target) : undefined);

/** The numbers of a reply that may be its answer: the last, the first, all, or the only one. */
function numbersThatCount(
  reply: string,
  location: MatchOptions["location"],
  decimal: "." | ",",
): readonly SaidNumber[] {
  if (location === "any") return numbersIn(reply, { decimal });
  const read = { end: lastNumber, begin: firstNumber, exact: numberOf }[location];
  const said = read(reply, { decimal, units: false });
  return said ? [said] : [];
}

/** @see inspect_ai, which rounds to five significant digits; whole numbers are compared exactly here */
function alikeToFiveDigits(said: SaidNumber, wanted: SaidNumber): boolean {
  if (!said.value || !wanted.value || (said.value.under === 1n && wanted.value.under === 1n)) return false;
  const [a, b] = [toFloat(said.value), toFloat(wanted.value)];
  return Math.abs(a - b) <= 1e-3 * Math.abs(b) && a.toPrecision(5) === b.toPrecision(5); // the first is only quicker
}

/** Correct where the reply contains a right answer anywhere, also within a word; a number is not part of a longer one. */
export function includes({ ignoreCase = true }: { readonly ignoreCase?: boolean } = {}): Scorer {
  return targetScorer(
    "includes",
    ({ output }, target) => {
      const explanation = output!.content;
      const said = fold(explanation, ignoreCase);
      const correct = target.some((text) => occurs(said, fold(text, ignoreCase).trim(), isFree));
      return verdict(correct, { answer: explanation, explanation });
    },
    { ignoreCase },
  );
}

export const numericOptions = z.strictObject({
  absolute: z.number().nonnegative().default(0).describe("difference that is still right"),
  relative: z.number().nonnegative().default(0).describe("difference that is still right, as a share of the target"),
  location: z
    .enum(["begin", "end", "any"])
    .default("end")
    .describe("which number of the reply counts: the first, the last, any"),
  decimal: decimalSign,
});

/**
 * Correct where a number of the reply is a right answer, within the tolerance that is asked for; no answer (N) where the reply has no
 * number, or the one that counts cannot be read. A sample whose target is not a number is unscored.
 *
 * @example numeric({ relative: 0.01 })(state, ["3.1416"]) // "about 3.14" is correct
 */
export function numeric(options: z.input<typeof numericOptions> = {}): Scorer {
  const { absolute, relative, location, decimal } = parseOptions(numericOptions, options, "numeric");
  const tolerance: Tolerance = { absolute, relative };
  const check = (target: readonly string[]): string | undefined => {
    const unread = target.find((text) => text.trim() !== "" && wantedNumber(text, decimal) === undefined);
    return unread === undefined ? undefined : `must be a number that numeric() can read, not ${JSON.stringify(unread)}`;
  };
  return targetScorer(
    "numeric",
    ({ output }, target) => {
      const explanation = output!.content;
      const problem = check(target);
      if (problem !== undefined) return unscored(`the target ${problem}`, { explanation });
      const right = target.map((text) => wantedNumber(text, decimal)!);
      const isRight = (said: SaidNumber): boolean => right.some((wanted) => sameNumber(said, wanted, tolerance));
      const said = numbersThatCount(explanation, location, decimal);
      const found = said.find(isRight);
      const shown = found ?? (location === "any" ? undefined : said[0]);
      const more = { ...(shown ? { answer: shown.text } : {}), explanation };
      return said.some(({ value }) => value) ? verdict(found !== undefined, more) : scored("N", more);
    },
    { absolute, relative, location, decimal },
    check,
  );
}
