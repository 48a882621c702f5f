import { describe, expect, it } from "vitest";
import { scripted } from "#src/backends/scripted";
import { defineExperiment, run } from "#src/index";
import { contains, multiScorer, named, not, on, rowAssertions, type Score, weighted } from "#src/scoring/index";
import { generate, TaskState } from "#src/solver/index";
import { memoryStore } from "#src/store/memory";

const grade = async (assertions: unknown, reply: string, options = {}): Promise<Score> =>
  rowAssertions(options)(
    TaskState.from({ id: "q", input: "?", metadata: { assertions } }).setOutput({
      content: reply,
      finishReason: "stop",
      toolCalls: [],
    }),
    [],
  );
const value = async (assertions: unknown, reply: string, options = {}) =>
  (await grade(assertions, reply, options)).value;

describe("assertions of a row", () => {
  it.each([
    ["contains: Paris", "in Paris", "in Rome"],
    ["icontains: paris", "in PARIS", "in Rome"],
    ["not-contains: sorry", "fine", "sorry!"],
    ["contains-any: a1, b2", "b2", "a2"],
    ["contains-all: a1, b2", "b2 a1", "a1"],
    ["icontains-all: A1, B2", "b2 a1", "a1"],
    ["starts-with: Yes", "Yes!", "No, Yes"],
    ["ends-with: done", "well done", "done."],
    ["regex: ^\\d+$", "42", "42a"],
    ["equals: a: b", "a: b", "a:b"],
    ["Paris", "Paris", "Paris."],
    ["It's 5 o'clock: tea", "It's 5 o'clock: tea", "tea"],
    ["is-json", "[1]", "x"],
    ['is-json: {"type":"array"}', "[1]", "{}"],
    ["contains-json", "so [1]", "x"],
    ["not-is-json", "x", "[1]"],
    ["levenshtein(2): kitten", "kittens", "sitting"],
    ["rouge-n(0.6): one two three", "one two", "one"],
    ["bleu(0.9): one two three four", "one two three four", "one two"],
    [{ type: "contains-all", value: ["a,b", "c"] }, "c a,b", "a b c"],
    [{ type: "equals", value: { a: 1 } }, '{"a":1}', '{"a":2}'],
    [{ type: "equals", value: 5 }, "5", "5.0"],
    [["contains: a", "not-contains: b"], "a", "a b"],
    ['["contains: a", {"type": "contains", "value": "c"}]', "a c", "a"],
  ])("%j", async (assertion, right, wrong) => {
    expect(await value(assertion, right)).toBe("C");
    expect(await value(assertion, wrong)).toBe("I");
    expect(await value(assertion, " ")).not.toBe("C");
  });

  it("all have to hold, or a weighted share of them", async () => {
    const both = [{ type: "contains", value: "a", weight: 3 }, "contains: b"];
    expect(await value(both, "a")).toBe("I");
    expect(await value(both, "a", { threshold: 0.75 })).toBe("C");
    expect((await grade(both, "a")).metadata).toMatchObject({ mean: 0.75, members: [{ value: "C" }, { value: "I" }] });
  });

  it("that are not there leave the row unscored", async () => {
    for (const none of [undefined, null, "", "  ", []])
      expect(await grade(none, "x")).toMatchObject({
        value: null,
        unscored: 'the row has no assertions in "assertions"',
      });
  });

  it.each([
    [
      "containz: x",
      'assertions has an assertion that is not known, "containz". Did you mean "contains"? Write "equals: containz: x" for the text itself',
    ],
    [
      "javascript: output.length",
      'assertions has an assertion that is not known, "javascript". Nothing from data is executed: write a scorer',
    ],
    ["llm-rubric: is polite", "Use modelGraded() as a scorer of its own"],
    ["regex: (", "assertions must be a regular expression without lookaround and back-references: "],
    ["regex: a(?=b)", "Data may not hold up a run: write pattern() in the experiment for any other"],
    ['is-json: {"pattern":"(a)\\\\1"}', "must be a regular expression without lookaround and back-references"],
    [[{ type: "contains", value: "a", weight: 0 }], "assertions must have an assertion with a weight above 0"],
    ["contains:", 'assertions must have a text as its value, got ""'],
    ["is-json: {", "assertions must have a JSON Schema as its value"],
    ['is-json: {"type":"strng"}', "must be a valid JSON Schema"],
    ["levenshtein(0.5): x", "must be a whole number"],
    [
      [
        { type: "contains", value: "a" },
        { type: "contain", value: "a" },
      ],
      'assertions[1] has an assertion that is not known, "contain". Did you mean "contains"?',
    ],
    [[{ type: "contains", vaule: "a" }], 'assertions[0].vaule is not part of an assertion. Did you mean "value"?'],
    [[{ type: "contains", value: "a", weight: -1 }], "assertions[0].weight must be a number from 0, got -1"],
    [
      [{ type: "equals", value: "a", threshold: 2 }],
      'assertions[0].threshold must not stand at "equals", which has no number to compare, got 2',
    ],
    ["not-contains(0.5): a", "assertions.threshold must not stand at"],
    [[{ value: "a" }], "assertions[0].type must be a kind of assertion"],
    [7, "assertions must be a text such as `contains: Paris`, or an object with a type, got 7"],
  ])("%j is refused", async (assertion, sentence) => {
    await expect(async () => grade(assertion, "x")).rejects.toThrow(sentence);
  });
});

