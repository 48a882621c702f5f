import { meant } from "#src/kernel/errors";
import { SpecError } from "./spec-error.ts";

/**
 * What must hold of one option.
 *
 * - `law`: the end of a sentence that begins with the place and `must be`
 * - `words`: the words that it may be, to find the one that was meant
 * - `word`: OTP's name where that is not the key in snake case: a wrong one is `{ invalid_<word>: value }`
 */
export type Rule = readonly [
  key: string,
  holds: (value: unknown) => boolean,
  law: string,
  words?: readonly string[],
  word?: string | undefined,
];

export const FOREVER = Number.POSITIVE_INFINITY;

export const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const isText = (value: unknown): value is string => typeof value === "string";
export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
// biome-ignore lint/complexity/noBannedTypes: any function
export const isFunction = (value: unknown): value is Function => typeof value === "function";
/** Whether a value is a whole number, 0 or more. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export const optional =
  (holds: Rule[1]): Rule[1] =>
  (value) =>
    value === undefined || holds(value);

/** One of some words. */
export function words(key: string, allowed: string, word?: string): Rule {
  const all = allowed.split(", ");
  return [key, (value) => all.includes(value as string), `one of ${allowed}`, all, word];
}

/** A whole number of something, if it is given. @param other one more value that is allowed */
export const whole = (key: string, of: string, least = 0, other?: number): Rule => [
  key,
  optional((value) => value === other || (isCount(value) && value >= least)),
  `a whole number of ${of}, ${least} or more`,
];

/**
 * Checks options in the order of the rules.
 *
 * @param path of what has the options; empty for none
 * @param reasonOf OTP's reason, given the word for the fault
 * @throws SpecError for the first wrong one
 */
export function checkAll(
  options: object,
  rules: readonly Rule[],
  path: string,
  reasonOf: (reason: { [word: `invalid_${string}`]: unknown }) => unknown = (reason) => reason,
): void {
  for (const [key, holds, law, known = [], word] of rules) {
    const value = (options as Record<string, unknown>)[key];
    if (holds(value)) continue;
    const place = path ? `${path}.${key}` : key;
    const hint = meant(String(value), known);
    throw new SpecError(
      reasonOf({ [`invalid_${word ?? snakeCase(key)}`]: value }),
      place,
      `must be ${law}`,
      value,
      hint,
    );
  }
}

const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
