import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { z as zod3 } from "zod/v3";
import { type GenerateResult, toToolCall } from "#src/backends/backend";
import { scripted } from "#src/backends/scripted";
import {
  chain,
  generate,
  generateWith,
  type SchemaInput,
  type StandardSchema,
  submitTool,
  TaskState,
  type Tool,
  tool,
  useTools,
} from "#src/solver/index";
import { withoutMiddle } from "#src/solver/tool-output";
import { readPythonLiteral } from "#src/text/python-literal";
import { expectLinear, repeated } from "../support.ts";

const state = TaskState.from({ id: "q1", input: "What is 2 + 2?" });
/** A reply with one call, its arguments as the model wrote them. */
const calling = (name: string, argumentsText: string): GenerateResult => ({
  content: "",
  toolCalls: [toToolCall("c1", name, argumentsText)],
});
const echo = (parameters: SchemaInput, name = "echo"): Tool => tool({ name, parameters, execute: (given) => given });
/** What a tool answers to arguments, and how the call stands in the conversation. */
async function answered(parameters: z.ZodType, argumentsText: string) {
  const backend = scripted([calling("echo", argumentsText), "done"]);
  const { messages } = await generate()(state.setTools([echo(parameters)]), generateWith(backend));
  const [, call, result] = messages;
  return {
    call: call?.role === "assistant" ? call.toolCalls?.[0] : undefined,
    result: result?.role === "tool" ? result : undefined,
  };
}

