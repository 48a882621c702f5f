import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { containsJson, equalsJson, isJson, not, type Score, type Scorer } from "#src/scoring/index";
import { jsonSpans } from "#src/scoring/json-scan";
import { TaskState } from "#src/solver/index";
import { draws } from "../runs.ts";

const replied = (content: string): TaskState =>
  TaskState.from({ id: "q", input: "?" }).setOutput({ content, finishReason: "stop", toolCalls: [] });
const grade = async (scorer: Scorer, reply: string, ...target: string[]): Promise<Score> =>
  scorer(replied(reply), target);
const value = async (scorer: Scorer, reply: string, ...target: string[]) =>
  (await grade(scorer, reply, ...target)).value;
const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] } as const;
const found = (text: string): string[] => jsonSpans(text).map(({ start, end }) => text.slice(start, end));

describe("isJson", () => {
  const cases: [string, Score["value"]][] = [
    ['{"a": 1}', "C"],
    [" \n[1, 2]\n", "C"],
    ["42", "C"],
    ["null", "C"],
    ['{"a": 1} and more', "I"],
    ['```json\n{"a": 1}\n```', "I"],
    ["{'a': 1}", "I"],
    ['{"a": 1,}', "I"],
    ["NaN", "I"],
    ["", "I"],
    ["  \n", "I"],
  ];
  for (const [reply, wanted] of cases)
    it(`${JSON.stringify(reply)} is ${wanted}`, async () => expect(await value(isJson(), reply)).toBe(wanted));

  it("holds the reply against a JSON Schema, zod, or a Standard Schema, and says what does not fit", async () => {
    const standard = {
      "~standard": {
        version: 1,
        vendor: "own",
        validate: (each: unknown) =>
          typeof (each as { city?: unknown }).city === "string"
            ? { value: each }
            : { issues: [{ message: "no city", path: ["city"] }] },
      },
    } as const;
    const bySchema = [schema, z.object({ city: z.string() }), standard].map((each) => isJson({ schema: each }));
    for (const scorer of bySchema) {
      expect(await value(scorer, '{"city":"Paris"}')).toBe("C");
      expect(await value(scorer, '{"city":7}')).toBe("I");
    }
    const why = await Promise.all(bySchema.map(async (scorer) => (await grade(scorer, '{"city":7}')).explanation));
    expect(why).toEqual([
      "/city must be string",
      "/city: Invalid input: expected string, received number",
      "/city: no city",
    ]);
  });

  it("reads drafts 2020-12 and 07, formats, and references", async () => {
    const draft07 = {
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "array",
      items: [{ type: "number" }, { type: "string" }],
    };
    expect(await value(isJson({ schema: draft07 }), '[1, "a"]')).toBe("C");
    expect(await value(isJson({ schema: draft07 }), "[1, 2]")).toBe("I");
    expect(await value(isJson({ schema: { prefixItems: [{ type: "number" }], items: false } }), "[1, 2]")).toBe("I");
    expect(await value(isJson({ schema: { type: "string", format: "email" } }), '"a@b.org"')).toBe("C");
    expect(await value(isJson({ schema: { type: "string", format: "email" } }), '"a b"')).toBe("I");
    const tree = {
      $defs: { t: { type: "object", properties: { next: { $ref: "#/$defs/t" } }, additionalProperties: false } },
      $ref: "#/$defs/t",
    };
    expect(await value(isJson({ schema: tree }), '{"next":{"next":{}}}')).toBe("C");
    expect(await value(isJson({ schema: tree }), '{"next":{"last":{}}}')).toBe("I");
  });

  it("refuses a schema that is invalid or misspelled, where it is written", () => {
    expect(() => isJson({ schema: { type: "strng" } })).toThrow(/^isJson\.schema must be a valid JSON Schema: /);
    expect(() => isJson({ schema: { type: "object", requird: ["a"] } })).toThrow('unknown keyword: "requird"');
    expect(() => containsJson({ schema: { format: "emial" } })).toThrow(
      'containsJson.schema must be a valid JSON Schema: unknown format "emial"',
    );
    expect(() => isJson({ schema: 5 as never })).toThrow(
      "isJson.schema must be a JSON Schema, a zod schema or another Standard Schema, got 5",
    );
    expect(() => isJson({ shema: {} } as never)).toThrow('Did you mean "schema"?');
  });

  it("is unscored where JSON and schema go deeper than the stack", async () => {
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    expect(await value(isJson(), deep)).toBe("C");
    const recursive = { $defs: { t: { type: "array", items: { $ref: "#/$defs/t" } } }, $ref: "#/$defs/t" };
    expect(await grade(isJson({ schema: recursive }), deep)).toMatchObject({
      value: null,
      unscored: "the JSON is nested too deeply to be compared",
    });
  });

  it("can be turned round, but not for a blank reply", async () => {
    expect(await value(not(isJson()), "prose")).toBe("C");
    expect(await value(not(isJson()), "")).toBe("N");
  });
});

