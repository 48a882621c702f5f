import { isHotAsLoaded } from "./builtins-hot.ts";
import { frozenBuiltin } from "./frozen.ts";

/**
 * The functions of JavaScript itself, which all code of a process shares: a task that replaces `Array.prototype.map`, or adds `then` to
 * `Object.prototype`, changes what the run does. What stands there when a run begins is right, and is put back.
 */
const { getOwnPropertyDescriptor, defineProperty, deleteProperty, getPrototypeOf, isExtensible, ownKeys } = Reflect;
const { setInterval, clearInterval } = globalThis;

const words = (text: string): readonly string[] => text.split(" ");

/** Globals that are held, with their functions and those of their prototypes. */
const HELD = [
  ...words(
    "Object Function Array String Number Boolean Symbol BigInt Promise Map Set WeakMap WeakSet RegExp JSON Math",
  ),
  ...words(
    "Reflect Proxy Error TypeError RangeError SyntaxError ArrayBuffer Uint8Array Int32Array Atomics Buffer Date AbortController",
  ),
];
/** Our own code kept those of these that it needs: they may be others for as long as tasks run, and are put back after the last without a word. */
const FREE = new Set([
  ...words("Math.random setTimeout setInterval setImmediate queueMicrotask"),
  ...words(
    "clearTimeout clearInterval clearImmediate performance structuredClone AbortSignal DOMException Event EventTarget",
  ),
]);
/** To these nothing may be added: every object, or every list, would have it. */
const CLOSED: readonly { readonly name: string; readonly holder: object }[] = [
  { name: "Object.prototype", holder: Object.prototype },
  { name: "Array.prototype", holder: Array.prototype },
];

/** A function, or a getter, and where it stands. */
interface Held {
  readonly name: string;
  readonly holder: object;
  readonly key: PropertyKey;
  readonly descriptor: PropertyDescriptor;
  readonly isFree: boolean;
}

/** Everything that is held, as it stands now. */
function allHeld(): Held[] {
  const all: Held[] = [];
  /** By value: Node has some of them behind a getter that gives what was set. */
  const holdGlobal = (name: string): void => {
    const { enumerable = false } = getOwnPropertyDescriptor(globalThis, name) ?? {};
    const value = (globalThis as unknown as Record<string, unknown>)[name];
    const descriptor = bare({ value, enumerable, writable: true, configurable: true });
    all.push({ name, holder: globalThis, key: name, descriptor, isFree: FREE.has(name) });
  };
  const hold = (name: string, holder: object, key: PropertyKey): void => {
    const descriptor = bare(getOwnPropertyDescriptor(holder, key));
    const isCode = typeof descriptor?.value === "function" || descriptor?.get !== undefined;
    if (descriptor && isCode) all.push({ name, holder, key, descriptor, isFree: FREE.has(name) });
  };
  const holdMembers = (name: string, holder: object): void => {
    for (const key of ownKeys(holder)) hold(nameOfMember(name, key), holder, key);
  };
  for (const name of new Set([...HELD, ...FREE])) if (name !== "Math.random") holdGlobal(name);
  for (const name of HELD) {
    const value = (globalThis as unknown as Record<string, { readonly prototype?: object }>)[name]!;
    if (name !== "Error") holdMembers(name, value); // libraries change how stacks are written
    if (value.prototype) holdMembers(`${name}.prototype`, value.prototype);
  }
  const prototypes = {
    "typed arrays": Uint8Array.prototype,
    "iterators of lists": [][Symbol.iterator](),
    "iterators of maps": new Map()[Symbol.iterator](),
    "iterators of sets": new Set()[Symbol.iterator](),
    "iterators of texts": ""[Symbol.iterator](),
  };
  for (const [name, value] of Object.entries(prototypes)) holdMembers(name, getPrototypeOf(value)!);
  holdGlobal("process");
  hold("process.nextTick", process, "nextTick");
  return all;
}

/** A descriptor that inherits nothing: a task may add `get` to all objects for good. */
const bare = <D extends PropertyDescriptor | undefined>(descriptor: D): D =>
  descriptor && Object.setPrototypeOf(descriptor, null);

const nameOfMember = (holder: string, key: PropertyKey): string =>
  typeof key === "symbol" ? `${holder}[${String(key)}]` : `${holder}.${String(key)}`;

/** Whether it is as it was. Looks at values first: a descriptor costs several times as much. */
function isAsItWas({ holder, key, descriptor }: Held): boolean {
  if (descriptor.get === undefined) {
    try {
      return (holder as Record<PropertyKey, unknown>)[key] === descriptor.value;
    } catch {
      return false; // a getter now
    }
  }
  return getOwnPropertyDescriptor(holder, key)?.get === descriptor.get;
}

/** Called with what was replaced or added, by name, after it was put back, and where that was found. */
type OnReplaced = (sentence: string) => void;

