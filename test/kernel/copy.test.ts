import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyOf } from "#src/kernel/copy";

fc.configureGlobal({ seed: 42 });

const data = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withNullPrototype: true,
  withSparseArray: false,
});

/** All objects within a value. */
function objectsIn(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== "object" || value === null || found.has(value)) return found;
  found.add(value);
  if (value instanceof Map) for (const entry of value) for (const each of entry) objectsIn(each, found);
  else if (value instanceof Set) for (const each of value) objectsIn(each, found);
  else if (!ArrayBuffer.isView(value)) for (const each of Object.values(value)) objectsIn(each, found);
  return found;
}

describe("a copy", () => {
  it("equals what it was made from, and shares no object with it", () => {
    fc.assert(
      fc.property(data, (value) => {
        const copy = copyOf(value);
        expect(copy).toEqual(value);
        const own = objectsIn(copy);
        for (const object of objectsIn(value)) expect(own.has(object)).toBe(false);
      }),
    );
  });

  it("keeps cycles, and what stands twice", () => {
    const shared = [1];
    const ring: Record<string, unknown> = { a: shared, b: shared };
    ring.self = ring;
    const copy = copyOf(ring) as { a: number[]; b: number[]; self: unknown };
    expect(copy.self).toBe(copy);
    expect(copy.a).toBe(copy.b);
    expect(copy.a).not.toBe(shared);
  });

  it("keeps patterns, errors, functions, buffers, fields called __proto__, and objects of another realm", () => {
    const is = () => true;
    const row = { at: /a/gi, no: new RangeError("no"), is, bytes: Buffer.from("hi") };
    const copy = copyOf(row);
    expect([String(copy.at), copy.no.message, copy.is, copy.bytes.toString()]).toEqual(["/a/gi", "no", is, "hi"]);
    copy.bytes[0] = 0;
    expect(row.bytes.toString()).toBe("hi");
    const odd = JSON.parse('{"__proto__": {"a": [1]}}') as object;
    expect(JSON.stringify(copyOf(odd))).toBe('{"__proto__":{"a":[1]}}');
    expect(copyOf(runInNewContext("({ a: { b: 1 } })"))).toEqual({ a: { b: 1 } });
  });

  it("is refused for what nobody can copy, by its name", () => {
    expect(() => copyOf({ a: { client: new URL("http://x") } })).toThrow(/^client must be plain data .*class URL/);
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(() => copyOf(deep)).toThrow("must not lie deeper than 500 lists and objects");
  });
});
