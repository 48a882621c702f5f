import { toBase64 } from "./base64.ts";
import { isPlainObject, putMember } from "./record.ts";

/** Objects within objects that are written; what lies deeper is marked. */
const DEEPEST = 500;
/** Values that one text may hold: a graph whose members are shared can unfold without end. */
const MOST = 10_000_000;

/** One text in the making. */
interface Writing {
  readonly ancestors: Set<object>;
  /** Whether functions are written as their source. */
  readonly functions: boolean;
  values: number;
  /** Characters of texts that may still be written. */
  characters: number;
}

/**
 * JSON with sorted keys: equal values give equal text, whatever the order their keys were written in.
 * Functions and `undefined` are left out, as JSON does; dates become ISO strings; an error keeps its name and message; numbers, maps, sets,
 * patterns and bytes that JSON lacks are tagged, and so are cycles, what lies deeper than 500 objects, and objects that show nothing.
 *
 * @throws RangeError for more than 10 million values
 * @example canonicalJson({ b: 1, a: [2, undefined] }) // => "{\"a\":[2,null],\"b\":1}"
 * @example canonicalJson(new Map([["k", 1]])) // => "{\"$map\":[[\"k\",1]]}"
 * @example canonicalJson(new Error("no")) // => "{\"message\":\"no\",\"name\":\"Error\"}"
 */
export const canonicalJson = (value: unknown): string => writeAll(value, false);

/**
 * Canonical JSON of at most `most` characters; undefined where it would be longer, and then not all of it is written first.
 *
 * @param most characters
 * @example canonicalJsonWithin({ a: "long" }, 10) // => undefined
 */
export function canonicalJsonWithin(value: unknown, most: number): string | undefined {
  try {
    const text = writeAll(value, false, most);
    return text.length <= most ? text : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * What comes of writing a value as canonical JSON and reading it: plain data with sorted keys that shares no list and no object with it.
 *
 * @param most characters that the text may have
 * @returns undefined where it would be longer
 * @example canonicalCopyWithin({ b: -0, a: [undefined] }, 100) // => { a: [null], b: 0 }
 */
export function canonicalCopyWithin(value: unknown, most: number): unknown {
  const copy = copied(value, { left: Math.min(most, COPIED_MOST) }, 0);
  if (copy !== WRITE && copy !== undefined) return copy;
  const text = canonicalJsonWithin(value, most);
  return text === undefined ? undefined : JSON.parse(text);
}

/** Stands for what has to be written to be known: what is tagged, a cycle, what may be too long. */
const WRITE = Symbol("write");
/** Characters of a text that is not written: a graph whose members are shared can unfold without end. */
const COPIED_MOST = 1_000_000;
/** Objects within objects that are copied without their text. */
const COPIED_DEEPEST = 100;

/** @param room characters that are left, where each of a text may be escaped */
function copied(value: unknown, room: { left: number }, depth: number): unknown {
  if (value === null || typeof value === "boolean") return hasRoom(room, 5) ? value : WRITE;
  if (typeof value === "string") return hasRoom(room, 6 * value.length + 2) ? value : WRITE;
  if (typeof value === "number") return Number.isFinite(value) && hasRoom(room, 30) ? value + 0 : WRITE; // no -0
  if (typeof value === "bigint") return WRITE;
  if (typeof value !== "object") return undefined;
  if (depth > COPIED_DEEPEST || !hasRoom(room, 2)) return WRITE;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    for (const element of value) {
      const own = hasRoom(room, 5) ? copied(element, room, depth + 1) : WRITE;
      if (own === WRITE) return WRITE;
      list.push(own ?? null);
    }
    return list;
  }
  const isPlain = isPlainObject(value);
  if ((!isPlain && isTagged(value)) || typeof (value as { toJSON?: unknown }).toJSON === "function") return WRITE;
  const copy: Record<string, unknown> = {};
  let isEmpty = true;
  for (const key of sortedKeys(value)) {
    const own = hasRoom(room, 6 * key.length + 4)
      ? copied((value as Record<string, unknown>)[key], room, depth + 1)
      : WRITE;
    if (own === WRITE) return WRITE;
    if (own === undefined) continue;
    putMember(copy, key, own);
    isEmpty = false;
  }
  return isEmpty && !isPlain ? WRITE : copy;
}

function hasRoom(room: { left: number }, characters: number): boolean {
  room.left -= characters;
  return room.left >= 0;
}

/**
 * As `canonicalJson`, with functions as their source: all that tells one value from another.
 *
 * @example contentJson({ n: 1, seen: new Set(["a"]), is: (n) => n > 1 }) // => "{\"is\":{\"$function\":\"(n) => n > 1\"},\"n\":1,\"seen\":{\"$set\":[\"a\"]}}"
 */
export const contentJson = (value: unknown): string => writeAll(value, true);

const writeAll = (value: unknown, functions: boolean, characters = Number.POSITIVE_INFINITY): string =>
  write(value, { ancestors: new Set(), functions, values: 0, characters }) ?? "null";

function write(value: unknown, writing: Writing): string | undefined {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      writing.characters -= value.length;
      if (writing.characters < 0) throw new RangeError("holds more characters than it may");
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      return Number.isFinite(value) ? `${value}` : `{"$number":"${value}"}`;
    case "bigint":
      return `{"$bigint":"${value}"}`;
    case "function":
      return writing.functions
        ? tagged("$function", JSON.stringify(Function.prototype.toString.call(value)))
        : undefined;
    case "undefined":
    case "symbol":
      return undefined;
  }
  const { ancestors } = writing;
  if (ancestors.has(value)) return '{"$circular":true}';
  if (ancestors.size >= DEEPEST) return '{"$deep":true}';
  writing.values += 1;
  if (writing.values > MOST) throw new RangeError(`must hold at most ${MOST} values`);
  ancestors.add(value);
  const text = writeObject(value, writing);
  ancestors.delete(value);
  return text;
}

