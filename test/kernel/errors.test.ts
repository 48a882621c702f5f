import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError, didYouMean, InvariantError, invariant, nearest, show } from "#src/kernel/errors";

fc.configureGlobal({ seed: 42 });

describe("a ConfigError", () => {
  it("says place, law, value and way out in one sentence, and keeps them apart too", () => {
    const fault = new ConfigError("config.timeoutMs", "must be at least 1", 0, "Leave it out for 30 s");
    expect(fault.message).toBe("config.timeoutMs must be at least 1, got 0. Leave it out for 30 s");
    expect([fault.name, fault.path, fault.law, fault.value]).toEqual([
      "ConfigError",
      "config.timeoutMs",
      "must be at least 1",
      0,
    ]);
  });

  it("begins with the law where there is no place", () => {
    expect(new ConfigError("", "must be an object").message).toBe("must be an object");
  });
});

describe("a value in a sentence", () => {
  it.each([
    [12n, "12"],
    [Number.NaN, "NaN"],
    ["it's", '"it\'s"'],
    [undefined, "undefined"],
    [Symbol("s"), "Symbol(s)"],
    [function baseline() {}, "a function (baseline)"],
    [{}, "{}"],
    [new Map([[1, 2]]), "an object of the class Map"],
    [Promise.resolve(1), "an object of the class Promise"],
    [new (class {})(), "an object of the class without a name"],
    [new RangeError("too far"), "RangeError: too far"],
  ])("shows %o as %s", (value, text) => {
    expect(show(value)).toBe(text);
  });

  it("is at most 80 characters, even for a cycle and for what refuses to be text", () => {
    const ring: unknown[] = [];
    ring.push(ring);
    for (const value of ["x".repeat(500), ring, Object.create(null), { toJSON: () => undefined }]) {
      expect(show(value).length).toBeLessThanOrEqual(80);
    }
  });
});

describe("the nearest right name", () => {
  it("is found through one or two slips of the finger, whatever the case", () => {
    const options = ["timeoutMs", "maxParallel", "rateLimit"];
    expect(nearest("timeotMs", options)).toBe("timeoutMs");
    expect(nearest("MAXPARALEL", options)).toBe("maxParallel");
    expect(nearest("colour", options)).toBeUndefined();
  });

  it("is the name itself when it is there", () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1 });
    fc.assert(fc.property(names, (all) => void expect(nearest(all.at(-1)!, all)).toBe(all.at(-1))));
  });

  it("is asked for, or all there is gets listed, up to twelve", () => {
    expect(didYouMean("acuracy", ["accuracy"])).toBe('Did you mean "accuracy"?');
    expect(didYouMean("f1", ["accuracy", "latency"])).toBe("There is: accuracy, latency");
    const many = Array.from({ length: 15 }, (_, i) => `condition number ${i}`);
    expect(didYouMean("x", many)).toMatch(/, and 3 more$/);
    expect(didYouMean("x", [])).toBe("There are none to choose from");
  });
});

it("an invariant that does not hold is our bug", () => {
  expect(() => invariant(1 > 2, "one is more than two")).toThrow(InvariantError);
  expect(() => invariant(2 > 1, "two is more than one")).not.toThrow();
});
