import { afterEach, describe, expect, it } from "vitest";
import { holdBuiltins, lookAtBuiltins, mendBuiltins } from "#src/execute/builtins";

let release = (): void => {};
afterEach(() => release());

/** Holds, lets a task do what it does, and looks: nothing else runs between. */
function saidAfter(act: () => void, look: () => void = mendBuiltins): string[] {
  const said: string[] = [];
  release = holdBuiltins((sentence) => void said.push(sentence));
  act();
  look();
  return said;
}

const no = (): never => {
  throw new Error("replaced");
};
const holders: readonly (readonly [string, object])[] = [
  ["Array", Array],
  ["Array.prototype", Array.prototype],
  ["Object", Object],
  ["Object.prototype", Object.prototype],
  ["String.prototype", String.prototype],
  ["Promise", Promise],
  ["Promise.prototype", Promise.prototype],
  ["Map.prototype", Map.prototype],
  ["Set.prototype", Set.prototype],
  ["JSON", JSON],
  ["Math", Math],
  ["Reflect", Reflect],
  ["Function.prototype", Function.prototype],
  ["RegExp.prototype", RegExp.prototype],
  ["Date", Date],
  ["Date.prototype", Date.prototype],
];
const functionsOf = (holder: object): PropertyKey[] =>
  Reflect.ownKeys(holder).filter((key) => {
    const descriptor = Reflect.getOwnPropertyDescriptor(holder, key)!;
    return descriptor.configurable && (typeof descriptor.value === "function" || descriptor.get);
  });

describe("built-in functions", () => {
  it.each(holders)(
    "of %s are put back, each of them, whatever a task puts in their place, and named",
    (name, holder) => {
      const keys = functionsOf(holder).filter((key) => !(holder === Math && key === "random"));
      expect(keys.length).toBeGreaterThan(1);
      for (const key of keys) {
        const before = Reflect.getOwnPropertyDescriptor(holder, key)!;
        const ways = [
          () => Reflect.defineProperty(holder, key, { ...before, ...(before.get ? { get: no } : { value: no }) }),
          () => Reflect.deleteProperty(holder, key),
        ];
        for (const way of ways) {
          const said = saidAfter(way);
          release();
          expect(Reflect.getOwnPropertyDescriptor(holder, key)).toEqual(before);
          expect(said).toEqual([expect.stringContaining(typeof key === "symbol" ? name : `${name}.${key}`)]);
        }
      }
    },
  );

  it.each([
    ["Object.prototype", "then"],
    ["Object.prototype", "toJSON"],
    ["Object.prototype", "0"],
    ["Object.prototype", "get"],
    ["Array.prototype", "last"],
  ] as const)("%s has nothing more than before: %s", (name, key) => {
    const { prototype } = name === "Object.prototype" ? Object : Array;
    for (const descriptor of [{ value: no }, { get: no }]) {
      const said = saidAfter(() => Reflect.defineProperty(prototype, key, { ...descriptor, configurable: true }));
      release();
      expect(Object.hasOwn(prototype, key)).toBe(false);
      expect(said).toEqual([`${name}.${key}: replaced by code of a task, and put back`]);
    }
  });

  it("are put back at once after code of a task where our own code needs them, and the task is named", () => {
    const { push } = Array.prototype;
    const look = (): void => lookAtBuiltins(() => "a/3/0");
    const said = saidAfter(() => {
      Array.prototype.push = no;
    }, look);
    expect(Array.prototype.push).toBe(push);
    expect(said).toEqual(["Array.prototype.push: replaced by code of a task, found after a/3/0, and put back"]);
    mendBuiltins();
    expect(said).toHaveLength(1);
  });

  it("that may be others while tasks run are put back without a word after the last", () => {
    const { random } = Math;
    const { setTimeout: timer } = globalThis;
    const said = saidAfter(() => {
      Math.random = no;
      globalThis.setTimeout = no as never;
    });
    expect([Math.random, globalThis.setTimeout]).toEqual([no, no]);
    release();
    expect([Math.random, globalThis.setTimeout, said]).toEqual([random, timer, []]);
  });

  it("are named where they cannot be put back, and once", () => {
    const said = saidAfter(() => {
      (globalThis as { process?: unknown }).process = undefined;
    });
    expect([said.length, typeof process]).toEqual([1, "object"]);
    release();
    const own = Object.assign(() => 1, { own: true });
    Object.defineProperty(Math, "own", { value: own, configurable: true });
    const lasting = saidAfter(() => {
      Object.defineProperty(Math, "own", { value: no, configurable: false });
    });
    mendBuiltins();
    expect(lasting).toEqual(["Math.own (for good): replaced by code of a task, and put back where that can be"]);
  });

  it("that a program has replaced before the run stand", () => {
    const { at } = Array.prototype;
    const own = function (this: unknown[], n: number): unknown {
      return at.call(this, n);
    };
    Array.prototype.at = own;
    try {
      expect(
        saidAfter(
          () => {},
          () => lookAtBuiltins(() => "a/0/0"),
        ),
      ).toEqual([]);
      expect(Array.prototype.at).toBe(own);
    } finally {
      release();
      Array.prototype.at = at;
    }
  });

  it("are nobody's business without a run", () => {
    const { at } = Array.prototype;
    Array.prototype.at = no;
    mendBuiltins();
    const now = Array.prototype.at;
    Array.prototype.at = at;
    expect(now).toBe(no);
  });
});