describe("a tool's arguments", () => {
  const sent = { type: "object", properties: { a: { type: "number" } }, required: ["a"] };
  /** A Standard Schema of `{ a: number }`, which doubles it; without JSON Schema of its own. */
  const doubling = (vendor = "own") => ({
    "~standard": {
      version: 1 as const,
      vendor,
      validate: async (
        value: unknown,
      ): Promise<{ value: { a: number } } | { issues: { message: string; path: string[] }[] }> => {
        const { a } = value as { a?: unknown };
        return typeof a === "number"
          ? { value: { a: 2 * a } }
          : { issues: [{ message: "must be a number", path: ["a"] }] };
      },
    },
  });
  const speaking = {
    "~standard": { ...doubling()["~standard"], jsonSchema: { input: () => ({ $schema: "x", ...sent }) } },
  };
  const calledWith = ({ run }: Tool, args: object) =>
    run({ id: "c", name: "echo", arguments: { ...args } }, { toolCallId: "c", state, signal: undefined });

  it.each<[kind: string, parameters: SchemaInput, made: number, why: string]>([
    ["zod 4", z.object({ a: z.number() }), 2, "✖ Invalid input: expected number, received string"],
    ["JSON Schema", { $schema: "https://json-schema.org/draft/2020-12/schema", ...sent }, 2, "✖ must be number"],
    ["a Standard Schema with JSON Schema", speaking, 4, "✖ must be a number"],
    ["one with toJsonSchema()", { ...doubling("arktype"), toJsonSchema: () => sent }, 4, "✖ must be a number"],
  ])("are checked by %s, whose JSON Schema the model is sent", async (_, parameters, made, why) => {
    const one = echo(parameters);
    expect(one.parameters).toMatchObject(sent);
    expect(one.parameters).not.toHaveProperty("$schema");
    expect(await calledWith(one, { a: 2 })).toEqual({ content: `{"a":${made}}` });
    expect((await calledWith(one, { a: "2" })).error).toBe(`${why}\n  → at a`);
    expect((await calledWith(one, { a: 2, b: 1 })).error).toMatch('no argument "b"');
  });

  it("are checked by zod 3 beside the JSON Schema that the model is sent, and have its types", async () => {
    const parameters = zod3.object({ a: zod3.number(), b: zod3.string().default("x") });
    const one = tool({
      name: "echo",
      parameters,
      jsonSchema: { ...sent, additionalProperties: true },
      execute: ({ a, b }) => a.toFixed(1) + b.toUpperCase(),
    });
    expect(one.parameters).toEqual({ ...sent, additionalProperties: true });
    expect(await calledWith(one, { a: 2 })).toEqual({ content: "2.0X" });
    expect((await calledWith(one, { a: "2" })).error).toMatch("Expected number, received string");
    const typed: StandardSchema<{ a: number }> = speaking;
    tool({ name: "typed", parameters: typed, execute: ({ a }) => a.toFixed(1) });
    tool({ name: "untyped", parameters: sent, execute: ({ a }) => String(a satisfies unknown) });
  });

  it("may have members that JSON Schema does not list by name", async () => {
    const open = echo({ type: "object", properties: { a: {} }, patternProperties: { "^x": { type: "number" } } });
    expect((await calledWith(open, { a: 1, x1: 2 })).error).toBeUndefined();
    expect((await calledWith(open, { a: 1, x1: "2" })).error).toMatch("must be number");
  });

  it("are an error for the model to read where a transform throws at them", async () => {
    const one = echo(z.object({ a: z.string().transform((text) => JSON.parse(text) as unknown) }));
    expect((await calledWith(one, { a: "{" })).error).toMatch("JSON");
  });

  it.each<[parameters: unknown, message: string]>([
    [true, "another Standard Schema, got true"],
    [{ $async: true, type: "object" }, "$async is not of JSON Schema"],
    [3, "tool.parameters must be a JSON Schema, a zod schema or another Standard Schema, got 3"],
    [null, "another Standard Schema, got null"],
    [
      new (class Old {
        _def = 1;
      })(),
      "Those of zod are from version 3.24 on",
    ],
    [{ city: "string" }, 'tool.parameters must be a valid JSON Schema: strict mode: unknown keyword: "city"'],
    [{ type: "string" }, "tool.parameters must be a schema of an object, since arguments have names"],
    [
      z.object({ d: z.date() }),
      "tool.parameters cannot be said as JSON Schema (Date cannot be represented in JSON Schema). Give the JSON Schema that models are sent as jsonSchema",
    ],
    [
      zod3.object({}),
      "tool.parameters must have a JSON Schema, and this one of zod has none. Give the JSON Schema that models are sent as jsonSchema",
    ],
    [doubling("valibot"), "as jsonSchema, or wrap it in toStandardJsonSchema() of @valibot/to-json-schema"],
  ])("are refused as %j", (parameters, message) => {
    expect(() => echo(parameters as never)).toThrow(message);
  });

  const text = z.object({ param1: z.string() });

  it.each([
    ["", z.object({}), {}],
    ["null", z.object({}), {}],
    ['{}""', z.object({}), {}],
    ['{}"\n"', z.object({}), {}],
    ['{"param1": "value"}"', text, { param1: "value" }],
    ["I am not a dictionary!", text, { param1: "I am not a dictionary!" }],
    ["'", text, { param1: "'" }],
    ['"quoted"', text, { param1: "quoted" }],
    ["42", text, { param1: "42" }],
    ["42", z.object({ n: z.number() }), { n: 42 }],
    ["true", z.object({ n: z.boolean(), m: z.number().default(1) }), { n: true, m: 1 }],
    ["[1, 2]", z.object({ n: z.array(z.number()) }), { n: [1, 2] }],
    ["{'param1': 'isn\\'t'}", text, { param1: "isn't" }],
    [
      "{'a': True, 'b': None, 'c': [1, -2.5e3], 'd': (1, 2)}",
      z.looseObject({}),
      { a: true, b: null, c: [1, -2500], d: [1, 2] },
    ],
    ['{"param1": "x",}', text, { param1: "x" }],
    ["{'a': [1, 2,], 'b': true,}", z.looseObject({}), { a: [1, 2], b: true }],
    ['{"param1": "two\nlines\tand a tab"}', text, { param1: "two\nlines\tand a tab" }],
    ['```json\n{"param1": "x"}\n```', text, { param1: "x" }],
    ['"{\\"param1\\": \\"x\\"}"', text, { param1: "x" }],
    ['"{not json}"', text, { param1: "{not json}" }],
    ["<param1>x</param1>", text, { param1: "<param1>x</param1>" }],
    ['{"param1": 12345678901234567890}', text, { param1: "12345678901234567890" }],
    ["   ", z.object({ param1: z.string().optional() }), {}],
  ])("are read from %j", async (argumentsText, parameters, expected) => {
    const { call, result } = await answered(parameters, argumentsText);
    expect(JSON.parse(result!.content)).toEqual(expected);
    expect(call).not.toHaveProperty("parseError");
    expect(call).not.toHaveProperty("argumentsText");
  });

  it.each([
    ["{}'", z.object({})],
    ['{"param1": "first"}{"param1": "second"}', text],
    ['{"param1": "value"', text],
    ["{'param1': 'a'", text],
    ["{'param1': __import__('os')}", text],
    ["{'param1': 'two\nlines'}", text],
    ['{"param1": "x"} trailing words', text],
    ["{,}", z.object({})],
    ["{'a',}", z.object({})],
    ['{param1: "x"}', text],
    ['{"param1": undefined}', text],
    ['{"PARAM1": "x"}', text],
    ['{"param1": 5}', text],
    ['{"__proto__": {"a": 1}, "param1": "x"}', text],
    ["some text", z.object({})],
    ["some text", z.object({ n: z.number(), word: z.string().optional() })],
    ["green", z.object({ colour: z.enum(["red", "blue"]) })],
    ["some text", z.object({ param1: z.string(), n: z.number() })],
  ])("are an error for the model to read where nobody knows what %j means", async (argumentsText, parameters) => {
    const { call, result } = await answered(parameters, argumentsText);
    expect(result?.error).toMatch(/arguments|expected|param/);
    expect(call).not.toHaveProperty("argumentsText");
  });

  it("are refused where the tool has no parameter for them, however deep, with the nearest name", async () => {
    const deep = z.object({
      to: z.object({ street: z.string() }),
      tags: z.array(z.object({ a: z.number() })).default([]),
    });
    expect((await answered(text, '{"param1": "a", "parm2": 1}')).result?.error).toBe(
      'there is no argument "parm2". Did you mean "param1"?',
    );
    expect((await answered(deep, '{"to": {"street": "x", "zip": 1}}')).result?.error).toMatch('no argument "to.zip"');
    expect((await answered(deep, '{"to": {"street": "x"}, "tags": [{"a": 1}, {"b": 2}]}')).result?.error).toMatch(
      'no argument "tags[1].b"',
    );
    expect((await answered(z.looseObject({ a: z.number() }), '{"a": 1, "b": 2}')).result?.error).toBeUndefined();
    expect((await answered(z.record(z.string(), z.number()), '{"b": 2}')).result?.error).toBeUndefined();
  });

  it("are read from Python as from JSON, and no hostile text takes long", async () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const value: unknown = JSON.parse(json);
        expect(
          readPythonLiteral(
            JSON.stringify(value).replace(
              /(?<=[:,[]|^)(true|false|null)(?=[,}\]]|$)/g,
              (word) => ({ true: "True", false: "False", null: "None" })[word]!,
            ),
          ),
        ).toBeDefined();
      }),
    );
    for (const piece of ["{'", "{", "'a", "\\", '"', "{'a': ", '}"', "1"])
      await expectLinear((text) => toToolCall("1", "x", `{${text}`), repeated(piece), 100_000);
  });
});