describe("containsJson", () => {
  it("finds objects and arrays in prose and code fences", async () => {
    for (const reply of [
      'So: {"city":"Paris"}.',
      '```json\n{"city":"Paris"}\n```',
      'see [1] and {"city":"Paris"} (note)',
    ])
      expect(await value(containsJson({ schema }), reply)).toBe("C");
    for (const reply of ["{city: Paris}", '"Paris"', "42", "", '{"city":"Paris"', "{'city':'Paris'}"])
      expect(await value(containsJson(), reply)).toBe("I");
  });

  it("takes any that fits; of several that fit, the last is the answer", async () => {
    const reply = '{"city":"Rome"} no, {"city":"Paris"}, not {"town":"x"} [1]';
    expect(await grade(containsJson({ schema }), reply)).toMatchObject({ value: "C", answer: '{"city":"Paris"}' });
    expect(await grade(containsJson({ schema }), '{"a":1} [2]')).toMatchObject({
      value: "I",
      explanation: "None of 2 JSON values fits the schema; the last: the value must be object",
    });
  });

  it("does not take JSON within JSON for an answer of its own", async () => {
    expect(await value(containsJson({ schema }), '{"inner":{"city":"Paris"}}')).toBe("I");
  });
});

describe("JSON in a text", () => {
  it("is found as it was written, whatever prose stands around it", () => {
    const prose = fc.stringMatching(/^[a-z .,:\n"]{0,12}$/);
    const json = fc
      .oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()))
      .map((each) => JSON.stringify(each));
    fc.assert(
      fc.property(fc.array(fc.tuple(prose, json), { maxLength: 4 }), prose, (pairs, rest) => {
        const text = pairs.map(([before, each]) => `${before}${each}`).join("") + rest;
        expect(found(text)).toEqual(pairs.map(([, each]) => each));
      }),
    );
  });

  it("is strict JSON wherever it is found, and no bracketed JSON is passed over between prose without quotes", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("{", "}", "[", "]", '"', ":", ",", "1", "a", " ", "\\"), maxLength: 40 }),
        (text) => {
          for (const each of found(text)) expect(() => JSON.parse(each)).not.toThrow();
          if (text.includes('"')) return;
          for (let start = 0; start < text.length; start++)
            for (let end = start + 2; end <= text.length; end++) {
              const part = text.slice(start, end);
              if (!/^[[{].*[\]}]$/.test(part) || !parses(part)) continue;
              expect(found(text).some((each) => each.includes(part))).toBe(true);
            }
        },
      ),
      draws(150),
    );
  });

  it.each([
    ['{"a": [1, {"b": 2} oops', ['{"b": 2}']],
    ['he said "see {" and {"a":1}', ['{"a":1}']],
    ['{"a": "b {"c":1}', ['{"c":1}']],
    ['{"a": 1}}{"b": 2}', ['{"a": 1}', '{"b": 2}']],
    ["[ ] todo [x] done", ["[ ]"]],
    ['[1,]{"a":01}[-]', []],
    ['{"a":"\\u00e9\\n"}', ['{"a":"\\u00e9\\n"}']],
    ['{"a":"\\x"}', []],
  ])("%s", (text, wanted) => expect(found(text)).toEqual(wanted));
});

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe("equalsJson", () => {
  it("ignores the order of members and how numbers are written, not the order of lists", async () => {
    expect(await value(equalsJson(), '{"b": 1.0, "a": [1, 2]}', '{"a":[1,2],"b":1}')).toBe("C");
    expect(await value(equalsJson(), "[2,1]", "[1,2]")).toBe("I");
    expect(await value(equalsJson(), '{"a":1,"b":2}', '{"a":1}')).toBe("I");
    expect(await value(equalsJson({ a: [1] }), '{"a":[1]}')).toBe("C");
    expect(await value(equalsJson(null), "null")).toBe("C");
  });

  it("is wrong for a reply that is not JSON, and unscored for such a target", async () => {
    expect(await value(equalsJson(), "{a:1}", '{"a":1}')).toBe("I");
    expect(await grade(equalsJson(), '{"a":1}', "{a:1}")).toMatchObject({
      value: null,
      unscored: expect.stringMatching(/^the target is not JSON: /),
    });
    expect(await value(equalsJson(), "", '""')).toBe("I");
  });
});
