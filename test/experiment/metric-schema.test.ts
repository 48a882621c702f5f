import { describe, expect, it } from "vitest";
import { checkMetrics, describeIssue, type MetricSchema, Schema } from "#src/experiment/metric-schema";

const check = (returned: Record<string, unknown>, schemas: Record<string, MetricSchema>, coerce = true) => {
  const { value, issues } = checkMetrics(returned, schemas, coerce);
  return { value, issues: issues.map(describeIssue) };
};
const issues = (...given: Parameters<typeof check>): string[] => check(...given).issues;

describe("a metric", () => {
  it.each([
    ["float", Schema.float(), 0.5, "x"],
    ["number", Schema.number(), -3, "x"],
    ["integer", Schema.integer(), 3, 3.5],
    ["boolean", Schema.boolean(), false, 0],
    ["string", Schema.string(), "B", 5],
    ["map", Schema.map(), { a: 1 }, [1]],
    ["percentage", Schema.percentage(), 100, 100.1],
    ["probability", Schema.probability(), 1, 1.1],
    ["positive number", Schema.positiveNumber(), 0, -0.1],
    ["duration", Schema.durationMs(), 0, -1],
    ["finite number", Schema.float(), 1e308, Number.POSITIVE_INFINITY],
  ])("is a %s or is refused", (_, schema, right, wrong) => {
    expect(check({ m: right }, { m: schema })).toEqual({ value: { m: right }, issues: [] });
    expect(issues({ m: wrong }, { m: schema })).toHaveLength(1);
  });

  it("counts a yes as 1 where a number is wanted", () => {
    expect(check({ m: true }, { m: Schema.number() })).toEqual({ value: { m: 1 }, issues: [] });
  });

  it("is refused with its path, the law and the value", () => {
    expect(issues({ a: -1 }, { a: Schema.float({ min: 0 }) })).toEqual(["a below_min -1"]);
    expect(issues({ a: 2 }, { a: Schema.float({ max: 1 }) })).toEqual(["a above_max 2"]);
    expect(issues({ a: 1.5 }, { a: Schema.integer() })).toEqual(["a not_integer 1.5"]);
    expect(issues({ a: "no" }, { a: Schema.float() })).toEqual(['a wrong_type "no"']);
    expect(issues({ a: Number.NaN }, { a: Schema.float() })).toEqual(["a wrong_type NaN"]);
    expect(issues({}, { a: Schema.float() })).toEqual(["a missing"]);
    expect(issues({ a: null }, { a: Schema.float() })).toEqual(["a missing"]);
  });

  it("that is refused is removed; all others stay", () => {
    const { value } = check({ a: -1, b: 2, text: "B" }, { a: Schema.float({ min: 0 }), b: Schema.float() });
    expect(value).toEqual({ b: 2, text: "B" });
  });

  it("may be absent when it is not required, and takes its default", () => {
    expect(check({}, { a: Schema.float({ required: false }) })).toEqual({ value: {}, issues: [] });
    expect(check({}, { a: Schema.float({ default: 0 }) })).toEqual({ value: { a: 0 }, issues: [] });
    expect(check({ a: null }, { a: Schema.float({ default: 0 }) })).toEqual({ value: { a: 0 }, issues: [] });
    expect(issues({}, { a: Schema.float({ default: -1, min: 0 }) })).toEqual(["a below_min -1"]);
  });
});

describe("nested metrics", () => {
  const schemas = {
    custom: Schema.map({
      schema: { value: Schema.float({ min: 0 }), deep: Schema.map({ schema: { n: Schema.integer() } }) },
    }),
  };

  it("are refused with their dotted path", () => {
    expect(issues({ custom: { value: -1, deep: { n: 1.5 } } }, schemas)).toEqual([
      "custom.value below_min -1",
      "custom.deep.n not_integer 1.5",
    ]);
    expect(issues({ custom: {} }, schemas)).toEqual(["custom.value missing", "custom.deep missing"]);
    expect(issues({ custom: 3 }, schemas)).toEqual(["custom wrong_type 3"]);
  });

  it("lose only the member that is refused", () => {
    expect(check({ custom: { value: -1, deep: { n: 1 }, more: 2 } }, schemas).value).toEqual({
      custom: { deep: { n: 1 }, more: 2 },
    });
  });

  it("are coerced and filled in too", () => {
    const nested = { custom: Schema.map({ schema: { a: Schema.float(), b: Schema.float({ default: 1 }) } }) };
    expect(check({ custom: { a: "0.5" } }, nested)).toEqual({ value: { custom: { a: 0.5, b: 1 } }, issues: [] });
  });
});

describe("text that stands for a value", () => {
  it.each([
    ["0.85", Schema.float(), 0.85],
    [" 12 ", Schema.integer(), 12],
    ["1e3", Schema.number(), 1000],
    ["true", Schema.boolean(), true],
    ["false", Schema.boolean(), false],
  ])("%s counts as that value", (text, schema, value) => {
    expect(check({ m: text }, { m: schema })).toEqual({ value: { m: value }, issues: [] });
  });

  it.each([
    ["0.85abc", Schema.float()],
    ["", Schema.float()],
    [" ", Schema.number()],
    ["Infinity", Schema.float()],
    ["yes", Schema.boolean()],
    ["1", Schema.boolean()],
  ])("%j counts as none", (text, schema) => {
    expect(issues({ m: text }, { m: schema })).toEqual([`m wrong_type ${JSON.stringify(text)}`]);
  });

  it("is held against the bounds as the value it stands for", () => {
    expect(issues({ m: "1.2" }, { m: Schema.probability() })).toEqual(['m above_max "1.2"']);
  });

  it("stays text where text is wanted, or where nothing is coerced", () => {
    expect(check({ m: "5" }, { m: Schema.string() }).value).toEqual({ m: "5" });
    expect(issues({ m: "5" }, { m: Schema.float() }, false)).toEqual(['m wrong_type "5"']);
  });
});

it("what was returned is never changed in place", () => {
  const returned = Object.freeze({ a: "1", custom: Object.freeze({ b: "2" }) });
  const schemas = {
    a: Schema.float(),
    custom: Schema.map({ schema: { b: Schema.float(), c: Schema.float({ default: 0 }) } }),
  };
  expect(check(returned, schemas).value).toEqual({ a: 1, custom: { b: 2, c: 0 } });
  expect(returned).toEqual({ a: "1", custom: { b: "2" } });
});
