import { ConfigError } from "#src/kernel/errors";

/** What objects, functions and errors inherit, and libraries write over on their own (`format.toString = ...`, `error.name = ...`). */
const INHERITED: Readonly<Record<string, object>> = {
  "Object.prototype": Object.prototype,
  "Function.prototype": Function.prototype,
  "Error.prototype": Error.prototype,
  process, // whose listeners are kept in it
};
const { getOwnPropertyDescriptor, ownKeys } = Reflect;
const isReadOnly = (holder: object, key: PropertyKey): boolean =>
  getOwnPropertyDescriptor(holder, key)?.writable === false;
/** What is read-only in JavaScript itself: a name, a length. */
const fixed = new Map(
  Object.values(INHERITED).map((holder) => [holder, new Set(ownKeys(holder).filter((key) => isReadOnly(holder, key)))]),
);

/**
 * Which of them is frozen, by name: an assignment to whatever inherits from it throws then. Getters in the place of frozen members, as
 * `--frozen-intrinsics` and SES put them there, let such assignments pass.
 */
export function frozenBuiltin(): string | undefined {
  for (const name in INHERITED) {
    const holder = INHERITED[name]!;
    for (const key of ownKeys(holder)) if (isReadOnly(holder, key) && !fixed.get(holder)!.has(key)) return name;
  }
  return undefined;
}

/** @throws ConfigError where one is frozen: libraries would fail in the middle of a run, or when its reports are made */
export function refuseFrozenBuiltins(): void {
  const name = frozenBuiltin();
  if (name === undefined) return;
  const hint =
    "Libraries write over what their own objects inherit, and would fail; freeze objects of your own instead";
  throw new ConfigError(name, "must not be frozen in the process of a run", undefined, hint);
}