describe("a tool's output", () => {
  const speaking = (content: string) => tool({ name: "talk", parameters: z.object({}), execute: () => content });
  const shown = async (content: string, options = {}) =>
    (
      await generate(options)(
        state.setTools([speaking(content)]),
        generateWith(scripted([calling("talk", "{}"), "done"])),
      )
    ).messages[2]!.content;

  it("is cut in the middle beyond 16 KiB, and the model is told", async () => {
    expect(await shown("x".repeat(16 * 1024))).toBe("x".repeat(16 * 1024));
    const cut = await shown(`begin${"x".repeat(100_000)}end`);
    expect(cut).toMatch(
      /^The output of your call to talk was too long.*\n<START_TOOL_OUTPUT>\nbeginx+end\n<END_TOOL_OUTPUT>$/,
    );
    expect(/x+(?=end)/.exec(cut)?.[0]).toHaveLength(16 * 1024 - 8);
  });

  it("may be longer or shorter, or have no limit", async () => {
    expect(await shown("abcdef", { maxToolOutput: 4 })).toMatch("\nabef\n");
    expect(await shown("x".repeat(100_000), { maxToolOutput: 0 })).toHaveLength(100_000);
    expect(() => generate({ maxToolOutput: -1 })).toThrow("generate.maxToolOutput");
  });

  it("is cut for errors too", async () => {
    const failing = tool({
      name: "talk",
      parameters: z.object({}),
      execute: () => Promise.reject(new Error("e".repeat(100_000))),
    });
    const { messages } = await generate()(
      state.setTools([failing]),
      generateWith(scripted([calling("talk", "{}"), "done"])),
    );
    expect(JSON.stringify(messages[2]).length).toBeLessThan(40_000);
  });

  it("keeps whole code points, its beginning and its end, and never more bytes than asked for", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), (text, maxBytes) => {
        const kept = withoutMiddle(text, maxBytes);
        if (maxBytes === 0 || Buffer.byteLength(text) <= maxBytes) expect(kept).toBe(text);
        else {
          const bytes = Buffer.byteLength(kept);
          expect(bytes).toBeLessThanOrEqual(maxBytes);
          expect(bytes).toBeGreaterThanOrEqual(maxBytes - 6);
          expect(kept).not.toContain("\ufffd");
          expect(
            [...kept].every(
              (_, i) => text.startsWith([...kept].slice(0, i).join("")) || text.endsWith([...kept].slice(i).join("")),
            ),
          ).toBe(true);
        }
      }),
    );
  });
});