interface Watched {
  readonly held: readonly Held[];
  /** Own names of what nothing may be added to. */
  readonly keys: readonly (readonly PropertyKey[])[];
  readonly areOpen: readonly boolean[];
  /** What was said last: what cannot be put back is found at every look. */
  said: string;
}
let watched: Watched | undefined;
let timer: NodeJS.Timeout | undefined;
const watchers = new Set<OnReplaced>();

/** What stands for good in the place of what was there, by name. */
let lasting: string | undefined;

/** What code of a task did for good to what all code of this process shares, as the beginning of a sentence. */
export function lastingHarm(): string | undefined {
  if (lasting !== undefined) return `${lasting} was replaced for good by code of a task`;
  const frozen = frozenBuiltin();
  return frozen === undefined ? undefined : `${frozen} was frozen by code of a task`;
}

/** Whether functions that our own code calls are others for good: it may never end then. */
export const isReplacedForGood = (): boolean => lasting !== undefined;

/** Milliseconds between two looks at everything: a task that waits may replace what it likes, and wait on. */
const LOOK_EVERY_MS = 50;

/**
 * Holds the built-in functions as they are now, until all that asked for it have let go.
 *
 * @param onReplaced called with a sentence, after they were put back
 */
export function holdBuiltins(onReplaced: OnReplaced): () => void {
  if (watchers.size === 0) {
    watched = {
      held: allHeld(),
      keys: CLOSED.map(({ holder }) => ownKeys(holder)),
      areOpen: CLOSED.map(({ holder }) => isExtensible(holder)),
      said: "",
    };
    timer = setInterval(mendBuiltins, LOOK_EVERY_MS).unref();
  }
  watchers.add(onReplaced);
  return () => {
    if (!watchers.has(onReplaced)) return;
    mend(undefined, true);
    watchers.delete(onReplaced);
    if (watchers.size > 0) return;
    clearInterval(timer);
    watched = undefined;
  };
}

/** A quick look, after code of a task. @param task by name, asked for where something was found */
export function lookAtBuiltins(task: () => string): void {
  if (!watched) return;
  try {
    if (isHotAsLoaded()) return;
  } catch {} // a getter that throws
  mend(task, false);
}

/** Looks at everything, and puts back what is not as it was. */
export const mendBuiltins = (): void => mend(undefined, false);

/** What one look found. */
interface Found {
  names: string;
  /** Whether some of it could not be put back. */
  isLasting: boolean;
  count: number;
}

/** Loops by number, and makes no closures: what a list, or a definition, does may be what was replaced. */
function mend(task: (() => string) | undefined, isEnd: boolean): void {
  if (!watched) return;
  const { held, keys } = watched;
  const found: Found = { names: "", count: 0, isLasting: false };
  // first: descriptors inherit, too
  for (let i = 0; i < CLOSED.length; i++) {
    const { name, holder } = CLOSED[i]!;
    removeAdded(name, holder, keys[i]!, found);
    if (watched.areOpen[i] && !isExtensible(holder)) note(found, `${name} itself`, false, true);
  }
  for (let i = 0; i < held.length; i++) {
    const one = held[i]!;
    if ((one.isFree && !isEnd) || isAsItWas(one)) continue;
    const isBack = defineProperty(one.holder, one.key, one.descriptor);
    if (!one.isFree) note(found, one.name, isBack);
  }
  if (found.count === 0) return;
  const more = found.count > MOST_NAMED ? ` and ${found.count - MOST_NAMED} more` : "";
  const where = task ? `, found after ${task()}` : "";
  const sentence = `${found.names}${more}: replaced by code of a task${where}, and ${found.isLasting ? "put back where that can be" : "put back"}`;
  if (found.isLasting && watched.said === found.names) return;
  watched.said = found.names;
  for (const watcher of watchers) watcher(sentence);
}

function removeAdded(name: string, holder: object, keys: readonly PropertyKey[], found: Found): void {
  const now = ownKeys(holder);
  if (now.length === keys.length) return;
  for (let i = 0; i < now.length; i++)
    if (!has(keys, now[i]!)) note(found, nameOfMember(name, now[i]!), deleteProperty(holder, now[i]!));
}

const MOST_NAMED = 5;

function note(found: Found, name: string, isBack: boolean, isOnlyFrozen = false): void {
  found.count += 1;
  if (!isBack) found.isLasting = true;
  if (!isBack && !isOnlyFrozen) lasting ??= name;
  if (found.count > MOST_NAMED) return;
  found.names += `${found.count > 1 ? ", " : ""}${name}${isBack ? "" : " (for good)"}`;
}

function has(keys: readonly PropertyKey[], key: PropertyKey): boolean {
  for (let i = 0; i < keys.length; i++) if (keys[i] === key) return true;
  return false;
}
