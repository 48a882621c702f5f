/**
 * What a record holds under a name that people chose: `constructor` and `toString` are names as any other.
 *
 * @example ownMember({ a: 1 }, "toString") // => undefined
 */
export const ownMember = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

/** Writes under a name that people chose, `__proto__` as any other. */
export function putMember<T>(record: Record<string, T>, name: string, value: T): void {
  if (name === "__proto__")
    Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
  else record[name] = value;
}

/**
 * Whether a value is an object as it is written in braces, of this realm or of another: no list, no instance of a class.
 *
 * @example isPlainObject(new Map()) // => false
 */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return (
    prototype === Object.prototype ||
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf"))
  );
}