describe("a tool that ends the work", () => {
  it("makes its result the output, and the chain continues", async () => {
    const backend = scripted([calling("submit", '{"answer": "4"}')]);
    const solve = chain(useTools([submitTool()]), generate(), (at) => at.put("after", true));
    const result = await solve(state, generateWith(backend));
    expect(result).toMatchObject({
      output: { content: "4" },
      completed: false,
      limit: undefined,
      store: { after: true },
    });
    expect(result.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
    expect(backend.requests).toHaveLength(1);
  });

  it("does not end it by an error", async () => {
    const backend = scripted([calling("submit", '{"anser": "4"}'), calling("submit", "4")]);
    const { output } = await chain(useTools([submitTool()]), generate())(state, generateWith(backend));
    expect(output?.content).toBe("4");
    expect(backend.requests).toHaveLength(2);
  });

  it("counts once, by its first call, when other tools are called in the same reply", async () => {
    const calls = ['{"answer": "1"}', '{"answer": "2"}'].map((text, i) => toToolCall(`c${i}`, "submit", text));
    const other = toToolCall("o", "echo", "{}");
    const backend = scripted([{ content: "", toolCalls: [other, ...calls] }]);
    const { output, messages } = await generate()(
      state.setTools([submitTool(), echo(z.object({}))]),
      generateWith(backend),
    );
    expect(output?.content).toBe("1");
    expect(messages).toHaveLength(5);
  });

  it("gives its answer whole, and also at the message limit", async () => {
    const long = "x".repeat(20_000);
    const limited = state.setTools([submitTool()]).setLimits({ messageLimit: 2 });
    const { output, limit } = await generate()(
      limited,
      generateWith(scripted([calling("submit", JSON.stringify({ answer: long }))])),
    );
    expect(output?.content).toBe(long);
    expect(limit?.type).toBe("message");
  });
});

describe("tools of one name", () => {
  it("are refused: a model could not say which it calls", async () => {
    const both = [submitTool(), echo(z.object({}), "submit")];
    const law = 'tools must each have a name of their own, got "submit"';
    expect(() => state.setTools(both)).toThrow(law);
    await expect(async () => useTools(both)(state, () => ({ content: "" }))).rejects.toThrow(law);
  });
});

describe("useTools with a tool choice alone", () => {
  it("keeps the tools; an empty list takes none away", async () => {
    const before = state.setTools([submitTool()]);
    const names = async (toolChoice?: "none") => {
      const after = await useTools([], toolChoice ? { toolChoice } : {})(before, () => ({ content: "" }));
      return [after.tools.map(({ name }) => name), after.toolChoice];
    };
    expect(await names("none")).toEqual([["submit"], "none"]);
    expect(await names()).toEqual([["submit"], "auto"]);
  });
});
