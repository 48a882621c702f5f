import { meant } from "#src/kernel/errors";
import { SpecError } from "./spec-error.ts";

/** What must hold of one option. */
export interface Rule {
  readonly key: string;
  /** OTP's name for it: a wrong one is `{ invalid_<word>: value }`. */
  readonly word: string;
  readonly holds: (value: unknown) => boolean;
  /** The end of a sentence that begins with the place. */
  readonly law: string;
  /** The words that it may be, to find the one that was meant. */
  readonly words?: readonly string[];
}

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
  (holds: Rule["holds"]): Rule["holds"] =>
  (value) =>
    value === undefined || holds(value);

/** One of some words. */
export const words = (key: string, word: string, ...allowed: readonly string[]): Rule => ({
  key,
  word,
  holds: (value) => allowed.includes(value as string),
  law: `must be one of ${allowed.join(", ")}`,
  words: allowed,
});

/** A whole number of something, if it is given. @param other one more value that is allowed */
export const whole = (key: string, word: string, of: string, least = 0, other?: number): Rule => ({
  key,
  word,
  holds: optional((value) => value === other || (isCount(value) && value >= least)),
  law: `must be a whole number of ${of}, ${least} or more`,
});

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
  for (const { key, word, holds, law, words: known = [] } of rules) {
    const value = (options as Record<string, unknown>)[key];
    if (holds(value)) continue;
    const place = path ? `${path}.${key}` : key;
    throw new SpecError(reasonOf({ [`invalid_${word}`]: value }), place, law, value, meant(String(value), known));
  }
}