describe("expressions in rows", () => {
  const hostile = "a".repeat(5000);
  it("take no exponential time, by themselves or in a schema", async () => {
    expect(await value("regex: (a+)+$", `${hostile}!`)).toBe("I");
    expect(await value("regex: ^(a|aa)+$", hostile)).toBe("C");
    const schema = { type: "string", pattern: "^(a+)+$" };
    expect(await value([{ type: "is-json", value: schema }], JSON.stringify(`${hostile}!`))).toBe("I");
    expect(await value([{ type: "contains-json", value: { items: schema } }], JSON.stringify([hostile]))).toBe("C");
  });

  it("leave unscored a text that is too long for them", async () => {
    const long = `regex: ${"a?".repeat(500)}b`;
    expect((await grade(long, "a".repeat(6000))).unscored).toBe(
      "regex is unscored: an expression of 1001 signs and a text of 6000 are too long",
    );
  });

  it("are written as in JavaScript", async () => {
    expect(await value("regex: ^\\u0041[^\\d]\\/(?<x>b|c)$", "A-/c")).toBe("C");
  });
});

describe("in an experiment", () => {
  const experimentOf = (scorer = rowAssertions({ field: "expect" }), asked: string[] = []) =>
    defineExperiment({
      name: "rows",
      dataset: [
        { id: "a", question: "Capital?", expect: "icontains: paris" },
        { id: "b", question: "Sum?", expect: "containz: 4" },
      ],
      conditions: [
        {
          name: "c",
          solver: generate(),
          scorers: [scorer],
          backend: scripted((messages) => {
            asked.push(messages[0]!.content);
            return "Paris 4";
          }),
        },
      ],
      metrics: ["accuracy"],
    });

  it("what is not understood is refused with its row before anything is asked, also within other scorers", async () => {
    for (const wrap of [
      (each: ReturnType<typeof rowAssertions>) => each,
      not,
      (each: ReturnType<typeof rowAssertions>) => on((reply) => reply, each),
      (each: ReturnType<typeof rowAssertions>) => weighted([{ scorer: each }]),
      (each: ReturnType<typeof rowAssertions>) => multiScorer([contains("4"), each]),
      (each: ReturnType<typeof rowAssertions>) => named("expected", each),
    ]) {
      const asked: string[] = [];
      const experiment = experimentOf(wrap(rowAssertions({ field: "expect" })), asked);
      await expect(run(experiment, { store: () => memoryStore(), formats: [] })).rejects.toThrow(
        /dataset\[1\].*: expect has an assertion that is not known, "containz"\. Did you mean "contains"\?/,
      );
      expect(asked).toEqual([]);
    }
  });
});
