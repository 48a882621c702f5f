import { canonicalJson, digest } from "./digest.ts";

/** Characters of a value that are kept: a text stands in every row of its item. */
const LONGEST = 120;

/**
 * The value of a field as text; where there is none of that name, of a nested one: `meta.subject`.
 *
 * @returns nothing where the item has no such field, or nothing in it
 * @example fieldText({ meta: { level: 3 } }, "meta.level") // => "3"
 */
export function fieldText(row: unknown, name: string): string | undefined {
  const value = memberOf(row, name) ?? name.split(".").reduce(memberOf, row);
  if (value === undefined || value === null) return undefined;
  const text = typeof value === "object" ? canonicalJson(value) : String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}... (${digest(text).slice(0, 8)})` : text;
}

const memberOf = (holder: unknown, name: string): unknown =>
  typeof holder === "object" && holder !== null && Object.hasOwn(holder, name)
    ? (holder as Record<string, unknown>)[name]
    : undefined;
