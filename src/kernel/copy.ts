import { ConfigError, className } from "./errors.ts";
import { isPlainObject } from "./record.ts";

/** Objects within objects that a row may have. */
const DEEPEST = 500;

/**
 * A copy of plain data that shares nothing with it but what cannot be changed: sorting a list of it in place sorts the copy. Copied are
 * lists, plain objects, dates, maps, sets, patterns, errors and bytes, cycles included; functions are passed on.
 *
 * @throws ConfigError for an object of any other class, which no one else can copy, and below 500 levels; its path is the member's name
 * @example
 * const row = { list: [3, 1] };
 * copyOf(row).list.sort();
 * row.list // => [3, 1]
 */
export const copyOf = <T>(value: T): T => copied(value, "", new Map(), 0) as T;

type Seen = Map<object, unknown>;

function copied(value: unknown, key: string, seen: Seen, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  const earlier = seen.get(value);
  if (earlier !== undefined) return earlier;
  if (depth > DEEPEST) throw new ConfigError(key, `must not lie deeper than ${DEEPEST} lists and objects`);
  if (Array.isArray(value)) return copiedList(value, seen, depth);
  if (isPlainObject(value)) return copiedFields(value, seen, depth);
  if (value instanceof Map || value instanceof Set) return copiedEntries(value, key, seen, depth);
  const copy = copiedSpecial(value);
  if (copy === undefined) throw notData(value, key);
  seen.set(value, copy);
  return copy;
}

function copiedList(list: readonly unknown[], seen: Seen, depth: number): unknown[] {
  const copy = Array.from(list);
  seen.set(list, copy);
  for (let i = 0; i < copy.length; i++) {
    const element = copy[i];
    if (typeof element === "object" && element !== null) copy[i] = copied(element, String(i), seen, depth + 1);
  }
  return copy;
}

function copiedFields(fields: object, seen: Seen, depth: number): object {
  const copy: Record<string, unknown> = { ...fields }; // a field that is called __proto__ stays one
  seen.set(fields, copy);
  for (const key of Object.keys(copy)) {
    const member = copy[key];
    if (typeof member === "object" && member !== null) copy[key] = copied(member, key, seen, depth + 1);
  }
  return copy;
}

function copiedEntries(
  entries: Map<unknown, unknown> | Set<unknown>,
  key: string,
  seen: Seen,
  depth: number,
): Map<unknown, unknown> | Set<unknown> {
  const inner = (value: unknown): unknown => copied(value, key, seen, depth + 1);
  if (entries instanceof Set) {
    const copy = new Set<unknown>();
    seen.set(entries, copy);
    for (const member of entries) copy.add(inner(member));
    return copy;
  }
  const copy = new Map<unknown, unknown>();
  seen.set(entries, copy);
  for (const [name, member] of entries) copy.set(inner(name), inner(member));
  return copy;
}

/** The other objects that can be copied. */
function copiedSpecial(value: object): object | undefined {
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value); // a Buffer stays one, and shares nothing
  if (value instanceof Date || ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Error)
    return structuredClone(value);
  return undefined;
}

function notData(value: object, key: string): ConfigError {
  const name = className(value);
  const hint =
    name === "Promise"
      ? "Await it first"
      : "Conditions, threads and resumed runs must see equal rows, and such an object cannot be copied: give its fields as a plain object, or make it in the condition";
  return new ConfigError(
    key,
    `must be plain data (text, numbers, lists, objects, dates, maps, sets, bytes), not an object of the class ${name}`,
    undefined,
    hint,
  );
}