const tagged = (tag: string, json: string): string => `{"${tag}":${json}}`;

function writeObject(object: object, writing: Writing): string | undefined {
  if (Array.isArray(object)) return writeList(object, writing);
  const isPlain = isPlainObject(object);
  const special = isPlain ? undefined : writeSpecial(object, writing);
  if (special !== undefined) return special;
  const { toJSON } = object as { toJSON?: unknown };
  if (typeof toJSON === "function") return write(toJSON.call(object), writing);
  const members = writeMembers(object, writing);
  if (members !== "" || isPlain) return `{${members}}`;
  const name: unknown = object.constructor?.name;
  return typeof name === "string" ? tagged("$class", JSON.stringify(name)) : "{}"; // a promise that was not awaited
}

function writeMembers(object: object, writing: Writing): string {
  let members = "";
  for (const key of sortedKeys(object)) {
    const member = write((object as Record<string, unknown>)[key], writing);
    if (member !== undefined) members += `${members === "" ? "" : ","}${JSON.stringify(key)}:${member}`;
  }
  return members;
}

/** Most objects are written in the order in which they were read from such a text. */
function sortedKeys(object: object): string[] {
  const keys = Object.keys(object);
  for (let i = 1; i < keys.length; i++) if (keys[i - 1]! > keys[i]!) return keys.sort();
  return keys;
}

function writeList(list: Iterable<unknown>, writing: Writing): string {
  const elements: string[] = [];
  for (const element of list) {
    writing.values += 1;
    elements.push(write(element, writing) ?? "null"); // holes too
  }
  return `[${elements.join(",")}]`;
}

/** Whether an object is of a kind that JSON would show as an empty object, or byte by byte. */
const isTagged = (object: object): boolean =>
  ArrayBuffer.isView(object) ||
  // in a function: a list of the module would stand in every bundle that shares a file with it
  [Error, Map, Set, RegExp, Number, String, Boolean, ArrayBuffer].some((kind) => object instanceof kind) ||
  (typeof SharedArrayBuffer !== "undefined" && object instanceof SharedArrayBuffer);

/** What JSON would show as an empty object, or byte by byte. */
function writeSpecial(object: object, writing: Writing): string | undefined {
  if (object instanceof Error) return write(errorFields(object), writing);
  if (object instanceof Map) return tagged("$map", writeList(object.entries(), writing));
  if (object instanceof Set) return tagged("$set", writeList(object, writing));
  if (object instanceof RegExp) return tagged("$regexp", JSON.stringify(String(object)));
  if (object instanceof Number || object instanceof String || object instanceof Boolean)
    return write(object.valueOf(), writing);
  if (ArrayBuffer.isView(object)) {
    const isBytes = object instanceof Uint8Array || object instanceof Uint8ClampedArray || object instanceof DataView;
    return isBytes ? tagged("$bytes", bytes(object)) : writeList(object as unknown as Iterable<unknown>, writing);
  }
  if (
    object instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer !== "undefined" && object instanceof SharedArrayBuffer)
  )
    return tagged("$bytes", bytes(new Uint8Array(object)));
  return undefined;
}

const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  JSON.stringify(toBase64(new Uint8Array(buffer, byteOffset, byteLength)));

/** What an error says, and the fields that its library gave it. */
const errorFields = (error: Error): Record<string, unknown> => ({
  ...(error as object),
  name: error.name,
  message: error.message,
  ...(error.cause === undefined ? {} : { cause: error.cause }),
});

/**
 * A 128-bit digest of a value's canonical JSON: 32 hexadecimal digits. For identity and change detection, not for secrecy.
 * Synchronous and free of Node built-ins, so that pure zones can name things by content.
 *
 * @see MurmurHash3_x64_128's finaliser is replaced by two independent cyrb53-like lanes; collisions at 10^6 items are below 10^-26
 * @example digest({ a: 1, b: 2 }) === digest({ b: 2, a: 1 }) // => true
 */
export const digest = (value: unknown): string => digestText(canonicalJson(value));

/** A 128-bit digest of a text: 32 hexadecimal digits. */
export function digestText(text: string): string {
  let [a, b, c, d] = [0xdeadbeef, 0x41c6ce57, 0x9e3779b9, 0x7f4a7c15];
  // four variables, and no list of them: it is a tenth of the time, and a run takes a dozen digests of what it is
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    a ^= a >>> 15;
    b = Math.imul(b ^ code, 1597334677);
    b ^= b >>> 15;
    c = Math.imul(c ^ code, 2246822519);
    c ^= c >>> 15;
    d = Math.imul(d ^ code, 3266489917);
    d ^= d >>> 15;
  }
  const lanes = [a, b, c, d];
  return lanes
    .map((lane, i) => finalise(lane ^ Math.imul(lanes[(i + 1) % 4]!, 0x27d4eb2f) ^ text.length))
    .map((lane) => lane.toString(16).padStart(8, "0"))
    .join("");
}

/** MurmurHash3's 32-bit finaliser (Appleby 2011): every input bit changes about half of the output bits. */
export function finalise(hash: number): number {
  let h = hash >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A text as 32 bits (Fowler, Noll and Vo's 1a): quick, and in few lines. Similar texts have similar numbers: `finalise` them. */
export function fnv1a(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
