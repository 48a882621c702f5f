import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, digest, digestText } from "#src/kernel/digest";

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
    const texts = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 12n, null].map(canonicalJson);
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
