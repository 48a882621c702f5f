import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalCopyWithin,
  canonicalJson,
  canonicalJsonWithin,
  contentJson,
  digest,
  digestText,
} from "#src/kernel/digest";

fc.configureGlobal({ seed: 42 });

const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown); // without -0, which JSON drops

/** The same value with the keys of every object in the opposite order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, turned(member)]),
  );
}

describe("canonical JSON", () => {
  it("is JSON of the same value", () => {
    fc.assert(fc.property(json, (value) => void expect(JSON.parse(canonicalJson(value))).toEqual(value)));
  });

  it("does not depend on the order in which keys were written", () => {
    fc.assert(fc.property(json, (value) => void expect(canonicalJson(turned(value))).toBe(canonicalJson(value))));
  });

  it("leaves out functions and undefined members, and makes holes null, as JSON does", () => {
    expect(canonicalJson({ a: undefined, b: () => 1, c: [undefined, Symbol("x")] })).toBe('{"c":[null,null]}');
    expect(canonicalJson(new Array(2))).toBe("[null,null]");
    expect(canonicalJson(undefined)).toBe("null");
  });

  it("tags the numbers that JSON lacks, so that they differ from each other and from null", () => {
    const texts = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 12n, null].map((value) =>
      canonicalJson(value),
    );
    expect(new Set(texts).size).toBe(5);
    for (const text of texts) expect(() => JSON.parse(text)).not.toThrow();
  });

  it("writes dates as ISO strings", () => {
    expect(canonicalJson({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
  });

  it("ends at a cycle, and writes a value that stands twice both times", () => {
    const ring: Record<string, unknown> = {};
    ring.self = ring;
    expect(canonicalJson(ring)).toBe('{"self":{"$circular":true}}');
    const shared = { a: 1 };
    expect(canonicalJson([shared, shared])).toBe('[{"a":1},{"a":1}]');
  });
});

describe("what JSON lacks", () => {
  class Ticket {
    readonly #secret = 1;
    readonly get = () => this.#secret;
  }
  it.each([
    ["a map", new Map<unknown, unknown>([["k", 1]]), '{"$map":[["k",1]]}'],
    ["a set", new Set(["x"]), '{"$set":["x"]}'],
    ["a pattern", /a+/g, '{"$regexp":"/a+/g"}'],
    ["bytes", new Uint8Array([104, 105]), '{"$bytes":"aGk="}'],
    ["a buffer", Buffer.from("hi"), '{"$bytes":"aGk="}'],
    ["a view of them", new DataView(new Uint8Array([104, 105]).buffer), '{"$bytes":"aGk="}'],
    ["numbers in a typed array", new Float32Array([1, 0.5]), "[1,0.5]"],
    ["an error", new TypeError("no"), '{"message":"no","name":"TypeError"}'],
    [
      "an error of a library",
      Object.assign(new Error("no", { cause: "x" }), { status: 400 }),
      '{"cause":"x","message":"no","name":"Error","status":400}',
    ],
    ["a promise nobody awaited", Promise.resolve(1), '{"$class":"Promise"}'],
    ["an object that shows nothing", new Ticket(), '{"$class":"Ticket"}'],
    ["a number in an object", Object(5), "5"],
  ])("writes %s so that it can be read", (_, value, text) => {
    expect(canonicalJson({ value })).toBe(`{"value":${text}}`);
  });

  it("is given up where it is longer than asked for, and else the same", () => {
    fc.assert(
      fc.property(json, fc.nat(60), (value, most) => {
        const text = canonicalJson(value);
        expect(canonicalJsonWithin(value, most)).toBe(text.length <= most ? text : undefined);
      }),
    );
    const long = "x".repeat(30_000_000);
    const beyondAnyText = Array.from({ length: 1000 }, () => long); // 3e10 characters, were they written
    expect(canonicalJsonWithin(beyondAnyText, 40_000_000)).toBe(undefined);
  });

  it("is read back as a copy that shares nothing", () => {
    const cycle: Record<string, unknown> = { a: [1] };
    cycle.self = cycle;
    const odd = fc.constantFrom<unknown>(
      ...[
        -0,
        Number.NaN,
        5n,
        undefined,
        () => 1,
        Symbol("s"),
        new Ticket(),
        Object.assign(new Ticket(), { b: 2, a: 1 }),
      ],
      ...[new Date(0), new Map([["k", 1]]), new Set(["x"]), /a/, new Error("no"), Object(5), Promise.resolve(1), cycle],
      ...[
        new Uint8Array([1]),
        new Array(2),
        { toJSON: () => ({ z: 1, a: 2 }) },
        JSON.parse('{"__proto__": {"x": [1]}}'),
      ],
      ...[{ toJSON: 1 }, Object.create(null), "\ud83d", { 2: "b", 1: "a" }],
    );
    const any = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 3 }, odd, json, fc.array(tie("any")), fc.dictionary(fc.string(), tie("any"))),
    })).any;
    fc.assert(
      fc.property(any, fc.nat(400), (value, most) => {
        const text = canonicalJsonWithin(value, most);
        const copy = canonicalCopyWithin(value, most);
        expect(JSON.stringify(copy)).toBe(text === undefined ? undefined : JSON.stringify(JSON.parse(text)));
        expect(copy).toEqual(text === undefined ? undefined : JSON.parse(text));
      }),
      { numRuns: 300 },
    );
    const value = { list: [{ a: 1 }] };
    const copy = canonicalCopyWithin(value, 100) as typeof value;
    value.list[0]!.a = 2;
    expect(copy).toEqual({ list: [{ a: 1 }] });
  });

  it("ends for what is deep, and in time that grows with the text", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = { deep };
    expect(canonicalJson(deep).endsWith(`{"$deep":true}${"}".repeat(500)}`)).toBe(true);
    let wide: unknown = 1;
    for (let i = 0; i < 60; i++) wide = [wide, wide]; // 2^60 values, were they written
    expect(() => canonicalJson(wide)).toThrow(RangeError);
  });

  it("tells functions apart only where the whole content counts", () => {
    const [one, two] = [{ is: () => 1 }, { is: () => 2 }];
    expect(canonicalJson(one)).toBe(canonicalJson(two));
    expect(contentJson(one)).not.toBe(contentJson(two));
  });
});

describe("digest", () => {
  it("is 32 hexadecimal digits, the same in every process", () => {
    expect(digestText("")).toMatch(/^[0-9a-f]{32}$/);
    expect(digest({ question: "2 + 2?", choices: ["3", "4"] })).toBe("5f1865d01a539fb342988228072ece54");
  });

  it("gives no two of 50,000 short texts the same digest, nor the same first half", () => {
    const digests = Array.from({ length: 50_000 }, (_, i) => digestText(`q${i}`));
    expect(new Set(digests).size).toBe(digests.length);
    expect(new Set(digests.map((each) => each.slice(0, 16))).size).toBe(digests.length);
  });

  it("changes about half of its bits with one character of the text", () => {
    const bitsOf = (hex: string): number[] => [...hex].flatMap((digit) => bits4(Number.parseInt(digit, 16)));
    const bits4 = (n: number): number[] => [n & 1, (n >> 1) & 1, (n >> 2) & 1, (n >> 3) & 1];
    let changed = 0;
    for (let i = 0; i < 400; i++) {
      const [a, b] = [bitsOf(digestText(`sample ${i}`)), bitsOf(digestText(`sample ${i}.`))];
      changed += a.filter((bit, at) => bit !== b[at]).length;
    }
    const share = changed / (400 * 128);
    expect(Math.abs(share - 0.5)).toBeLessThan(0.01); // five standard errors of a fair coin are 0.011
  });
});
