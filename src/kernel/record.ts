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

/**
 * Whether a text stays the same wherever it is kept: databases end text at NUL, and replace half of a surrogate pair, as cutting a text in the
 * middle of an emoji leaves it.
 *
 * @example isWellFormed("a\ud83d") // => false
 */
export const isWellFormed = (text: string): boolean => !/[\0\p{Cs}]/u.test(text);

/** What `isWellFormed` asks for, as the end of a sentence. */
export const wellFormedLaw = "without NUL characters and halves of surrogate pairs, which stores cannot keep";
