import { isMeantBy } from "#src/kernel/glob";
import { type Random, randomInt, shuffled } from "#src/kernel/random";
import { isPlainObject } from "#src/kernel/record";

/** How a text or a value is damaged. */
export interface Damage {
  readonly fault: "truncate" | "drop" | "corrupt";
  /** Share of a text that truncation leaves. */
  readonly keep?: number | undefined;
  /** What stands there instead when it is corrupted. */
  readonly with?: string | undefined;
  /** Members of JSON that are damaged, by dotted name; all of it when absent. */
  readonly fields?: readonly string[] | undefined;
}

/**
 * A damaged text. One that is a JSON object or list stays JSON where it is corrupted, and where fields are named only those are damaged.
 *
 * @param seen called with the dotted name of each field that is meant
 * @example damagedText("[1, 2, 3]", { fault: "truncate" }, Math.random) // => "[1, "
 * @example damagedText('{"a":1,"b":2}', { fault: "drop", fields: ["a"] }, Math.random) // => '{"b":2}'
 */
export function damagedText(text: string, damage: Damage, random: Random, seen?: (name: string) => void): string {
  const { fault, fields, with: instead } = damage;
  const json = fields || (fault === "corrupt" && instead === undefined) ? structureOf(text) : undefined;
  if (json !== undefined)
    return JSON.stringify(fields ? damagedFields(json, damage, fields, random, seen) : corrupted(json, random));
  if (fields) return text; // it has no such members
  if (fault === "drop") return "";
  if (fault === "truncate") return cut(text, damage.keep);
  return instead ?? corruptedText(text, random);
}

/** Levels down to which members have a name: data may hold itself. */
export const DEEPEST = 20;

/** The members that are meant, damaged, in a copy; a dropped one is gone. @param seen called with the dotted name of each that is meant */
export function damagedFields(
  value: unknown,
  damage: Omit<Damage, "fields"> | { readonly fault: "duplicate" },
  patterns: readonly string[],
  random: Random,
  seen: (name: string) => void = () => {},
): unknown {
  const visit = (one: unknown, path: string, depth: number): unknown => {
    const isList = Array.isArray(one);
    if ((!isList && !isPlainObject(one)) || depth > DEEPEST) return one;
    const entries = Object.entries(one).flatMap(([key, member]): [string, unknown][] => {
      const name = path === "" ? key : `${path}.${key}`;
      if (!patterns.some((pattern) => isMeantBy(pattern, name))) return [[key, visit(member, name, depth + 1)]];
      seen(name);
      if (damage.fault === "drop") return [];
      return [[key, damagedValue(member, damage, random)]];
    });
    return isList ? entries.map(([, member]) => member) : Object.fromEntries(entries);
  };
  return visit(value, "", 0);
}

function damagedValue(
  value: unknown,
  damage: Omit<Damage, "fields"> | { readonly fault: "duplicate" },
  random: Random,
): unknown {
  if (damage.fault === "duplicate")
    return typeof value === "string" ? `${value}\n${value}` : Array.isArray(value) ? [...value, ...value] : value;
  if (damage.fault === "truncate") {
    if (typeof value === "string") return cut(value, damage.keep);
    return Array.isArray(value) ? value.slice(0, Math.floor(value.length * (damage.keep ?? HALF))) : value;
  }
  return damage.with ?? corrupted(value, random);
}

const HALF = 0.5;

/** The beginning of a text by whole code points. */
function cut(text: string, keep = HALF): string {
  const points = [...text];
  return points.slice(0, Math.floor(points.length * keep)).join("");
}

function structureOf(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

/** Every leaf is another one of its kind; names, lists and what is absent stay. */
function corrupted(value: unknown, random: Random): unknown {
  if (typeof value === "string") return corruptedText(value, random);
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return Number(corruptedText(String(value), random));
  if (Array.isArray(value)) return value.map((each) => corrupted(each, random));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, corrupted(member, random)]));
}

/**
 * A text that looks like it and says something else: every number is another one of as many digits; without numbers, the letters of its
 * longest words stand in another order. A text of less than two different letters stays as it is.
 */
function corruptedText(text: string, random: Random): string {
  if (/\d/.test(text)) return text.replace(/\d+/g, (digits) => otherDigits(digits, random));
  return text.replace(/\p{L}{2,}/gu, (word) => otherOrder(word, random));
}

function otherDigits(digits: string, random: Random): string {
  const changed = randomInt(random, digits.length);
  return [...digits]
    .map((digit, i) => {
      const isFirst = i === 0 && digits.length > 1;
      if (i === changed) return other(Number(digit), isFirst ? 1 : 0, random);
      return random() < HALF ? digit : String(isFirst ? 1 + randomInt(random, 9) : randomInt(random, 10));
    })
    .join("");
}

/** Another digit of at least `least`. */
function other(digit: number, least: number, random: Random): string {
  const choices = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((each) => each !== digit && each >= least);
  return String(choices[randomInt(random, choices.length)]);
}

function otherOrder(word: string, random: Random): string {
  const letters = [...word];
  if (new Set(letters).size < 2) return word;
  for (;;) {
    const mixed = shuffled(letters, random).join("");
    if (mixed !== word) return mixed;
  }
}
