import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigError } from "#src/kernel/errors";
import { joinPath, parseOptions } from "#src/kernel/parse";

const unit = z.strictObject({ type: z.enum(["a", "b"]), min: z.number().optional() });
const options = z.strictObject({
  name: z.string().min(1),
  repeat: z.int().min(1).max(9).default(1),
  rate: z.number().gt(0).lt(10).optional(),
  tags: z.array(z.string()).min(1).max(2).default(["x"]),
  mode: z.enum(["fast", "slow"]).optional(),
  only: z.literal("this").optional(),
  run: z.custom<() => void>((value) => typeof value === "function", "must be a function").optional(),
  email: z.email().optional(),
  nested: z.strictObject({ deep: z.strictObject({ timeoutMs: z.number() }).prefault({ timeoutMs: 1 }) }).optional(),
  metrics: z.array(z.union([z.string(), unit])).optional(),
  schemas: z
    .record(
      z.string(),
      z.lazy(() => unit),
    )
    .optional(),
});

const sentence = (input: unknown, path?: string): string => {
  try {
    parseOptions(options, input, path);
  } catch (fault) {
    if (fault instanceof ConfigError) return fault.message;
    throw fault;
  }
  return expect.unreachable("nothing was refused");
};

it("fills in defaults", () => {
  expect(parseOptions(options, { name: "x" })).toEqual({ name: "x", repeat: 1, tags: ["x"] });
});

it("says which kinds there are where a member tells the kind, and which is nearest", () => {
  const kinds = z.array(
    z.discriminatedUnion("target", [
      z.strictObject({ target: z.literal("actor"), path: z.string() }),
      z.strictObject({ target: z.enum(["store", "executor"]) }),
    ]),
  );
  const law = 'must be one of "actor", "store", "executor"';
  for (const [input, sentence] of [
    [[{ target: "executr" }], `faults[0].target ${law}, got "executr". Did you mean "executor"?`],
    [[{ target: 5 }], `faults[0].target ${law}, got 5`],
    [[{ path: "x" }], `faults[0].target is missing. It ${law}`],
    [[7], "faults[0] must be an object, got 7"],
  ] as const)
    expect(() => parseOptions(kinds, input, "faults")).toThrow(sentence);
});

describe("says in one sentence what is wrong", () => {
  it.each([
    ["what is missing", {}, "name is missing. It must be a string"],
    ["what is empty", { name: "" }, 'name must not be empty, got ""'],
    ["the type", { name: 7 }, "name must be a string, got 7"],
    ["a fraction", { name: "x", repeat: 1.5 }, "repeat must be a whole number, got 1.5"],
    ["the least value", { name: "x", repeat: 0 }, "repeat must be at least 1, got 0"],
    ["the greatest value", { name: "x", repeat: 10 }, "repeat must be at most 9, got 10"],
    ["an open bound below", { name: "x", rate: 0 }, "rate must be more than 0, got 0"],
    ["an open bound above", { name: "x", rate: 10 }, "rate must be less than 10, got 10"],
    ["a list that is too short", { name: "x", tags: [] }, "tags must have at least 1, got []"],
    ["a list that is too long", { name: "x", tags: ["a", "b", "c"] }, 'tags must have at most 2, got ["a","b","c"]'],
    ["a member of a list", { name: "x", tags: ["a", 2] }, "tags[1] must be a string, got 2"],
    ["a choice", { name: "x", mode: "quick" }, 'mode must be one of "fast", "slow", got "quick"'],
    ["the only value", { name: "x", only: "that" }, 'only must be "this", got "that"'],
    ["a law of our own", { name: "x", run: 5 }, "run must be a function, got 5"],
    ["a law of zod's", { name: "x", email: "me" }, 'email is not valid (Invalid email address), got "me"'],
    ["an unknown option", { name: "x", repeats: 2 }, 'repeats is not an option. Did you mean "repeat"?'],
    [
      "an unknown option far down",
      { name: "x", nested: { deep: { timeoutMs: 1, timeout: 2 } } },
      'nested.deep.timeout is not an option. Did you mean "timeoutMs"?',
    ],
    ["neither of two forms", { name: "x", metrics: [5] }, "metrics[0] must be a string, or an object, got 5"],
    [
      "an offence within the form that was meant",
      { name: "x", metrics: ["a", { type: "a", minn: 1 }] },
      'metrics[1].minn is not an option. Did you mean "min"?',
    ],
    [
      "an unknown option in a schema that knows itself",
      { name: "x", schemas: { accuracy: { type: "a", mn: 1 } } },
      'schemas.accuracy.mn is not an option. Did you mean "min"?',
    ],
    ["that it is not an object at all", 5, "the definition must be an object, got 5"],
  ])("%s", (_, input, expected) => {
    expect(sentence(input)).toBe(expected);
  });

  it("with the path under which the options stand", () => {
    expect(sentence({ name: 7 }, "conditions[1]")).toBe("conditions[1].name must be a string, got 7");
    expect(sentence(null, "conditions[1]")).toBe("conditions[1] must be an object, got null");
  });
});

it("writes paths as code would", () => {
  expect(joinPath("", ["a", 0, "b"])).toBe("a[0].b");
  expect(joinPath("a", [])).toBe("a");
});
